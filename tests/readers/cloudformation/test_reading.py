"""A template as an estate: its resources by the look-ups that collectors' facts have, and what it leaves open."""

import json
from pathlib import Path

import pytest

from assess.estate.balancing import TargetGroup
from assess.estate.ecs import Service
from assess.estate.estate import Estate
from assess.estate.gaps import Reason
from assess.estate.redaction import redactions_in
from assess.estate.secret_stores import store_reference
from assess.estate.snapshot import save
from assess.readers import InputError, read
from assess.readers.cloudformation import Placeholder, placeholders
from assess.subjects import subjects_of
from tests.readers.cloudformation.reading import SHOP, read_text, task_named, task_template, variables

_SOURCE = str(SHOP)


@pytest.fixture(scope="module")
def shop() -> Estate:
    return read([_SOURCE])


def orders(estate: Estate) -> Service:
    (service,) = estate.services
    return service


# --- workloads --------------------------------------------------------------------------------------------------


def test_workloads_are_services_and_what_starts_tasks(shop: Estate) -> None:
    found = [(each.kind, each.id.removeprefix(f"file:{_SOURCE}"), each.name, each.cluster) for each in shop.workloads]
    assert found == [
        ("service", "#Orders", "Orders", "shop.Cluster"),
        ("scheduled_task", "#task/ReportTask", "ReportTask", "shop.Cluster"),
    ]
    service, report = shop.workloads
    assert service.task_definition is task_named(shop, "orders")
    assert report.task_definition is task_named(shop, "ReportTask")
    assert (service.launch_types, report.launch_types) == (frozenset({"FARGATE"}), frozenset({"FARGATE"}))
    assert {type(each.source).__name__ for each in report.triggers} == {"Schedule", "StateMachine"}
    assert service.takes_requests


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("Cluster: !Ref ClusterName", {"FARGATE", "EC2"}),
        ("Cluster: !Ref ClusterName, LaunchType: FARGATE", {"FARGATE"}),
        ("Cluster: !Ref ClusterName, LaunchType: !Ref Launch", {"FARGATE", "EC2"}),
        ("CapacityProviderStrategy: [{CapacityProvider: FARGATE_SPOT, Weight: 1}]", {"FARGATE"}),
        ("CapacityProviderStrategy: [{CapacityProvider: !Ref Provider, Weight: 1}]", {"FARGATE", "EC2"}),
        ("Cluster: !Ref Own", {"EC2"}),
    ],
)
def test_where_tasks_run_is_no_guess(tmp_path: Path, properties: str, expected: set[str]) -> None:
    estate = read_text(
        tmp_path,
        f"""
Parameters: {{ ClusterName: {{ Type: String }}, Launch: {{ Type: String }}, Provider: {{ Type: String }} }}
Resources:
  Own: {{ Type: "AWS::ECS::Cluster" }}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties: {{ RequiresCompatibilities: [FARGATE, EC2], ContainerDefinitions: [{{ Name: a, Image: b }}] }}
  Web: {{ Type: "AWS::ECS::Service", Properties: {{ TaskDefinition: !Ref Task, {properties} }} }}
""",
    )
    (workload,) = estate.workloads
    assert workload.launch_types == expected


def test_a_task_definition_that_nothing_runs_is_a_workload_of_its_own(tmp_path: Path) -> None:
    (workload,) = read_text(tmp_path, task_template("x")).workloads
    assert (workload.kind, workload.name, workload.id) == ("task_definition", "web", f"file:{tmp_path}/shop.yaml#Task")


# --- identities -------------------------------------------------------------------------------------------------


