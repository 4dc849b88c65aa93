"""That nothing names the estate once names are replaced, and that what is left can still be read."""

import re
import typing
from collections.abc import Iterator
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import BaseModel

from assess.assessment import Assessment, ScopeView
from assess.assessor import assess
from assess.comparison import compare
from assess.config import Policy
from assess.estate.estate import Estate
from assess.estate.facts import Leaf
from assess.packs import load_reports, load_rules
from assess.pseudonyms import WORD, pseudonymised, vocabulary
from assess.readers.saved import read_estate
from assess.reporting import RenderOptions, Report
from assess_reports.json_report import json_report
from tests.reports import examples
from tests.reports.hostile import ATTACKS, texts

FORMATS: tuple[Report, ...] = load_reports()


@cache
def demo_estate() -> Estate:
    with as_file(files("assess") / "data" / "demo-estate.json.gz") as path:
        return read_estate(str(path))


@cache
def demo() -> Assessment:
    estate = demo_estate()
    made = assess(estate, policy=Policy(), rules=load_rules(), as_of=estate.collected_at.date())
    earlier = made.model_copy(update={"findings": made.findings[::3], "workloads": made.workloads[:-2]})
    return made.model_copy(update={"movement": compare(earlier, made)})


def outputs(assessment: Assessment) -> Iterator[tuple[str, str]]:
    for report in FORMATS:
        yield report.name, report.render(assessment, RenderOptions(width=200, verbosity=2))


def identifiers(value: Any) -> Iterator[str]:
    """Every text of an estate that its models call an identifier."""
    if isinstance(value, BaseModel):
        hints = typing.get_type_hints(type(value), include_extras=True)
        for name in type(value).model_fields:
            member = getattr(value, name)
            if _is_identifier(hints[name]):
                yield from _strings(member)
            yield from identifiers(member)
    elif isinstance(value, dict):
        for each in value.values():
            yield from identifiers(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from identifiers(each)


def _is_identifier(annotation: Any) -> bool:
    if typing.get_origin(annotation) is typing.Annotated and Leaf.IDENTIFIER in annotation.__metadata__:
        return True
    return any(map(_is_identifier, typing.get_args(annotation)))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)


def words_of(text: str) -> set[str]:
    return set(WORD.findall(text))


@cache
def telling_words() -> frozenset[str]:
    """Words of identifiers of the demo estate that nobody would write who does not know the estate."""
    ordinary = vocabulary() | {
        word for rule in load_rules() for word in words_of(f"{rule.title} {rule.why} {rule.fix}")
    }
    found = {word for name in identifiers(demo_estate()) if ":aws:" not in name for word in WORD.findall(name)}
    plain = re.compile(
        r"[\d.:TZ-]{1,8}|[\d]{4}-[\d]{2}-.*|[a-z]{2}(-gov)?-[a-z]+-\d[a-z]?|[a-z0-9]+\.(\d*x?large|micro|small|medium)"
        r"|[\w.-]*\.amazonaws\.com"
    )
    return frozenset(
        word for word in found if word not in ordinary and word.lower() not in ordinary and not plain.fullmatch(word)
    )


def static_words() -> set[str]:
    """What reports say of an estate without names, and the samples of rules: not of anybody."""
    samples = {word for each in demo().rules.values() for word in words_of(f"{each.before} {each.after}")}
    return samples | {word for _, text in outputs(pseudonymised(examples.shop())) for word in words_of(text)}


def test_the_demo_estate_has_telling_identifiers() -> None:
    assert {"storefront", "shop-platform", "123456789012", "shop-orders-database", "order-worker"} <= telling_words()
    assert len(telling_words()) > 150


def test_no_identifier_of_the_demo_estate_occurs_in_any_output() -> None:
    plain = {word for _, text in outputs(demo()) for word in words_of(text)}
    assert len(telling_words() & plain) > 100  # without pseudonyms they do
    allowed = static_words()
    for name, text in outputs(pseudonymised(demo())):
        assert words_of(text) & telling_words() <= allowed, name
        for word in telling_words() - allowed:
            if len(word) > 11:
                assert word not in text, name


