"""The listener map against the model of the installed botocore, and what listeners and rules use of it."""

import re
from typing import Any

import botocore.session
import pytest
from pydantic import ValidationError

from assess.estate.balancing import Listener, ListenerRule
from assess.fields.field_map import FieldVerdict
from assess.fields.listener_map import ListenerKind, listener_map
from assess.fields.listener_usage import WorkloadListeners, kinds_in
from tests.rules.harness import ACCOUNT, REGION, Piece, estate, every_rule, given, service, task

MODEL = botocore.session.get_session().get_service_model("elbv2")
MAP = listener_map()
ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"


def kinds(part: str, setting: str = "") -> set[str]:
    return {kind for of, kind, its in MAP if (of, its) == (part, setting)}


def listed(shape: str) -> set[str]:
    return set(getattr(MODEL.shape_for(shape), "enum", ()))


def conditions() -> dict[str, Any]:
    """The shapes of each kind of condition by the kind's name: ``HostHeaderConfig`` is that of ``host-header``."""
    members: dict[str, Any] = dict(getattr(MODEL.shape_for("RuleCondition"), "members", {}))
    words = {name: re.findall(r"[A-Z][a-z]+", name.removesuffix("Config")) for name in members if "Config" in name}
    return {"-".join(each).lower(): members[name] for name, each in words.items()}


def test_every_kind_of_action_and_transform_that_botocore_lists_is_in_the_map_and_no_other() -> None:
    assert kinds("action") == listed("ActionTypeEnum")
    assert kinds("transform") == listed("TransformTypeEnum")


def test_every_kind_of_condition_that_botocore_describes_is_in_the_map_and_no_other() -> None:
    members: dict[str, Any] = dict(getattr(MODEL.shape_for("RuleCondition"), "members", {}))
    told = re.findall(r"<code>([a-z-]+)</code> . \[", members["Field"].documentation)
    assert kinds("condition") == set(told) == set(conditions())


def test_conditions_that_take_regular_expressions_have_a_row_for_them() -> None:
    takes = {kind for kind, shape in conditions().items() if "RegexValues" in shape.members}
    assert kinds("condition", "regex") == takes
    assert takes == {"host-header", "path-pattern", "http-header"}


def test_settings_stand_beside_their_kind() -> None:
    assert {(part, kind, "") for part, kind, _ in MAP} <= MAP.keys()
    assert {setting for _, kind, setting in MAP if kind == "forward"} == {"", "weights", "stickiness"}


def test_every_row_says_what_becomes_of_its_kind() -> None:
    registered = {each.id for each in every_rule()}
    for each in MAP.values():
        assert each.verdict in (FieldVerdict.TRANSFORM, FieldVerdict.REDESIGN)
        assert each.difference.endswith(".") and len(each.difference) <= 200
        assert each.target == each.target.strip()
        assert each.rule in {"", *registered}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"part": "listener"}, "part"),
        ({"kind": "HostHeader"}, "kind"),
        ({"setting": "colour"}, "setting"),
        ({"difference": ""}, "difference"),
        ({"more": "x"}, "more"),
    ],
)
def test_a_broken_row_is_refused(changes: dict[str, str], says: str) -> None:
    row = {"part": "action", "kind": "forward", "verdict": "transform", "target": "spec.a", "difference": "The same."}
    ListenerKind.model_validate(row)
    with pytest.raises(ValidationError, match=says):
        ListenerKind.model_validate(row | changes)


# --- what rules use ---------------------------------------------------------------------------------------------


