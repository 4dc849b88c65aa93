"""From an estate and rules to an assessment: names of findings, waivers, gaps, places, and a fixed order."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.assessment import Assessment, Finding, WaiverView
from assess.assessor import assess, assessment_of
from assess.config import Policy
from assess.estate.ecs import Container, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.gaps import Reason
from assess.estate.identity import Role
from assess.estate.workloads import Workload
from assess.judging import judge
from assess.rule import (
    CRITICAL,
    DAYS,
    HIGH,
    HOURS,
    INFO,
    LOW,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    Rule,
    Team,
    fail,
    not_applicable,
    rule,
)
from assess.survey import question
from tests.support.judgements import OPERATORS

ACCOUNT, REGION = "111122223333", "eu-west-1"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
CLUSTER = f"{ECS}:cluster/shop"
HERE = {"account": ACCOUNT, "region": REGION}
FACTS = ("ecs.clusters", "ecs.services", "ecs.task_definitions", "iam.roles", "tags")
TODAY = date(2026, 11, 23)

# --- an estate and rules of our own -----------------------------------------------------------------------------


def service(name: str, *, containers: tuple[str, ...] = ("app",), revision: int = 1, **task: Any) -> dict[str, Any]:
    """A service, its task definition and its role, in AWS's terms."""
    role = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    arn = f"{ECS}:task-definition/{name}:{revision}"
    return {
        "services": {
            "@origin": HERE,
            "serviceArn": f"{ECS}:service/shop/{name}",
            "serviceName": name,
            "clusterArn": CLUSTER,
            "taskDefinition": arn,
            "launchType": "FARGATE",
        },
        "task_definitions": {
            "@origin": HERE,
            "taskDefinitionArn": arn,
            "family": name,
            "revision": revision,
            "taskRoleArn": role,
            "containerDefinitions": [{"name": each, "image": "app:1"} for each in containers],
        }
        | task,
        "roles": {"@origin": {"account": ACCOUNT}, "Arn": role, "RoleName": name},
    }


def estate(*services: dict[str, Any], lost: Iterable[str] = (), **changes: Any) -> Estate:
    """An estate of services, with the facts ``lost`` denied."""
    without = set(lost)
    document: dict[str, Any] = {
        "detectors_version": 1,
        "collected_at": "2026-11-23T08:00:00Z",
        "scope": {"accounts": [ACCOUNT], "regions": [REGION]},
        "seen": [
            {"fact": fact, "account": ACCOUNT, "region": "" if fact == "iam.roles" else REGION}
            for fact in FACTS
            if fact not in without
        ],
        "gaps": [gap(fact) for fact in sorted(without)],
        "clusters": []
        if "ecs.clusters" in without
        else [{"@origin": HERE, "clusterArn": CLUSTER, "clusterName": "shop"}],
    }
    for kind in ("services", "task_definitions", "roles"):
        fact = {"services": "ecs.services", "task_definitions": "ecs.task_definitions", "roles": "iam.roles"}[kind]
        members = [each[kind] for each in services]
        if fact == "ecs.services" and fact in without:
            members = [
                {key: each[key] for key in ("@origin", "serviceArn", "serviceName", "clusterArn")} for each in members
            ]
        elif fact in without:
            members = []
        document[kind] = members
    return Estate.model_validate(document | changes)


def gap(fact: str, reason: Reason = Reason.DENIED, **changes: Any) -> dict[str, Any]:
    told = {"api": f"read:{fact}", "action": f"read:{fact}", **HERE, "reason": reason, "facts": [fact]}
    return told | {"error": "AccessDenied", "message": "not allowed"} | changes


@rule(
    "HLT-ALL", Checklist.HEALTH, severity=MEDIUM, effort=HOURS, needs=("ecs.task_definitions",), reference="https://a"
)
def every_container(container: Container) -> Iterator[Outcome]:
    """A container is named app.

    It matters.

    Fix: rename it.
    """
    if container.name == "app":
        yield fail("it is app", container.task.evidence(*container.at("name")), element="name")