def test_what_a_field_names_is_found_by_its_identity(shop: Estate) -> None:
    service, task = orders(shop), task_named(shop, "orders")
    (attached,) = service.load_balancers
    group = shop.target_group_by_arn[attached.target_group_arn or ""]
    (balancer,) = group.load_balancer_arns
    (listener,) = [each for each in shop.listeners_by_load_balancer[balancer] if each.port == 80]
    assert shop.load_balancer_by_arn[balancer].dns_name == "${Balancer.DNSName}"
    assert shop.rules_by_listener[listener.listener_arn][0].is_default
    assert shop.role_by_arn[task.task_role_arn or ""].name == "TaskRole"
    assert shop.role_by_arn[task.execution_role_arn or ""].name == "${AWS::StackName}-execution"
    assert service.awsvpc is not None
    subnets = [shop.subnet_by_id[each] for each in service.awsvpc.subnets]
    assert [(each.cidr_block, shop.vpc_by_id[each.vpc_id].cidr_block) for each in subnets] == [
        ("10.0.0.0/24", "10.0.0.0/16"),
        ("10.0.1.0/24", "10.0.0.0/16"),
    ]
    assert {shop.security_group_by_id[each].name for each in service.awsvpc.security_groups} == {"TaskGroup"}
    assert shop.scalable_target_by_resource["", "", "service/shop.Cluster/Orders"].max_capacity == 8
    (policy,) = shop.scaling_policies_by_resource["", "", "service/shop.Cluster/Orders"]
    assert policy.policy_name == "cpu"


def test_a_network_is_put_together_of_its_resources(shop: Estate) -> None:
    first, second = (shop.subnet_by_id[f"subnet-shop.{name}"] for name in ("PrivateOne", "PrivateTwo"))
    table = shop.route_table(first)
    assert table is not None
    assert table.default_route is not None
    assert table.default_route.is_to_internet_gateway
    assert shop.route_table(second) is None
    tasks = shop.security_group_by_id["sg-shop.TaskGroup"]
    ((rule,), (out,)) = tasks.ip_permissions, tasks.ip_permissions_egress
    assert (rule.from_port, rule.user_id_group_pairs[0].group_id) == (8080, "sg-shop.BalancerGroup")
    assert out.ip_ranges[0].cidr_ip == "0.0.0.0/0"
    assert {group.name for group, *_ in shop.security_group_references["sg-shop.TaskGroup"]} == {"DatabaseGroup"}


@pytest.mark.parametrize(
    ("inline", "expected"),
    [
        ("{}", ["10.0.0.0/8", "0.0.0.0/0"]),
        ("{ SecurityGroupEgress: [{ IpProtocol: tcp, CidrIp: 10.1.0.0/16 }] }", None),
    ],
)
def test_a_group_that_names_no_rule_for_what_leaves_admits_all(
    tmp_path: Path, inline: str, expected: list[str] | None
) -> None:
    text = f"""
Resources:
  Group: {{ Type: "AWS::EC2::SecurityGroup", Properties: {inline} }}
  Out:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: {{ GroupId: !Ref Group, IpProtocol: tcp, FromPort: 1, ToPort: 2, CidrIp: 10.0.0.0/8 }}
"""
    (group,) = read_text(tmp_path, text).security_groups
    found = [each.cidr_ip for rule in group.ip_permissions_egress for each in rule.ip_ranges]
    assert found == (expected or ["10.0.0.0/8", "10.1.0.0/16"])


def test_a_role_has_the_policies_of_all_resources(shop: Estate) -> None:
    role = shop.role_by_arn["arn:aws:iam:::role/shop/TaskRole"]
    found = [(statement.actions, statement.resources) for statement in role.statements()]
    queue, _ = sorted(each.arn for each in shop.queues)[::-1]
    assert found == [
        (("sqs:SendMessage",), (queue,)),
        (("s3:GetObject",), (f"{shop.buckets[0].arn}/*",)),
    ]


def test_a_secret_is_found_by_what_refers_to_it(shop: Estate) -> None:
    task = task_named(shop, "orders")
    (secret,) = task.container_definitions[0].secrets
    reference = store_reference(secret.value_from, task.origin)
    assert reference is not None
    assert shop.stored(reference) is shop.stored_secrets[0]


