"""Replaces whatever names somebody's estate in an assessment by stable aliases, before any report is made of it.

The default is *replace*. Of free text (messages, ways of evidence, values) only words of a vocabulary stay: those of
the rules' own texts, and ``data/vocabulary.txt``, the words of this program's sentences and of AWS's own names. Every
other word becomes an alias, known or not, so that what nobody listed cannot slip through. A word that names a
workload, a cluster, an owner or a resource anywhere in the assessment is replaced everywhere, even where it is an
ordinary one. What stays of names that are no workload's, cluster's, owner's or resource's of the map (a volume's, a
variable's) is ordinary words only: a volume called ``data`` is called so.

Equal words get equal aliases, so that who is who can still be followed within one assessment. Aliases tell nothing of
what they stand for, and those of another assessment are others. Rule texts and ids, AWS services, regions, IAM actions,
numbers and days stay. Fingerprints are made of names, and somebody who guesses the names could check the guess: they
are numbered.

Every text is read once, word by word, with look-ups of words only: the time is linear in the size of the assessment.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum, auto
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pydantic import BaseModel

from assess.assessment import (
    RULE,
    Assessment,
    Finding,
    FindingChange,
    GapView,
    MovementView,
    NodeView,
    RuleText,
    SubjectView,
    Summary,
    WaiverNote,
    WaiverView,
    WorkloadChange,
    WorkloadView,
)
from assess.estate.actions import actions_matching
from assess.estate.redaction import MARKER
from assess.graph.model import NodeKind
from assess.rule import SubjectKind


def pseudonymised(assessment: Assessment) -> Assessment:
    """The assessment with aliases in place of names, ids and addresses; the same one makes the same aliases."""
    aliases = _Aliases(assessment)
    aliases.collect()
    made = aliases.of(assessment)
    return made.model_copy(update={"pseudonyms": True})


@cache
def vocabulary() -> frozenset[str]:
    """Words that may stay in free text."""
    text = (files("assess") / "data" / "vocabulary.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


WORD: Final = re.compile(r"(?:\w|[^\x00-\x7f\s])(?:(?:[\w.-]|[^\x00-\x7f\s])*(?:\w|[^\x00-\x7f\s]))?")
"""What is looked at as one: letters, digits and whatever is not ASCII, with dots and hyphens between."""

_HEX = r"\b[0-9a-fA-F]{1,4}"
"""A group of an IPv6 address; addresses are told from times and ports by ``::`` or by their eight groups."""

_TOKEN = re.compile(
    rf"(?P<marker>{MARKER.pattern})"
    r"|(?P<arn>\barn:[\w-]*:[\w-]*:[\w*-]*:[\w*]*:[^\s\"'`,;()\[\]{}<>|]+)"
    r"|(?P<action>\b[a-z][a-z0-9-]{1,30}:[A-Z][A-Za-z0-9]{0,60}\*?(?![\w.-]))"
    rf"|(?P<address>{_HEX}(?::{_HEX})*::(?:{_HEX}(?::{_HEX})*)?(?![\w.])|(?:{_HEX}:){{7}}{_HEX}(?![\w.]))"
    rf"|(?P<word>{WORD.pattern})"
)

_NUMBER = re.compile(
    r"[0-9]{1,8}(?:\.[0-9]{1,6}){0,2}(?:-[0-9]{1,8})?(?:MiB|GiB|KiB|MB|GB|KB|ms|s|m|h|d|x|Mi|Gi)?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2})?|[0-9]{2}(?:\.[0-9]+)?Z"
)
_ACCOUNT = re.compile(r"[0-9]{12}")
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_REGION = re.compile(
    r"(?:us|eu|ap|sa|ca|me|af|il|mx|cn)(?:-gov|-iso[a-z]?)?"
    r"-(?:north|south|east|west|central|northeast|northwest|southeast|southwest)-[0-9][a-z]?"
)
_INSTANCE_TYPE = re.compile(r"[a-z][a-z0-9-]{0,12}\.(?:nano|micro|small|medium|large|[0-9]{0,3}xlarge|metal)")
_RESOURCE_ID = re.compile(
    r"(acl|ami|eipalloc|eni|fs|fsap|i|igw|lt|nat|ns|pcx|pl|rtb|sg|sgr|snap|srv|subnet|tgw|vol|vpc|vpce)-[0-9a-f]{8,40}"
)
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[A-Za-z][\w-]*")
_FILE_ENDING = re.compile(r"\.(?:json|ya?ml|template|tpl|tmpl|j2|tf|toml|gz)$", re.IGNORECASE)
_AWS_HOST = frozenset({"amazonaws", "com", "cn", "dualstack", "aws", "api", "vpce", "internal", "org"})

_RESOURCE_TYPES: Final = frozenset(
    """
    accelerator access-point accesspoint account alarm alias app assumed-role autoScalingGroup aws-service-role
    capacity-provider certificate cluster container container-instance dashboard db deploymentconfig deploymentgroup
    distribution endpoint event-bus event-source-mapping file-system function group hostedzone http-namespace image
    instance instance-profile key layer listener listener-rule loadbalancer log-group log-stream managed-policy mesh
    namespace net oidc-provider parameter pipe pipeline policy project protection repository restapis role route rule
    saml-provider scheduled-task schedule schedule-group secret security-group service service-deployment
    service-revision session stack stage stateMachine stream subgrp subnet table target targetgroup task
    task-definition task-set trail user virtualNode virtualRouter virtualService volume vpc vpc-endpoint webacl
    """.split()  # noqa: SIM905 - a list of a hundred quoted words is not easier to read
)
"""Words before the last part of an ARN's resource that say what it is."""