@rule(
    "RUN-BIG", Checklist.RUNTIME, severity=CRITICAL, effort=DAYS, needs=("ecs.task_definitions",), reference="https://b"
)
def big_family(task: TaskDefinition) -> Iterator[Outcome]:
    """A family's name starts with big.

    It matters.

    Fix: shrink it.
    """
    if task.family.startswith("big"):
        yield fail("it is big", task.evidence("family"))


@rule(
    "IAM-BOUND",
    Checklist.IDENTITY,
    severity=HIGH,
    effort=HOURS,
    needs=("iam.roles",),
    reference="https://c",
)
def named_role(role: Role) -> Iterator[Outcome]:
    """A role's name ends in admin.

    It matters.

    Fix: lower it.
    """
    if role.name.endswith("admin"):
        yield fail("it is admin", role.evidence("RoleName"))


@rule(
    "SVC-TAGGED",
    Checklist.SERVICE_CONFIGURATION,
    severity=LOW,
    worst=HIGH,
    effort=HOURS,
    needs=("ecs.services", "tags"),
    raised_by=("ecs.clusters",),
    reference="https://d",
)
def fargate(workload: Workload) -> Iterator[Outcome]:
    """A service has no tags.

    It matters.

    Fix: tag it.
    """
    if workload.service is not None and workload.name.startswith("bare"):
        worse = workload.cluster_facts is not None and workload.name.startswith("bare-worse")
        yield fail("it is bare", workload.service.evidence("serviceName"), severity=HIGH if worse else LOW)


@rule("SKL-ASKED", Checklist.SKILLS, severity=HIGH, effort=DAYS, needs=("survey.R1",), reference="https://e")
def asked(team: Team) -> Iterator[Outcome]:
    """Nobody knows Kubernetes.

    It matters.

    Fix: learn it.
    """
    yield from ()


@rule(
    "MAN-MOVE", Checklist.MANIFESTS, kind=Kind.CONVERSION, effort=HOURS, needs=("ecs.services",), reference="https://f"
)
def to_convert(workload: Workload) -> Iterator[Outcome]:
    """A service becomes a Deployment.

    It matters.

    Fix: write it.
    """
    if workload.service is not None:
        yield fail("it becomes a Deployment", workload.service.evidence("serviceName"))


@rule(
    "STO-NONE",
    Checklist.STATELESSNESS,
    severity=HIGH,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    reference="https://g",
)
def no_volumes(task: TaskDefinition) -> Iterator[Outcome]:
    """A volume is not empty.

    It matters.

    Fix: empty it.
    """
    if not task.volumes:
        yield not_applicable("no volumes")


RULES: tuple[Rule, ...] = (every_container, big_family, named_role, fargate, asked, to_convert, no_volumes)


def assessed(of: Estate, policy: Mapping[str, Any] | None = None, rules: Iterable[Rule] = RULES) -> Assessment:
    return assess(of, policy=Policy.model_validate(policy or {}), rules=rules, as_of=TODAY)


def waiver(rule: str, **target: str) -> dict[str, Any]:
    return {"rule": rule, "reason": "it is known", "owner": "shop", "expires": "2027-01-31", **target}


def prints(of: Assessment) -> dict[tuple[str, str], str]:
    """Fingerprints by rule and subject."""
    return {(each.rule, each.subject.name): each.fingerprint for each in of.findings}


# --- the whole --------------------------------------------------------------------------------------------------