def test_ordinary_words_that_name_workloads_are_replaced_too() -> None:
    names = {each.name for each in demo().workloads} | {each.cluster for each in demo().workloads} - {""}
    made = pseudonymised(demo())
    assert {"api", "search", "media", "admin", "payments"} <= names
    for finding in made.findings:
        assert not words_of(finding.message) & names, finding.message
        assert not words_of(finding.subject.name + " " + finding.subject.id) & names
        assert not [each for each in finding.evidence if words_of(each.source) & names]
    for workload in made.workloads:
        assert not words_of(f"{workload.id} {workload.arn} {workload.name} {workload.cluster}") & names
    for node in made.dependencies.nodes:
        assert not words_of(f"{node.name} {node.group} {node.arn or ''}") & names
    assert not {each.owner for each in made.workloads} & {each.owner for each in demo().workloads if each.owner}


def test_it_stays_readable() -> None:
    made = pseudonymised(demo())
    pairs = list(zip(demo().findings, made.findings, strict=True))
    sentences = {was.message: now.message for was, now in pairs}
    assert sentences["the task sends its traffic through an App Mesh proxy"] == (
        "the task sends its traffic through an App Mesh proxy"
    )
    changed = next(
        now for was, now in sentences.items() if was == "CodeDeploy controls the deployments of service search"
    )
    assert re.fullmatch(r"CodeDeploy controls the deployments of service workload-\d+", changed)
    arns = {each.arn for each in made.workloads if ":service/" in each.arn}
    assert all(
        re.fullmatch(r"arn:aws:ecs:us-east-1:111111111111:service/cluster-\d+/workload-\d+", each) for each in arns
    )
    lost = sum(len(re.findall(r"\bname-\d+", now.message)) for _, now in pairs)
    assert lost / sum(len(WORD.findall(was.message)) for was, _ in pairs) < 0.05


def test_everything_that_is_not_a_name_stays() -> None:
    was, now = demo(), pseudonymised(demo())
    assert now.pseudonyms
    assert (now.rules, now.ledger, now.checklist, now.generated_at) == (
        was.rules,
        was.ledger,
        was.checklist,
        was.generated_at,
    )
    assert [(each.rule, each.severity, each.remediation) for each in now.findings if each.rule != "X"] == [
        (each.rule, each.severity, now.findings[at].remediation) for at, each in enumerate(was.findings)
    ]
    assert [each.service for each in now.aws_services] == [each.service for each in was.aws_services]
    assert [each.fields for each in now.workloads] == [each.fields for each in was.workloads]
    assert now.scope.regions == was.scope.regions
    assert [each.needs for each in now.unknowns] == [each.needs for each in was.unknowns]


def same_shape(was: Assessment, now: Assessment) -> None:
    """Whatever was one thing is one thing, and what was two is two."""
    assert len({each.id for each in was.workloads}) == len({each.id for each in now.workloads})
    assert len({each.id for each in was.dependencies.nodes}) == len({each.id for each in now.dependencies.nodes})
    assert len({each.fingerprint for each in was.findings}) == len({each.fingerprint for each in now.findings})
    ids = {each.id for each in now.workloads}
    assert all(set(each.subject.workloads) <= ids for each in now.findings)
    assert all(set(each.subject.workloads) <= ids for each in now.unknowns)
    nodes = {each.id for each in now.dependencies.nodes}
    assert all({each.source, each.target} <= nodes for each in now.dependencies.edges)
    assert Assessment.model_validate_json(now.model_dump_json()) == now


def test_the_shape_of_the_demo_stays() -> None:
    same_shape(demo(), pseudonymised(demo()))


def test_the_same_assessment_gives_the_same_bytes() -> None:
    again = Assessment.model_validate_json(demo().model_dump_json())
    assert pseudonymised(again).model_dump_json() == pseudonymised(demo()).model_dump_json()


def test_two_pseudonymised_assessments_are_said_not_to_match() -> None:
    one = pseudonymised(demo())
    assert any("pseudonyms" in each for each in compare(one, one).notes)
    assert "pseudonyms" not in " ".join(compare(demo(), demo()).notes)


