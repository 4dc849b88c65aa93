"""The rule reference: that it is fresh, and that what it shows of ECS and Kubernetes can be what it says."""

import importlib
import json
import re
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StringShape, StructureShape

from assess.estate.ecs import Container
from assess.packs import load_rules
from assess.rule import HOURS, INFO, MEDIUM, Checklist, Kind, Rule, Threshold, rule
from assess.rule_pages import page
from tests.rules.test_every_rule import NEVERS
from tests.support.reference import DATA, DOCUMENT, data, reference

yaml: Any = importlib.import_module("yaml")  # comes with detect-secrets and moto, without types

RULES = load_rules()
SHOWN = tuple(each for each in RULES if each.after)


def test_the_reference_is_fresh() -> None:
    assert DOCUMENT.read_text("utf-8") == reference(), "run `make reference`"
    assert DATA.read_text("utf-8") == data(), "run `make reference`"


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_every_rule_says_when_it_fires_and_when_not(rule: Rule) -> None:
    sections = re.split(r"(?m)^### ", DOCUMENT.read_text("utf-8"))
    (own,) = [each for each in sections if each.startswith(f"{rule.id}\n")]
    never = {each.what for each in NEVERS if each.rule == rule.id}
    if rule.kind is not Kind.READINESS:
        never.add("pass")
    assert "fail" in never or re.search(r"(?m)^\*\*Fires\*\*", own)
    assert {"pass", "not_applicable"} <= never or re.search(r"(?m)^\*\*Does not fire\*\*", own)
    assert f"<{rule.reference}>" in own
    assert all(f"`{each}`" in own for each in (*rule.looks_at, *rule.needs))
    assert all(f"`{rule.id}.{each.name}`" in own for each in rule.thresholds)


def test_explain_shows_when_a_rule_fires_and_when_not() -> None:
    (own,) = [each for each in RULES if each.id == "LIF-DEPENDS-COMPLETE"]
    shown = page(own)
    assert "\nFires\n  - a container waits for another to end" in shown
    assert "\nDoes not fire\n  - it has to succeed\n  - the task has no such container\n  - no dependency\n" in shown


def test_links_within_the_reference_lead_somewhere() -> None:
    text = DOCUMENT.read_text("utf-8")
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in re.findall(r"(?m)^#+ (.+)$", text)
    }
    links = re.findall(r"\]\(#([^)]+)\)", text)
    assert len(links) > len(RULES)
    assert set(links) <= anchors


# --- before and after -------------------------------------------------------------------------------------------


def _shapes() -> dict[str, StructureShape]:
    session = botocore.session.get_session()
    ecs = session.get_service_model("ecs")
    schedule = session.get_service_model("scheduler").operation_model("CreateSchedule")
    policy = session.get_service_model("application-autoscaling").operation_model("PutScalingPolicy")
    found = {
        "task definition": ecs.shape_for("TaskDefinition"),
        "service": ecs.operation_model("CreateService").input_shape,
        "schedule": schedule.input_shape,
        "scaling policy": policy.input_shape,
    }
    return {name: shape for name, shape in found.items() if isinstance(shape, StructureShape)}


SHAPES = _shapes()


def _wrong(shape: Shape, value: Any, at: str) -> list[str]:
    """What an AWS API would not take: unknown members, values of another type, unknown words of an enum."""
    if isinstance(shape, StructureShape):
        unknown = [f"{at}: no member {name}" for name in value if name not in shape.members]
        return unknown + [
            each
            for name in value
            if name in shape.members
            for each in _wrong(shape.members[name], value[name], f"{at}.{name}")
        ]
    if isinstance(shape, ListShape):
        return [each for item in value for each in _wrong(shape.member, item, f"{at}[]")]
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        return [f"{at}: {value} is none of {shape.enum}"]
    types: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "double": (int, float),
    }
    return [] if isinstance(value, types.get(shape.type_name, (object,))) else [f"{at}: {value!r}"]


@pytest.mark.parametrize("rule", SHOWN, ids=lambda each: each.id)
def test_what_ecs_has_is_what_ecs_can_have(rule: Rule) -> None:
    if not rule.before:
        return
    before = json.loads(rule.before)
    if "Statement" in before:
        assert before["Version"] == "2012-10-17"
        return
    problems = [_wrong(shape, before, name) for name, shape in SHAPES.items() if set(before) <= set(shape.members)]
    assert problems, f"{rule.id} shows what no document of AWS has: {list(before)}"
    assert [] in problems, problems