def test_a_file_system_is_found_by_what_mounts_it(shop: Estate) -> None:
    task = task_named(shop, "orders")
    mounted = task.volumes[0].efs_volume_configuration
    assert mounted is not None
    assert mounted.authorization_config is not None
    system = shop.file_system(mounted.file_system_id, task.origin)
    assert system is not None
    assert system.path_of(mounted.authorization_config.access_point_id or "") == "/orders"
    assert [shop.subnet_by_id[each.subnet_id or ""].cidr_block for each in system.mount_targets] == ["10.0.0.0/24"]
    assert (system.encrypted, system.has_policy) == (True, False)


def test_a_capacity_provider_leads_to_its_group(tmp_path: Path) -> None:
    estate = read_text(
        tmp_path,
        """
Resources:
  Nodes: { Type: "AWS::AutoScaling::AutoScalingGroup", Properties: { MinSize: "1", MaxSize: "4" } }
  Provider:
    Type: AWS::ECS::CapacityProvider
    Properties: { AutoScalingGroupProvider: { AutoScalingGroupArn: !Ref Nodes } }
""",
    )
    group = estate.capacity_providers[0].auto_scaling_group_provider
    assert group is not None
    assert estate.auto_scaling_group_by_arn[group.auto_scaling_group_arn].max_size == 4


def test_an_api_leads_to_a_listener_through_its_link(tmp_path: Path) -> None:
    estate = read_text(
        tmp_path,
        """
Resources:
  Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: shop, ProtocolType: HTTP } }
  Link: { Type: "AWS::ApiGatewayV2::VpcLink", Properties: { Name: link, SubnetIds: [] } }
  Balancer: { Type: "AWS::ElasticLoadBalancingV2::LoadBalancer" }
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: { LoadBalancerArn: !Ref Balancer, DefaultActions: [] }
  Private:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      { ApiId: !Ref Api, IntegrationUri: !Ref Listener, ConnectionType: VPC_LINK, ConnectionId: !Ref Link }
  Public:
    Type: AWS::ApiGatewayV2::Integration
    Properties: { ApiId: !Ref Api, IntegrationType: HTTP_PROXY, IntegrationUri: "https://example.com" }
""",
    )
    (integration,) = estate.api_integrations
    assert (integration.api_name, integration.connection_id) == ("shop", "link-shop.Link")
    assert integration.target == estate.listeners[0].listener_arn


def test_a_deployment_says_what_runs(shop: Estate) -> None:
    service = orders(shop)
    assert service.desired_count == 1
    assert service.enable_ecs_managed_tags is True
    connect = service.service_connect
    assert connect is not None
    assert [(each.port_name, each.client_aliases[0].dns_name) for each in connect.services] == [("http", "orders")]


def test_two_templates_with_the_same_logical_ids_do_not_meet(tmp_path: Path) -> None:
    for folder, image in (("a", "one"), ("b", "two")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "shop.yaml").write_text(
            SHOP.read_text().replace("/health", f"/{image}").replace("${AWS::StackName}-execution", "execution")
        )
    estate = read([str(tmp_path)])
    assert len(estate.workloads) == 4
    for service in estate.services:
        group = estate.target_group_by_arn[service.load_balancers[0].target_group_arn or ""]
        assert group.origin.source == service.origin.source
        assert estate.cluster_by_arn[service.cluster_arn].origin.source == service.origin.source
    assert len({each.id for each in estate.workloads}) == 4


def test_two_templates_with_the_same_placeholder_do_not_meet(tmp_path: Path) -> None:
    service = """
Parameters: { ClusterName: { Type: String } }
Resources:
  Web: { Type: "AWS::ECS::Service", Properties: { ServiceName: web, Cluster: !Ref ClusterName } }
"""
    scaling = """
  Scaling:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      ResourceId: !Sub service/${ClusterName}/${Web.Name}
      ServiceNamespace: ecs
      MaxCapacity: 9
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Dimensions: [{ Name: ClusterName, Value: !Ref ClusterName }, { Name: ServiceName, Value: web }]
"""
    (tmp_path / "one.yaml").write_text(service + scaling)
    (tmp_path / "two.yaml").write_text(service)
    estate = read([str(tmp_path)])
    one, two = estate.workloads
    assert (one.cluster, two.cluster) == ("one.${ClusterName}", "two.${ClusterName}")
    assert [key[2] for key in estate.scalable_target_by_resource] == ["service/one.${ClusterName}/web"]
    assert ("", "", "ServiceName", "one.${ClusterName}/web") in estate.alarms_on


