from typing import Any

import pytest

from assess.config import Policy
from assess.estate.gaps import Reason
from assess.judging import judge
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    Given,
    cluster,
    container,
    denied,
    estate,
    fails,
    file,
    given,
    never,
    not_applicable,
    passes,
    rule_of,
    service,
    task,
    task_arn,
    unknown,
    unseen,
)

PROVIDER = "arn:aws:ecs:eu-west-1:111122223333:capacity-provider"
UNREAD = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))


def many(count: int) -> dict[str, Any]:
    return container(environment=[{"name": f"SETTING_{number}", "value": "on"} for number in range(count)])


LAYOUT = (
    fails(
        "MAN-CONFIG-SIZE",
        "more than 200",
        task(many(201)),
        says="container app has 201 environment variables",
        at="/containerDefinitions/0/environment",
    ),
    fails(
        "MAN-CONFIG-SIZE",
        "more than the team allows",
        task(many(51)),
        Policy(thresholds={"MAN-CONFIG-SIZE.variables": 50}),
        says="container app has 51 environment variables",
    ),
    passes("MAN-CONFIG-SIZE", "200", task(many(200))),
    not_applicable("MAN-CONFIG-SIZE", "none", task()),
    unknown("MAN-CONFIG-SIZE", "the task definition could not be described", *UNREAD, reason=Reason.DENIED),
    fails(
        "MAN-NAME-COLLISION",
        "names that differ in an underscore",
        task(),
        service("orders_api", family="orders"),
        service("Orders-API", family="orders"),
        says="Orders-API and orders_api of cluster shop would both be named orders-api",
        element="shop/orders-api",
        at="/serviceName",
    ),
    passes(
        "MAN-NAME-COLLISION",
        "different clusters",
        task(),
        service("orders_api", family="orders"),
        service("orders-api", family="orders", cluster="other"),
    ),
    passes("MAN-NAME-COLLISION", "different names", task(), service(), service("b", family="orders")),
    not_applicable("MAN-NAME-COLLISION", "a single workload", task()),
    unknown(
        "MAN-NAME-COLLISION",
        "a service could not be described",
        task(),
        service(),
        service("other", family="orders"),
        denied("ecs.services", "ecs:DescribeServices"),
        reason=Reason.DENIED,
    ),
    fails(
        "MAN-NAMESPACE-LAYOUT",
        "two clusters",
        task(),
        service(),
        service("billing", family="orders", cluster="back-office"),
        says="2 ECS clusters hold the workloads: back-office, shop",
        at="/clusterName",
    ),
    not_applicable("MAN-NAMESPACE-LAYOUT", "one cluster", task()),
    unknown("MAN-NAMESPACE-LAYOUT", "clusters are unread", task(), unseen("ecs.clusters"), reason=Reason.NOT_COLLECTED),
)

ELB = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
EDGE, GROUP, LISTENER = f"{ELB}:loadbalancer/app/edge/1", f"{ELB}:targetgroup/orders/3", f"{ELB}:listener/app/edge/1/2"


def balanced(*rules: dict[str, Any]) -> tuple[Given, ...]:
    """A service behind a load balancer with these rules."""
    return (
        task(),
        service(loadBalancers=[{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 80}]),
        given("target_groups", TargetGroupArn=GROUP, LoadBalancerArns=[EDGE]),
        given("listeners", ListenerArn=LISTENER, LoadBalancerArn=EDGE, DefaultActions=[{"Type": "fixed-response"}]),
        *(
            given("listener_rules", RuleArn=f"{LISTENER}/{number}", ListenerArn=LISTENER, Priority=str(number), **each)
            for number, each in enumerate(rules, 1)
        ),
    )