_KINDS = {
    "v1": {"ConfigMap", "LimitRange", "PersistentVolume", "PersistentVolumeClaim", "Secret", "Service"},
    "apps/v1": {"DaemonSet", "Deployment", "StatefulSet"},
    "autoscaling/v2": {"HorizontalPodAutoscaler"},
    "batch/v1": {"CronJob", "Job"},
    "networking.k8s.io/v1": {"Ingress", "NetworkPolicy"},
    "policy/v1": {"PodDisruptionBudget"},
    "storage.k8s.io/v1": {"StorageClass"},
    "elbv2.k8s.aws/v1beta1": {"TargetGroupBinding"},
    "external-secrets.io/v1": {"ExternalSecret", "SecretStore"},
    "keda.sh/v1alpha1": {"ScaledJob", "ScaledObject", "TriggerAuthentication"},
}
"""Kinds in the versions that a cluster of Kubernetes 1.33 or later serves, built-in ones and those of controllers."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


@pytest.mark.parametrize("rule", SHOWN, ids=lambda each: each.id)
def test_what_kubernetes_gets_reads_as_manifests(rule: Rule) -> None:
    for document in yaml.safe_load_all(rule.after):
        if "Statement" in document:
            assert {each["Effect"] for each in document["Statement"]} == {"Allow"}
        elif "kind" in document:
            assert document["kind"] in _KINDS[document["apiVersion"]]
            assert _NAME.fullmatch(document["metadata"]["name"])
        else:
            assert set(document) <= {"metadata", "spec"}, "a part of a Pod"
            assert document["spec"]
            names = [each["name"] for each in document["spec"].get("volumes", [])]
            containers = [*document["spec"].get("containers", []), *document["spec"].get("initContainers", [])]
            mounted = {mount["name"] for each in containers for mount in each.get("volumeMounts", [])}
            assert mounted <= set(names)


def test_rules_that_are_shown_are_many_and_fit_a_terminal() -> None:
    assert len(SHOWN) >= 25
    for each in SHOWN:
        block = f"{each.before}\n{each.after}".splitlines()
        assert max(map(len, block)) <= 110, each.id


# --- the docstring ----------------------------------------------------------------------------------------------


def _declared(documentation: str) -> Rule:
    def check(container: Container) -> None: ...

    check.__doc__ = documentation
    declare = rule(
        "OBS-X",
        Checklist.OBSERVABILITY,
        effort=HOURS,
        needs=(),
        reference="https://acme.example",
        severity=MEDIUM,
        thresholds=(Threshold("n", 3, 1, 9, "things"),),
    )
    return declare(check)


PLAIN = """A title.

    A reason
    of two lines.

    Fix: a fix.
    """


def test_a_docstring_of_three_parts_is_enough() -> None:
    made = _declared(PLAIN)
    assert (made.title, made.why, made.fix) == ("A title", "A reason of two lines.", "a fix.")
    assert (made.fires, made.passes, made.before, made.after) == ("", "", "", "")


def test_further_parts_are_kept_apart_and_blocks_as_they_are_written() -> None:
    made = _declared(
        PLAIN
        + """
    Fires: here.

    Another reason.

    Passes: there.

    Before:

        {"a":
          1}

    After:

        a: |
          x

          y
        ---
        b: 2

    Passes: and there.
    """
    )
    assert made.why == "A reason of two lines.\n\nAnother reason."
    assert (made.fix, made.fires, made.passes) == ("a fix.", "here.", "there.\n\nand there.")
    assert made.before == '{"a":\n  1}'
    assert made.after == "a: |\n  x\n\n  y\n---\nb: 2"
    shown = page(made)
    for text in (
        "Fires\n  here.",
        "Does not fire\n  there.\n\n  and there.",
        'Before, on ECS\n  {"a":\n    1}',
        "After, on Kubernetes\n  a: |\n    x\n",
        "Threshold: OBS-X.n = 3 (1 to 9): things",
    ):
        assert text in shown


@pytest.mark.parametrize(
    "more",
    ["    Before: in the line\n", "    Before:\n\n    no block\n", "    Before:\n\n        {}\n", "    After:\n"],
)
def test_a_block_that_cannot_be_read_is_a_bad_declaration(more: str) -> None:
    with pytest.raises(ValueError, match="rule OBS-X: Before: and After:"):
        _declared(f"{PLAIN}\n{more}")


@pytest.mark.parametrize(
    "thresholds",
    [
        (Threshold("n", 3, 4, 9, "things"),),
        (Threshold("n", 2.5, 1, 9, "things", whole=True),),
        (Threshold("n", float("inf"), 1, float("inf"), "things"),),
        (Threshold("not a name", 3, 1, 9, "things"),),
        (Threshold("n", 3, 1, 9, "things"), Threshold("n", 4, 1, 9, "things")),
    ],
)
def test_a_threshold_that_cannot_be_is_a_bad_declaration(thresholds: tuple[Threshold, ...]) -> None:
    def check(container: Container) -> None: ...

    check.__doc__ = PLAIN
    with pytest.raises(ValueError, match="rule OBS-X: t"):
        rule(
            "OBS-X",
            Checklist.OBSERVABILITY,
            effort=HOURS,
            needs=(),
            reference="https://acme.example",
            kind=Kind.CONVERSION,
            severity=INFO,
            thresholds=thresholds,
        )(check)