def test_an_estate_becomes_an_assessment() -> None:
    made = assessed(estate(service("web"), service("big"), service("old", containers=("main", "side"))))
    assert [(each.rule, each.severity, each.subject.name) for each in made.findings] == [
        ("RUN-BIG", CRITICAL, "big:1"),
        ("HLT-ALL", MEDIUM, "big/app"),
        ("HLT-ALL", MEDIUM, "web/app"),
        ("MAN-MOVE", INFO, "big"),
        ("MAN-MOVE", INFO, "old"),
        ("MAN-MOVE", INFO, "web"),
    ]
    assert [(each.name, each.verdict, each.score) for each in made.workloads] == [
        ("big", "blocked", 56),
        ("old", "ready", 100),
        ("web", "ready_with_work", 96),
    ]
    summary = made.summary
    assert (summary.verdict, summary.score, summary.score_low, summary.score_high) == ("ready_with_work", 59, 59, 59)
    assert summary.score_uncapped == pytest.approx(84.0)
    assert summary.capped_by == (made.findings[0].fingerprint,)
    assert summary.findings.model_dump() == {"critical": 1, "high": 0, "medium": 2, "low": 0, "info": 3}
    assert summary.workloads.model_dump() == {
        "ready": 1,
        "ready_with_work": 1,
        "not_ready": 0,
        "blocked": 1,
        "undetermined": 0,
    }
    open_ends = [(each.rule, each.reason, each.question) for each in made.unknowns]
    assert open_ends == [("SKL-ASKED", "unanswered", question("R1"))]
    assert made.generated_at.isoformat() == "2026-11-23T08:00:00+00:00"
    assert [each.id for each in made.checklist] == [each.value for each in Checklist]


def test_notes_of_checklist_items() -> None:
    notes = {each.id: each.note for each in assessed(estate(service("web"), service("api"))).checklist}
    assert notes["manifests"] == "conversion work only: 2 changes"
    assert notes["skills"] == "not asked yet"
    assert notes["statelessness"] == "n/a"
    assert notes["health"] is None
    assert notes["ingress"] == "no rules"


def test_an_empty_estate_has_no_score() -> None:
    made = assessed(estate())
    assert (made.summary.score, made.summary.score_low, made.summary.score_high) == (None, None, None)
    assert (made.summary.verdict, made.summary.capped_by, made.ledger) == ("undetermined", (), ())


def test_a_finding_says_what_its_rule_says_unless_it_knows_better() -> None:
    found = assessed(estate(service("big"))).findings[0]
    assert (found.remediation, found.reference, found.effort) == ("shrink it.", "https://b", DAYS)
    assert found.checklist == "runtime"
    assert found.evidence[0].pointer == "/family"


def test_a_lost_fact_becomes_an_unknown_with_the_action_and_the_gap_names_the_rule() -> None:
    made = assessed(estate(service("web"), lost=["iam.roles"]))
    found = next(each for each in made.unknowns if each.rule == "IAM-BOUND")
    assert (found.reason, found.needs, found.worst, found.subject.workloads) == (
        Reason.DENIED,
        ("read:iam.roles",),
        HIGH,
        (f"{ACCOUNT}/{REGION}/shop/web",),
    )
    assert [(each.action, each.rules) for each in made.gaps] == [("read:iam.roles", ("IAM-BOUND",))]
    assert made.workloads[0].verdict == "undetermined"


def test_a_gap_of_another_region_leaves_no_rule_open_here() -> None:
    made = assessed(
        estate(service("web"), lost=["iam.roles"], gaps=[gap("iam.roles"), gap("iam.roles", region="us-east-1")])
    )
    assert [(each.region, each.rules) for each in made.gaps] == [(REGION, ("IAM-BOUND",)), ("us-east-1", ())]


def test_a_rule_on_a_role_sees_the_regional_facts_of_the_roles_workloads() -> None:
    @rule("IAM-USED", Checklist.IDENTITY, severity=LOW, effort=HOURS, needs=FACTS, reference="https://h")
    def used(role: Role) -> Iterator[Outcome]:
        """Something.

        It matters.

        Fix: mend it.
        """
        yield from ()

    assert assessed(estate(service("web")), rules=[used]).unknowns == ()
    for fact in FACTS:
        made = assessed(estate(service("web"), gaps=[gap(fact)]), rules=[used])
        assert [(each.rule, each.needs) for each in made.unknowns] == [("IAM-USED", (f"read:{fact}",))]


def test_a_recovered_gap_is_listed_and_changes_nothing() -> None:
    plain = assessed(estate(service("web")))
    made = assessed(estate(service("web"), gaps=[gap("iam.roles", recovered=True)]))
    assert made.summary == plain.summary
    assert [(each.recovered, each.rules) for each in made.gaps] == [(True, ())]
    assert made.accounts[0].status == "complete"


