"""Secrets planted wherever AWS and files may hold them are found nowhere behind the door."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from assess.cli import run as run_here
from assess.packs import load_reports
from assess.settings import SettingsError, load_policy
from tests.acceptance.secrets_planted import NAMES, Planted
from tests.support import clean, faults
from tests.support.aws import ACCOUNT, REGION, SimulatedAws
from tests.support.wire import Document, encode

pytestmark = pytest.mark.xdist_group("secrets")

_FAMILY = "catalogue"
_CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/bookshop-production"


# --- planting -------------------------------------------------------------------------------------------------------


def _named(planted: Planted, place: str) -> dict[str, str]:
    """Credentials under names of credentials: words as long as there are any, then passwords."""
    return {
        name: planted.word(place) if index % 10 == 0 else planted.password(place, name)
        for index, name in enumerate(NAMES)
    }


def _mixed(planted: Planted, place: str) -> dict[str, str]:
    """Every shape under a name that says nothing, and every name with a value that says nothing."""
    shapes = {f"SETTING_{index}": text for index, (_, text) in enumerate(planted.shapes(place))}
    return shapes | _named(planted, place)


def _texts(planted: Planted, place: str) -> list[str]:
    return [text for _, text in planted.shapes(place)]


def task_definition(planted: Planted) -> Document:
    """Fields of a task definition with secrets in each place for texts."""

    def of(place: str) -> dict[str, str]:
        return _mixed(planted, place)

    command = _texts(planted, "command")
    container = {
        "environment": [{"name": name, "value": value} for name, value in of("environment").items()],
        "command": ["serve", *command, "--password", planted.word("command"), f"--token={planted.word('command')}"],
        "entryPoint": ["sh", "-c", " && ".join(f"run {text!r}" for text in _texts(planted, "entry point"))],
        "healthCheck": {"command": ["CMD", *_texts(planted, "health check")]},
        "dockerLabels": of("label"),
        "logConfiguration": {"logDriver": "splunk", "options": of("log option")},
        "firelensConfiguration": {"type": "fluentbit", "options": of("router option")},
        "systemControls": [{"namespace": "net.x", "value": text} for text in _texts(planted, "system control")],
    }
    options = {"driver": "local", "driverOpts": of("driver option"), "labels": of("volume label")}
    properties = [{"name": name, "value": value} for name, value in of("proxy property").items()]
    return {
        "containerDefinitions": [container],
        "volumes": [{"name": "data", "dockerVolumeConfiguration": options}],
        "proxyConfiguration": {"type": "APPMESH", "containerName": "catalogue", "properties": properties},
    }


def tags(planted: Planted, place: str, *, key: str = "key", value: str = "value") -> list[Document]:
    """A tag for each shape and each name."""
    return [{key: name, value: text} for name, text in _mixed(planted, f"tag of {place}").items()]


def overrides(planted: Planted, place: str) -> Document:
    """A task's overrides in ECS's words."""
    environment = [{"name": name, "value": value} for name, value in _mixed(planted, place).items()]
    command = ["serve", *_texts(planted, f"command of {place}")]
    return {"containerOverrides": [{"name": "catalogue", "environment": environment, "command": command}]}


def _upper(document: Any) -> Any:
    """As Step Functions writes fields."""
    if isinstance(document, dict):
        return {key[0].upper() + key[1:]: _upper(each) for key, each in document.items()}
    return [_upper(each) for each in document] if isinstance(document, list) else document


def plant(aws: SimulatedAws, planted: Planted) -> None:
    """Has the simulated AWS answer with secrets wherever a text may stand, and refuse with secrets in its words."""
    _plant_ecs(aws, planted)
    _plant_triggers(aws, planted)
    _plant_around(aws, planted)
    _plant_edge(aws, planted)
    _plant_backing(aws, planted)
    _plant_errors(aws, planted)


def _change(aws: SimulatedAws, service: str, operation: str, change: Callable[[Document], None]) -> None:
    aws.override(service, operation, change)


def _plant_ecs(aws: SimulatedAws, planted: Planted) -> None:
    given, tagged = task_definition(planted), tags(planted, "task definition")

    def of_task_definition(answer: Document) -> None:
        if answer["taskDefinition"]["family"] == _FAMILY:
            container = answer["taskDefinition"]["containerDefinitions"][0] | given["containerDefinitions"][0]
            answer["taskDefinition"] |= given | {"containerDefinitions": [container]}
            answer["tags"] = tagged

    _change(aws, "ecs", "DescribeTaskDefinition", of_task_definition)
    of_service, of_cluster, of_task = (tags(planted, what) for what in ("service", "cluster", "task"))
    events, reasons = _texts(planted, "service event"), _texts(planted, "rollout")
    connect = {"enabled": True, "logConfiguration": {"logDriver": "splunk", "options": _mixed(planted, "mesh log")}}

    def services(answer: Document) -> None:
        for each in answer["services"]:
            each["tags"] = of_service
            each["events"] = [{"id": str(at), "message": text} for at, text in enumerate(events)]
            each["deployments"] = [
                each["deployments"][0] | {"rolloutStateReason": text, "serviceConnectConfiguration": connect}
                for text in reasons
            ]

    _change(aws, "ecs", "DescribeServices", services)
    details = [{"name": name, "value": value} for name, value in _mixed(planted, "attachment").items()]

    def clusters(answer: Document) -> None:
        for each in answer["clusters"]:
            each["tags"], each["statistics"] = of_cluster, details
            each["attachments"] = [{"id": "1", "type": "x", "status": "ACTIVE", "details": details}]

    _change(aws, "ecs", "DescribeClusters", clusters)
    overridden, stopped = overrides(planted, "override"), _texts(planted, "stop reason")
    attributes = [{"name": name, "value": value} for name, value in _mixed(planted, "task attribute").items()]

    def tasks(answer: Document) -> None:
        copies = []
        for at, text in enumerate(stopped):
            task = answer["tasks"][0]
            container = {"name": "catalogue", "reason": text, "lastStatus": "STOPPED"}
            told = {"overrides": overridden, "tags": of_task, "attributes": attributes} if at == 0 else {}
            copies.append(
                task
                | told
                | {"stoppedReason": text}
                | {"taskArn": f"{task['taskArn'][:-4]}{at:04}", "containers": [container]}
            )
        answer["tasks"] = copies + answer["tasks"]

    _change(aws, "ecs", "DescribeTasks", tasks)


def _plant_triggers(aws: SimulatedAws, planted: Planted) -> None:
    revision = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{_FAMILY}:1"
    role = f"arn:aws:iam::{ACCOUNT}:role/{_FAMILY}-task"

    def answer(service: str, operation: str, document: Document) -> None:
        aws.fault(service, operation, lambda call, _proceed: encode(call, document))

    names = [f"rule-{at}" for at in range(len(_texts(Planted(0), "")))]
    descriptions = dict(zip(names, _texts(planted, "rule description"), strict=True))
    answer("events", "ListRules", {"Rules": [{"Name": name, "Description": descriptions[name]} for name in names]})
    target = {"Id": "1", "Arn": _CLUSTER, "RoleArn": role, "EcsParameters": {"TaskDefinitionArn": revision}}
    targets = [target | {"Id": "0", "Input": json.dumps(overrides(planted, "event input"))}]
    for at, text in enumerate(_texts(planted, "event template")):
        paths = {"a": "$.detail"}
        targets.append(target | {"Id": str(at), "InputTransformer": {"InputPathsMap": paths, "InputTemplate": text}})
    answer("events", "ListTargetsByRule", {"Targets": targets})

    summaries = [{"Name": name, "GroupName": "default", "Target": {"Arn": _CLUSTER}} for name in names]
    answer("scheduler", "ListSchedules", {"Schedules": summaries})
    given = json.dumps(overrides(planted, "schedule input"))
    told = iter(_texts(planted, "schedule description") * 9)
    schedule = {"ScheduleExpression": "rate(1 day)", "GroupName": "default", "State": "ENABLED"}
    aws.fault(
        "scheduler",
        "GetSchedule",
        lambda call, _proceed: encode(
            call,
            schedule
            | {"Name": call.parameters["Name"], "Description": next(told), "Target": target | {"Input": given}},
        ),
    )

    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:night"
    machine = {"stateMachineArn": arn, "name": "night", "type": "STANDARD", "creationDate": 1_700_000_000}
    parameters = {
        "Cluster": _CLUSTER,
        "TaskDefinition": revision,
        "Overrides": _upper(overrides(planted, "workflow override")),
    }
    run = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": parameters, "Next": "B"}
    result = {"Type": "Pass", "Result": _mixed(planted, "workflow result"), "End": True}
    comments = {f"C{at}": {"Type": "Succeed", "Comment": text} for at, text in enumerate(_texts(planted, "comment"))}
    definition = json.dumps({"StartAt": "A", "States": {"A": run, "B": result, **comments}})
    answer("stepfunctions", "ListStateMachines", {"stateMachines": [machine]})
    answer("stepfunctions", "DescribeStateMachine", machine | {"definition": definition, "roleArn": role})


def _plant_around(aws: SimulatedAws, planted: Planted) -> None:
    """Network, load balancers, roles, scaling, discovery."""
    for operation, key in (
        ("DescribeVpcs", "Vpcs"),
        ("DescribeSubnets", "Subnets"),
        ("DescribeRouteTables", "RouteTables"),
        ("DescribeVpcEndpoints", "VpcEndpoints"),
        ("DescribeNatGateways", "NatGateways"),
    ):
        tagged = tags(planted, operation, key="Key", value="Value")

        def tag(answer: Document, key: str = key, tagged: list[Document] = tagged) -> None:
            for each in answer[key]:
                each["Tags"] = tagged

        _change(aws, "ec2", operation, tag)

    texts = _texts(planted, "security group")
    ranges = [{"CidrIp": "10.0.0.0/8", "Description": text} for text in texts]

    def groups(answer: Document) -> None:
        for each, text in zip(answer["SecurityGroups"], texts * 9, strict=False):
            each["Description"] = text
            each["IpPermissions"] = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": ranges}]

    _change(aws, "ec2", "DescribeSecurityGroups", groups)
    path = f"/health?token={planted.password('health check path')}"

    def target_groups(answer: Document) -> None:
        for each in answer["TargetGroups"]:
            each["HealthCheckPath"] = path

    _change(aws, "elbv2", "DescribeTargetGroups", target_groups)
    client = {"ClientId": "x", "ClientSecret": planted.word("listener"), "Issuer": "https://x.example.com"}
    bodies = _texts(planted, "fixed response")
    actions: list[Document] = [{"Type": "authenticate-oidc", "AuthenticateOidcConfig": client}]
    redirect = {"Path": f"/x?token={planted.password('redirect')}", "Query": f"api_key={planted.password('redirect')}"}
    actions += [{"Type": "redirect", "RedirectConfig": redirect}]
    actions += [{"Type": "fixed-response", "FixedResponseConfig": {"MessageBody": text}} for text in bodies]
    queries = [{"Key": name, "Value": value} for name, value in _mixed(planted, "listener rule").items()]
    condition = {"Field": "query-string", "QueryStringConfig": {"Values": queries}}

    def listeners(answer: Document) -> None:
        for each in answer["Listeners"]:
            each["DefaultActions"] = each["DefaultActions"] + actions

    def rules(answer: Document) -> None:
        for each in answer["Rules"]:
            each["Conditions"] = [*each["Conditions"], condition]

    _change(aws, "elbv2", "DescribeListeners", listeners)
    _change(aws, "elbv2", "DescribeRules", rules)

    about, tagged = _texts(planted, "role description"), tags(planted, "role", key="Key", value="Value")
    conditions = {"StringEquals": _mixed(planted, "policy condition")}
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": conditions}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    def roles(answer: Document) -> None:
        for each, text in zip(answer["RoleDetailList"], about * 9, strict=False):
            each |= {"Description": text, "Tags": tagged}
            each["RolePolicyList"] = [{"PolicyName": "own", "PolicyDocument": policy}]

    _change(aws, "iam", "GetAccountAuthorizationDetails", roles)
    base = f"arn:aws:servicediscovery:{REGION}:{ACCOUNT}:namespace"
    spaces = [
        {"Id": f"ns-{at}", "Arn": f"{base}/ns-{at}", "Name": "x.internal", "Description": text}
        for at, text in enumerate(_texts(planted, "namespace"))
    ]
    aws.fault("servicediscovery", "ListNamespaces", lambda call, _proceed: encode(call, {"Namespaces": spaces}))


def _plant_edge(aws: SimulatedAws, planted: Planted) -> None:
    """What stands in front of load balancers, deploys services, and watches them."""

    def answer(service: str, operation: str, document: Document) -> None:
        aws.fault(service, operation, lambda call, _proceed: encode(call, document))

    headers = [{"HeaderName": name, "HeaderValue": value} for name, value in _mixed(planted, "origin header").items()]
    origin: Document = {
        "Id": "x",
        "DomainName": "origin.example.com",
        "OriginPath": f"/x?token={planted.password('origin')}",
    }
    origin |= {"CustomHeaders": {"Quantity": len(headers), "Items": headers}}
    arn, about = f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1", planted.word("distribution")
    listed: Document = {"Id": "E1", "ARN": arn, "DomainName": "d1.cloudfront.net", "Comment": about, "Enabled": True}
    listed |= {"Aliases": {"Quantity": 0}, "Origins": {"Quantity": 1, "Items": [origin]}}
    told = {"Marker": "", "MaxItems": 100, "IsTruncated": False, "Quantity": 1, "Items": [listed]}
    answer("cloudfront", "ListDistributions", {"DistributionList": told})

    def action(name: str, category: str, provider: str, **settings: str) -> Document:
        kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
        configuration = _mixed(planted, f"pipeline {name}") | settings
        return {"name": name, "actionTypeId": kind, "configuration": configuration}

    stages = [
        {"name": "Source", "actions": [action("source", "Source", "GitHub")]},
        {"name": "Deploy", "actions": [action("deploy", "Deploy", "ECS", ClusterName="c", ServiceName="s")]},
    ]
    answer("codepipeline", "ListPipelines", {"pipelines": [{"name": "release"}]})
    answer("codepipeline", "GetPipeline", {"pipeline": {"name": "release", "stages": stages}})

    texts = _texts(planted, "dashboard")
    chart: list[Document] = [
        {
            "properties": {
                "metrics": [["AWS/ECS", "CPUUtilization", "ClusterName", "c", "ServiceName", "s"]],
                "title": text,
            }
        }
        for text in texts
    ]
    body = json.dumps({"widgets": [*chart, {"type": "text", "properties": {"markdown": " ".join(texts)}}]})
    answer("cloudwatch", "ListDashboards", {"DashboardEntries": [{"DashboardName": "all"}]})
    of_dashboard = {"DashboardArn": f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/all", "DashboardName": "all"}
    answer("cloudwatch", "GetDashboard", of_dashboard | {"DashboardBody": body})
    filters = [
        {"filterName": f"f{at}", "filterPattern": text, "logGroupName": "/ecs/catalogue", "metricTransformations": []}
        for at, text in enumerate(_texts(planted, "filter pattern"))
    ]
    answer("logs", "DescribeMetricFilters", {"metricFilters": filters})


def _plant_backing(aws: SimulatedAws, planted: Planted) -> None:
    """Databases, caches, functions, topics, buses and pipes."""

    def answer(service: str, operation: str, document: Document) -> None:
        aws.fault(service, operation, lambda call, _proceed: encode(call, document))

    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:books"
    database: Document = {"DBInstanceArn": arn, "DBInstanceIdentifier": "books", "Engine": "postgres"}
    database |= {"MasterUsername": planted.word("user"), "TagList": tags(planted, "database", key="Key", value="Value")}
    database["PendingModifiedValues"] = {"MasterUserPassword": planted.password("pending change")}
    answer("rds", "DescribeDBInstances", {"DBInstances": [database]})
    group = {"ARN": f"arn:aws:elasticache:{REGION}:{ACCOUNT}:replicationgroup:s", "ReplicationGroupId": "s"}
    group["Description"] = planted.word("cache")
    answer("elasticache", "DescribeReplicationGroups", {"ReplicationGroups": [group]})

    function: Document = {"FunctionName": "f", "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"}
    function |= {"Environment": {"Variables": _mixed(planted, "function")}, "Description": planted.word("function")}
    answer("lambda", "ListFunctions", {"Functions": [function]})

    topic, secret = f"arn:aws:sns:{REGION}:{ACCOUNT}:news", planted.password("subscription")
    urls = (
        f"https://x:{secret}@a.example.com",
        f"https://a.example.com/{secret}",
        f"https://b.example.com/?t={secret}",
    )
    endpoints = [("https", url) for url in urls] + [("email", f"{planted.word('address')}@example.com")]
    listed = [
        {"SubscriptionArn": f"{topic}:{at}", "TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint}
        for at, (protocol, endpoint) in enumerate(endpoints)
    ]
    answer("sns", "ListSubscriptions", {"Subscriptions": listed})
    bus = {"Name": "default", "Arn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"}
    bus |= {"Description": planted.word("bus"), "Policy": json.dumps({"Id": planted.password("bus policy")})}
    answer("events", "ListEventBuses", {"EventBuses": [bus]})

    pipe: Document = {"Name": "p", "Arn": f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/p", "Target": _CLUSTER}
    task: Document = {"TaskDefinitionArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{_FAMILY}:1"}
    task["Overrides"] = {"ContainerOverrides": _upper(overrides(planted, "pipe"))["ContainerOverrides"]}
    parameters = {"InputTemplate": " ".join(_texts(planted, "pipe template")), "EcsTaskParameters": task}
    answer("pipes", "ListPipes", {"Pipes": [pipe]})
    answer("pipes", "DescribePipe", pipe | {"TargetParameters": parameters, "Description": planted.word("pipe")})


def _plant_errors(aws: SimulatedAws, planted: Planted) -> None:
    """A refusal of each wire protocol, and a failure beside an answer, that quote what they refuse."""
    for service, operation in (
        ("ec2", "DescribeNetworkAcls"),
        ("application-autoscaling", "DescribeScalingPolicies"),
        ("elbv2", "DescribeTargetGroupAttributes"),
    ):
        said = iter(_texts(planted, f"error of {operation}") * 9)
        for text in said:
            effect = faults.error("AccessDeniedException", f"User: x is not authorized, {text}", 400)
            aws.fault(service, operation, effect, times=1)
    failures = [
        {"arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/t/{at}", "reason": "OTHER", "detail": text}
        for at, text in enumerate(_texts(planted, "failure"))
    ]
    _change(aws, "ecs", "DescribeTasks", lambda answer: answer.update(failures=failures))


# --- running --------------------------------------------------------------------------------------------------------


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The folder that commands run in, with one for temporary files."""
    (tmp_path / "temporary").mkdir()
    return tmp_path


