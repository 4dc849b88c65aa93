"""Which subjects an estate has, which workloads each touches, and which were lost."""

from typing import Any

from assess.estate.estate import Estate
from assess.estate.gaps import Reason
from assess.rule import SubjectKind
from assess.subjects import Subject, subjects_of

ACCOUNT, REGION = "111122223333", "us-east-1"
HERE = {"account": ACCOUNT, "region": REGION}
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
CLUSTER = f"{ECS}:cluster/shop"
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/web/1"
BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/front/1"
WEB_ID, API_ID = f"{ACCOUNT}/{REGION}/shop/web", f"{ACCOUNT}/{REGION}/shop/api"
FACTS = ("ecs.clusters", "ecs.services", "ecs.task_definitions", "iam.roles", "vpc.vpcs", "vpc.subnets")
MORE = ("vpc.security_groups", "elb.load_balancers", "elb.target_groups")


def service(name: str) -> dict[str, Any]:
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}
    told = {"serviceArn": f"{ECS}:service/shop/{name}", "serviceName": name, "clusterArn": CLUSTER}
    return told | {"taskDefinition": f"{ECS}:task-definition/shop:1", "networkConfiguration": network}


def estate(**changes: Any) -> Estate:
    """Two services on one task definition, in one subnet; one behind a load balancer."""
    kinds: dict[str, list[dict[str, Any]]] = {
        "clusters": [{"clusterArn": CLUSTER, "clusterName": "shop"}],
        "services": [service("web") | {"loadBalancers": [{"targetGroupArn": GROUP}]}, service("api")],
        "task_definitions": [
            {
                "taskDefinitionArn": f"{ECS}:task-definition/shop:1",
                "family": "shop",
                "revision": 1,
                "containerDefinitions": [{"name": "app"}, {"name": "log"}],
            }
        ],
        "vpcs": [{"VpcId": "vpc-1"}],
        "subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}],
        "security_groups": [{"GroupId": "sg-1", "GroupName": "web"}],
        "load_balancers": [{"LoadBalancerArn": BALANCER, "LoadBalancerName": "front", "Type": "application"}],
        "target_groups": [{"TargetGroupArn": GROUP, "TargetGroupName": "web", "LoadBalancerArns": [BALANCER]}],
    }
    gaps = changes.pop("gaps", [])
    facts = {kind: [{"@origin": HERE} | each for each in found] for kind, found in (kinds | changes).items()}
    seen = [{"fact": fact, **HERE} for fact in (*FACTS, *MORE)]
    told = {"detectors_version": 1, "collected_at": "2026-11-23T00:00:00Z", "seen": seen, "gaps": gaps}
    return Estate.model_validate(told | facts)


def touched(found: Estate, kind: SubjectKind) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.ref.name, each.ref.workloads) for each in subjects_of(found)[kind]]


def lost(found: Estate, kind: SubjectKind) -> list[tuple[str, Reason, tuple[str, ...]]]:
    subjects: tuple[Subject, ...] = subjects_of(found).get(kind, ())
    return [(each.ref.id, each.lost[0].reason, each.ref.workloads) for each in subjects if each.lost]


def test_what_services_share_is_one_subject_that_touches_both() -> None:
    both = (API_ID, WEB_ID)
    assert touched(estate(), SubjectKind.TASK_DEFINITION) == [("shop:1", both)]
    assert touched(estate(), SubjectKind.CONTAINER) == [("shop/app", both), ("shop/log", both)]
    assert touched(estate(), SubjectKind.SUBNET) == [("subnet-1", both)]
    assert touched(estate(), SubjectKind.VPC) == [("vpc-1", both)]
    assert touched(estate(), SubjectKind.SECURITY_GROUP) == [("web", both)]
    assert touched(estate(), SubjectKind.CLUSTER) == [("shop", both)]
    assert touched(estate(), SubjectKind.ACCOUNT) == [(f"{ACCOUNT} {REGION}", both)]
    assert touched(estate(), SubjectKind.TEAM) == [("the team", both)]


def test_a_target_group_and_its_load_balancer_touch_the_services_behind_them() -> None:
    assert touched(estate(), SubjectKind.TARGET_GROUP) == [("web", (WEB_ID,))]
    assert touched(estate(), SubjectKind.LOAD_BALANCER) == [("front", (WEB_ID,))]


def test_a_target_group_that_was_denied_loses_the_load_balancer_too() -> None:
    told = {"api": "elasticloadbalancing:DescribeTargetGroups", "action": "elasticloadbalancing:DescribeTargetGroups"}
    gap = told | HERE | {"reason": "denied", "facts": ["elb.target_groups"], "error": "AccessDenied", "message": "no"}
    found = estate(target_groups=[], gaps=[gap])
    assert lost(found, SubjectKind.TARGET_GROUP) == [(GROUP, Reason.DENIED, (WEB_ID,))]
    assert lost(found, SubjectKind.LOAD_BALANCER) == [(f"load balancer of {GROUP}", Reason.DENIED, (WEB_ID,))]


def test_a_subnet_that_is_gone_loses_its_vpc() -> None:
    both = (API_ID, WEB_ID)
    assert lost(estate(subnets=[]), SubjectKind.SUBNET) == [("subnet-1", Reason.NO_DATA, both)]
    assert lost(estate(subnets=[]), SubjectKind.VPC) == [("VPC of subnet-1", Reason.NO_DATA, both)]


def test_a_cluster_that_was_not_described_is_lost() -> None:
    assert lost(estate(clusters=[]), SubjectKind.CLUSTER) == [(CLUSTER, Reason.NO_DATA, (API_ID, WEB_ID))]


def test_the_fingerprint_of_a_containers_finding_stands_on_its_services_not_on_the_revision() -> None:
    scope = subjects_of(estate())[SubjectKind.CONTAINER][0].scope
    assert scope == ("aws", ACCOUNT, REGION, "shop", "api", "aws", ACCOUNT, REGION, "shop", "web")


def test_the_fingerprint_of_what_is_shared_stands_on_the_place_only() -> None:
    assert subjects_of(estate())[SubjectKind.VPC][0].scope == ("aws", ACCOUNT, REGION)


def test_families_of_files_are_told_apart_by_path_only_where_they_repeat() -> None:
    def file(path: str, family: str) -> dict[str, Any]:
        return {"@origin": {"source": path}, "family": family, "containerDefinitions": [{"name": "app"}]}

    told = {"detectors_version": 1, "collected_at": "2026-11-23T00:00:00Z"}
    files = [file("a/web.json", "web"), file("b/web.json", "web"), file("api.json", "api")]
    found = subjects_of(Estate.model_validate(told | {"task_definitions": files}))
    scopes = sorted(each.scope for each in found[SubjectKind.TASK_DEFINITION])
    assert scopes == [("file", "api"), ("file", "web", "a/web.json"), ("file", "web", "b/web.json")]


def test_what_files_never_hold_is_one_lost_subject_per_kind() -> None:
    told = {"detectors_version": 1, "collected_at": "2026-11-23T00:00:00Z"}
    files = [{"@origin": {"source": f"{name}.json"}, "family": name} for name in ("web", "api")]
    found = Estate.model_validate(told | {"task_definitions": files})
    both = ("file:api.json#api", "file:web.json#web")
    assert lost(found, SubjectKind.ROLE) == [("in files", Reason.NOT_IN_SOURCE, both)]