def test_a_critical_that_could_be_hidden_is_named_beside_the_findings_that_cap() -> None:
    @rule("RSK-A", Checklist.ROLLBACK, severity=CRITICAL, effort=HOURS, needs=("survey.R2",), reference="https://h")
    def unanswered(team: Team) -> Iterator[Outcome]:
        """Something.

        It matters.

        Fix: mend it.
        """
        yield from ()

    made = assessed(estate(service("big"), lost=["iam.roles"]), rules=(*RULES, unanswered))
    assert made.summary.capped_by == (made.findings[0].fingerprint, "RSK-A")


def test_a_rule_that_breaks_is_reported_and_the_others_go_on() -> None:
    @rule("OBS-BROKEN", Checklist.OBSERVABILITY, severity=LOW, effort=HOURS, needs=(), reference="https://h")
    def broken(workload: Workload) -> Iterator[Outcome]:
        """Something.

        It matters.

        Fix: mend it.
        """
        raise LookupError(f"canary of {workload.name}")
        yield

    made = assessed(estate(service("web"), service("api")), rules=(*RULES, broken))
    reported = [(each.resource, each.error, each.message) for each in made.gaps]
    assert len(reported) == 1
    assert reported[0][:2] == ("OBS-BROKEN", "RuleFailed")
    assert reported[0][2].startswith("the rule could not run: LookupError at tests.test_assessor:")
    assert "canary" not in made.model_dump_json()
    assert {each.rule for each in made.findings} == {"HLT-ALL", "MAN-MOVE"}


# --- places -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "gaps", "status", "score"),
    [
        ("nothing is missing", [], "complete", 96),
        ("a fact is missing", [gap("cloudmap")], "partial", 96),
        ("a fact of the whole account is missing", [gap("cloudmap", region="")], "partial", 96),
        ("workloads may be hidden", [gap("ecs.services", enumeration=True, resource="x")], "blind", None),
        ("a file is broken", [gap("", api="file", account="", region="", facts=[])], "complete", 96),
    ],
)
def test_status_of_an_account(situation: str, gaps: list[dict[str, Any]], status: str, score: int | None) -> None:
    only = assessed(estate(service("web"), gaps=gaps)).accounts
    assert [(each.status, each.workloads, each.score, each.wholly_blind) for each in only] == [
        (status, 1, score, False)
    ]


def test_a_region_whose_clusters_could_not_be_listed_is_wholly_blind() -> None:
    other = gap("ecs.clusters", api="ecs:ListClusters", region="us-east-1", enumeration=True)
    made = assessed(
        estate(service("web"), scope={"accounts": [ACCOUNT], "regions": [REGION, "us-east-1"]}, gaps=[other])
    )
    assert [(each.region, each.status, each.wholly_blind, each.score) for each in made.accounts] == [
        (REGION, "complete", False, 96),
        ("us-east-1", "blind", True, None),
    ]
    assert made.scope.blind == (f"ecs:ListClusters in {ACCOUNT} us-east-1: AccessDenied",)
    assert (made.summary.score, made.summary.score_low, made.summary.score_high) == (None, 0, 100)
    assert (made.summary.verdict, made.summary.score_uncapped, made.summary.coverage) == ("undetermined", None, None)


def test_a_collector_that_ran_and_listed_nothing_leaves_its_region_wholly_blind() -> None:
    made = assessed(estate(clusters=[], gaps=[gap("ecs.clusters", api="ecs:ListClusters", enumeration=True)]))
    assert [each.wholly_blind for each in made.accounts] == [True]


def test_files_are_no_account() -> None:
    task = service("web")["task_definitions"] | {"@origin": {"source": "web.json"}}
    del task["taskDefinitionArn"]
    made = assessed(
        estate(
            scope={"sources": [{"path": "web.json", "kind": "task_definition", "facts": ["ecs.task_definitions"]}]},
            seen=[],
            clusters=[],
            task_definitions=[task],
        )
    )
    assert made.accounts == ()
    assert made.scope.sources == ("web.json",)
    assert [(each.name, each.source, each.task_definition) for each in made.workloads] == [("web", "web.json", "web:1")]
    assert made.summary.coverage is not None
    assert made.summary.coverage_of_source == 1.0
    assert made.summary.coverage < 1.0


