"""Every registered rule is documented, referenced, and tested in every outcome and every severity it can have."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import tests.rules
from assess.config import Policy
from assess.judging import judge
from assess.rule import Kind, Rule
from tests.rules.harness import Case, Never, estate, every_rule

FACTS = frozenset(
    {
        *("ecs.clusters", "ecs.services", "ecs.task_definitions", "ecs.tasks", "ecs.capacity_providers"),
        *("ecs.container_instances", "ecs.deployments", "ecs.protection", "ecs.gateways", "ecs.daemons"),
        *("ecs.account_settings", "cloudmap", "iam.roles", "vpc.vpcs", "vpc.subnets", "vpc.routes", "vpc.endpoints"),
        *("vpc.security_groups", "vpc.nacls", "vpc.interfaces", "elb.load_balancers", "elb.listeners"),
        *("elb.target_groups", "elb.attributes", "autoscaling", "autoscaling.groups", "schedules", "workflows"),
        *("pipes", "ecr.repositories", "ecr.images", "secrets.metadata", "parameters.metadata", "kms"),
        *("cloudwatch.metrics", "cloudwatch.alarms", "cloudwatch.dashboards", "logs.groups", "efs", "route53"),
        *("acm", "waf", "edge", "codedeploy", "codepipeline", "codebuild", "eks", "quotas", "tags", "datastores"),
        *("messaging", "lambda", "lattice", "graph", "survey", "policy.target", "resource.policies", "iac"),
    }
)
"""The names that facts have; a survey question is ``survey.ID``."""

_QUESTION = re.compile(r"survey\.[ARTO][0-9]{1,2}")


def _modules() -> Iterator[object]:
    for found in pkgutil.iter_modules(tests.rules.__path__):
        if found.name.startswith("test_") and found.name != "test_every_rule":
            yield importlib.import_module(f"tests.rules.{found.name}")


def _tables() -> tuple[tuple[Case, ...], tuple[Never, ...]]:
    cases: list[Case] = []
    nevers: list[Never] = []
    for module in _modules():
        cases += getattr(module, "CASES", ())
        nevers += getattr(module, "NEVER", ())
    return tuple(cases), tuple(nevers)


CASES, NEVERS = _tables()
RULES = every_rule()


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_rule_is_documented(rule: Rule) -> None:
    assert 10 <= len(rule.title) <= 80, "the summary is one line of at most 80 characters"
    assert rule.title[0].isupper()
    assert "\n" not in rule.title
    assert len(rule.why) >= 80, "two sentences that say what happens on Kubernetes"
    assert len(rule.fix) >= 20
    assert re.fullmatch(r"https://[^\s]+", rule.reference)


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_rule_names_facts_that_exist(rule: Rule) -> None:
    assert rule.needs, "a rule that needs no fact cannot be unknown"
    named = {*rule.needs, *rule.also_uses, *rule.raised_by, *rule.softened_by}
    assert not {each for each in named - FACTS if not _QUESTION.fullmatch(each)}
    assert {*rule.raised_by, *rule.softened_by} <= {*rule.needs, *rule.also_uses}


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_rule_has_a_case_for_every_outcome(rule: Rule) -> None:
    tested: set[str] = {each.outcome for each in CASES if each.rule == rule.id}
    excused = {each.what for each in NEVERS if each.rule == rule.id}
    if rule.kind is not Kind.READINESS:
        excused.add("pass")
    missing = {"pass", "fail", "not_applicable", "unknown"} - tested - excused
    assert not missing, f"{rule.id} has no case for {sorted(missing)}"
    assert not {each.what for each in NEVERS if each.rule == rule.id} & tested, "an excuse that no longer holds"


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_rule_has_a_case_for_every_severity(rule: Rule) -> None:
    fails = [each for each in CASES if each.rule == rule.id and each.outcome == "fail"]
    tested = {str(severity) for each in fails for severity in (each.severity or (rule.severity,))}
    excused = {each.what for each in NEVERS if each.rule == rule.id}
    if "fail" in excused:
        return
    missing = {str(rule.severity), str(rule.worst), str(rule.softest)} - tested - excused
    assert not missing, f"{rule.id} has no failing case of severity {sorted(missing)}"


def test_cases_and_excuses_name_registered_rules() -> None:
    known = {each.id for each in RULES}
    assert {each.rule for each in CASES} <= known
    assert {each.rule for each in NEVERS} <= known


def test_situations_are_told_apart() -> None:
    names = [str(each) for each in CASES]
    assert sorted(set(names)) == sorted(names)


def test_no_rule_raises_on_the_facts_of_another_rules_case() -> None:
    """Rules meet every estate: what a case leaves out must not break the rules it is not about."""
    broken = {
        f"{judgement.rule.id} in the case '{case}': {judgement.broken}"
        for case in CASES
        for judgement in judge(estate(*case.pieces), RULES, Policy())
        if judgement.broken is not None
    }
    assert not broken