_AWS: Final = frozenset(("aws", "amazonaws", "com", "ecs", "ecr", "rds", "s3", "sqs", "sns", "ssm", "ec2", "lambda"))
"""AWS and its services, as they stand within names that AWS proposes: ``/ecs/orders``, ``/aws/lambda/orders``."""

_PLAIN_IN_NAMES: Final = (
    _RESOURCE_TYPES
    | _AWS
    | frozenset(("in", "files", "of", "the", "VPC", "instances", "load", "balancer", "balancers", "roles", "network"))
    | frozenset(("definition", "estate", "team", "region"))
    | frozenset(each.value for each in NodeKind)
)
"""Words of this program's and of AWS's own within ids and names, where nothing is called so."""


class _How(Enum):
    KEEP = auto()
    """Closed lists, rule texts, AWS's own names."""
    NAME = auto()
    """Nothing but names, ids and addresses: every word is replaced."""
    TEXT = auto()
    """Sentences and values: words of the vocabulary stay."""


_KEPT: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "Tool": "name version",
        "ScopeView": "regions",
        "AccountView": "region status",
        "Summary": "verdict accepted_verdict",
        "ItemView": "id section title verdict note rules",
        "FieldView": "path shape verdict target",
        "WorkloadView": "kind region launch_type verdict accepted_verdict",
        "Finding": "rule checklist reference",
        "UnknownView": "rule checklist needs question",
        "GapView": "api action region error rules",
        "LedgerRow": "rule checklist",
        "RuleText": "title checklist why fix before after reference",
        "SeverityView": "rule",
        "ThresholdView": "rule name meaning",
        "PolicyView": "disabled",
        "WaiverNote": "rule problem",
        "NodeView": "aws_service region",
        "DependenciesView": "blind",
        "AwsServiceView": "service name category how used",
        "SideView": "verdict accepted_verdict",
        "FindingChange": "rule title checklist",
        "WorkloadChange": "old_verdict verdict",
        "RuleChange": "rule change",
        "GapChange": "api action region error change",
        "MovementView": "no_points notes",
    }.items()
}