def run(here: Path, *command: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Exit code, and both streams of a command that logs all it can."""
    settings = {**os.environ, **(environment or {}), "TMPDIR": str(here / "temporary"), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, *command], cwd=here, env=settings, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, f"{done.stdout}\n{done.stderr}"


def assess(here: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The same of the command line of assess."""
    return run(here, "-m", "assess", *arguments, environment=environment)


def _written(here: Path, apart: frozenset[Path]) -> Iterator[tuple[str, str]]:
    for path in here.rglob("*"):
        if path.is_file() and path not in apart:
            data = path.read_bytes()
            yield path.name, (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def rendered(here: Path, file: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Every format of the report of a saved estate or assessment, at the lowest and the highest verbosity."""
    found = {}
    for report in load_reports():
        for verbosity in ("-q", "-v", "-vvv"):
            code = run_here(["report", str(here / file), "--format", report.name, verbosity])
            said = capsys.readouterr()
            found[f"{report.name} {verbosity}"] = f"{said.out}\n{said.err}"
            assert code == 0, said.err
    return found


def assert_no_leak(here: Path, planted: Planted, outputs: dict[str, str], *inputs: Path) -> None:
    outputs |= dict(_written(here, frozenset(inputs)))
    assert len(planted.found_by) > 30
    assert planted.leaks(outputs) == []
    assert not list((here / "temporary").iterdir())


def test_secrets_that_aws_tells_are_found_nowhere(
    aws: SimulatedAws, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean.seed(aws)
    planted = Planted(1)
    plant(aws, planted)
    arguments = ["scan", "--region", REGION, "--save", "estate.json", "-o", "a.md", "-o", "a.json", "-vvv"]
    code, scanned = assess(here, *arguments, environment=aws.environment())
    assert code == 0, scanned[-2000:]
    estate = json.loads((here / "estate.json").read_text())
    holding = ("tasks", "event_rules", "schedules", "state_machines", "roles", "namespaces", "listener_rules")
    for kind in (*holding, "database_instances", "functions"):
        assert "(redacted:" in json.dumps(estate[kind]), kind
    assert [kind for kind in ("replication_groups", "subscriptions", "event_buses", "pipes") if not estate[kind]] == []
    assert [kind for kind in ("distributions", "pipelines", "dashboards", "log_groups") if not estate[kind]] == []
    assert {gap["error"] for gap in estate["gaps"]} == {"AccessDeniedException", "OTHER"}
    _, policy = assess(here, "permissions", "--for-gaps", "estate.json")
    _, gated = assess(here, "gate", "a.json", "-vvv")
    assert_no_leak(here, planted, rendered(here, "a.json", capsys) | {"scan": scanned, "policy": policy, "gate": gated})


# --- files ----------------------------------------------------------------------------------------------------------


def _whole(planted: Planted, family: str) -> Document:
    """A task definition as a repository holds it, with fields that nobody knows."""
    document = task_definition(planted)
    container = {"name": "app", "image": "shop/app:1", "memory": 512} | document["containerDefinitions"][0]
    container["brandNewFeature"] = {"nested": [_mixed(planted, "unknown field")]}
    more = {"family": family, "tags": tags(planted, "file"), "newThing": _texts(planted, "unknown list")}
    return document | more | {"containerDefinitions": [container]}


def _saved_estate(planted: Planted) -> str:
    """A saved estate that somebody changed by hand, so that secrets stand where the door had replaced them."""
    origin: Document = {"@origin": {"account": ACCOUNT, "region": REGION}}
    revision = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{_FAMILY}:1"
    service: Document = {
        "serviceArn": f"{_CLUSTER.replace(':cluster/', ':service/')}/{_FAMILY}",
        "serviceName": _FAMILY,
    }
    service |= {"clusterArn": _CLUSTER, "taskDefinition": revision, "tags": tags(planted, "saved service")}
    gap = {"api": "ecs:ListTasks", "action": "ecs:ListTasks", "account": ACCOUNT, "region": REGION, "reason": "denied"}
    gaps = [gap | {"error": "AccessDenied", "message": text} for text in _texts(planted, "saved gap")]
    return json.dumps(
        {
            "schema_version": 1,
            "detectors_version": 1,
            "collected_at": "2026-11-23T08:00:00Z",
            "scope": {"accounts": [ACCOUNT], "regions": [REGION]},
            "task_definitions": [origin | {"taskDefinitionArn": revision, "revision": 1} | _whole(planted, _FAMILY)],
            "services": [origin | service],
            "gaps": gaps,
        }
    )


def test_secrets_in_files_are_found_nowhere(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planted = Planted(2)
    files = {
        "plain.json": json.dumps(_whole(planted, "plain"), indent=1),
        "wrapped.json": json.dumps({"taskDefinition": _whole(planted, "wrapped")}),
        "described.json": json.dumps({"taskDefinition": _whole(planted, "described"), "tags": tags(planted, "wrap")}),
        "template.json": json.dumps(_whole(planted, "template")).replace("512", "${MEMORY}"),
        "containers.json": json.dumps(_whole(planted, "containers")["containerDefinitions"]),
        "saved.json": _saved_estate(planted),
        "broken.json": json.dumps(_whole(planted, "broken"), indent=1)[:-40],
    }
    folder = here / "given"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    save = ["--save", "estate.json.gz", "-o", "a.md", "-o", "a.json"]
    code, scanned = assess(here, "scan", "--from", "given", *save, "--format", "json", "-vvv")
    assert code == 0, scanned[-2000:]
    families = {each["name"] for each in json.loads((here / "a.json").read_text())["workloads"]}
    assert families >= {"plain", "wrapped", "described", "template", _FAMILY}
    outputs = {"scan": scanned} | rendered(here, "a.json", capsys) | rendered(here, "estate.json.gz", capsys)
    code, outputs["broken"] = assess(here, "scan", "--from", "given/broken.json", "-vvv")
    assert code == 2
    assert_no_leak(here, planted, outputs, *folder.iterdir())


def test_messages_about_a_policy_quote_none_of_its_values(here: Path) -> None:
    planted = Planted(3)
    outputs = {}
    waiver = '[[waiver]]\nrule = "SEC-*"\nworkload = "a"\nowner = "b"\nreason = "c"\n'
    for shape, text in planted.shapes("policy"):
        value = json.dumps(text)
        for at, policy in enumerate(
            (
                f"fail_on = {value}\n",
                f"max_waiver_days = {value}\n",
                f"{waiver}expires = {value}\n",
                f"[thresholds]\nX = {value}\n",
                f"fail_on = {value[:-1]}\n",
                f"fail_on = = {value}\n",
            )
        ):
            (here / "assess.toml").write_text(policy)
            outputs[f"{shape} {at}"] = _refused(here / "assess.toml")
    (here / "assess.toml").unlink()
    assert_no_leak(here, planted, outputs)


def _refused(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load_policy(str(path))
    return str(caught.value)


# --- faults of the program --------------------------------------------------------------------------------------------

_BREAKING = """
import sys
from assess.cli import run
from {module} import {holder}

def breaking(self, *given, **named):
    held = [repr(each) for each in (self, *given, *named.values())]
    raise ValueError(str(held))

{holder}.{method} = breaking
sys.exit(run(sys.argv[1:]))
"""
"""Runs the command line with a method that holds all that it was given in a local, and quotes it in its error."""


@pytest.mark.parametrize(
    ("module", "holder", "method", "code"),
    [
        ("assess.estate.door", "Door", "_guarded", 70),
        ("assess.estate.tokens", "TokenReader", "value", 2),
        ("assess.estate.builder", "EstateBuilder", "add", 70),
        ("assess.estate.builder", "EstateBuilder", "build", 70),
        ("assess.rule", "Rule", "answer", 0),
    ],
)
def test_a_fault_of_the_program_shows_no_value(here: Path, module: str, holder: str, method: str, code: int) -> None:
    planted = Planted(4)
    path = here / "given.json"
    path.write_text(json.dumps(_whole(planted, "orders")))
    script = _BREAKING.format(module=module, holder=holder, method=method)
    ended, said = run(here, "-c", script, "scan", "--from", "given.json", "-o", "a.json", "-o", "a.md", "-vvv")
    assert (ended, "ValueError" in said or "RuleFailed" in said) == (code, True), said[-2000:]
    assert_no_leak(here, planted, {"said": said}, path)


def test_a_fault_while_aws_is_read_shows_no_value(aws: SimulatedAws, here: Path) -> None:
    clean.seed(aws)
    planted = Planted(5)
    plant(aws, planted)
    script = _BREAKING.format(module="assess.estate.builder", holder="EstateBuilder", method="add")
    arguments = ["scan", "--region", REGION, "--save", "estate.json", "-vvv", "-o", "a.json"]
    code, said = run(here, "-c", script, *arguments, environment=aws.environment())
    assert code in (0, 3), said[-2000:]
    assert "ValueError" in (here / "a.json").read_text()
    assert_no_leak(here, planted, {"said": said})