# --- fingerprints -----------------------------------------------------------------------------------------------


def test_fingerprints_are_sixteen_hex_digits_and_differ() -> None:
    found = [each.fingerprint for each in assessed(estate(service("web"), service("big"))).findings]
    assert len(set(found)) == len(found) == 5
    assert all(len(each) == 16 and int(each, 16) >= 0 for each in found)


def test_a_known_fingerprint_stays_what_it_is() -> None:
    assert prints(assessed(estate(service("web"))))["HLT-ALL", "web/app"] == "5ad29f1115bd6f2c"


@pytest.mark.parametrize(
    ("situation", "changed"),
    [
        ("a new revision", service("web", revision=2)),
        ("another container before it", service("web", containers=("first", "app"))),
        ("another family", service("web", family="renamed")),
        ("another value", service("web", cpu="256")),
    ],
)
def test_a_fingerprint_stands_through(situation: str, changed: dict[str, Any]) -> None:
    def of_health(made: Assessment) -> list[str]:
        return [each.fingerprint for each in made.findings if each.rule == "HLT-ALL"]

    assert of_health(assessed(estate(changed))) == of_health(assessed(estate(service("web")))), situation


def test_a_fingerprint_stands_when_other_services_come() -> None:
    alone, among = assessed(estate(service("web"))), assessed(estate(service("api"), service("web"), service("zoo")))
    assert prints(alone)["HLT-ALL", "web/app"] == prints(among)["HLT-ALL", "web/app"]


def test_equal_fingerprints_are_numbered_in_name_order() -> None:
    @rule("LIF-TWICE", Checklist.LIFECYCLE, severity=LOW, effort=HOURS, needs=(), reference="https://h")
    def twice(task: TaskDefinition) -> Iterator[Outcome]:
        """Something.

        It matters.

        Fix: mend it.
        """
        for index in reversed(range(len(task.container_definitions))):
            yield fail("it is so", task.evidence("containerDefinitions", index, "name"), element="same")

    def by_pointer(*containers: str) -> dict[str, str]:
        made = assessed(estate(service("web", containers=containers)), rules=[twice])
        return {each.evidence[0].pointer: each.fingerprint for each in made.findings}

    one, two = by_pointer("app"), by_pointer("app", "side")
    first, second = "/containerDefinitions/0/name", "/containerDefinitions/1/name"
    assert two[first] == one[first]
    assert two[second] != two[first]


def test_containers_of_one_name_in_two_services_have_their_own() -> None:
    found = prints(assessed(estate(service("web"), service("api"))))
    assert found["HLT-ALL", "web/app"] != found["HLT-ALL", "api/app"]


# --- waivers ----------------------------------------------------------------------------------------------------


def test_waived_findings_stay_visible_and_leave_the_accepted_numbers() -> None:
    of = estate(service("big"), service("web"))
    plain, made = assessed(of), assessed(of, {"waiver": [waiver("RUN-*", workload="shop/big*")]})
    assert made.findings[0].waived == WaiverView(reason="it is known", owner="shop", expires=date(2027, 1, 31))
    assert [each.waived for each in made.findings[1:]] == [None] * 4
    assert (made.summary.verdict, made.summary.score, made.summary.findings) == (
        plain.summary.verdict,
        plain.summary.score,
        plain.summary.findings,
    )
    assert (made.summary.accepted_score, plain.summary.accepted_score) == (96, 59)
    assert made.summary.workloads.blocked == 1
    assert made.summary.accepted_workloads.blocked == 0
    big = made.workloads[0]
    assert (big.verdict, big.accepted_verdict, big.score, big.accepted_score) == ("blocked", "ready_with_work", 56, 96)
    assert (big.accepted_low, big.accepted_high) == (84, 96)