def test_the_account_and_region_that_are_given_stand_in_identities() -> None:
    estate = read([_SOURCE], {"AWS::AccountId": "111122223333", "AWS::Region": "cn-north-1", "AWS::StackName": "prod"})
    service = orders(estate)
    assert service.service_arn == "arn:aws-cn:ecs:cn-north-1:111122223333:service/shop/Orders"
    assert (service.origin.account, service.origin.region) == ("111122223333", "cn-north-1")
    role = estate.role_by_arn[task_named(estate, "orders").execution_role_arn or ""]
    assert (role.arn, role.role_name) == ("arn:aws-cn:iam::111122223333:role/shop/prod-execution", "prod-execution")
    assert not role.is_unresolved("RoleName")


# --- placeholders -----------------------------------------------------------------------------------------------


def test_a_text_holds_references_that_lead_to_the_resource(shop: Estate) -> None:
    found = variables(task_named(shop, "orders"))
    assert found["CACHE_HOST"] == "${Cache.RedisEndpoint.Address}"
    assert found["PRODUCTS_TABLE"] == "products"
    assert found["VERBOSE"] == "true"
    assert "TRACING" not in found
    (to,) = placeholders(found["ORDERS_QUEUE"])
    assert to == Placeholder("OrdersQueue", "")
    assert shop.declared(_SOURCE, to.logical_id) in shop.queues
    assert list(placeholders(found["DATABASE_URL"])) == [Placeholder("Database", "Endpoint.Address")]
    (database,) = shop.database_instances
    assert database.endpoint is not None
    assert database.endpoint.address == "${Database.Endpoint.Address}"
    assert (database.endpoint.port, database.backup_retention_period) == (5432, 0)
    assert shop.declared(_SOURCE, "Nothing") is None
    assert shop.declared("elsewhere.yaml", "Database") is None


def test_what_is_not_known_is_unresolved(shop: Estate) -> None:
    task = task_named(shop, "orders")
    assert task.origin.unresolved["/containerDefinitions/0/image"] == "${Image}"
    assert task.origin.unresolved["/containerDefinitions/1/image"] == "{{resolve:ssm:/shop/agent/image}}"
    assert not task.is_unresolved("taskRoleArn")
    assert (task.cpu, task.memory) == ("512", "1024")
    assert orders(shop).is_unresolved("serviceName")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Memory", "!Ref Open"),
        ("Essential", "!Ref Open"),
        ("PortMappings", "!Ref Open"),
        ("Command", "!If [C, [a], [b]]"),
    ],
)
def test_a_placeholder_for_another_type_leaves_the_field_out(tmp_path: Path, field: str, value: str) -> None:
    sections = "Parameters: { Open: { Type: String } }\nConditions: { C: !Equals [!Ref Open, x] }"
    text = task_template("x", sections).replace("Image: shop/web:1", f"Image: shop/web:1\n          {field}: {value}")
    (task,) = read_text(tmp_path, text).task_definitions
    (container,) = task.container_definitions
    name = field[0].lower() + field[1:]
    assert task.is_unresolved("containerDefinitions", 0, name)
    assert not container.model_dump(by_alias=True, exclude_unset=True).get(name)


