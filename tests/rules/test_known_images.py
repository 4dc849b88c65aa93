"""Known images: the data files hold, and images are recognised by them."""

from typing import Any

import pytest

from assess.estate.ecs import Container, TaskDefinition
from assess_rules.known_images import (
    agent_of,
    applications,
    data,
    datastore_of,
    datastore_of_folder,
    is_mesh_proxy,
    is_sidecar,
    runs_client_of_datastore,
)


def container_of(image: str, name: str = "app", **fields: Any) -> Container:
    task = TaskDefinition.model_validate({"containerDefinitions": [{"name": name, "image": image, **fields}]})
    return next(task.containers())


def test_no_image_belongs_to_two_agents() -> None:
    images = [image for agent in data("agents")["agent"] for image in agent["images"]]
    assert len(images) == len(set(images))


def test_no_agent_is_a_datastore() -> None:
    images = {image for agent in data("agents")["agent"] for image in agent["images"]}
    assert images.isdisjoint(data("datastores")["names"])


@pytest.mark.parametrize(
    "name",
    [
        *("mysql", "mariadb", "postgres", "mongo", "redis", "valkey", "rabbitmq", "kafka", "zookeeper"),
        *("elasticsearch", "opensearch", "cassandra", "etcd", "minio", "consul", "vault"),
    ],
)
def test_datastores(name: str) -> None:
    assert datastore_of(container_of(f"{name}:1"))
    assert datastore_of(container_of(f"registry.example/team/{name}@sha256:{'0' * 64}"))
    assert not datastore_of(container_of(f"acme/{name}-exporter"))
    assert not datastore_of(container_of(f"{name}/web"))


@pytest.mark.parametrize(
    ("path", "store"),
    [
        ("/var/lib/postgresql/data", "PostgreSQL"),
        ("/var/lib/mysql/", "MySQL"),
        ("/data/db", "MongoDB"),
        ("/data", None),
        ("/var/lib/mysqldump", None),
        ("", None),
    ],
)
def test_folders_of_datastores(path: str, store: str | None) -> None:
    assert datastore_of_folder(path) == store


@pytest.mark.parametrize(
    ("fields", "client"),
    [
        ({"command": ["psql", "-c", "select 1"]}, True),
        ({"entryPoint": ["/usr/bin/pg_dump"]}, True),
        ({"entryPoint": ["sh", "-c"], "command": ["exec psql"]}, True),
        ({"command": ["postgres", "-c", "fsync=off"]}, False),
        ({"command": ["docker-entrypoint.sh", "psql"]}, False),
        ({}, False),
    ],
)
def test_clients_of_datastores(fields: dict[str, Any], client: bool) -> None:
    assert runs_client_of_datastore(container_of("postgres:16", **fields)) is client


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("datadog/agent:7", "Datadog agent"),
        ("public.ecr.aws/datadog/agent:latest", "Datadog agent"),
        ("amazon/aws-for-fluent-bit:stable", "Fluent Bit"),
        ("public.ecr.aws/aws-observability/aws-otel-collector:v0.40.0", "OpenTelemetry collector"),
        ("gcr.io/cadvisor/cadvisor:v0.49.1", "cAdvisor"),
        ("portainer/agent:2.21.4", "Portainer agent"),
        ("acme/agent:1", None),
        ("acme/datadog-tools:1", None),
    ],
)
def test_agents(image: str, name: str | None) -> None:
    found = agent_of(container_of(image))
    assert (found.name if found is not None else None) == name


def test_sidecars_are_no_applications() -> None:
    task = TaskDefinition.model_validate(
        {
            "containerDefinitions": [
                {"name": "web", "image": "acme/web:1"},
                {"name": "proxy", "image": "acme/proxy:1"},
                {"name": "router", "image": "acme/logs:1", "firelensConfiguration": {"type": "fluentbit"}},
                {"name": "xray-daemon", "image": "${XRAY}"},
            ],
            "proxyConfiguration": {"type": "APPMESH", "containerName": "proxy"},
        }
    )
    assert [each.name for each in applications(task)] == ["web"]
    assert [is_mesh_proxy(each) for each in task.containers()] == [False, True, False, False]
    assert not is_sidecar(container_of("acme/web:1"))


@pytest.mark.parametrize(
    ("image", "name", "sidecar"),
    [
        ("acme/aws-observability-collector:1", "app", True),
        ("acme/consul-envoy:1", "app", True),
        ("acme/log-shipper:1", "app", True),
        ("acme/base:1", "otel-collector", True),
        ("acme/web-sidecar:1", "app", True),
        ("oliver006/redis_exporter:1", "app", True),
        ("acme/base:1", "php-fpm-exporter", True),
        ("acme/invoice-exporter:1", "app", False),
        ("acme/planner-agent:1", "app", False),
        ("acme/price-collector:1", "app", False),
        ("acme/otel-demo-app:1", "app", False),
        ("acme/aws-otel-goxray-sample-app:1", "aws-otel-emitter", False),
        ("acme/logs:1", "app", False),
    ],
)
def test_sidecars_by_the_words_of_a_name(image: str, name: str, sidecar: bool) -> None:
    assert is_sidecar(container_of(image, name)) is sidecar