def used(holder: Listener | ListenerRule) -> list[str]:
    return [" ".join(filter(None, (each.part, each.kind, each.setting))) for each in kinds_in(holder)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"Conditions": [{"Field": "path-pattern", "Values": ["/a"]}]}, ["condition path-pattern"]),
        (
            {"Conditions": [{"Field": "host-header", "HostHeaderConfig": {"RegexValues": ["^a"]}}]},
            ["condition host-header", "condition host-header regex"],
        ),
        (
            {"Conditions": [{"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "A", "Values": ["b"]}}]},
            ["condition http-header"],
        ),
        ({"Conditions": [{"Field": "moon-phase"}]}, ["condition moon-phase"]),
        (
            {"Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "a"}]}}]},
            ["action forward"],
        ),
        (
            {
                "Actions": [
                    {
                        "Type": "forward",
                        "ForwardConfig": {
                            "TargetGroups": [
                                {"TargetGroupArn": "a", "Weight": 9},
                                {"TargetGroupArn": "b", "Weight": 1},
                            ],
                            "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
                        },
                    }
                ]
            },
            ["action forward", "action forward weights", "action forward stickiness"],
        ),
        (
            {"Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroupStickinessConfig": {"Enabled": False}}}]},
            ["action forward"],
        ),
        (
            {"Actions": [{"Type": "authenticate-oidc"}, {"Type": "redirect"}]},
            ["action authenticate-oidc", "action redirect"],
        ),
        (
            {"Transforms": [{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": []}}]},
            ["transform url-rewrite"],
        ),
        ({"Transforms": "none"}, []),
        ({}, []),
    ],
    ids=lambda value: str(value)[:40],
)
def test_kinds_of_a_rule(document: dict[str, Any], expected: list[str]) -> None:
    assert used(ListenerRule.model_validate(document)) == expected


def test_kinds_of_a_listeners_default_actions() -> None:
    listener = Listener.model_validate({"DefaultActions": [{"Type": "fixed-response"}]})
    assert used(listener) == ["action fixed-response"]
    (use,) = kinds_in(listener)
    assert use.steps == ("DefaultActions", 0, "Type")
    assert use.known is MAP["action", "fixed-response", ""]


def balanced(*rules: dict[str, Any]) -> tuple[Piece, ...]:
    """Two services behind one load balancer."""
    listener = f"{ELB}:listener/app/edge/1/2"
    pieces: list[Piece] = [
        given("load_balancers", LoadBalancerArn=f"{ELB}:loadbalancer/app/edge/1", LoadBalancerName="edge"),
        given(
            "listeners",
            ListenerArn=listener,
            LoadBalancerArn=f"{ELB}:loadbalancer/app/edge/1",
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        ),
    ]
    for name in ("orders", "stock"):
        attached = [{"targetGroupArn": f"{ELB}:targetgroup/{name}/3", "containerName": "app", "containerPort": 80}]
        pieces += [task(family=name), service(name, loadBalancers=attached)]
        pieces.append(
            given(
                "target_groups",
                TargetGroupArn=f"{ELB}:targetgroup/{name}/3",
                LoadBalancerArns=[f"{ELB}:loadbalancer/app/edge/1"],
            )
        )
    pieces += [
        given("listener_rules", RuleArn=f"{listener}/{number}", ListenerArn=listener, Priority=str(number + 1), **each)
        for number, each in enumerate(rules)
    ]
    return tuple(pieces)


def to(name: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": f"{ELB}:targetgroup/{name}/3"}


def test_a_workload_has_the_kinds_of_its_own_rules_and_of_those_that_lead_to_nobody() -> None:
    made = estate(
        *balanced(
            {"Conditions": [{"Field": "path-pattern", "Values": ["/orders*"]}], "Actions": [to("orders")]},
            {"Conditions": [{"Field": "source-ip"}], "Actions": [{"Type": "authenticate-cognito"}, to("stock")]},
            {"Conditions": [{"Field": "host-header", "Values": ["old.example"]}], "Actions": [{"Type": "redirect"}]},
        )
    )
    listeners = WorkloadListeners(made)
    found = {each.name: [kind.kind for kind in listeners.of(each)] for each in made.workloads}
    assert found == {
        "orders": ["host-header", "path-pattern", "forward", "redirect", "fixed-response"],
        "stock": ["host-header", "source-ip", "forward", "redirect", "fixed-response", "authenticate-cognito"],
    }


def test_a_workload_without_a_load_balancer_has_none() -> None:
    made = estate(task())
    assert WorkloadListeners(made).of(made.workloads[0]) == ()