def test_waivers_that_do_not_count_are_named() -> None:
    made = assessed(
        estate(service("big")),
        {
            "waiver": [
                waiver("RUN-*", workload="*") | {"expires": "2026-11-22"},
                waiver("RUN-*", workload="*") | {"expires": "2027-12-01"},
                waiver("RUN-*", workload="prod/*"),
            ]
        },
    )
    assert [(each.problem, each.target) for each in made.waiver_notes] == [
        ("expired", "*"),
        ("too_long", "*"),
        ("unused", "prod/*"),
    ]
    assert made.summary.accepted_score == made.summary.score


# --- the same facts, the same bytes -----------------------------------------------------------------------------


def test_the_order_of_facts_and_rules_changes_nothing() -> None:
    services = [service("web"), service("big"), service("bare"), service("old", containers=("app", "side"))]
    made = {
        assessed(estate(*of, lost=["iam.roles"]), rules=rules).model_dump_json()
        for of in itertools.permutations(services)
        for rules in (RULES, tuple(reversed(RULES)))
    }
    assert len(made) == 1


def test_the_order_of_judgements_changes_nothing() -> None:
    of = estate(service("web"), service("big"), lost=["tags"])
    found = judge(of, RULES, Policy())
    made = [
        assessment_of(of, order, policy=Policy(), rules=RULES, as_of=TODAY) for order in (found, tuple(reversed(found)))
    ]
    assert made[0] == made[1]


def test_an_assessment_survives_its_json_form() -> None:
    made = assessed(estate(service("big"), lost=["tags"]), {"waiver": [waiver("RUN-*", workload="*")]})
    assert Assessment.model_validate_json(made.model_dump_json()) == made


# --- properties over whole estates ------------------------------------------------------------------------------

NAMES = ("web", "big", "bare", "bare-worse", "admin", "big-admin")


def numbers(made: Assessment) -> dict[str, tuple[int | None, int | None, int | None]]:
    parts = {"estate": made.summary} | {each.id: each for each in made.workloads}
    return {id: (each.score, each.score_low, each.score_high) for id, each in parts.items()}


def at_most(after: int | None, before: int | None) -> bool:
    return after is None or (before is not None and after <= before)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True),
    st.sets(st.sampled_from(FACTS)),
    st.sets(st.sampled_from(FACTS)),
    st.sampled_from(OPERATORS),
)
def test_losing_facts_raises_no_score(names: list[str], lost: set[str], more: set[str], reason: Reason) -> None:
    services = [service(each) for each in names]
    before = assessed(estate(*services, lost=lost))
    gaps = [gap(fact, reason if fact in more else Reason.DENIED) for fact in sorted(lost | more)]
    after = assessed(estate(*services, lost=lost | more, gaps=gaps))
    for id, (score, low, high) in numbers(after).items():
        was = numbers(before)[id]
        assert at_most(score, was[0]), id
        assert at_most(low, was[1]), id
        assert at_most(was[2], high), id


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True),
    st.lists(st.tuples(st.sampled_from(("*", "RUN-*", "HLT-ALL", "IAM-*")), st.sampled_from(("*", "shop/b*", "web")))),
)
def test_waivers_lower_no_number(names: list[str], targets: list[tuple[str, str]]) -> None:
    of = estate(*(service(each) for each in names))
    waivers = [waiver(rule, workload=glob) for rule, glob in targets]
    before = assessed(of)
    for count in range(len(waivers) + 1):
        after = assessed(of, {"waiver": waivers[:count]})
        assert numbers(after) == numbers(before)
        assert after.ledger == before.ledger
        old, new = before.summary, after.summary
        assert at_most(old.accepted_score, new.accepted_score)
        assert at_most(old.accepted_low, new.accepted_low)
        assert at_most(old.accepted_high, new.accepted_high)
        assert at_most(new.score, new.accepted_score)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=3, unique=True))
def test_any_name_is_assessed_and_survives_json(names: list[str]) -> None:
    made = assessed(estate(*(service(each) for each in names)), {"waiver": [waiver("*", workload="*")]})
    assert len(made.workloads) == len(names)
    assert Assessment.model_validate_json(json.dumps(made.model_dump(mode="json"))) == made
    assert all(isinstance(each, Finding) and each.waived for each in made.findings)