@pytest.mark.parametrize("attack", [each for each in ATTACKS if WORD.search(each)], ids=lambda text: ascii(text[:30]))
def test_hostile_names_are_replaced(attack: str) -> None:
    mark = "zqxmark"
    shop = examples.shop()
    hostile = examples.rewritten(
        shop.model_copy(update={"rules": {}}), lambda text: f"{mark}{attack}{text}{mark}" if text else text
    ).model_copy(update={"rules": shop.rules})
    kept = {
        "checklist": shop.checklist,
        "ledger": shop.ledger,
        "scope": hostile.scope.model_copy(update={"regions": shop.scope.regions}),
        "findings": tuple(
            now.model_copy(update={"rule": was.rule, "checklist": was.checklist, "reference": was.reference})
            for was, now in zip(shop.findings, hostile.findings, strict=True)
        ),
        "unknowns": tuple(
            now.model_copy(update={"rule": was.rule, "checklist": was.checklist, "needs": (), "question": None})
            for was, now in zip(shop.unknowns, hostile.unknowns, strict=True)
        ),
        "gaps": (),
        "workloads": tuple(
            now.model_copy(
                update={"region": was.region, "kind": was.kind, "launch_type": was.launch_type, "fields": was.fields}
            )
            for was, now in zip(shop.workloads, hostile.workloads, strict=True)
        ),
        "waiver_notes": tuple(
            now.model_copy(update={"rule": was.rule})
            for was, now in zip(shop.waiver_notes, hostile.waiver_notes, strict=True)
        ),
        "tool": shop.tool,
    }
    made = pseudonymised(hostile.model_copy(update=kept))
    for name, text in outputs(made):
        assert mark not in text.lower(), name


@settings(max_examples=15, deadline=None)
@given(texts, texts)
def test_any_text_keeps_the_shape(before: str, after: str) -> None:
    hostile = examples.rewritten(examples.shop(), lambda text: before + text + after)
    made = pseudonymised(hostile)
    ids = {each.id for each in made.workloads}
    assert all(set(each.subject.workloads) <= ids for each in made.findings)
    assert len({each.fingerprint for each in made.findings}) == len({each.fingerprint for each in hostile.findings})


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("10.20.30.40:5432", "address-1:5432"),
        ("10.20.0.0/16", "address-1/16"),
        ("2001:db8:1::17 at 10:00:00", "address-1 at 10:00:00"),
        ("https://db.acme.example:5432/x", "https://host-1.example:5432/x"),
        ("sqs.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"),
        ("iam:GetRolePolicy of 444455556666", "iam:GetRolePolicy of 111111111111"),
        ("zorbas:GetOrders, dynamodb:Get*", "name-1:name-2, dynamodb:Get*"),
        ("arn:aws:sns:eu-west-1:444455556666:alerts", "arn:aws:sns:eu-west-1:111111111111:name-1"),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("arn:aws:iam::444455556666:role/service", "arn:aws:iam::111111111111:role/name-1"),
        ("subnet-0a1b2c3d4e5f60718 in eu-west-1a", "subnet-1 in eu-west-1a"),
        ("(redacted:named:keyword:9-16:g3)", "(redacted:named:keyword:9-16:g3)"),
        ("container has 512 MiB until 2027-03-31", "container has 512 MiB until 2027-03-31"),
        ("deploy/ledgerd.json", "deploy/file-1.json"),
        ("日本語", "name-1"),
        ("it's Zorbas'", "it's name-1'"),
    ],
)
def test_a_text(text: str, written: str) -> None:
    clean = examples.clean(0)
    gap = (
        examples.shop()
        .gaps[0]
        .model_copy(update={"message": text, "account": "", "resource": None, "action": None, "rules": ()})
    )
    made = pseudonymised(clean.model_copy(update={"gaps": (gap,), "scope": ScopeView()}))
    assert made.gaps[0].message == written


def test_an_alias_is_never_a_name_of_the_estate() -> None:
    shop = examples.shop()
    names = {"web": "workload-2", "api": "workload-1", "cart": "222222222222"}
    clash = examples.rewritten(shop, lambda text: names.get(text, text))
    made = pseudonymised(clash)
    assert not {each.name for each in made.workloads} & set(names.values())
    assert len({each.name for each in made.workloads}) == len(shop.workloads)


def test_a_large_estate_takes_time_in_proportion() -> None:
    """Aliases are looked up word by word: five thousand names do not make every text slower."""
    large = examples.large(2000)
    made = pseudonymised(large)
    assert len({each.name for each in made.workloads}) == 2000
    assert "team-service-" not in json_report.render(made, RenderOptions())


def test_the_vocabulary_holds_no_name_of_the_demo() -> None:
    assert not {"storefront", "shop-platform", "loyalty", "order-worker", "stock-sync"} & vocabulary()