def test_secrets_are_not_kept(shop: Estate) -> None:
    assert "hunter2" not in shop.model_dump_json()
    found = variables(task_named(shop, "orders"))
    (inside,) = redactions_in(found["DATABASE_URL"])
    (open_,) = redactions_in(found["API_KEY"])
    assert (inside.of.value, inside.length, open_.of.value, open_.length) == ("named", "9-16", "named", "0")
    again = read([_SOURCE], {"ApiKey": "hunter2-hunter2"})
    (inside,), (known,) = (
        redactions_in(variables(task_named(again, "orders"))[key]) for key in ("DATABASE_URL", "API_KEY")
    )
    assert inside.group == known.group
    assert "hunter2" not in again.model_dump_json()


# --- conditions -------------------------------------------------------------------------------------------------


def test_a_condition_decides_which_resources_there_are(shop: Estate) -> None:
    assert shop.topics == ()
    production = read([_SOURCE], {"Environment": "production"})
    assert len(production.topics) == 1
    assert production.database_instances[0].backup_retention_period == 14
    assert variables(task_named(production, "orders"))["TRACING"] == "1"


def test_a_resource_whose_condition_is_open_is_kept_and_marked(shop: Estate) -> None:
    (listener,) = [each for each in shop.listeners if each.port == 443]
    assert listener.origin.unresolved[""] == "${Condition:HasCertificate}"
    missing = shop.missing("elb.listeners", orders(shop).origin)
    assert missing is not None
    assert missing.reason is Reason.NOT_IN_SOURCE
    known = read([_SOURCE], {"Certificate": ""})
    assert [each.port for each in known.listeners] == [80]
    assert known.missing("elb.listeners", orders(known).origin) is None


def test_conditions_that_stand_on_too_many_others_are_open(tmp_path: Path) -> None:
    chain = "".join(f"  C{number}: !Not [!Condition C{number + 1}]\n" for number in range(2000))
    text = f"Conditions:\n{chain}Resources:\n  Topic: {{ Type: 'AWS::SNS::Topic', Condition: C0 }}"
    (topic,) = read_text(tmp_path, text).topics
    assert topic.origin.unresolved[""] == "${Condition:C0}"


# --- facts that are held ----------------------------------------------------------------------------------------


def test_a_template_holds_what_it_declares_for_its_workloads(shop: Estate) -> None:
    (source,) = shop.scope.sources
    assert source.kind == "template"
    assert set(source.facts) >= {
        *("autoscaling", "ecs.clusters", "ecs.services", "ecs.task_definitions", "elb.target_groups"),
        *("vpc.vpcs", "vpc.subnets", "vpc.routes", "vpc.security_groups", "schedules", "workflows"),
    }
    never = (
        "tags",
        "ecs.tasks",
        "ecs.deployments",
        "ecs.container_instances",
        "vpc.endpoints",
        "secrets.metadata",
        "cloudwatch.alarms",
    )
    assert not set(source.facts) & set(never)


@pytest.mark.parametrize(
    "definition",
    ["DefinitionS3Location: { Bucket: b, Key: k }", "DefinitionString: !Ref Image", f"DefinitionString: '{'[' * 900}'"],
)
def test_a_workflow_that_cannot_be_read_leaves_workflows_open(tmp_path: Path, definition: str) -> None:
    machine = f"  Other:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      {definition}\n"
    (source,) = read_text(tmp_path, SHOP.read_text() + machine).scope.sources
    assert "workflows" not in source.facts


@pytest.mark.parametrize(
    ("resource", "lost"),
    [
        ("Scaling", {"autoscaling"}),
        ("Cluster", {"ecs.clusters", "ecs.capacity_providers"}),
        ("Network", {"vpc.vpcs", "vpc.subnets", "vpc.routes"}),
        ("PrivateTwo", {"vpc.vpcs", "vpc.subnets", "vpc.routes"}),
        ("TaskGroup", {"vpc.security_groups"}),
        ("OrdersTargets", {"elb.target_groups", "elb.load_balancers", "elb.attributes"}),
        ("Balancer", {"elb.load_balancers", "elb.attributes"}),
        ("TaskRole", {"iam.roles"}),
    ],
)
def test_what_a_template_does_not_declare_it_does_not_hold(tmp_path: Path, resource: str, lost: set[str]) -> None:
    text = SHOP.read_text().replace(f"\n  {resource}:\n", f"\n  {resource}:\n    Condition: IsProduction\n", 1)
    (source,) = read_text(tmp_path, text).scope.sources
    assert not set(source.facts) & lost
    assert "ecs.task_definitions" in source.facts


