"""Several templates of one run: nested stacks, what they are passed and put out, exports and imports."""

from pathlib import Path

import pytest

from assess.estate.estate import Estate
from assess.estate.redaction import redactions_in
from assess.readers import read
from tests.readers.cloudformation.reading import task_named, variables

_PARENT = """
Resources:
  Base:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: ./base.yaml }
  Web:
    Type: AWS::Serverless::Application
    Properties:
      Location: web.yaml
      Parameters:
        ClusterName: !GetAtt Base.Outputs.Cluster
        SubnetIds: !Join [",", [!GetAtt Base.Outputs.Subnet, !Ref Second]]
        Role: !GetAtt Base.Outputs.Role
        DatabaseHost: !GetAtt Base.Outputs.DatabaseHost
        Tag: "2"
        Open: !ImportValue nowhere
  Second: { Type: "AWS::EC2::Subnet", Properties: { CidrBlock: 10.0.1.0/24 } }
"""
_BASE = """
Resources:
  Cluster: { Type: "AWS::ECS::Cluster" }
  Subnet: { Type: "AWS::EC2::Subnet", Properties: { CidrBlock: 10.0.0.0/24 } }
  Role: { Type: "AWS::IAM::Role", Properties: { RoleName: web } }
  Database: { Type: "AWS::RDS::DBInstance", Properties: { Engine: postgres } }
  Queue: { Type: "AWS::SQS::Queue" }
Outputs:
  Cluster: { Value: !Ref Cluster }
  Subnet: { Value: !Ref Subnet }
  Role: { Value: !GetAtt Role.Arn }
  DatabaseHost: { Value: !GetAtt Database.Endpoint.Address }
  Queue: { Value: !GetAtt Queue.Arn, Export: { Name: shop-queue } }
"""
_WEB = """
Parameters:
  ClusterName: { Type: String }
  SubnetIds: { Type: "List<AWS::EC2::Subnet::Id>" }
  Role: { Type: String, Default: nobody }
  DatabaseHost: { Type: String }
  Tag: { Type: String, Default: "1" }
  Open: { Type: String, Default: guess }
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      TaskRoleArn: !Ref Role
      ContainerDefinitions:
        - Name: app
          Image: !Sub shop/web:${Tag}
          Environment:
            - { Name: DATABASE_URL, Value: !Sub "postgres://${DatabaseHost}/shop" }
            - { Name: OPEN, Value: !Ref Open }
            - { Name: QUEUE, Value: !ImportValue shop-queue }
  Service:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: web
      Cluster: !Ref ClusterName
      TaskDefinition: !Ref Task
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: !Ref SubnetIds } }
"""


def shop(folder: Path, **others: str) -> Estate:
    texts = {"parent": _PARENT, "base": _BASE, "web": _WEB} | others
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return read([str(folder)])


def test_what_a_parent_passes_leads_to_the_other_templates_resources(tmp_path: Path) -> None:
    estate = shop(tmp_path)
    (service,), task = estate.services, task_named(estate, "web")
    assert estate.cluster_by_arn[service.cluster_arn].cluster_name == "base.Cluster"
    assert service.awsvpc is not None
    assert [estate.subnet_by_id[each].cidr_block for each in service.awsvpc.subnets] == ["10.0.0.0/24", "10.0.1.0/24"]
    assert estate.role_by_arn[task.task_role_arn or ""].role_name == "web"
    assert task.container_definitions[0].image == "shop/web:2"
    assert {gap.recovered for gap in estate.gaps} == {True}
    (workload,) = [each for each in estate.workloads if each.name == "web"]
    assert workload.cluster_facts is not None


def test_the_name_of_a_parameter_stands_for_what_is_passed_by_it(tmp_path: Path) -> None:
    estate = shop(tmp_path)
    task = task_named(estate, "web")
    assert variables(task)["DATABASE_URL"] == "postgres://${DatabaseHost}/shop"
    assert task.origin.source is not None
    assert estate.declared(task.origin.source, "DatabaseHost") is estate.database_instances[0]


def test_what_a_parent_passes_and_does_not_know_is_open(tmp_path: Path) -> None:
    task = task_named(shop(tmp_path), "web")
    assert variables(task)["OPEN"] == "${Open}"
    assert task.is_unresolved("containerDefinitions", 0, "environment", 1, "value")


def test_an_import_is_what_one_other_template_exports(tmp_path: Path) -> None:
    export = _BASE.replace("Outputs:", "Outputs:\n  Name: { Value: orders, Export: { Name: shop-name } }", 1)
    imports = _WEB.replace("!ImportValue shop-queue", "!ImportValue shop-name")
    assert variables(task_named(shop(tmp_path, base=export, web=imports), "web"))["QUEUE"] == "orders"
    again = shop(tmp_path, base=export, web=imports, second=export)
    assert variables(task_named(again, "web"))["QUEUE"] == "${ImportValue:shop-name}"


