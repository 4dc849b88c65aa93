"""Coupling to ECS: each rule in every situation that it tells apart."""

from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import DAYS, HIGH, HOURS, INFO, LOW, MEDIUM, WEEKS
from tests.rules.harness import (
    ACCOUNT,
    CLUSTER,
    REGION,
    Case,
    Given,
    Piece,
    cluster,
    container,
    denied,
    fails,
    file,
    given,
    never,
    not_applicable,
    passes,
    primary,
    role,
    role_arn,
    service,
    target,
    task,
    task_arn,
    undescribed,
    unknown,
)

UNDESCRIBED = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))
FARGATE: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc"}
SCHEDULED: tuple[Piece, ...] = (
    task(family="report"),
    given(
        "schedules",
        Arn=f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/nightly",
        Name="nightly",
        ScheduleExpression="rate(1 day)",
        Target={"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": task_arn("report")}},
    ),
)
"""A task that no service owns."""
ENVOY = "840364872350.dkr.ecr.eu-west-1.amazonaws.com/aws-appmesh-envoy:v1.29.12.1-prod"


def variable(name: str, value: str) -> dict[str, Any]:
    return {"environment": [{"name": name, "value": value}]}


def of_services(rule: str, *, outside: bool = True) -> tuple[Case, ...]:
    """What every rule about services makes of tasks without one, of a file, and of a service that was not described."""
    cases = [
        unknown(rule, "a file holds no service", file(), reason=Reason.NOT_IN_SOURCE),
        unknown(
            rule,
            "the service could not be described",
            *undescribed(),
            reason=Reason.DENIED,
            needs="ecs:DescribeServices",
        ),
    ]
    if outside:
        cases.append(not_applicable(rule, "a task outside of a service", *SCHEDULED))
    return tuple(cases)