_NAMES: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(fields.split())
    for name, fields in {
        "ScopeView": "accounts sources skipped filters",
        "AccountView": "account",
        "WorkloadView": "id name cluster account arn source task_definition owner",
        "SubjectView": "id name workloads",
        "WaiverView": "owner",
        "WaiverNote": "target owner",
        "Evidence": "source",
        "ProofView": "source",
        "GapView": "account resource",
        "GapChange": "account resource",
        "WorkloadChange": "id name cluster",
        "NodeView": "id name arn workload account group part_of",
        "EdgeView": "source target",
        "HintView": "node",
        "SharedStoreView": "node users writers",
        "HubView": "node callers",
        "ReachView": "node callers peers",
        "DependenciesView": "cycles orphans",
        "AwsServiceView": "workloads resources",
        "RuleText": "origin",
    }.items()
}


class _Aliases:
    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        self.own_words = vocabulary() | _words_of_rules(assessment)
        self.plain = self.own_words | _AWS
        self.models = list(_models(assessment))
        self.taken = {word for text in set(_texts(self.models)) for word in WORD.findall(text)}
        """Words of the assessment: no alias may be one of them."""
        self.aliases: dict[str, str] = {}
        self.known: set[str] = set()
        """Words that are names: replaced wherever they stand."""
        self.phrases: dict[str, tuple[int, ...]] = {}
        """Names of several words, by their first word: how many words they have, the longest first."""
        self.counts: dict[str, int] = {}
        self.memory: dict[tuple[str, _How], str] = {}

    # --- names --------------------------------------------------------------------------------------------------

    def collect(self) -> None:
        """Learns what is a name; what is named by several things of different kinds gets an alias of no kind."""
        kinds: dict[str, list[str]] = {}
        for kind, name in dict.fromkeys(_named(self.assessment, self.models)):
            for word in self.words(name, kind):
                kinds.setdefault(word, []).append(kind)
        for word, found in kinds.items():
            self.known.add(word)
            first = next((each for each in ("workload", "cluster") if each in found), found[0])
            self.alias(word, first if first in ("workload", "cluster") or set(found) == {first} else "name")
        for name in dict.fromkeys(_names_in(self.models)):
            for each in _TOKEN.finditer(name):
                if each.lastgroup == "arn":
                    self.arn(each.group(), learn=True)

    def words(self, name: str, kind: str) -> Iterator[str]:
        """The words of a name that are to be replaced everywhere; an owner of several words is one phrase."""
        words = list(_TOKEN.finditer(name))
        if kind == "owner" and len(words) > 1 and all(each.lastgroup == "word" for each in words):
            first = words[0].group()
            self.phrases[first] = tuple(sorted({*self.phrases.get(first, ()), len(words)}, reverse=True))
            self.alias(name[words[0].start() : words[-1].end()], kind)
        for each in words:
            if each.lastgroup == "arn":
                self.arn(each.group(), learn=True)
            elif not self.is_public(each.group()) and (len(words) == 1 or each.group() not in self.plain):
                yield each.group()

    def is_public(self, word: str) -> bool:
        """Whether a word tells nothing of anybody: a number, a region, a type of instance, an AWS host."""
        if _NUMBER.fullmatch(word) and not _ADDRESS.fullmatch(word):
            return True
        if _REGION.fullmatch(word) or _INSTANCE_TYPE.fullmatch(word):
            return True
        labels = word.split(".")
        return labels[-1] in ("com", "cn") and all(
            each in _AWS_HOST or _REGION.fullmatch(each) or each in _PLAIN_IN_NAMES for each in labels
        )

    def alias(self, word: str, kind: str = "name") -> str:
        found = self.aliases.get(word)
        if found is None:
            found = self.aliases[word] = self.make(word, kind)
        return found

    def make(self, word: str, kind: str) -> str:
        if _ACCOUNT.fullmatch(word):
            return self.fresh("account", lambda number: str(number) * 12 if number < 10 else f"{number:012}")
        if _ADDRESS.fullmatch(word):
            return self.fresh("address")
        resource = _RESOURCE_ID.fullmatch(word)
        if resource:
            return self.fresh(resource[1])
        ending = _FILE_ENDING.search(word)
        if ending:
            return self.fresh("file", lambda number: f"file-{number}{ending.group().lower()}")
        if _HOST.fullmatch(word) and kind not in ("workload", "cluster", "owner"):
            return self.fresh("host", lambda number: f"host-{number}.example")
        return self.fresh(kind)

    def fresh(self, kind: str, write: Callable[[int], str] | None = None) -> str:
        """The next alias of a kind that is no word of the assessment itself."""
        while True:
            number = self.counts[kind] = self.counts.get(kind, 0) + 1
            made = f"{kind}-{number}" if write is None else write(number)
            if made not in self.taken:
                return made

    # --- texts --------------------------------------------------------------------------------------------------

    def text(self, text: str, how: _How) -> str:
        found = self.memory.get((text, how))
        if found is None:
            found = self.memory[text, how] = self.written(text, how)
        return found

    def written(self, text: str, how: _How) -> str:
        tokens = list(_TOKEN.finditer(text))
        parts: list[str] = []
        end = at = 0
        while at < len(tokens):
            token = tokens[at]
            parts.append(text[end : token.start()])
            taken, shown = self.phrase(text, tokens, at) or (1, self.shown(token, how))
            parts.append(shown)
            at += taken
            end = tokens[at - 1].end()
        parts.append(text[end:])
        return "".join(parts)

    def phrase(self, text: str, tokens: list[re.Match[str]], at: int) -> tuple[int, str] | None:
        for count in self.phrases.get(tokens[at].group(), ()):
            if at + count <= len(tokens):
                alias = self.aliases.get(text[tokens[at].start() : tokens[at + count - 1].end()])
                if alias is not None:
                    return count, alias
        return None

    def shown(self, token: re.Match[str], how: _How) -> str:
        word = token.group()
        match token.lastgroup:
            case "marker":
                return word
            case "arn":
                return self.arn(word)
            case "address":
                return self.alias(word, "address")
            case "action" if not (self.known.intersection(word.split(":")) or actions_matching(word).unlisted):
                return word
            case "action":
                service, _, action = word.partition(":")
                return f"{self.word(service, how)}:{self.word(action, how)}"
        return self.word(word, how)

    def word(self, word: str, how: _How) -> str:
        if word in self.known:
            return self.aliases[word]
        if self.is_public(word) or (how is _How.NAME and word in _PLAIN_IN_NAMES):
            return word
        if how is _How.TEXT and (word in self.own_words or _lowered(word) in self.own_words):
            return word
        return self.alias(word)

    def arn(self, arn: str, *, learn: bool = False) -> str:
        """An ARN with its account and its resource's names replaced; those of AWS itself stay."""
        head, partition, service, region, account, resource = arn.split(":", 5)
        if account == "aws":
            return arn
        words = list(WORD.finditer(resource))
        parts: list[str] = []
        end = 0
        for at, each in enumerate(words):
            word = each.group()
            is_type = at < len(words) - 1 and word in _RESOURCE_TYPES
            is_kept = word not in self.known and (is_type or word in _AWS or bool(_NUMBER.fullmatch(word)))
            if learn and not is_kept:
                self.known.add(word)
            parts += [resource[end : each.start()], word if is_kept else self.alias(word)]
            end = each.end()
        parts.append(resource[end:])
        whose = self.alias(account) if _ACCOUNT.fullmatch(account) else account
        return ":".join((head, partition, service, region, whose, "".join(parts)))

    def fingerprint(self, fingerprint: str) -> str:
        found = self.aliases.get(fingerprint)
        if found is None:
            found = self.fresh("fingerprint", lambda number: f"{number:016x}")
            self.aliases[fingerprint] = found
        return found

    # --- values -------------------------------------------------------------------------------------------------

    def of(self, assessment: Assessment) -> Assessment:
        for each in assessment.findings:
            self.fingerprint(each.fingerprint)
        rewritten: Assessment = self.value(assessment, _How.TEXT)
        return rewritten

    def value(self, value: Any, how: _How) -> Any:
        if type(value) is str:  # not a member of an enumeration
            return value if how is _How.KEEP else self.text(value, how)
        if isinstance(value, BaseModel):
            return self.model(value)
        if isinstance(value, tuple):
            return tuple(self.value(each, how) for each in value)
        if isinstance(value, Mapping):  # its keys are rule ids, or what is filtered by
            return {key: self.value(each, how) for key, each in value.items()}
        return value

    def model(self, model: BaseModel) -> BaseModel:
        changes = {
            name: self.value(getattr(model, name), _how(type(model).__name__, name))
            for name in type(model).model_fields
        }
        match model:
            case Finding() | FindingChange():
                changes["fingerprint"] = self.fingerprint(model.fingerprint)
                text = self.assessment.rules.get(model.rule)
                if isinstance(model, Finding) and text is not None and model.remediation == text.fix:
                    changes["remediation"] = model.remediation
            case MovementView():
                changes["unchanged"] = tuple(map(self.fingerprint, model.unchanged))
            case Summary():
                prints = {each.fingerprint for each in self.assessment.findings}
                changes["capped_by"] = tuple(
                    self.fingerprint(each) if each in prints else each for each in model.capped_by
                )
            case GapView() if model.api == RULE:
                changes["resource"] = model.resource
            case NodeView() if model.kind is NodeKind.AWS_SERVICE:
                changes["name"] = self.text(model.name, _How.TEXT)
            case RuleText() if model.origin == "built-in":
                changes["origin"] = model.origin
        return model.model_copy(update=changes)