def test_the_text_of_a_policy_elsewhere_is_open_for_its_role_only(shop: Estate) -> None:
    origin = orders(shop).origin
    (workload, _) = shop.workloads
    task = task_named(shop, "orders")
    about = (task.task_role_arn or "",)
    assert shop.missing("iam.roles", origin, about) is None
    missing = shop.missing("iam.roles", origin, workload.related)
    assert missing is not None
    assert missing.reason is Reason.NOT_IN_SOURCE
    assert shop.missing("iam.roles", origin, None) is not None


def test_a_number_of_a_service_that_is_open_is_open_for_the_service(tmp_path: Path) -> None:
    text = SHOP.read_text().replace("      EnableECSManagedTags: true\n", "      DesiredCount: !Ref Image\n", 1)
    estate = read_text(tmp_path, text)
    (service,) = estate.services
    missing = estate.missing("ecs.services", service.origin, (service.service_arn,))
    assert missing is not None
    assert missing.reason is Reason.UNRESOLVED


def test_what_lies_outside_of_a_template_is_lost_as_such(tmp_path: Path) -> None:
    estate = read_text(
        tmp_path,
        """
Resources:
  Web:
    Type: AWS::ECS::Service
    Properties:
      TaskDefinition: !ImportValue task
      Cluster: shared
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [subnet-1] } }
      LoadBalancers: [{ TargetGroupArn: !ImportValue group, ContainerName: a, ContainerPort: 1 }]
""",
    )
    reasons = {missing.reason for found in subjects_of(estate).values() for each in found for missing in each.lost}
    assert reasons == {Reason.NOT_IN_SOURCE}
    (workload,) = estate.workloads
    assert (workload.cluster, workload.task_definition, workload.launch_types) == ("shared", None, frozenset())


# --- places -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["yaml", "json"])
def test_evidence_points_at_file_and_line(tmp_path: Path, text: str) -> None:
    if text == "json":
        document = {
            "Resources": {
                "Task": {
                    "Type": "AWS::ECS::TaskDefinition",
                    "Properties": {"Family": "web", "ContainerDefinitions": [{"Name": "app", "Image": "shop/web:1"}]},
                }
            }
        }
        estate = read_text(tmp_path, json.dumps(document, indent=2), "shop.json")
        line = 10
    else:
        estate = read_text(tmp_path, task_template("x"))
        line = 15
    (task,) = estate.task_definitions
    evidence = task.evidence("containerDefinitions", 0, "image")
    assert (Path(evidence.source).suffix, evidence.line, evidence.value) == (f".{text}", line, "shop/web:1")


# --- kinds of templates -----------------------------------------------------------------------------------------


def test_a_serverless_template_with_what_all_functions_share(tmp_path: Path) -> None:
    estate = read_text(
        tmp_path,
        """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.12
    Environment: { Variables: { TABLE: !Ref Products } }
Resources:
  Work:
    Type: AWS::Serverless::Function
    Properties:
      Environment: { Variables: { MODE: fast } }
      Events:
        Orders: { Type: SQS, Properties: { Queue: !GetAtt Orders.Arn } }
  Orders: { Type: "AWS::SQS::Queue" }
  Products: { Type: "AWS::Serverless::SimpleTable" }
""",
    )
    (function,) = estate.functions
    (mapping,) = estate.event_source_mappings
    assert function.runtime == "python3.12"
    assert {each.name: each.value for each in function.environment} == {"TABLE": "${Products}", "MODE": "fast"}
    assert (mapping.event_source_arn, mapping.function_arn) == (estate.queues[0].arn, function.arn)
    assert (estate.workloads, estate.gaps) == ((), ())


