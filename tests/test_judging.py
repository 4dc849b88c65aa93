"""What the engine makes of outcomes when facts are missing: not seen is never passed."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from assess.assessor import assess
from assess.config import Policy
from assess.estate.ecs import Container, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.gaps import Gap, Reason, Seen
from assess.estate.identity import Role
from assess.estate.workloads import Workload
from assess.graph.sources import FACTS as GRAPH_FACTS
from assess.judging import Judgement, judge
from assess.rule import (
    CRITICAL,
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
    unknown,
)

ACCOUNT, REGION = "111122223333", "us-east-1"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
CLUSTER = f"{ECS}:cluster/shop"
WEB, API = f"{ECS}:service/shop/web", f"{ECS}:service/shop/api"
TASK = f"{ECS}:task-definition/web:3"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/web"
HERE = {"account": ACCOUNT, "region": REGION}
ALL_FACTS = ("ecs.clusters", "ecs.services", "ecs.task_definitions", "iam.roles", "tags")


def estate(**changes: Any) -> Estate:
    """One service on one task definition with one role, everything seen."""
    document: dict[str, Any] = {
        "detectors_version": 1,
        "collected_at": "2026-11-23T00:00:00Z",
        "seen": [{"fact": fact, **HERE} for fact in ALL_FACTS],
        "clusters": [{"@origin": HERE, "clusterArn": CLUSTER, "clusterName": "shop"}],
        "services": [
            {
                "@origin": HERE,
                "serviceArn": WEB,
                "serviceName": "web",
                "clusterArn": CLUSTER,
                "taskDefinition": TASK,
                "launchType": "FARGATE",
            }
        ],
        "task_definitions": [
            {
                "@origin": HERE,
                "taskDefinitionArn": TASK,
                "family": "web",
                "revision": 3,
                "taskRoleArn": ROLE,
                "containerDefinitions": [{"name": "app", "image": "app:1"}],
            }
        ],
        "roles": [{"@origin": {"account": ACCOUNT}, "Arn": ROLE, "RoleName": "web"}],
    }
    return Estate.model_validate(document | changes)


def gap(fact: str, reason: Reason = Reason.DENIED, **changes: Any) -> dict[str, Any]:
    action = {"ecs.services": "ecs:DescribeServices", "iam.roles": "iam:GetRolePolicy"}.get(fact, "ecs:Describe")
    told = {"api": action, "action": action, **HERE, "reason": reason, "facts": [fact]}
    return told | {"error": "AccessDenied", "message": "denied"} | changes


def only(judgements: tuple[Judgement, ...]) -> Judgement:
    assert len(judgements) == 1, judgements
    return judgements[0]


def make(outcomes: list[Outcome], **declared: Any) -> Rule:
    """A rule on the workload that says ``outcomes``."""

    def check(workload: Workload) -> Iterator[Outcome]:
        """Something is so.

        It matters.

        Fix: mend it.
        """
        assert workload.name
        yield from outcomes

    settings: dict[str, Any] = {
        "severity": MEDIUM,
        "effort": HOURS,
        "needs": ("ecs.services",),
        "reference": "https://x",
    }
    return rule("LIF-TEST", Checklist.LIFECYCLE, **(settings | declared))(check)


def finding(**changes: Any) -> Outcome:
    return fail("it is so", estate().services[0].evidence("launchType"), **changes)


def test_nothing_said_by_a_readiness_rule_is_a_pass() -> None:
    judged = only(judge(estate(), [make([])], Policy()))
    assert judged.applicable and judged.is_known and not judged.fails


def test_nothing_said_by_a_conversion_rule_is_not_applicable() -> None:
    judged = only(judge(estate(), [make([], kind=Kind.CONVERSION, severity=INFO)], Policy()))
    assert not judged.applicable


@pytest.mark.parametrize("reason", [Reason.DENIED, Reason.ERROR, Reason.WITHDRAWN, Reason.NOT_COLLECTED])
def test_a_pass_without_a_needed_fact_is_unknown_with_the_action_that_would_read_it(reason: Reason) -> None:
    judged = only(judge(estate(gaps=[gap("ecs.services", reason)]), [make([])], Policy()))
    assert judged.unknown is not None
    assert (judged.unknown.reason, judged.unknown.needs) == (reason, ("ecs:DescribeServices",))


def test_a_fact_that_nobody_collected_is_not_collected() -> None:
    judged = only(judge(estate(), [make([], needs=("ecr.images",))], Policy()))
    assert judged.unknown is not None
    assert (judged.unknown.reason, judged.unknown.needs) == (Reason.NOT_COLLECTED, ("ecr.images",))


def test_a_recovered_gap_takes_nothing_away() -> None:
    judged = only(judge(estate(gaps=[gap("ecs.services", recovered=True)]), [make([])], Policy()))
    assert judged.is_known


def test_a_gap_on_another_resource_or_region_takes_nothing_away() -> None:
    gaps = [gap("ecs.services", resource=API), gap("ecs.services", region="eu-west-1")]
    assert only(judge(estate(gaps=gaps), [make([])], Policy())).is_known


def test_a_gap_on_another_resource_counts_for_a_rule_that_compares_across() -> None:
    rules = [make([], across=("ecs.services",))]
    assert only(judge(estate(gaps=[gap("ecs.services", resource=API)]), rules, Policy())).unknown is not None


def test_of_several_reasons_the_first_in_order_counts() -> None:
    rules = [make([], needs=("survey.A1", "ecr.images", "ecs.services"))]
    judged = only(judge(estate(gaps=[gap("ecs.services")]), rules, Policy()))
    assert judged.unknown is not None
    assert (judged.unknown.reason, judged.unknown.needs) == (Reason.DENIED, ("ecs:DescribeServices",))


def test_a_failure_stands_without_a_needed_fact() -> None:
    judged = only(judge(estate(gaps=[gap("ecs.services")]), [make([finding()])], Policy()))
    assert [each.severity for each in judged.fails] == [MEDIUM]
    assert judged.is_known


def test_a_failure_that_a_missing_fact_could_make_worse_is_unknown_besides() -> None:
    rules = [make([finding()], worst=HIGH, raised_by=("policy.target",))]
    judged = only(judge(estate(), rules, Policy()))
    assert judged.fails and judged.unknown is not None
    assert (judged.unknown.reason, judged.unknown.worst) == (Reason.UNANSWERED, HIGH)


def test_a_settled_failure_is_not_unknown_besides() -> None:
    rules = [make([finding(settled=True)], worst=HIGH, raised_by=("policy.target",))]
    assert only(judge(estate(), rules, Policy())).is_known


def test_a_fact_that_could_soften_a_failure_is_noted_on_it() -> None:
    rules = [make([finding()], softest=LOW, softened_by=("ecr.repositories",))]
    assert [each.softest for each in only(judge(estate(), rules, Policy())).fails] == [LOW]


def test_with_the_softening_fact_seen_the_failure_is_what_it_is() -> None:
    rules = [make([finding()], softest=LOW, softened_by=("tags",))]
    assert [each.softest for each in only(judge(estate(), rules, Policy())).fails] == [None]


def test_not_applicable_needs_the_facts_that_its_clause_reads_but_no_answers() -> None:
    rules = [make([not_applicable("no such thing")], needs=("ecs.services", "survey.A1"))]
    assert not only(judge(estate(), rules, Policy())).applicable
    denied = only(judge(estate(gaps=[gap("ecs.services")]), rules, Policy()))
    assert denied.unknown is not None and denied.applicable


def test_not_applicable_that_reads_nothing_stands_without_any_fact() -> None:
    rules = [make([not_applicable("never here", reads=())])]
    assert not only(judge(estate(gaps=[gap("ecs.services")]), rules, Policy())).applicable


def test_what_a_rule_itself_does_not_know_carries_its_own_reason() -> None:
    judged = only(judge(estate(), [make([unknown(Reason.NO_DATA, "ecs.deployments")])], Policy()))
    assert judged.unknown is not None
    assert (judged.unknown.reason, judged.unknown.needs) == (Reason.NO_DATA, ("ecs.deployments",))


def test_weak_evidence_is_medium_at_most() -> None:
    judged = only(judge(estate(), [make([finding(confidence=0.5)], severity=HIGH, softest=MEDIUM)], Policy()))
    assert [each.severity for each in judged.fails] == [MEDIUM]


def test_a_rule_that_raises_is_unknown_and_named_without_a_value() -> None:
    def check(workload: Workload) -> Iterator[Outcome]:
        """Something is so.

        It matters.

        Fix: mend it.
        """
        raise KeyError(f"canary-{workload.name}")
        yield

    broken = rule("LIF-TEST", Checklist.LIFECYCLE, severity=CRITICAL, effort=HOURS, needs=(), reference="https://x")(
        check
    )
    judged = only(judge(estate(), [broken], Policy()))
    assert judged.unknown is not None and judged.unknown.reason is Reason.ERROR
    assert judged.broken is not None and judged.broken.startswith("KeyError at tests.test_judging:")
    assert "canary" not in judged.broken


def test_a_rule_that_reports_worse_than_its_worst_is_broken() -> None:
    judged = only(judge(estate(), [make([finding(severity=CRITICAL)])], Policy()))
    assert judged.broken is not None and judged.broken.startswith("ValueError")


# --- lost subjects ----------------------------------------------------------------------------------------------


def on_container(container: Container) -> Iterator[Outcome]:
    """A container is.

    It matters.

    Fix: mend it.
    """
    yield fail("it is", container.task.evidence(*container.at("name")))


def on_role(role: Role) -> Iterator[Outcome]:
    """A role is.

    It matters.

    Fix: mend it.
    """
    yield fail("it is", role.evidence("RoleName"))


def on_team(team: Team) -> Iterator[Outcome]:
    """A team is.

    It matters.

    Fix: mend it.
    """
    assert team == Team()
    yield unknown(Reason.UNANSWERED, "survey.T1")


def on_definition(task: TaskDefinition) -> Iterator[Outcome]:
    """A task has no size.

    It matters.

    Fix: mend it.
    """
    if task.memory == "512":
        yield fail("it is", task.evidence("memory"))


def of(check: Any, needs: tuple[str, ...], **declared: Any) -> Rule:
    return rule(
        "LIF-OF", Checklist.LIFECYCLE, severity=HIGH, effort=HOURS, needs=needs, reference="https://x", **declared
    )(check)


CONTAINER_RULE = of(on_container, ("ecs.task_definitions",))
ROLE_RULE = of(on_role, ("iam.roles",))


def test_containers_of_a_task_definition_that_was_denied_are_unknown_on_its_workload() -> None:
    lost = estate(task_definitions=[], gaps=[gap("ecs.task_definitions", resource=TASK)])
    for tested in (CONTAINER_RULE, ROLE_RULE, of(on_definition, ("ecs.task_definitions",))):
        judged = only(judge(lost, [tested], Policy()))
        assert judged.unknown is not None and judged.unknown.reason is Reason.DENIED
        assert judged.subject.workloads == (f"{ACCOUNT}/{REGION}/shop/web",)


def test_everything_about_a_service_that_is_known_by_its_arn_only_is_unknown() -> None:
    stub = {"@origin": HERE, "serviceArn": WEB, "serviceName": "web", "clusterArn": CLUSTER}
    lost = estate(services=[stub], gaps=[gap("ecs.services", resource=WEB)])
    for tested in (CONTAINER_RULE, ROLE_RULE, make([])):
        judged = only(judge(lost, [tested], Policy()))
        assert judged.unknown is not None and judged.unknown.reason is Reason.DENIED, tested


def test_a_role_that_could_not_be_read_is_unknown() -> None:
    lost = estate(roles=[], gaps=[gap("iam.roles", resource=ROLE, region="")])
    judged = only(judge(lost, [ROLE_RULE], Policy()))
    assert judged.unknown is not None
    assert (judged.unknown.reason, judged.unknown.needs) == (Reason.DENIED, ("iam:GetRolePolicy",))


def test_a_role_that_was_looked_for_and_is_gone_has_no_data() -> None:
    judged = only(judge(estate(roles=[]), [ROLE_RULE], Policy()))
    assert judged.unknown is not None and judged.unknown.reason is Reason.NO_DATA


def test_a_role_of_another_account_was_not_collected() -> None:
    document = estate().model_dump(by_alias=True, mode="json")
    document["task_definitions"][0]["taskRoleArn"] = "arn:aws:iam::999988887777:role/partner"
    judged = only(judge(Estate.model_validate(document), [ROLE_RULE], Policy()))
    assert judged.unknown is not None and judged.unknown.reason is Reason.NOT_COLLECTED


def test_an_answer_that_nobody_gave_touches_every_workload() -> None:
    judged = only(judge(estate(), [of(on_team, ("survey.T1",))], Policy()))
    assert judged.unknown is not None and judged.unknown.reason is Reason.UNANSWERED
    assert judged.subject.workloads == (f"{ACCOUNT}/{REGION}/shop/web",)


def test_without_workloads_there_is_nothing_to_judge() -> None:
    assert judge(estate(services=[]), [CONTAINER_RULE, ROLE_RULE, of(on_team, ())], Policy()) == ()


# --- files ------------------------------------------------------------------------------------------------------


def file_estate(**task: Any) -> Estate:
    origin = {"source": "web.json", "unresolved": task.pop("unresolved", {})}
    return Estate.model_validate(
        {
            "detectors_version": 1,
            "collected_at": "2026-11-23T00:00:00Z",
            "scope": {"sources": [{"path": "web.json", "kind": "task_definition", "facts": ["ecs.task_definitions"]}]},
            "task_definitions": [
                {"@origin": origin, "family": "web", "containerDefinitions": [{"name": "app"}, {"name": "log"}]} | task
            ],
        }
    )


def test_what_a_task_definition_file_never_holds_is_not_in_source() -> None:
    judged = judge(file_estate(), [ROLE_RULE, make([])], Policy())
    assert [each.unknown.reason for each in judged if each.unknown] == [Reason.NOT_IN_SOURCE] * 2


def test_a_placeholder_where_the_rule_looks_is_unresolved() -> None:
    tested = of(on_definition, ("ecs.task_definitions",), looks_at=("memory",))
    assert only(judge(file_estate(), [tested], Policy())).is_known
    judged = only(judge(file_estate(unresolved={"/memory": "${MEMORY}"}), [tested], Policy()))
    assert judged.unknown is not None
    assert (judged.unknown.reason, judged.unknown.needs) == (Reason.UNRESOLVED, ("/memory",))


@pytest.mark.parametrize(
    ("at", "open_containers"),
    [
        ("/containerDefinitions/0/image", ["web/app"]),
        ("/containerDefinitions/1/environment", []),
        ("/containerDefinitions/1", ["web/log"]),
        ("/containerDefinitions/0/image/deeper", ["web/app"]),
        ("/cpu", []),
    ],
)
def test_a_placeholder_concerns_its_own_container_and_what_is_around_or_within_the_field(
    at: str, open_containers: list[str]
) -> None:
    def check(container: Container) -> Iterator[Outcome]:
        """A container is.

        It matters.

        Fix: mend it.
        """
        assert container.name
        yield from ()

    tested = of(check, ("ecs.task_definitions",), looks_at=("containerDefinitions[].image",))
    judged = judge(file_estate(unresolved={at: "${X}"}), [tested], Policy())
    assert [each.subject.name for each in judged if not each.is_known] == open_containers


def test_containers_that_a_template_leaves_out_whole_are_unresolved() -> None:
    lost = file_estate(containerDefinitions=[], unresolved={"/containerDefinitions": "${containers}"})
    judged = only(judge(lost, [CONTAINER_RULE], Policy()))
    assert judged.unknown is not None and judged.unknown.reason is Reason.UNRESOLVED


# --- findings about some of the workloads -----------------------------------------------------------------------


def two_services() -> Estate:
    document = estate().model_dump(by_alias=True, mode="json")
    document["services"].append(document["services"][0] | {"serviceArn": API, "serviceName": "api"})
    return Estate.model_validate(document)


def on_estate(*named: str) -> Rule:
    def check(estate: Estate) -> Iterator[Outcome]:
        """Something is shared.

        It matters.

        Fix: mend it.
        """
        yield fail("it is so", estate.services[0].evidence("launchType"), workloads=named)

    return of(check, ("ecs.services",))


def test_a_finding_about_the_estate_is_charged_to_the_workloads_it_names() -> None:
    api = f"{ACCOUNT}/{REGION}/shop/api"
    assessment = assess(two_services(), policy=Policy(), rules=[on_estate(api)], as_of=date(2026, 11, 23))
    assert {each.name: each.score for each in assessment.workloads} == {"api": 88, "web": 100}
    assert [each.subject.workloads for each in assessment.findings] == [(api,)]
    assert [(each.workloads, each.points_lost) for each in assessment.ledger] == [(1, 6.0)]


def test_a_rule_that_names_a_workload_which_its_subject_does_not_touch_is_broken() -> None:
    judged = only(judge(two_services(), [on_estate("elsewhere")], Policy()))
    assert judged.broken is not None and judged.broken.startswith("ValueError")


# --- rules that stand on the graph ------------------------------------------------------------------------------


def drawn(*without: str, **changes: Any) -> Estate:
    """Two services, with every fact that the graph is drawn from seen but those ``without``."""
    facts = {*ALL_FACTS, *GRAPH_FACTS} - set(without)
    made = two_services()
    seen = [Seen(fact=fact, account=ACCOUNT, region=REGION) for fact in sorted(facts)]
    return made.model_copy(update={"seen": tuple(seen), **changes})


@pytest.mark.parametrize("fact", GRAPH_FACTS)
@pytest.mark.parametrize("outcomes", [[], [not_applicable("there is nothing of the kind")]], ids=["pass", "n/a"])
def test_neither_pass_nor_not_applicable_stands_on_a_graph_of_which_a_fact_is_missing(
    fact: str, outcomes: list[Outcome]
) -> None:
    judged = judge(drawn(fact), [make(outcomes, needs=("graph",))], Policy())
    assert {each.unknown.reason for each in judged if each.unknown is not None} == {Reason.NOT_COLLECTED}
    assert {each.fact for one in judged for each in one.missing} == {fact}
    assert all(each.is_known for each in judge(drawn(), [make(outcomes, needs=("graph",))], Policy()))


def test_a_not_applicable_that_reads_no_fact_of_the_graph_stands_without_it() -> None:
    said = not_applicable("its own documents say so", reads=("ecs.services",))
    judged = judge(drawn("lambda"), [make([said], needs=("ecs.services", "graph"))], Policy())
    assert [each.is_known for each in judged] == [True, True]


@pytest.mark.parametrize(("across", "open_ones"), [((), ["web"]), (("graph",), ["api", "web"])])
def test_a_fact_of_the_graph_lost_on_one_resource_concerns_it_alone_unless_all_are_compared(
    across: tuple[str, ...], open_ones: list[str]
) -> None:
    lost = drawn(gaps=(Gap.model_validate(gap("ecs.services", resource=WEB)),))
    judged = judge(lost, [make([], needs=("graph",), across=across)], Policy())
    assert sorted(each.subject.name for each in judged if not each.is_known) == open_ones


def test_manifests_of_the_target_are_in_no_source() -> None:
    judged = only(judge(estate(), [make([], needs=("iac",))], Policy()))
    assert judged.unknown is not None and judged.unknown.reason is Reason.NOT_IN_SOURCE