def _how(model: str, name: str) -> _How:
    if name in _KEPT.get(model, ()):
        return _How.KEEP
    return _How.NAME if name in _NAMES.get(model, ()) else _How.TEXT


def _lowered(word: str) -> str:
    """A word at the start of a sentence as it stands within one."""
    return word[0].lower() + word[1:]


def _words_of_rules(assessment: Assessment) -> frozenset[str]:
    """The words of the rules' own texts, which are shown as they are anyway."""
    texts = (text for each in assessment.rules.values() for text in (each.title, each.why, each.fix))
    return frozenset(word for text in texts for word in WORD.findall(text))


def _named(assessment: Assessment, models: Iterable[BaseModel]) -> Iterator[tuple[str, str]]:
    """Names of a telling kind, with it."""
    for workload in assessment.workloads:
        yield "workload", workload.name
        yield "cluster", workload.cluster
        yield "owner", workload.owner or ""
        yield "task-definition", workload.task_definition.rpartition(":")[0] or workload.task_definition
    for node in assessment.dependencies.nodes:
        yield "cluster", node.group
        if node.kind is not NodeKind.AWS_SERVICE:
            yield node.kind.value.replace("_", "-"), node.name
    for model in models:
        match model:
            case SubjectView(kind=SubjectKind.CONTAINER):
                yield "container", model.name.rpartition("/")[2]
            case SubjectView() if model.kind not in (SubjectKind.ESTATE, SubjectKind.TEAM, SubjectKind.ACCOUNT):
                if " " not in model.name:  # else a lost one, in words: "in files"
                    yield model.kind.value.replace("_", "-"), model.name
            case WaiverView() | WaiverNote():
                yield "owner", model.owner
            case WorkloadChange() | WorkloadView():
                yield "workload", model.name
                yield "cluster", model.cluster


def _names_in(models: Iterable[BaseModel]) -> Iterator[str]:
    """Whatever stands where only names stand."""
    for model in models:
        if isinstance(model, GapView) and model.api == RULE:
            continue
        if isinstance(model, RuleText) and model.origin == "built-in":
            continue
        for name in sorted(_NAMES.get(type(model).__name__, ())):
            yield from _strings(getattr(model, name))


def _models(value: Any) -> Iterator[BaseModel]:
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from _models(getattr(value, name))
    elif isinstance(value, tuple):
        for each in value:
            if type(each) is not str:
                yield from _models(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _models(each)


def _texts(models: Iterable[BaseModel]) -> Iterator[str]:
    for model in models:
        for name in type(model).model_fields:
            yield from _strings(getattr(model, name))


def _strings(value: Any) -> Iterator[str]:
    if type(value) is str:
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _strings(each)