def test_what_cdk_writes(tmp_path: Path) -> None:
    role, cluster, task = "WebTaskRole8A2B3C4D", "ShopCluster1B2C3D4E", "WebTask5E6F7A8B"
    image = {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/assets:0f1e2d3c"}
    container = {"Name": "web", "Image": image, "Environment": [{"Name": "BUCKET", "Value": {"Ref": "Files9F8E7D6C"}}]}
    service = {"Cluster": {"Ref": cluster}, "TaskDefinition": {"Ref": task}, "LaunchType": "FARGATE"}
    document = {
        "Resources": {
            role: {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "ManagedPolicyArns": [
                        {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/ReadOnlyAccess"]]}
                    ]
                },
            },
            cluster: {"Type": "AWS::ECS::Cluster"},
            "Files9F8E7D6C": {"Type": "AWS::S3::Bucket"},
            task: {
                "Type": "AWS::ECS::TaskDefinition",
                "Properties": {
                    "Family": "ShopWebTask",
                    "TaskRoleArn": {"Fn::GetAtt": [role, "Arn"]},
                    "ContainerDefinitions": [container],
                },
            },
            "WebService9C8D7E6F": {"Type": "AWS::ECS::Service", "Properties": service},
            "CDKMetadata": {"Type": "AWS::CDK::Metadata", "Condition": "CDKMetadataAvailable"},
        },
        "Conditions": {"CDKMetadataAvailable": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}},
        "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk/version"}},
    }
    estate = read_text(tmp_path, json.dumps(document), "ShopStack.template.json")
    (workload,) = estate.workloads
    assert (workload.name, workload.cluster) == ("WebService9C8D7E6F", f"ShopStack.{cluster}")
    found = workload.task_definition
    assert found is not None
    held = estate.role_by_arn[found.task_role_arn or ""]
    assert held.policies[0].policy_arn == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert variables(found) == {"BUCKET": "${Files9F8E7D6C}"}
    assert found.container_definitions[0].image.startswith("${AWS::AccountId}.dkr.ecr.${AWS::Region}.")


def test_a_nested_stack_is_open_until_its_template_is_read(tmp_path: Path) -> None:
    parent = """
Resources:
  Web:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: ./web/service.yaml }
  Fn::Transform: { Name: AWS::Include, Parameters: { Location: more.yaml } }
  "Fn::ForEach::Topics": [Name, [a, b], { "Topic${Name}": { Type: "AWS::SNS::Topic" } }]
Transform: [AWS::LanguageExtensions, Company::Macro]
"""
    (tmp_path / "parent.yaml").write_text(parent)
    gaps = {(gap.resource or "").partition("#")[2]: gap for gap in read([str(tmp_path / "parent.yaml")]).gaps}
    assert {(gap.enumeration, gap.recovered, gap.reason) for gap in gaps.values()} == {
        (True, False, Reason.NOT_IN_SOURCE)
    }
    assert {name: gap.message for name, gap in gaps.items()} == {
        "Web": "line 3: its resources are not read: the template is in another place",
        "Fn::Transform": "line 6: its resources are not read: the template is in another place",
        "Topics": "line 7: the resources of the loop are not read",
        "Transform": "line 8: the template may have other resources: its code is not run",
    }
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "service.yaml").write_text(task_template("x"))
    (nested,) = [gap for gap in read([str(tmp_path)]).gaps if (gap.resource or "").endswith("#Web")]
    assert nested.recovered


def test_resources_that_the_table_does_not_have_are_no_facts(tmp_path: Path) -> None:
    estate = read_text(tmp_path, "Resources: { A: { Type: Custom::Thing }, B: { Type: 'AWS::New::Thing' } }")
    assert [each.kind for each in estate.scope.sources] == ["template"]
    assert (estate.workloads, estate.gaps) == ((), ())


def test_a_saved_estate_of_a_template_is_the_same_again(shop: Estate, tmp_path: Path) -> None:
    save(shop, tmp_path / "estate.json")
    again = read([str(tmp_path / "estate.json")])
    assert again == shop
    assert [each.id for each in again.workloads] == [each.id for each in shop.workloads]


