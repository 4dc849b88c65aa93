"""Templates on the command line: parameters, places of findings, and that no secret shows."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import SECRET, Command

_TEMPLATE = """Parameters:
  Tag: { Type: String }
  Password: { Type: String, NoEcho: true, Default: %s }
Resources:
  Web:
    Type: AWS::ECS::Service
    Properties: { ServiceName: web, TaskDefinition: !Ref Task, LaunchType: FARGATE }
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      ContainerDefinitions:
        - Name: app
          Image: !Sub shop/web:${Tag}
          Environment:
            - { Name: LEVEL, Value: !Ref Password }
"""


@pytest.fixture
def web(here: Path) -> Path:
    (here / "web.yaml").write_text(_TEMPLATE % SECRET)
    return here


def test_a_finding_points_at_file_and_line(command: Command, web: Path) -> None:
    ran = command("scan", "--from", "web.yaml", "--format", "json")
    assert ran.code == 0
    document = json.loads(ran.out)
    (workload,) = document["workloads"]
    assert (workload["name"], workload["source"], workload["arn"]) == ("web", "web.yaml", "")
    (plaintext,) = [each for each in document["findings"] if each["rule"] == "SEC-ENV-PLAINTEXT"]
    evidence = plaintext["evidence"][0]
    assert (evidence["source"], evidence["line"]) == ("web.yaml", 15)
    assert SECRET not in ran.out


def test_a_parameter_answers_what_the_template_leaves_open(command: Command, web: Path) -> None:
    def mutable(*parameters: str) -> set[str]:
        given = [part for each in parameters for part in ("--parameter", each)]
        document = json.loads(command("scan", "--from", "web.yaml", *given, "--format", "json").out)
        return {
            kind for kind in ("findings", "unknowns") for each in document[kind] if each["rule"] == "RUN-MUTABLE-TAG"
        }

    assert mutable() == {"unknowns"}
    assert mutable("Tag=latest") == {"findings"}
    assert mutable("Tag=latest", "Tag=1.2.3") == set()
    assert mutable("Tag=latest", "AWS::Region=eu-west-1") == {"findings"}


def test_a_parameter_that_is_a_secret_does_not_show(command: Command, web: Path) -> None:
    ran = command("scan", "--from", "web.yaml", "--parameter", f"Password={SECRET}x", "--save", "estate.json", "-v")
    assert ran.code == 0
    for text in (ran.out, ran.err, (web / "estate.json").read_text()):
        assert SECRET not in text


def test_services_that_write_to_one_file_system_are_seen(command: Command, here: Path) -> None:
    service = """
  {0}:
    Type: AWS::ECS::Service
    Properties: {{ ServiceName: {0}, TaskDefinition: !Ref {0}Task, LaunchType: FARGATE }}
  {0}Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Volumes: [{{ Name: files, EFSVolumeConfiguration: {{ FilesystemId: !Ref Files }} }}]
      ContainerDefinitions:
        - {{ Name: app, Image: "shop/app:1", MountPoints: [{{ SourceVolume: files, ContainerPath: /files }}] }}
"""
    files = "Resources:\n  Files: { Type: 'AWS::EFS::FileSystem' }"
    (here / "web.yaml").write_text(files + service.format("Web") + service.format("Work"))
    document = json.loads(command("scan", "--from", "web.yaml", "--format", "json").out)
    assert "STO-EFS-SHARED" in {each["rule"] for each in document["findings"]}