def test_a_name_may_be_made_of_another_templates(tmp_path: Path) -> None:
    named = _BASE.replace(
        'Cluster: { Type: "AWS::ECS::Cluster" }',
        'Cluster: { Type: "AWS::ECS::Cluster", Properties: { ClusterName: live } }',
    )
    web = _WEB.replace("ServiceName: web", 'ServiceName: !Sub "${ClusterName}-web"')
    files = {"parent": _PARENT.replace("./base.yaml", "./zone.yaml"), "zone": named, "web": web}
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    (service,) = read([str(tmp_path)]).services
    assert (service.service_name, service.cluster_arn) == ("live-web", "arn:aws:ecs:::cluster/zone/live")
    assert not service.is_unresolved("serviceName")


def test_a_policy_names_what_is_imported(tmp_path: Path) -> None:
    role = """
Resources:
  Sender:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: send
          PolicyDocument: { Statement: { Effect: Allow, Action: "sqs:SendMessage", Resource: !ImportValue shop-queue } }
"""
    estate = shop(tmp_path, roles=role)
    (sender,) = [each for each in estate.roles if each.role_name == "Sender"]
    assert [each.resources for each in sender.statements()] == [(estate.queues[0].arn,)]


@pytest.mark.parametrize(
    ("change", "to"),
    [
        # two stacks of one template: its parameters have two values
        (
            "  Second:",
            "  Again: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: web.yaml } }\n  Second:",
        ),
        # a circle
        ("!GetAtt Base.Outputs.Cluster", "!GetAtt Web.Outputs.Cluster"),
        ("Location: web.yaml", "Location: elsewhere.yaml"),
        ("        ClusterName: !GetAtt Base.Outputs.Cluster\n", ""),
    ],
)
def test_what_is_not_clear_is_open(tmp_path: Path, change: str, to: str) -> None:
    assert change in _PARENT
    output = _WEB + "Outputs: { Cluster: { Value: !Ref ClusterName } }\n"
    estate = shop(tmp_path, parent=_PARENT.replace(change, to), web=output)
    (service,) = estate.services
    assert service.cluster_arn == "arn:aws:ecs:::cluster/web/web.${ClusterName}"


@pytest.mark.parametrize("declared", ["", ", NoEcho: true"])
def test_a_secret_that_is_passed_on_stays_one(tmp_path: Path, declared: str) -> None:
    parent = "Parameters: { Password: { Type: String, NoEcho: true, Default: x9y8z7w6v5 } }\n" + _PARENT.replace(
        'Tag: "2"', "Tag: !Ref Password"
    )
    web = _WEB.replace('Tag: { Type: String, Default: "1" }', f"Tag: {{ Type: String{declared} }}").replace(
        "!Ref Open }", "!Ref Tag }"
    )
    estate = shop(tmp_path, parent=parent, web=web)
    assert "x9y8z7w6v5" not in estate.model_dump_json()
    (found,) = redactions_in(variables(task_named(estate, "web"))["OPEN"])
    assert (found.of.value, found.length) == ("named", "9-16")


@pytest.mark.parametrize(
    ("location", "is_found"),
    [
        ("./web.yaml", True),
        ("../{folder}/web.yaml", True),
        ("https://templates.s3.amazonaws.com/v1/web.yaml?x=1", True),
        ("other/web.yaml", False),
        ("https://templates.s3.amazonaws.com/v1/api.yaml", False),
    ],
)
def test_where_the_template_of_a_nested_stack_is(tmp_path: Path, location: str, is_found: bool) -> None:
    parent = _PARENT.replace("Location: web.yaml", f"Location: {location.format(folder=tmp_path.name)}")
    task = task_named(shop(tmp_path, parent=parent), "web")
    assert (task.container_definitions[0].image == "shop/web:2") is is_found


def test_what_is_given_wins_over_what_is_passed(tmp_path: Path) -> None:
    shop(tmp_path)
    task = task_named(read([str(tmp_path)], {"Tag": "3"}), "web")
    assert task.container_definitions[0].image == "shop/web:3"


def test_values_that_come_a_long_way_are_open(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"t{number}.yaml").write_text(
            f"""
Resources: {{ Topic: {{ Type: "AWS::SNS::Topic", Properties: {{ TopicName: !ImportValue v{number + 1} }} }} }}
Outputs: {{ Out: {{ Value: !ImportValue v{number + 1}, Export: {{ Name: v{number} }} }} }}
"""
        )
    (tmp_path / "t60.yaml").write_text(
        "Resources: { T: { Type: 'AWS::SNS::Topic' } }\nOutputs: { Out: { Value: end, Export: { Name: v60 } } }"
    )
    arns = {(each.origin.source or "").rpartition("/")[2]: each.arn for each in read([str(tmp_path)]).topics}
    assert arns["t59.yaml"] == "arn:aws:sns:::end"
    assert arns["t0.yaml"] == "arn:aws:sns:::t0.Topic"


def test_the_order_of_files_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")  # 2026-01-01
    shop(tmp_path, more=_BASE.replace("shop-queue", "more-queue"))
    paths = sorted(str(each) for each in tmp_path.iterdir())
    assert read(paths) == read(paths[::-1]) == read([str(tmp_path)])