@pytest.mark.parametrize(
    ("properties", "days"),
    [
        ("Engine: postgres", 1),
        ("Engine: postgres, BackupRetentionPeriod: 7", 7),
        ("Engine: aurora-postgresql, DBClusterIdentifier: !Ref Cluster", None),
        ("SourceDBInstanceIdentifier: shop", None),
    ],
)
def test_backups_of_a_database(tmp_path: Path, properties: str, days: int | None) -> None:
    text = f"Resources: {{ Database: {{ Type: 'AWS::RDS::DBInstance', Properties: {{ {properties} }} }} }}"
    (database,) = read_text(tmp_path, text).database_instances
    assert database.backup_retention_period == days


@pytest.mark.parametrize(
    "reference", ["!Ref Level", "!Sub 'arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/shop/level'"]
)
def test_a_parameter_is_found_by_what_refers_to_it(tmp_path: Path, reference: str) -> None:
    text = task_template("x").replace(
        "          Environment:",
        f"          Secrets: [{{ Name: LEVEL, ValueFrom: {reference} }}]\n          Environment:",
    )
    text += "  Level: { Type: 'AWS::SSM::Parameter', Properties: { Name: /shop/level, Type: String, Value: x9y8 } }\n"
    estate = read_text(tmp_path, text)
    (task,) = estate.task_definitions
    found = store_reference(task.container_definitions[0].secrets[0].value_from, task.origin)
    assert found is not None
    assert estate.stored(found) is estate.stored_parameters[0]
    assert "x9y8" not in estate.model_dump_json()


# --- what is not read -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "x.yaml",
            "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Type: b",
            ":4: the key is here twice: it is on line 3 too",
        ),
        ("x.yaml", "Resources: { A: { Type: AWS::SNS::Topic }", ":1: it is not YAML that can be read"),
        (
            "x.json",
            '{"Resources": {"A": {"Type": "AWS::SNS::Topic"',
            ":1: it ends within the object that starts on line 1",
        ),
        (
            "x.json",
            '{"Resources": {"A": {"Type": "AWS::SNS::Topic", "P": ' + "[" * 150 + "]" * 150 + "}}}",
            ":1: it is nested deeper than 100 levels",
        ),
        ("x.yaml", "services:\n  web: {}", ": this is not a CloudFormation template; read are saved estates"),
        (
            "x.yaml",
            "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}",
            ": this is not a CloudFormation template; read",
        ),
        (
            "x.yaml",
            "# Type: AWS::SNS::Topic\n" + "a" * (5 << 20),
            ": the file is too large: it has more than 2097152 bytes",
        ),
    ],
)
def test_a_file_that_is_no_template_is_one_line(tmp_path: Path, name: str, text: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        read_text(tmp_path, text, name)
    assert str(caught.value).startswith(f"{tmp_path}/{name}{expected}")
    assert "\n" not in str(caught.value)


def test_a_broken_template_in_a_folder_may_hide_a_workload(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(task_template("x"))
    (tmp_path / "broken.yaml").write_text("Resources:\n  A:\n    Type: AWS::ECS::Service\n      x: 1")
    (tmp_path / "topic.yaml").write_text("Resources:\n  A:\n    Type: AWS::SNS::Topic\n      x: 1")
    (tmp_path / "compose.yml").write_text("services: {}")
    estate = read([str(tmp_path)])
    assert [(gap.message, gap.enumeration) for gap in estate.gaps] == [
        ("line 4: it is not YAML that can be read", True)
    ]
    assert [Path(each).name for each in estate.scope.skipped] == ["compose.yml", "topic.yaml"]


def test_a_target_group_has_the_defaults_of_its_service(shop: Estate) -> None:
    (group,) = shop.target_groups
    assert isinstance(group, TargetGroup)
    assert group.attributes == {"deregistration_delay.timeout_seconds": "300", "stickiness.enabled": "true"}