METADATA = (
    fails(
        "ECS-METADATA-ENDPOINT",
        "a variable holds the endpoint's address",
        task(container(**variable("STATS", "http://169.254.170.2/v4/stats"))),
        says="variable STATS of container app names the task metadata endpoint of ECS",
        element="app/STATS",
        at="/containerDefinitions/0/environment/0/value",
        confidence=0.8,
    ),
    fails(
        "ECS-METADATA-ENDPOINT",
        "a command reads the variable that ECS sets",
        task(container(command=["sh", "-c", "curl $ECS_CONTAINER_METADATA_URI_V4/task"])),
        says="the command of container app names the task metadata endpoint of ECS",
        at="/containerDefinitions/0/command/2",
    ),
    fails(
        "ECS-METADATA-ENDPOINT",
        "a health check reads it",
        task(container(healthCheck={"command": ["CMD-SHELL", "curl ${ECS_CONTAINER_METADATA_URI}"]})),
        says="the health check of container app names the task metadata endpoint of ECS",
    ),
    fails(
        "ECS-METADATA-ENDPOINT",
        "an agent that nobody knows runs in Fargate mode",
        task(container("watch", **variable("ECS_FARGATE", "true"))),
        says="variable ECS_FARGATE makes container watch read the task metadata endpoint of ECS",
        severity=MEDIUM,
        confidence=0.5,
        may_be_worse=Reason.UNANSWERED,
    ),
    not_applicable(
        "ECS-METADATA-ENDPOINT",
        "an agent that has a chart for Kubernetes",
        task(container("dd", image="public.ecr.aws/datadog/agent:7", **variable("ECS_FARGATE", "true"))),
    ),
    unknown(
        "ECS-METADATA-ENDPOINT",
        "no text names it, which proves nothing",
        task(container(**variable("AWS_REGION", REGION))),
        reason=Reason.UNANSWERED,
        needs="survey.A4",
    ),
    unknown(
        "ECS-METADATA-ENDPOINT",
        "the address of the credentials alone",
        task(container(**variable("CREDENTIALS", "http://169.254.170.2/creds"))),
        reason=Reason.UNANSWERED,
    ),
    unknown(
        "ECS-METADATA-ENDPOINT",
        "the application stands beside an agent in Fargate mode",
        task(container(), container("dd", image="datadog/agent:7", **variable("ECS_FARGATE", "true"))),
        reason=Reason.UNANSWERED,
    ),
    unknown("ECS-METADATA-ENDPOINT", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
)


def acting(*statements: dict[str, Any], **fields: Any) -> tuple[Given, ...]:
    return (task(taskRoleArn=role_arn("orders"), **fields), role("orders", *statements))


def allow(*actions: str, **fields: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **fields}


def trusted(**principal: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


DRIVES = (
    fails(
        "ECS-API-SELF-CALL",
        "calls are named one by one",
        *acting(allow("s3:GetObject"), allow("ecs:RunTask", "ecs:StopTask", "ecs:DescribeTasks")),
        says="role orders lets its tasks call ecs:RunTask and ecs:StopTask on every resource",
        at="/Policies/0/Document/Statement/1/Action",
        confidence=0.8,
    ),
    fails(
        "ECS-API-SELF-CALL",
        "calls are named by their verb",
        *acting(allow("ecs:Update*")),
        says="role orders lets its tasks call ecs:UpdateService on every resource",
    ),
    fails(
        "ECS-API-SELF-CALL",
        "the policy holds one statement and no list",
        task(taskRoleArn=role_arn("orders")),
        role(
            "orders",
            Policies=[{"PolicyName": "inline", "Document": {"Statement": allow("ECS:ExecuteCommand")}}],
        ),
        says="role orders lets its tasks call ecs:ExecuteCommand on every resource",
        at="/Policies/0/Document/Statement/Action",
    ),
    fails(
        "ECS-API-SELF-CALL",
        "one task definition",
        *acting(
            {
                "Effect": "Allow",
                "Action": "ecs:RunTask",
                "Resource": "arn:aws:ecs:*:111122223333:task-definition/report:*",
            }
        ),
        says="role orders lets its tasks call ecs:RunTask on ecs task-definition/report:*",
        severity=HIGH,
    ),
    passes(
        "ECS-API-SELF-CALL",
        "the boundary does not allow it",
        task(taskRoleArn=role_arn("orders")),
        role(
            "orders",
            allow("ecs:RunTask"),
            PermissionsBoundary={
                "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/developers",
                "Document": {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}},
            },
        ),
    ),
    passes("ECS-API-SELF-CALL", "only reading", *acting(allow("ecs:Describe*", "ecs:List*"))),
    passes("ECS-API-SELF-CALL", "no policy", *acting()),
    passes(
        "ECS-API-SELF-CALL",
        "allowed and denied",
        *acting(allow("ecs:RunTask"), {"Effect": "Deny", "Action": "ecs:RunTask", "Resource": "*"}),
    ),
    passes(
        "ECS-API-SELF-CALL",
        "all is granted and ECS is denied",
        *acting(allow("*"), {"Effect": "Deny", "Action": "ecs:*", "Resource": "*"}),
    ),
    not_applicable("ECS-API-SELF-CALL", "no task runs with it", task(executionRoleArn=role_arn("orders")), role()),
    not_applicable(
        "ECS-API-SELF-CALL",
        "CodeBuild may take it",
        task(taskRoleArn=role_arn("orders")),
        role("orders", allow("ecs:UpdateService"), **trusted(Service="codebuild.amazonaws.com")),
    ),
    not_applicable(
        "ECS-API-SELF-CALL",
        "a pipeline of GitHub may take it",
        task(taskRoleArn=role_arn("orders")),
        role(
            "orders",
            allow("ecs:UpdateService"),
            **trusted(Federated=f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"),
        ),
    ),
    not_applicable(
        "ECS-API-SELF-CALL",
        "the task is a CI server",
        task(container("ci", image="jenkins/jenkins:lts"), taskRoleArn=role_arn("orders")),
        role("orders", allow("ecs:RunTask")),
    ),
    *(
        unknown(
            "ECS-API-SELF-CALL",
            f"{action} grants all of ECS",
            *acting(allow(action)),
            reason=Reason.UNANSWERED,
            needs="survey.A4",
        )
        for action in ("*", "ecs:*")
    ),
    unknown(
        "ECS-API-SELF-CALL",
        "everything but IAM is granted",
        *acting({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}),
        reason=Reason.UNANSWERED,
    ),
    unknown(
        "ECS-API-SELF-CALL",
        "a policy could not be read",
        task(taskRoleArn=role_arn("orders")),
        role("orders", Policies=[{"PolicyName": "shared", "PolicyArn": "arn:aws:iam::aws:policy/X"}]),
        reason=Reason.NOT_COLLECTED,
    ),
    unknown(
        "ECS-API-SELF-CALL",
        "the role could not be read",
        task(taskRoleArn=role_arn("orders")),
        denied("iam.roles", "iam:GetRole", resource=role_arn("orders")),
        reason=Reason.DENIED,
        needs="iam:GetRole",
    ),
)


def audit(**fields: Any) -> Given:
    return cluster(configuration={"executeCommandConfiguration": fields})


EXEC = (
    fails(
        "ECS-EXEC",
        "switched on",
        task(),
        service(enableExecuteCommand=True),
        audit(logging="DEFAULT"),
        says="people may open a shell in the tasks of service orders",
        severity=INFO,
        effort=HOURS,
        at="/enableExecuteCommand",
    ),
    fails(
        "ECS-EXEC",
        "sessions are recorded",
        task(),
        service(enableExecuteCommand=True),
        audit(logging="OVERRIDE", logConfiguration={"cloudWatchLogGroupName": "/exec"}),
        says="shell sessions in the tasks of service orders are recorded",
        severity=MEDIUM,
        effort=DAYS,
    ),
    fails(
        "ECS-EXEC",
        "sessions are encrypted",
        task(),
        service(enableExecuteCommand=True),
        audit(kmsKeyId="arn:aws:kms:eu-west-1:111122223333:key/1", logging="DEFAULT"),
        says="shell sessions in the tasks of service orders are encrypted with a key of its own",
        severity=MEDIUM,
    ),
    fails(
        "ECS-EXEC",
        "switched on, and the cluster could not be described",
        task(),
        service(enableExecuteCommand=True),
        denied("ecs.clusters", "ecs:DescribeClusters"),
        says="people may open a shell in the tasks of service orders",
        may_be_worse=Reason.DENIED,
        needs="ecs:DescribeClusters",
    ),
    passes("ECS-EXEC", "absent", task()),
    passes("ECS-EXEC", "switched off", task(), service(enableExecuteCommand=False), audit(logging="OVERRIDE")),
    *of_services("ECS-EXEC"),
)

APP_MESH = (
    fails(
        "ECS-APPMESH",
        "a proxy configuration",
        task(container(), container("envoy"), proxyConfiguration={"type": "APPMESH", "containerName": "envoy"}),
        says="the task sends its traffic through an App Mesh proxy",
        at="/proxyConfiguration/type",
        effort=WEEKS,
    ),
    fails(
        "ECS-APPMESH",
        "a proxy configuration without a type, which has one value only",
        task(proxyConfiguration={"containerName": "envoy"}),
        says="the task sends its traffic through an App Mesh proxy",
    ),
    fails(
        "ECS-APPMESH",
        "an image of the account that App Mesh published in",
        task(container(), container("envoy", image=ENVOY)),
        says="the task sends its traffic through an App Mesh proxy",
        at="/containerDefinitions/1/image",
    ),
    fails(
        "ECS-APPMESH",
        "an image of the public registry",
        task(container(), container("envoy", image="public.ecr.aws/appmesh/aws-appmesh-envoy:v1.29.12.1-prod")),
        says="the task sends its traffic through an App Mesh proxy",
    ),
    fails(
        "ECS-APPMESH",
        "a variable",
        file(container("proxy", image="${ENVOY}", **variable("APPMESH_RESOURCE_ARN", "arn:aws:appmesh:x"))),
        says="the task sends its traffic through an App Mesh proxy",
        at="/containerDefinitions/0/environment/0/name",
    ),
    passes("ECS-APPMESH", "nothing of the kind", task(container(image="envoyproxy/envoy:v1.31"))),
    passes("ECS-APPMESH", "an image whose name only sounds like it", task(container(image="acme/appmesh-docs:1"))),
    passes(
        "ECS-APPMESH",
        "a recorded revision that is inactive",
        file(container("envoy", image=ENVOY), status="INACTIVE"),
    ),
    unknown("ECS-APPMESH", "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED),
    unknown(
        "ECS-APPMESH",
        "a placeholder stands for the variables",
        file(container(), unresolved={"/containerDefinitions/0/environment": "${ENV}"}),
        reason=Reason.UNRESOLVED,
    ),
)

NAMESPACE = "arn:aws:servicediscovery:eu-west-1:111122223333:namespace/ns-1"


def connected(*services: dict[str, Any], enabled: bool = True, namespace: str = "shop.local") -> Given:
    configuration = {"enabled": enabled, "namespace": namespace, "services": list(services)}
    return service(deployments=primary(serviceConnectConfiguration=configuration))


def offered(**fields: Any) -> dict[str, Any]:
    return {"portName": "http", "discoveryName": "orders", **fields}


def alias(name: str | None, port: int = 80) -> dict[str, Any]:
    return offered(clientAliases=[{"port": port, **({"dnsName": name} if name else {})}])


SC_AT = "/deployments/0/serviceConnectConfiguration"

CONNECT = (
    fails(
        "ECS-SERVICE-CONNECT",
        "it offers names",
        task(),
        connected(offered(), {"portName": "grpc"}),
        says="service orders offers orders, grpc through Service Connect",
        at=f"{SC_AT}/enabled",
        effort=WEEKS,
    ),
    fails(
        "ECS-SERVICE-CONNECT",
        "it only calls others",
        task(),
        connected(),
        says="service orders calls others through Service Connect",
        severity=MEDIUM,
        effort=DAYS,
    ),
    passes("ECS-SERVICE-CONNECT", "absent", task()),
    passes("ECS-SERVICE-CONNECT", "a namespace is named but it is switched off", task(), connected(enabled=False)),
    passes(
        "ECS-SERVICE-CONNECT",
        "only an older deployment has it",
        task(),
        service(
            deployments=[
                *primary(),
                {"status": "ACTIVE", "serviceConnectConfiguration": {"enabled": True, "services": [offered()]}},
            ]
        ),
    ),
    *of_services("ECS-SERVICE-CONNECT"),
    fails(
        "ECS-SC-TLS",
        "a name with TLS",
        task(),
        connected(offered(tls={"issuerCertificateAuthority": {"awsPcaAuthorityArn": "arn:aws:acm-pca:x"}})),
        says="Service Connect encrypts the traffic of orders of service orders",
        element="orders",
        at=f"{SC_AT}/services/0/tls",
    ),
    passes("ECS-SC-TLS", "names without TLS", task(), connected(offered())),
    not_applicable("ECS-SC-TLS", "Service Connect is not enabled", task()),
    not_applicable("ECS-SC-TLS", "a task outside of a service", *SCHEDULED),
    *of_services("ECS-SC-TLS", outside=False),
    fails(
        "ECS-SC-ALIAS",
        "a name of its own",
        task(),
        connected(alias("api")),
        says="clients reach service orders as api, port 80",
        element="api",
        at=f"{SC_AT}/services/0/clientAliases/0/dnsName",
        effort=DAYS,
    ),
    fails(
        "ECS-SC-ALIAS",
        "the discovery name with the namespace behind it",
        task(),
        connected(alias("orders.shop.local")),
        says="clients reach service orders as orders.shop.local, port 80",
        severity=LOW,
        effort=HOURS,
    ),
    fails(
        "ECS-SC-ALIAS",
        "no name, which means the same",
        task(),
        connected(alias(None, 8080)),
        says="clients reach service orders as orders.shop.local, port 8080",
        severity=LOW,
        at=f"{SC_AT}/services/0/clientAliases/0/port",
    ),
    fails(
        "ECS-SC-ALIAS",
        "the namespace is named by its ARN",
        task(),
        connected(alias("orders.shop.local"), namespace=NAMESPACE),
        given("namespaces", Arn=NAMESPACE, Id="ns-1", Name="shop.local", Type="HTTP"),
        says="clients reach service orders as orders.shop.local, port 80",
        severity=LOW,
    ),
    fails(
        "ECS-SC-ALIAS",
        "the namespace's name could not be read",
        task(),
        connected(alias("orders.shop.local"), namespace=NAMESPACE),
        denied("cloudmap", "servicediscovery:ListNamespaces"),
        says="clients reach service orders as orders.shop.local, port 80",
        softest=LOW,
    ),
    not_applicable("ECS-SC-ALIAS", "no alias", task(), connected(offered())),
    not_applicable("ECS-SC-ALIAS", "Service Connect is switched off", task(), connected(alias("api"), enabled=False)),
    *of_services("ECS-SC-ALIAS"),
)

REGISTRY = "arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-1"


def registered(**fields: Any) -> Given:
    return service(serviceRegistries=[{"registryArn": REGISTRY, **fields}])


def records(*types: str) -> tuple[Given, ...]:
    dns = {"DnsConfig": {"DnsRecords": [{"Type": type, "TTL": 15} for type in types]}} if types else {}
    return (
        given("namespaces", Arn=NAMESPACE, Id="ns-1", Name="shop.local", Type="DNS_PRIVATE" if types else "HTTP"),
        given("discovery_services", Arn=REGISTRY, Id="srv-1", Name="orders", NamespaceId="ns-1", **dns),
    )


NO_CLOUD_MAP = denied("cloudmap", "servicediscovery:ListServices")

CLOUD_MAP = (
    fails(
        "ECS-CLOUDMAP",
        "A records",
        task(),
        registered(),
        *records("A"),
        says="clients find service orders in Cloud Map as orders.shop.local",
        element="orders.shop.local",
        at="/serviceRegistries/0/registryArn",
    ),
    fails(
        "ECS-CLOUDMAP",
        "a registry that could not be read",
        task(),
        registered(),
        NO_CLOUD_MAP,
        says="clients find service orders in Cloud Map as srv-1",
        softest=INFO,
    ),
    passes("ECS-CLOUDMAP", "no registry", task()),
    passes("ECS-CLOUDMAP", "an HTTP namespace", task(), registered(), *records()),
    passes("ECS-CLOUDMAP", "SRV records, another rule's", task(), registered(containerPort=80), *records("SRV")),
    *of_services("ECS-CLOUDMAP"),
    fails(
        "ECS-CLOUDMAP-SRV",
        "SRV records",
        task(),
        registered(containerName="app", containerPort=80),
        *records("A", "SRV"),
        says="clients find service orders by the SRV records of orders.shop.local in Cloud Map",
        element="orders.shop.local",
        confidence=1.0,
    ),
    fails(
        "ECS-CLOUDMAP-SRV",
        "a port, though the records could not be read",
        task(),
        registered(port=8080),
        NO_CLOUD_MAP,
        says="clients find service orders by the SRV records of srv-1 in Cloud Map",
        confidence=0.8,
    ),
    passes("ECS-CLOUDMAP-SRV", "A records", task(), registered(), *records("A", "AAAA")),
    passes("ECS-CLOUDMAP-SRV", "A records, though a port is named", task(), registered(port=80), *records("A")),
    not_applicable("ECS-CLOUDMAP-SRV", "no registry", task()),
    not_applicable("ECS-CLOUDMAP-SRV", "no registry, and Cloud Map could not be read", task(), NO_CLOUD_MAP),
    unknown(
        "ECS-CLOUDMAP-SRV",
        "the records could not be read",
        task(),
        registered(),
        NO_CLOUD_MAP,
        reason=Reason.DENIED,
        needs="servicediscovery:ListServices",
    ),
    unknown(
        "ECS-CLOUDMAP-SRV",
        "the registry is in a namespace of another account",
        task(),
        registered(),
        reason=Reason.NOT_COLLECTED,
    ),
    *of_services("ECS-CLOUDMAP-SRV"),
)

DAEMON = service(schedulingStrategy="DAEMON")

HOW = (
    fails(
        "ECS-EXPRESS",
        "Express Mode",
        task(),
        service(resourceManagementType="ECS"),
        says="the load balancer of service orders belongs to it (Express Mode) and is deleted with it",
        at="/resourceManagementType",
    ),
    passes("ECS-EXPRESS", "resources of the customer", task(), service(resourceManagementType="CUSTOMER")),
    passes("ECS-EXPRESS", "absent", task()),
    *of_services("ECS-EXPRESS"),
    fails(
        "ECS-DAEMON",
        "a daemon, and the target runs DaemonSets",
        task(),
        DAEMON,
        target(compute="managed_nodes"),
        says="service orders runs once on every instance",
        severity=INFO,
        at="/schedulingStrategy",
    ),
    fails(
        "ECS-DAEMON",
        "a daemon, and no target is chosen",
        task(),
        DAEMON,
        says="service orders runs once on every instance",
        may_be_worse=Reason.UNANSWERED,
    ),
    fails(
        "ECS-DAEMON",
        "a daemon, and the target is EKS Fargate",
        task(),
        DAEMON,
        target(compute="fargate"),
        says="service orders runs once on every instance, EKS Fargate runs no DaemonSets",
        severity=HIGH,
        effort=DAYS,
    ),
    passes("ECS-DAEMON", "replicas", task()),
    passes(
        "ECS-DAEMON",
        "replicas that happen to run one to an instance",
        task(),
        service(placementConstraints=[{"type": "distinctInstance"}]),
    ),
    not_applicable("ECS-DAEMON", "Fargate", task(**FARGATE)),
    not_applicable("ECS-DAEMON", "outside of AWS", task(), service(launchType="EXTERNAL")),
    *of_services("ECS-DAEMON"),
    *(
        fails(
            "ECS-DEPLOY-CONTROLLER",
            f"the controller is {type}",
            task(),
            service(deploymentController={"type": type}),
            says=f"{who} controls the deployments of service orders",
            at="/deploymentController/type",
        )
        for type, who in (("CODE_DEPLOY", "CodeDeploy"), ("EXTERNAL", "an external program"))
    ),
    passes("ECS-DEPLOY-CONTROLLER", "ECS", task()),
    *of_services("ECS-DEPLOY-CONTROLLER"),
)


def constrained(expression: str) -> Given:
    return service(placementConstraints=[{"type": "memberOf", "expression": expression}])


PLACEMENT = (
    fails(
        "ECS-PLACEMENT",
        "distinct instances",
        task(),
        service(placementConstraints=[{"type": "distinctInstance"}]),
        says="no two tasks of orders may share an instance",
        element="distinctInstance",
        at="/placementConstraints/0/type",
    ),
    fails(
        "ECS-PLACEMENT",
        "bin packing",
        task(),
        service(placementStrategy=[{"type": "binpack", "field": "memory"}]),
        says="tasks of orders are packed by memory",
        element="binpack",
    ),
    fails(
        "ECS-PLACEMENT",
        "an expression on an attribute of ECS",
        task(),
        constrained("attribute:ecs.instance-type =~ m6i.*"),
        says="tasks of orders run only where attribute:ecs.instance-type =~ m6i.*",
        at="/placementConstraints/0/expression",
    ),
    fails(
        "ECS-PLACEMENT",
        "an expression on an attribute of the team's own",
        task(),
        constrained("attribute:ecs.os-type == linux and attribute:stack == prod"),
        says="tasks of orders run only where attribute:ecs.os-type == linux and attribute:stack == prod",
        severity=MEDIUM,
    ),
    fails(
        "ECS-PLACEMENT",
        "beside the tasks of another group",
        task(),
        constrained("task:group == service:cache"),
        says="tasks of orders are placed by the tasks that run on an instance: task:group == service:cache",
        severity=HIGH,
        effort=DAYS,
    ),
    fails(
        "ECS-PLACEMENT",
        "the task definition has the constraint",
        file(placementConstraints=[{"type": "memberOf", "expression": "attribute:stack == prod"}]),
        says="tasks of orders run only where attribute:stack == prod",
        severity=MEDIUM,
        may_be_worse=Reason.NOT_IN_SOURCE,
    ),
    passes("ECS-PLACEMENT", "none", task()),
    passes(
        "ECS-PLACEMENT",
        "the default spread over zones",
        task(),
        service(placementStrategy=[{"type": "spread", "field": "attribute:ecs.availability-zone"}]),
    ),
    not_applicable("ECS-PLACEMENT", "Fargate", task(**FARGATE)),
    not_applicable("ECS-PLACEMENT", "a file for Fargate", file(**FARGATE)),
    *of_services("ECS-PLACEMENT", outside=False),
)

WITH_ROLE: dict[str, Any] = {"taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/orders"}
LATTICE_GROUP = f"arn:aws:vpc-lattice:{REGION}:{ACCOUNT}:targetgroup/tg-0123456789abcdef0"

CREDENTIALS = (
    *(
        fails(
            "ECS-CRED-ENDPOINT",
            f"the command {script}",
            task(container(command=["sh", "-c", script]), **WITH_ROLE),
            says="the command of container app names the credentials endpoint of ECS",
            element="app command",
            at="/containerDefinitions/0/command/2",
            confidence=0.8,
        )
        for script in (
            "curl 169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "curl http://169.254.170.2/credentials",
        )
    ),
    unknown(
        "ECS-CRED-ENDPOINT",
        "the metadata endpoint, which is another rule's",
        task(container(command=["curl", "http://169.254.170.2/v4/task"]), **WITH_ROLE),
        reason=Reason.UNANSWERED,
    ),
    unknown(
        "ECS-CRED-ENDPOINT",
        "a script that switches the endpoint off",
        task(container(command=["sh", "-c", "unset AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; ./run"]), **WITH_ROLE),
        reason=Reason.UNANSWERED,
    ),
    unknown(
        "ECS-CRED-ENDPOINT",
        "the SDK's default chain",
        task(**WITH_ROLE),
        reason=Reason.UNANSWERED,
        needs="survey.A5",
    ),
    not_applicable("ECS-CRED-ENDPOINT", "no task role", task()),
    fails(
        "ECS-VPC-LATTICE",
        "a target group of VPC Lattice",
        task(),
        service(deployments=primary(vpcLatticeConfigurations=[{"targetGroupArn": LATTICE_GROUP, "portName": "http"}])),
        says="service orders is reached through VPC Lattice at port http",
        element="http",
        at="/deployments/0/vpcLatticeConfigurations/0/targetGroupArn",
    ),
    passes("ECS-VPC-LATTICE", "none", task()),
    unknown("ECS-VPC-LATTICE", "the service could not be described", *undescribed(), reason=Reason.DENIED),
    unknown("ECS-VPC-LATTICE", "a file", file(), reason=Reason.NOT_IN_SOURCE),
    not_applicable(
        "ECS-VPC-LATTICE",
        "a task outside a service",
        task(),
        given("tasks", taskArn=f"{CLUSTER}/1", clusterArn=CLUSTER, taskDefinitionArn=task_arn("orders")),
        cluster(),
    ),
)

CASES: tuple[Case, ...] = (*CREDENTIALS, *METADATA, *DRIVES, *EXEC, *APP_MESH, *CONNECT, *CLOUD_MAP, *HOW, *PLACEMENT)

NEVER = (
    never("ECS-CRED-ENDPOINT", "pass", "answers are not read yet"),
    never("ECS-METADATA-ENDPOINT", "pass", "only the owner can say no, and is not asked yet"),
    never("ECS-APPMESH", "not_applicable", "any task definition could carry a proxy"),
    never("ECS-SC-ALIAS", "pass", "an alias fires, none is not applicable"),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