CASES = (
    *LAYOUT,
    fails(
        "MAN-ENVFILE-S3",
        "one file",
        task(container(environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::config/orders.env"}])),
        says="container app takes variables from a file in S3",
        at="/containerDefinitions/0/environmentFiles/0/value",
    ),
    fails(
        "MAN-ENVFILE-S3",
        "two files, in another partition",
        task(
            container(
                environmentFiles=[
                    {"type": "s3", "value": "arn:aws-cn:s3:::config/a.env"},
                    {"type": "s3", "value": "arn:aws-cn:s3:::config/b.env"},
                ]
            )
        ),
        says="container app takes variables from 2 files in S3",
    ),
    passes("MAN-ENVFILE-S3", "no file", task()),
    unknown("MAN-ENVFILE-S3", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "MAN-ENV-EXPANSION",
        "a value names another variable of the container",
        task(
            container(environment=[{"name": "HOST", "value": "db"}, {"name": "URL", "value": "http://$(HOST)/orders"}])
        ),
        says="variable URL of container app holds $(HOST), which Kubernetes would expand",
        element="URL",
        at="/containerDefinitions/0/environment/1/value",
        confidence=1.0,
    ),
    fails(
        "MAN-ENV-EXPANSION",
        "a command names a secret variable",
        task(container(command=["run", "--level=$(LEVEL)"], secrets=[{"name": "LEVEL", "valueFrom": "/orders/level"}])),
        says="the command of container app holds $(LEVEL), which Kubernetes would expand",
        element="command",
        at="/containerDefinitions/0/command/1",
    ),
    fails(
        "MAN-ENV-EXPANSION",
        "an entry point names a variable that may come from elsewhere",
        task(container(entryPoint=["run", "$(MODE)"])),
        says="the entry point of container app holds $(MODE), which Kubernetes would expand",
        confidence=0.5,
    ),
    passes("MAN-ENV-EXPANSION", "shell references only", task(container(command=["sh", "-c", "echo $HOME ${PATH}"]))),
    passes("MAN-ENV-EXPANSION", "a doubled dollar sign", task(container(command=["echo", "$$(HOME) $${HOME}"]))),
    passes(
        "MAN-ENV-EXPANSION",
        "a command substitution names no variable",
        task(container(command=["sh", "-c", "serve --host $(hostname) --at $(date +%s)"])),
    ),
    not_applicable("MAN-ENV-EXPANSION", "no text", task()),
    unknown("MAN-ENV-EXPANSION", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "MAN-NAME-INVALID",
        "capitals and underscores",
        task(container("Web_App"), volumes=[{"name": "my_data"}]),
        service("Orders", family="orders"),
        says=(
            "service Orders needs another name on Kubernetes",
            "container Web_App needs another name on Kubernetes",
            "volume my_data needs another name on Kubernetes",
        ),
        element=("service Orders", "container Web_App", "volume my_data"),
        at=("/serviceName", "/containerDefinitions/0/name", "/volumes/0/name"),
    ),
    fails(
        "MAN-NAME-INVALID",
        "a family of 64 characters",
        task(family="a" * 64),
        service("orders", family="a" * 64),
        says=f"family {'a' * 64} needs another name on Kubernetes",
        at="/family",
    ),
    not_applicable("MAN-NAME-INVALID", "valid names", task(volumes=[{"name": "data"}])),
    unknown(
        "MAN-NAME-INVALID",
        "a placeholder for a name",
        file(container("${NAME}"), unresolved={"/containerDefinitions/0/name": "${NAME}"}),
        reason=Reason.NOT_IN_SOURCE,
    ),
    unknown("MAN-NAME-INVALID", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    *(
        fails(
            "MAN-PORTNAME-INVALID",
            f"{name}",
            task(container(portMappings=[{"containerPort": 80, "name": name}])),
            says=f"port {name} of container app needs another name on Kubernetes",
            element=name,
            at="/containerDefinitions/0/portMappings/0/name",
        )
        for name in ("orders-http-port", "orders_http", "HTTP", "8080", "a--b")
    ),
    not_applicable(
        "MAN-PORTNAME-INVALID",
        "15 characters",
        task(container(portMappings=[{"containerPort": 80, "name": "orders-http-abc"}])),
    ),
    not_applicable("MAN-PORTNAME-INVALID", "no name", task(container(portMappings=[{"containerPort": 80}]))),
    unknown("MAN-PORTNAME-INVALID", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    fails(
        "MAN-DOCKER-LABELS",
        "an agent and a proxy are configured",
        task(container(dockerLabels={"com.datadoghq.ad.logs": "[]", "traefik.enable": "true", "commit": "abc"})),
        says="labels of container app configure an agent or a proxy: com.datadoghq.ad.logs, traefik.enable",
        at="/containerDefinitions/0/dockerLabels/com.datadoghq.ad.logs",
        confidence=0.8,
    ),
    passes("MAN-DOCKER-LABELS", "build metadata", task(container(dockerLabels={"commit": "abc", "maintainer": "us"}))),
    not_applicable("MAN-DOCKER-LABELS", "no labels", task()),
    unknown(
        "MAN-DOCKER-LABELS",
        "a placeholder for all labels",
        file(unresolved={"/containerDefinitions/0/dockerLabels": "${LABELS}"}),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "MAN-UNSUPPORTED-FIELD",
        "a key that nobody knows, in two containers",
        task(container(quantumMode="on"), container("proxy", quantumMode={"level": 1})),
        says="field containerDefinitions[].quantumMode of a task definition is not known",
        element="TaskDefinition.containerDefinitions[].quantumMode",
        at="/containerDefinitions/0/quantumMode",
        confidence=1.0,
    ),
    fails(
        "MAN-UNSUPPORTED-FIELD",
        "a value that nobody knows, and a key",
        task(networkMode="overlay"),
        service(deployments=[{"status": "PRIMARY", "orbit": {"height": 3}}]),
        says=(
            "field deployments[].orbit of a service is not known",
            "field networkMode of a task definition holds overlay, which is not known",
        ),
        element=("Service.deployments[].orbit", "TaskDefinition.networkMode"),
        at=("/deployments/0/orbit", "/networkMode"),
    ),
    fails(
        "MAN-UNSUPPORTED-FIELD",
        "more values than a sentence takes",
        task(requiresCompatibilities=["EC2", "MARS", "MOON", "PLUTO", "VENUS"]),
        says=(
            "field requiresCompatibilities[] of a task definition holds MARS, MOON, PLUTO and 1 more, "
            "which is not known"
        ),
        at="/requiresCompatibilities/1",
    ),
    fails(
        "MAN-UNSUPPORTED-FIELD",
        "a cluster and the capacity provider of its default strategy",
        task(),
        service(launchType=None),
        cluster(orbit=1, defaultCapacityProviderStrategy=[{"capacityProvider": "big", "weight": 1}]),
        given(
            "capacity_providers",
            capacityProviderArn=f"{PROVIDER}/big",
            name="big",
            managedInstancesProvider={"instanceLaunchTemplate": {"instanceRequirements": {"colour": "red"}}},
        ),
        given("capacity_providers", capacityProviderArn=f"{PROVIDER}/idle", name="idle", orbit=1),
        says=(
            "field managedInstancesProvider.instanceLaunchTemplate.instanceRequirements.colour of a capacity provider"
            " is not known",
            "field orbit of a cluster is not known",
        ),
    ),
    fails(
        "MAN-UNSUPPORTED-FIELD",
        "a file has a key in the wrong place",
        file(container(networkMode="awsvpc")),
        says="field containerDefinitions[].networkMode of a task definition is not known",
        at="/containerDefinitions/0/networkMode",
    ),
    fails(
        "MAN-UNSUPPORTED-FIELD",
        "kinds of listener rules that nobody knows",
        *balanced(
            {"Conditions": [{"Field": "moon-phase"}, {"Field": "path-pattern"}], "Actions": [{"Type": "ponder"}]},
            {"Conditions": [{"Field": "moon-phase"}, {"Field": "tide"}], "Transforms": [{"Type": "body-rewrite"}]},
        ),
        says=(
            "a listener rule has action ponder, which is not known",
            "a listener rule has condition moon-phase, tide, which is not known",
            "a listener rule has transform body-rewrite, which is not known",
        ),
        element=("ListenerRule.action", "ListenerRule.condition", "ListenerRule.transform"),
        at=("/Actions/0/Type", "/Conditions/0/Field", "/Transforms/0/Type"),
    ),
    passes(
        "MAN-UNSUPPORTED-FIELD",
        "kinds of listener rules that are known",
        *balanced({"Conditions": [{"Field": "source-ip"}], "Actions": [{"Type": "jwt-validation"}]}),
    ),
    unknown(
        "MAN-UNSUPPORTED-FIELD",
        "listeners were refused",
        *balanced(),
        denied("elb.listeners", "elasticloadbalancing:DescribeListeners"),
        reason=Reason.DENIED,
        needs="elasticloadbalancing:DescribeListeners",
    ),
    passes(
        "MAN-UNSUPPORTED-FIELD", "listeners were refused where nothing is behind any", task(), denied("elb.listeners")
    ),
    passes("MAN-UNSUPPORTED-FIELD", "every key is known", task(container(user="7")), service(propagateTags="SERVICE")),
    passes(
        "MAN-UNSUPPORTED-FIELD", "names and values in another case", task(NetworkMode="Bridge", networkMode="AwsVpc")
    ),
    passes(
        "MAN-UNSUPPORTED-FIELD",
        "a file with comments, tags and a placeholder",
        file(_comment="ours", tags=[{"key": "team", "value": "a"}], networkMode="${MODE}"),
    ),
    passes(
        "MAN-UNSUPPORTED-FIELD",
        "a task definition that nothing runs",
        task(),
        task(family="orders", revision=7, quantumMode="on"),
        service(),
    ),
    unknown("MAN-UNSUPPORTED-FIELD", "the task definition was refused", *UNREAD, reason=Reason.DENIED),
    *(
        unknown(
            "MAN-UNSUPPORTED-FIELD",
            f"{fact} were refused",
            task(),
            denied(fact, action),
            reason=Reason.DENIED,
            needs=action,
        )
        for fact, action in (
            ("ecs.services", "ecs:DescribeServices"),
            ("ecs.clusters", "ecs:DescribeClusters"),
            ("ecs.capacity_providers", "ecs:DescribeCapacityProviders"),
        )
    ),
    unknown(
        "MAN-UNSUPPORTED-FIELD",
        "nobody asked for capacity providers",
        task(),
        unseen("ecs.capacity_providers"),
        reason=Reason.NOT_COLLECTED,
        needs="ecs.capacity_providers",
    ),
)

NEVER = (
    never("MAN-ENVFILE-S3", "not_applicable", "any container could name a file"),
    never("MAN-UNSUPPORTED-FIELD", "not_applicable", "every document could hold something new"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()


def test_an_unknown_field_is_charged_to_the_workloads_that_have_it() -> None:
    made = estate(
        task(quantumMode="on"),
        service("orders"),
        service("copy", family="orders"),
        task(family="web"),
        service("web"),
    )
    (judgement,) = judge(made, [rule_of("MAN-UNSUPPORTED-FIELD")], Policy())
    (found,) = judgement.fails
    ids = {each.name: each.id for each in made.workloads}
    assert found.workloads == tuple(sorted((ids["orders"], ids["copy"])))
    assert len(found.evidence) == 1


def test_a_key_that_the_door_replaced_is_named_without_its_marker() -> None:
    key = "AKIA" + "IOSFODNN7" + "EXAMPLE"
    fields: dict[str, Any] = {key: "x"}
    (judgement,) = judge(estate(task(**fields)), [rule_of("MAN-UNSUPPORTED-FIELD")], Policy())
    (found,) = judgement.fails
    assert found.element == "TaskDefinition.(redacted)"
    assert key not in str(found)
