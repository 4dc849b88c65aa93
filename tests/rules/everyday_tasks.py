"""Task definitions as teams keep them in repositories, each with everything that the rules must say of it.

They were written, and judged, before the rules were run on them: the sets are complete for the readiness rules of
state, shutdown, health, Pods, images, ECS, manifests, logs and ownership, so what is not listed must not fire.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.rules.harness import Given, file

_LOGS = {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/shop", "awslogs-region": "eu-west-1"}}
_OURS = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
_HUB = {"RUN-HUB-IMAGE": "low"}
_OTHERS = {"OWN-VENDOR": "low"}
_PUBLIC = {**_HUB, **_OTHERS}


@dataclass(frozen=True, slots=True)
class Everyday:
    """A task definition of a file and its readiness findings: the severities of each rule, in order of severity."""

    situation: str
    task: Given
    finds: Mapping[str, str]

    def __str__(self) -> str:
        return self.situation


def _container(name: str, image: str, /, **fields: Any) -> dict[str, Any]:
    """A container that logs to CloudWatch; an image without a registry's host and path is one of ours."""
    own = image if "/" in image or fields.pop("public", False) else f"{_OURS}/{image}"
    container = {"name": name, "image": own, "essential": True, "logConfiguration": _LOGS, **fields}
    return {key: value for key, value in container.items() if value is not None}


def _mount(volume: str, path: str, *, read_only: bool = False) -> dict[str, Any]:
    return {"sourceVolume": volume, "containerPath": path, "readOnly": read_only}


def _host(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "host": {"sourcePath": path}}


def _efs(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": name,
        "efsVolumeConfiguration": {"fileSystemId": "fs-0aa1bb2cc3dd4ee5f", "transitEncryption": "ENABLED", **fields},
    }


def _ec2(*containers: Mapping[str, Any], **fields: Any) -> Given:
    return file(*containers, **{"networkMode": "bridge", "requiresCompatibilities": ["EC2"], **fields})


def _fargate(*containers: Mapping[str, Any], **fields: Any) -> Given:
    sized = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "512", "memory": "1024"}
    return file(*containers, **{**sized, **fields})


EVERYDAY = (
    # --- monitoring and security agents -------------------------------------------------------------------------
    Everyday(
        "Prometheus that keeps its data in a folder of the instance",
        _ec2(
            _container(
                "prometheus",
                "prom/prometheus:v2.53.0",
                portMappings=[{"containerPort": 9090, "hostPort": 9090}],
                mountPoints=[_mount("data", "/prometheus"), _mount("config", "/etc/prometheus", read_only=True)],
            ),
            volumes=[_host("data", "/ecs/prometheus"), _host("config", "/ecs/prometheus-config")],
        ),
        {"STO-HOST-PATH": "high low", "POD-STATIC-HOSTPORT": "medium", **_PUBLIC},
    ),
    Everyday(
        "node exporter on the network of the instance",
        _ec2(
            _container(
                "node-exporter",
                "quay.io/prometheus/node-exporter:v1.8.1",
                command=["--path.rootfs=/host", "--path.procfs=/host/proc"],
                mountPoints=[_mount("proc", "/host/proc", read_only=True), _mount("root", "/host", read_only=True)],
            ),
            networkMode="host",
            pidMode="host",
            volumes=[_host("proc", "/proc"), _host("root", "/")],
        ),
        {"STO-HOST-PATH": "low", "POD-HOST-NETWORK": "high", "POD-HOST-PID": "high"},
    ),
    Everyday(
        "cAdvisor reads the kernel's trees and Docker's folder",
        _ec2(
            _container(
                "cadvisor",
                "gcr.io/cadvisor/cadvisor:v0.49.1",
                privileged=True,
                portMappings=[{"containerPort": 8080, "hostPort": 0}],
                mountPoints=[
                    _mount("root", "/rootfs", read_only=True),
                    _mount("var_run", "/var/run"),
                    _mount("sys", "/sys", read_only=True),
                    _mount("cgroup", "/sys/fs/cgroup", read_only=True),
                    _mount("docker", "/var/lib/docker", read_only=True),
                ],
            ),
            volumes=[
                *(_host("root", "/"), _host("var_run", "/var/run"), _host("sys", "/sys")),
                *(_host("cgroup", "/cgroup"), _host("docker", "/var/lib/docker/")),
            ],
        ),
        {"STO-HOST-PATH": "low low", "POD-PRIVILEGED": "high"},
    ),
    Everyday(
        "Grafana on EFS",
        _fargate(
            _container(
                "grafana",
                "grafana/grafana:11.1.0",
                user="472",
                portMappings=[{"containerPort": 3000}],
                mountPoints=[_mount("data", "/var/lib/grafana")],
            ),
            volumes=[_efs("data", authorizationConfig={"accessPointId": "fsap-0a1b2c3d4e5f6a7b8", "iam": "ENABLED"})],
        ),
        {"STO-EFS-IAM": "high", **_PUBLIC},
    ),
    Everyday(
        "Datadog agent with the socket, the kernel's trees and its own folder",
        _ec2(
            _container(
                "datadog-agent",
                "public.ecr.aws/datadog/agent:7.55.1",
                mountPoints=[
                    _mount("docker_sock", "/var/run/docker.sock", read_only=True),
                    _mount("cgroup", "/host/sys/fs/cgroup", read_only=True),
                    _mount("proc", "/host/proc", read_only=True),
                    _mount("pointdir", "/opt/datadog-agent/run"),
                    _mount("containers_root", "/var/lib/docker/containers", read_only=True),
                ],
                environment=[
                    {"name": "DD_LOGS_ENABLED", "value": "true"},
                    {"name": "DD_SITE", "value": "datadoghq.eu"},
                ],
                healthCheck={"command": ["CMD-SHELL", "agent health"], "retries": 3},
            ),
            volumes=[
                *(_host("docker_sock", "/var/run/docker.sock"), _host("proc", "/proc/"), _host("cgroup", "/cgroup/")),
                *(_host("pointdir", "/opt/datadog-agent/run"), _host("containers_root", "/var/lib/docker/containers/")),
            ],
        ),
        {"STO-DOCKER-SOCK": "medium", "STO-HOST-PATH": "low low"},
    ),
    Everyday(
        "New Relic infrastructure agent as a daemon",
        _ec2(
            _container(
                "newrelic-infra",
                "newrelic/nri-ecs:1.12.2",
                privileged=True,
                cpu=200,
                memory=512,
                environment=[{"name": "NRIA_OVERRIDE_HOST_ROOT", "value": "/host"}],
                secrets=[{"name": "NRIA_LICENSE_KEY", "valueFrom": "/newrelic-infra/ecs/license-key"}],
                mountPoints=[
                    _mount("host_root_fs", "/host", read_only=True),
                    _mount("docker_socket", "/var/run/docker.sock"),
                ],
            ),
            networkMode="host",
            pidMode="host",
            ipcMode="host",
            volumes=[_host("host_root_fs", "/"), _host("docker_socket", "/var/run/docker.sock")],
        ),
        {
            "STO-DOCKER-SOCK": "medium",
            "STO-HOST-PATH": "low",
            "POD-PRIVILEGED": "high",
            "POD-HOST-NETWORK": "high",
            "POD-HOST-PID": "high",
            "POD-HOST-IPC": "high",
            **_HUB,
        },
    ),
    Everyday(
        "Sysdig agent",
        _ec2(
            _container(
                "sysdig-agent",
                "quay.io/sysdig/agent:12.20.0",
                privileged=True,
                mountPoints=[
                    *(_mount("sock", "/host/var/run/docker.sock"), _mount("dev", "/host/dev")),
                    *(_mount("proc", "/host/proc", read_only=True), _mount("boot", "/host/boot", read_only=True)),
                    *(_mount("modules", "/host/lib/modules", read_only=True),),
                    *(_mount("usr", "/host/usr", read_only=True),),
                ],
            ),
            networkMode="host",
            pidMode="host",
            volumes=[
                *(_host("sock", "/var/run/docker.sock"), _host("dev", "/dev/"), _host("proc", "/proc/")),
                *(_host("boot", "/boot/"), _host("modules", "/lib/modules/"), _host("usr", "/usr/")),
            ],
        ),
        {
            "STO-DOCKER-SOCK": "critical",
            "STO-HOST-PATH": "low low low",
            "POD-PRIVILEGED": "high",
            "POD-HOST-NETWORK": "high",
            "POD-HOST-PID": "high",
        },
    ),
    Everyday(
        "Datadog agent as a sidecar on Fargate",
        _fargate(
            _container("web", "web:2.4.1", portMappings=[{"containerPort": 8080}]),
            _container(
                "datadog-agent",
                "public.ecr.aws/datadog/agent:7.55.1",
                environment=[{"name": "ECS_FARGATE", "value": "true"}],
            ),
        ),
        {},
    ),
    Everyday(
        "X-Ray daemon beside the application",
        _fargate(
            _container(
                "api",
                "api:88",
                portMappings=[{"containerPort": 8000}],
                environment=[{"name": "AWS_XRAY_DAEMON_ADDRESS", "value": "localhost:2000"}],
            ),
            _container(
                "xray-daemon",
                "amazon/aws-xray-daemon:3.3.13",
                portMappings=[{"containerPort": 2000, "protocol": "udp"}],
            ),
        ),
        {"OBS-XRAY": "medium", **_HUB},
    ),
    Everyday(
        "a collector of OpenTelemetry that was built in house",
        _fargate(
            _container("checkout", "checkout:91ab2", portMappings=[{"containerPort": 8080}]),
            _container("collector", "platform-observability-collector:0.4"),
        ),
        {},
    ),
    Everyday(
        "an application whose name holds the word agent is no sidecar",
        _fargate(
            _container("planner-agent", "planner-agent:12", portMappings=[{"containerPort": 8001}]),
            _container("writer-agent", "writer-agent:12", portMappings=[{"containerPort": 8002}]),
        ),
        {"LIF-ESSENTIAL-SHARED-FATE": "medium"},
    ),
    # --- logs ---------------------------------------------------------------------------------------------------
    Everyday(
        "FireLens with a router of its own image",
        _fargate(
            _container(
                "app", "app:7", logConfiguration={"logDriver": "awsfirelens", "options": {"Name": "cloudwatch"}}
            ),
            _container("log_router", "log-router:7", firelensConfiguration={"type": "fluentbit"}),
        ),
        {"OBS-FIRELENS": "medium"},
    ),
    Everyday(
        "a sidecar tails the files of the application",
        _fargate(
            _container("tomcat", "tomcat-app:3.1", mountPoints=[_mount("logs", "/usr/local/tomcat/logs")]),
            _container(
                "filebeat",
                "docker.elastic.co/beats/filebeat:8.14.1",
                essential=False,
                mountPoints=[_mount("logs", "/logs", read_only=True)],
            ),
            volumes=[{"name": "logs"}],
        ),
        {"OBS-FILE-LOGS": "medium"},
    ),
    Everyday(
        "a container on Fargate without logs",
        _fargate(_container("app", "app:7", logConfiguration=None)),
        {"OBS-NO-LOGS": "high"},
    ),
    Everyday(
        "a container on an instance without logs",
        _ec2(_container("app", "app:7", logConfiguration=None)),
        {"OBS-NO-LOGS": "medium"},
    ),
    # --- builds and agents of CI --------------------------------------------------------------------------------
    Everyday(
        "Jenkins that builds through the Docker socket",
        _ec2(
            _container(
                "jenkins",
                "jenkins/jenkins:lts",
                user="root",
                portMappings=[{"containerPort": 8080, "hostPort": 80}, {"containerPort": 50000, "hostPort": 50000}],
                mountPoints=[_mount("home", "/var/jenkins_home"), _mount("docker", "/var/run/docker.sock")],
            ),
            volumes=[_host("home", "/mnt/efs/jenkins_home"), _host("docker", "/var/run/docker.sock")],
        ),
        {
            "STO-DOCKER-SOCK": "critical",
            "STO-HOST-PATH": "high",
            "POD-RUN-AS-ROOT": "medium",
            "POD-STATIC-HOSTPORT": "medium medium",
            **_PUBLIC,
        },
    ),
    Everyday(
        "GitLab runner, privileged, with the socket",
        _ec2(
            _container(
                "runner",
                "gitlab/gitlab-runner:v17.1.0",
                privileged=True,
                mountPoints=[_mount("sock", "/var/run/docker.sock"), _mount("config", "/etc/gitlab-runner")],
            ),
            volumes=[_host("sock", "/var/run/docker.sock"), _host("config", "/srv/gitlab-runner/config")],
        ),
        {"STO-DOCKER-SOCK": "critical", "STO-HOST-PATH": "high", "POD-PRIVILEGED": "high", **_PUBLIC},
    ),
    Everyday(
        "Docker in Docker beside a build agent",
        _ec2(
            _container("agent", "build-agent:5", links=["dind:docker"], stopTimeout=600),
            _container(
                "dind", "docker:27-dind", public=True, privileged=True, mountPoints=[_mount("g", "/var/lib/docker")]
            ),
            volumes=[{"name": "g", "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": True}}],
        ),
        {
            "LIF-ESSENTIAL-SHARED-FATE": "medium",
            "LIF-LONG-RUNNING-WORK": "medium",
            "POD-PRIVILEGED": "high",
            "POD-LINKS": "low",
            "STO-DOCKER-VOLUME": "high",
            **_PUBLIC,
        },
    ),
    Everyday(
        "a socket of another program is no runtime's socket",
        _ec2(
            _container("app", "app:7", mountPoints=[_mount("sockets", "/sockets"), _mount("run", "/host/run")]),
            volumes=[_host("sockets", "/run/notdocker.sock"), _host("run", "/var/run")],
        ),
        {},
    ),
    # --- web applications ---------------------------------------------------------------------------------------
    Everyday(
        "WordPress with its database in one task and folders of the instance",
        _ec2(
            _container(
                "wordpress",
                "wordpress:6.5-apache",
                public=True,
                links=["mysql"],
                portMappings=[{"containerPort": 80, "hostPort": 80}],
                mountPoints=[_mount("html", "/var/www/html")],
            ),
            _container("mysql", "mysql:8.0", public=True, mountPoints=[_mount("db", "/var/lib/mysql")]),
            volumes=[_host("html", "/ecs/wordpress"), _host("db", "/ecs/mysql")],
        ),
        {
            "STO-HOST-PATH": "critical high",
            "LIF-ESSENTIAL-SHARED-FATE": "medium",
            "POD-LINKS": "low",
            "POD-STATIC-HOSTPORT": "medium",
            "RUN-HUB-IMAGE": "low low",
            "OWN-VENDOR": "low low",
        },
    ),
    Everyday(
        "WordPress on Fargate with EFS",
        _fargate(
            _container(
                "wordpress",
                "public.ecr.aws/docker/library/wordpress:6.5",
                portMappings=[{"containerPort": 80}],
                mountPoints=[_mount("content", "/var/www/html/wp-content")],
            ),
            volumes=[_efs("content", rootDirectory="/wordpress")],
        ),
        _OTHERS,
    ),
    Everyday(
        "nginx before php-fpm share the code by a volume of the task",
        _ec2(
            _container(
                "php-fpm",
                "shop-php:8.3",
                mountPoints=[_mount("code", "/var/www/html")],
            ),
            _container(
                "nginx",
                "nginx:1.27-alpine",
                public=True,
                links=["php-fpm"],
                portMappings=[{"containerPort": 80, "hostPort": 0}],
                mountPoints=[_mount("code", "/var/www/html", read_only=True)],
                dependsOn=[{"containerName": "php-fpm", "condition": "START"}],
            ),
            volumes=[{"name": "code", "host": {}}],
        ),
        {
            "LIF-ESSENTIAL-SHARED-FATE": "medium",
            "STO-VOLUME-PREPOPULATED": "medium",
            "POD-LINKS": "low",
            **_PUBLIC,
        },
    ),
    Everyday(
        "nginx takes the code of the application over from its container",
        _ec2(
            _container("app", "rails:5"),
            _container("nginx", "web-nginx:5", volumesFrom=[{"sourceContainer": "app", "readOnly": True}]),
        ),
        {"LIF-ESSENTIAL-SHARED-FATE": "medium", "STO-VOLUMES-FROM": "medium"},
    ),
    Everyday(
        "two containers that listen on one port in bridge mode",
        _ec2(
            _container("public", "shop:3", portMappings=[{"containerPort": 8080, "hostPort": 0}]),
            _container("admin", "shop-admin:3", portMappings=[{"containerPort": 8080, "hostPort": 0}]),
        ),
        {"LIF-ESSENTIAL-SHARED-FATE": "medium", "POD-PORT-COLLISION": "high"},
    ),
    Everyday(
        "a Java service with a heap of its own on Fargate",
        _fargate(
            _container(
                "orders",
                "orders:1.18.0",
                entryPoint=["java", "-Xmx768m", "-jar", "/app.jar"],
                portMappings=[{"containerPort": 8080, "hostPort": 8080}],
                ulimits=[{"name": "nofile", "softLimit": 65535, "hardLimit": 65535}],
                healthCheck={"command": ["CMD-SHELL", "curl -f http://localhost:8080/actuator/health || exit 1"]},
            )
        ),
        {},
    ),
    Everyday(
        "a Node service that a shell starts",
        _fargate(
            _container("web", "web:2024-06-01", command=["sh", "-c", "node server.js"]),
        ),
        {"LIF-SHELL-PID1": "low"},
    ),
    Everyday(
        "bash replaces itself by a single command",
        _fargate(_container("web", "web:3", entryPoint=["/bin/bash", "-c"], command=["node server.js"])),
        {},
    ),
    Everyday(
        "a script that migrates first and ends in exec",
        _fargate(
            _container("web", "web:3", command=["sh", "-c", "python manage.py migrate && exec gunicorn shop.wsgi"])
        ),
        {},
    ),
    Everyday(
        "a script that migrates first and stays in front of the server",
        _fargate(
            _container("web", "web:3", command=["/bin/sh", "-ec", "rake db:migrate\nbundle exec puma -C config.rb"])
        ),
        {"LIF-SHELL-PID1": "low"},
    ),
    Everyday(
        "an init process for ECS Exec, on Fargate Spot or not",
        _fargate(_container("worker", "worker:6", linuxParameters={"initProcessEnabled": True}, stopTimeout=120)),
        {"LIF-INIT-PROCESS": "low", "LIF-LONG-RUNNING-WORK": "medium"},
    ),
    # --- migrations, jobs, workers ------------------------------------------------------------------------------
    Everyday(
        "a migration that the server waits for",
        _fargate(
            _container(
                "web",
                "web:9",
                portMappings=[{"containerPort": 3000}],
                dependsOn=[{"containerName": "migrate", "condition": "SUCCESS"}],
            ),
            _container("migrate", "web:9", essential=False, command=["sh", "-c", "bundle exec rake db:migrate"]),
        ),
        {"LIF-NONESSENTIAL-EXIT": "medium"},
    ),
    Everyday(
        "a set-up container that may fail",
        _fargate(
            _container("app", "app:9", dependsOn=[{"containerName": "volume-setup", "condition": "COMPLETE"}]),
            _container(
                "volume-setup", "busybox:1.36", public=True, essential=False, command=["chown", "1000", "/data"]
            ),
        ),
        {"LIF-NONESSENTIAL-EXIT": "medium", "LIF-DEPENDS-COMPLETE": "low", **_PUBLIC},
    ),
    Everyday(
        "a job that migrates and nothing else",
        _fargate(_container("migrate", "web:9", command=["sh", "-c", "bundle exec rake db:migrate"])),
        {},
    ),
    Everyday(
        "a Celery worker and its scheduler",
        _fargate(
            _container("worker", "shop:51", command=["celery", "-A", "shop", "worker"], stopTimeout=90),
            _container("beat", "shop:51", command=["celery", "-A", "shop", "beat"]),
        ),
        {"LIF-ESSENTIAL-SHARED-FATE": "medium"},
    ),
    Everyday(
        "Airflow's scheduler with files on EFS",
        _fargate(
            _container(
                "scheduler",
                "apache/airflow:2.9.2",
                command=["scheduler"],
                mountPoints=[_mount("dags", "/opt/airflow/dags"), _mount("logs", "/opt/airflow/logs")],
            ),
            volumes=[_efs("dags", rootDirectory="/dags"), _efs("logs", rootDirectory="/logs")],
        ),
        {"OBS-FILE-LOGS": "medium", **_PUBLIC},
    ),
    Everyday(
        "crond in a container",
        _fargate(_container("cron", "cron:4", command=["crond", "-f", "-l", "8"])),
        {},
    ),
    # --- datastores ---------------------------------------------------------------------------------------------
    Everyday(
        "Kafka and ZooKeeper on folders of the instance",
        _ec2(
            _container(
                "zookeeper",
                "confluentinc/cp-zookeeper:7.6.1",
                mountPoints=[_mount("zk", "/var/lib/zookeeper/data")],
            ),
            _container(
                "kafka",
                "confluentinc/cp-kafka:7.6.1",
                mountPoints=[_mount("kafka", "/var/lib/kafka/data")],
                ulimits=[{"name": "nofile", "softLimit": 100000, "hardLimit": 100000}],
                links=["zookeeper"],
            ),
            volumes=[_host("zk", "/data/zookeeper"), _host("kafka", "/data/kafka")],
        ),
        {
            "STO-HOST-PATH": "critical critical",
            "LIF-ESSENTIAL-SHARED-FATE": "medium",
            "POD-ULIMITS": "medium",
            "POD-LINKS": "low",
            "RUN-HUB-IMAGE": "low low",
            "OWN-VENDOR": "low low",
        },
    ),
    Everyday(
        "Elasticsearch with limits of its own and a plugin's volume",
        _ec2(
            _container(
                "elasticsearch",
                "docker.elastic.co/elasticsearch/elasticsearch:8.14.1",
                mountPoints=[_mount("data", "/usr/share/elasticsearch/data")],
                ulimits=[
                    {"name": "memlock", "softLimit": -1, "hardLimit": -1},
                    {"name": "nofile", "softLimit": 65536, "hardLimit": 65536},
                ],
                linuxParameters={"capabilities": {"add": ["IPC_LOCK"]}},
            ),
            networkMode="awsvpc",
            volumes=[
                {
                    "name": "data",
                    "dockerVolumeConfiguration": {
                        "scope": "shared",
                        "autoprovision": True,
                        "driver": "rexray/ebs",
                        "driverOpts": {"volumetype": "gp3", "size": "100"},
                    },
                }
            ],
        ),
        {
            "STO-DOCKER-PLUGIN": "high",
            "STO-DATASTORE-IMAGE": "high",
            "POD-ULIMITS": "medium medium",
            "POD-CAPS-ADD": "medium",
            **_OTHERS,
        },
    ),
    Everyday(
        "MongoDB on Fargate without a volume",
        _fargate(_container("mongo", "mongo:7.0", public=True, portMappings=[{"containerPort": 27017}])),
        {"STO-DATASTORE-IMAGE": "high", **_PUBLIC},
    ),
    Everyday(
        "Redis as a cache beside the application",
        _fargate(
            _container("api", "api:31", portMappings=[{"containerPort": 8080}]),
            _container("redis", "public.ecr.aws/docker/library/redis:7.2", essential=False),
        ),
        {"STO-DATASTORE-IMAGE": "high", **_OTHERS},
    ),
    Everyday(
        "exporters of metrics beside an application, and a program that exports orders",
        _fargate(
            _container("shop", "shop:3"),
            _container("order-exporter", "order-exporter:3", essential=False),
            _container("nginx-exporter", "nginx/nginx-prometheus-exporter:1.2.0"),
            _container("pg", "quay.io/prometheuscommunity/postgres-exporter:v0.15.0"),
        ),
        _HUB,
    ),
    Everyday(
        "PostgreSQL on EFS",
        _fargate(
            _container("db", "postgres:16.3", public=True, mountPoints=[_mount("pgdata", "/var/lib/postgresql/data")]),
            volumes=[_efs("pgdata")],
        ),
        {"STO-DATASTORE-IMAGE": "high", **_PUBLIC},
    ),
    Everyday(
        "InfluxDB on a Docker volume that outlives its task",
        _ec2(
            _container("influxdb", "influxdb:2.7", public=True, mountPoints=[_mount("data", "/var/lib/influxdb2")]),
            volumes=[{"name": "data", "dockerVolumeConfiguration": {"scope": "shared", "driver": "local"}}],
        ),
        {"STO-DOCKER-VOLUME": "high", "STO-DATASTORE-IMAGE": "high", **_PUBLIC},
    ),
    Everyday(
        "tools beside datastores are no datastores",
        _fargate(
            _container("exporter", "oliver006/redis_exporter:v1.61.0"),
            _container("ui", "provectuslabs/kafka-ui:v0.7.2", essential=False),
            _container("admin", "mongo-express:1.0.2", public=True, essential=False),
            _container("backup", "postgres:16.3", public=True, essential=False, command=["pg_dump", "-Fc", "shop"]),
        ),
        {"RUN-HUB-IMAGE": "low low low low", "OWN-VENDOR": "low"},
    ),
    Everyday(
        "a dump of the database by its client is a job",
        _fargate(
            _container(
                "dump", "mysql:8.0", public=True, entryPoint=["sh", "-c"], command=["mysqldump shop | gzip > /tmp/a"]
            )
        ),
        {"LIF-SHELL-PID1": "low", "RUN-HUB-IMAGE": "low"},
    ),
    # --- meshes and agents of the network -----------------------------------------------------------------------
    Everyday(
        "App Mesh with its Envoy",
        _fargate(
            _container("colors", "colors:8", dependsOn=[{"containerName": "envoy", "condition": "HEALTHY"}]),
            _container(
                "envoy",
                "840364872350.dkr.ecr.eu-west-1.amazonaws.com/aws-appmesh-envoy:v1.29.6.1-prod",
                user="1337",
                environment=[{"name": "APPMESH_RESOURCE_ARN", "value": "mesh/shop/virtualNode/colors"}],
                healthCheck={
                    "command": ["CMD-SHELL", "curl -s http://localhost:9901/server_info | grep state | grep LIVE"]
                },
            ),
            proxyConfiguration={"type": "APPMESH", "containerName": "envoy", "properties": []},
        ),
        {"ECS-APPMESH": "critical"},
    ),
    Everyday(
        "Consul agent as a client on the network of the instance",
        _ec2(
            _container(
                "consul",
                "hashicorp/consul:1.19",
                command=["agent", "-retry-join", "provider=aws tag_key=consul tag_value=server"],
                mountPoints=[_mount("data", "/consul/data")],
            ),
            networkMode="host",
            volumes=[_host("data", "/opt/consul")],
        ),
        {"STO-HOST-PATH": "high", "POD-HOST-NETWORK": "high", **_HUB},
    ),
    Everyday(
        "Nomad's or Vault's agent beside the application",
        _fargate(
            _container("app", "app:4"),
            _container("vault", "hashicorp/vault:1.17", command=["agent", "-config=/vault/agent.hcl"]),
        ),
        _HUB,
    ),
    Everyday(
        "Traefik finds containers by their labels, through the socket",
        _ec2(
            _container(
                "traefik",
                "traefik:v3.0",
                public=True,
                portMappings=[{"containerPort": 80, "hostPort": 80}],
                mountPoints=[_mount("sock", "/var/run/docker.sock", read_only=True)],
                dockerLabels={"traefik.enable": "true", "traefik.http.routers.api.rule": "Host(`traefik.example`)"},
            ),
            volumes=[_host("sock", "/var/run/docker.sock")],
        ),
        {"STO-DOCKER-SOCK": "critical", "POD-STATIC-HOSTPORT": "medium", "MAN-DOCKER-LABELS": "low", **_PUBLIC},
    ),
    Everyday(
        "a VPN server with a device and capabilities",
        _ec2(
            _container(
                "wireguard",
                "lscr.io/linuxserver/wireguard:1.0.20210914",
                linuxParameters={
                    "capabilities": {"add": ["NET_ADMIN", "SYS_MODULE", "NET_RAW"]},
                    "devices": [{"hostPath": "/dev/net/tun", "containerPath": "/dev/net/tun"}],
                },
                systemControls=[{"namespace": "net.ipv4.conf.all.src_valid_mark", "value": "1"}],
                portMappings=[{"containerPort": 51820, "hostPort": 51820, "protocol": "udp"}],
                mountPoints=[_mount("modules", "/lib/modules", read_only=True), _mount("config", "/config")],
            ),
            volumes=[_host("modules", "/lib/modules"), _host("config", "/opt/wireguard")],
        ),
        {
            "POD-CAPS-ADD": "high high",
            "POD-DEVICES": "high",
            "POD-SYSCTL-UNSAFE": "medium",
            "POD-STATIC-HOSTPORT": "medium",
            "STO-HOST-PATH": "high low",
            **_OTHERS,
        },
    ),
    # --- special hardware and places ----------------------------------------------------------------------------
    Everyday(
        "inference on a GPU with shared memory",
        _ec2(
            _container(
                "infer",
                "nvcr.io/nvidia/tritonserver:24.05-py3",
                resourceRequirements=[{"type": "GPU", "value": "1"}],
                linuxParameters={"sharedMemorySize": 2048},
                mountPoints=[_mount("models", "/models", read_only=True)],
            ),
            placementConstraints=[{"type": "memberOf", "expression": "attribute:ecs.instance-type =~ g5.*"}],
            volumes=[_host("models", "/mnt/models")],
        ),
        {"RUN-GPU": "medium", "ECS-PLACEMENT": "low", "STO-HOST-PATH": "low", **_OTHERS},
    ),
    Everyday(
        "a Windows service on Fargate",
        _fargate(
            _container(
                "iis",
                "mcr.microsoft.com/windows/servercore/iis:windowsservercore-ltsc2022",
                entryPoint=["powershell", "-Command"],
                command=["C:\\ServiceMonitor.exe w3svc"],
            ),
            runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": "X86_64"},
        ),
        {"RUN-WINDOWS": "high", **_OTHERS},
    ),
    Everyday(
        "a Windows service on instances that only a placement constraint tells of",
        _ec2(
            _container("legacy", "legacy-net48:17", mountPoints=[_mount("data", "C:\\data")], portMappings=[]),
            networkMode=None,
            placementConstraints=[{"type": "memberOf", "expression": "attribute:ecs.os-type == windows"}],
            volumes=[_host("data", "D:\\orders")],
        ),
        {"RUN-WINDOWS": "high", "ECS-PLACEMENT": "low", "STO-HOST-PATH": "high"},
    ),
    Everyday(
        "a Windows service that only its image tells of",
        _ec2(
            _container("web", "mcr.microsoft.com/dotnet/framework/aspnet:4.8-windowsservercore-ltsc2019"),
            networkMode=None,
        ),
        {"RUN-WINDOWS": "high", **_OTHERS},
    ),
    Everyday(
        "a task that runs on machines of one's own",
        file(_container("edge", "edge:2"), requiresCompatibilities=["EXTERNAL"], networkMode="bridge"),
        {"RUN-EXTERNAL": "high"},
    ),
    Everyday(
        "an Arm service on Fargate",
        _fargate(_container("api", "api:5"), runtimePlatform={"cpuArchitecture": "ARM64"}),
        {"RUN-ARM64": "info"},
    ),
    Everyday(
        "a media server with a range of ports, host entries and name servers of its own",
        _ec2(
            _container(
                "rtp",
                "rtp:2.0",
                portMappings=[{"containerPortRange": "10000-10100", "protocol": "udp"}],
                dnsServers=["10.0.0.2"],
                extraHosts=[{"hostname": "sip.example", "ipAddress": "10.4.0.9"}],
            )
        ),
        {"POD-PORT-RANGE": "high", "POD-CUSTOM-DNS": "medium"},
    ),
    # --- images -------------------------------------------------------------------------------------------------
    Everyday(
        "tags that mean another build tomorrow, and tags that a template leaves open",
        _fargate(
            _container("a", "a:latest"),
            _container("b", "b", essential=False),
            _container("c", "c:init-latest", essential=False),
            _container("d", f"d@sha256:{'ab' * 32}", essential=False),
            _container("e", "e:${IMAGE_TAG}", essential=False),
            _container("f", f"f:latest@sha256:{'ab' * 32}", essential=False),
            _container("g", "g:1.4.2", essential=False),
        ),
        {"RUN-MUTABLE-TAG": "medium medium medium"},
    ),
    Everyday(
        "images of one's own in public registries",
        _fargate(
            _container("web", "acmeshop/web:5.0.1"),
            _container("api", "ghcr.io/acmeshop/api:5.0.1", essential=False),
        ),
        _HUB,
    ),
    # --- ECS in the text ----------------------------------------------------------------------------------------
    Everyday(
        "a script asks ECS for its task and for credentials",
        _fargate(
            _container(
                "app",
                "app:3",
                command=["sh", "-c", "export T=$(curl -s $ECS_CONTAINER_METADATA_URI_V4/task); exec ./serve"],
            ),
            _container(
                "sync",
                "sync:3",
                essential=False,
                command=["sh", "-c", "curl 169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI > /c; exec ./sync"],
            ),
            taskRoleArn="arn:aws:iam::111122223333:role/app",
        ),
        {"ECS-METADATA-ENDPOINT": "high", "ECS-CRED-ENDPOINT": "medium"},
    ),
    Everyday(
        "variables that only look like ECS",
        _fargate(
            _container(
                "app",
                "app:3",
                environment=[
                    {"name": "ECS_CLUSTER", "value": "shop"},
                    {"name": "METADATA_URL", "value": "http://metadata.shop.internal/v1"},
                    {"name": "GREETING", "value": "hello ${USER} $HOME"},
                    {"name": "LOCAL_NET", "value": "169.254.0.0/16"},
                ],
                environmentFiles=[{"type": "s3", "value": "arn:aws:s3:::config/app.env"}],
            ),
            taskRoleArn="arn:aws:iam::111122223333:role/app",
        ),
        {"MAN-ENVFILE-S3": "medium"},
    ),
    Everyday(
        "a value that Kubernetes would expand",
        _fargate(
            _container(
                "app",
                "app:3",
                environment=[{"name": "HOST", "value": "db"}, {"name": "URL", "value": "jdbc:mysql://$(HOST)/shop"}],
            )
        ),
        {"MAN-ENV-EXPANSION": "medium"},
    ),
    # --- a second set, judged after what the first one changed --------------------------------------------------
    Everyday(
        "Tomcat with its web applications in a folder of the instance, read-only settings and a cache on tmpfs",
        _ec2(
            _container(
                "tomcat",
                "tomcat:9.0-jre17",
                public=True,
                mountPoints=[
                    _mount("apps", "/usr/local/tomcat/webapps"),
                    _mount("tz", "/etc/localtime", read_only=True),
                ],
                linuxParameters={"tmpfs": [{"containerPath": "/cache", "size": 128}]},
            ),
            volumes=[_host("apps", "/opt/webapps"), _host("tz", "/etc/localtime")],
        ),
        {"STO-HOST-PATH": "high", **_PUBLIC},
    ),
    Everyday(
        "volumes that ECS wrote out with empty hosts",
        _ec2(
            _container("app", "app:3", mountPoints=[_mount("scratch", "/scratch"), _mount("tmp", "/tmp")]),
            volumes=[
                {"name": "scratch", "host": {"sourcePath": ""}},
                {"name": "tmp", "host": {}},
                _host("old", "/old"),
            ],
        ),
        {},
    ),
    Everyday(
        "a folder of the instance bound by Docker's local driver",
        _ec2(
            _container("app", "app:3", mountPoints=[_mount("data", "/data")]),
            volumes=[
                {
                    "name": "data",
                    "dockerVolumeConfiguration": {
                        "scope": "task",
                        "driver": "local",
                        "driverOpts": {"type": "none", "o": "bind", "device": "/srv/data"},
                    },
                }
            ],
        ),
        {"STO-HOST-PATH": "high"},
    ),
    Everyday(
        "an NFS share by Docker's local driver",
        _ec2(
            _container("app", "app:3", mountPoints=[_mount("share", "/share")]),
            volumes=[
                {
                    "name": "share",
                    "dockerVolumeConfiguration": {
                        "scope": "task",
                        "driver": "local",
                        "driverOpts": {"type": "nfs", "o": "addr=10.0.0.5,nolock", "device": ":/exports"},
                    },
                }
            ],
        ),
        {"STO-DOCKER-PLUGIN": "high"},
    ),
    Everyday(
        "a task that may run on both, with a fixed port in awsvpc mode",
        file(
            _container("api", "api:3", portMappings=[{"containerPort": 8080, "hostPort": 8080}], privileged=False),
            networkMode="awsvpc",
            requiresCompatibilities=["EC2", "FARGATE"],
        ),
        {},
    ),
    Everyday(
        "an image whose repository a template leaves open and whose tag is latest",
        _fargate(_container("api", "${REPOSITORY_URI}/api:latest")),
        {"RUN-MUTABLE-TAG": "medium"},
    ),
    Everyday(
        "an image that CodeDeploy fills in",
        _fargate(_container("api", "<IMAGE1_NAME>", public=True)),
        {},
    ),
    Everyday(
        "a registry with a port and no tag",
        _ec2(_container("api", "registry.corp.example:5000/team/api")),
        {"RUN-MUTABLE-TAG": "medium"},
    ),
    Everyday(
        "Sidekiq beside Puma, none of them said to be essential",
        _fargate(
            _container("web", "shop:12", essential=None, command=["bundle", "exec", "puma"]),
            _container("sidekiq", "shop:12", essential=None, command=["bundle", "exec", "sidekiq"], stopTimeout=30),
        ),
        {"LIF-ESSENTIAL-SHARED-FATE": "medium"},
    ),
    Everyday(
        "a web server with an agent that restarts by itself",
        _fargate(
            _container("web", "shop:12"),
            _container(
                "cloudwatch-agent",
                "public.ecr.aws/cloudwatch-agent/cloudwatch-agent:1.300041.0b681",
                restartPolicy={"enabled": True, "ignoredExitCodes": [0]},
            ),
        ),
        {"LIF-RESTART-POLICY": "low"},
    ),
    Everyday(
        "a Liquibase container that ends before the service starts",
        _fargate(
            _container("svc", "svc:1.2", dependsOn=[{"containerName": "liquibase", "condition": "COMPLETE"}]),
            _container("liquibase", "liquibase/liquibase:4.28", essential=False, command=["update"]),
        ),
        {"LIF-NONESSENTIAL-EXIT": "medium", "LIF-DEPENDS-COMPLETE": "low", **_HUB},
    ),
    Everyday(
        "a proxy that waits for its application, with a start timeout",
        _fargate(
            _container("app", "app:1", healthCheck={"command": ["CMD", "true"]}, startTimeout=120),
            _container(
                "proxy",
                "envoyproxy/envoy:v1.30.4",
                dependsOn=[{"containerName": "app", "condition": "HEALTHY"}],
                ulimits=[{"name": "nofile", "softLimit": 1048576, "hardLimit": 1048576}],
            ),
        ),
        {"POD-ULIMITS": "medium", **_HUB},
    ),
    Everyday(
        "a batch job on a GPU instance that takes its devices and shares the memory of the host",
        _ec2(
            _container(
                "train",
                "train:2024.6",
                resourceRequirements=[{"type": "GPU", "value": "4"}],
                linuxParameters={"devices": [{"hostPath": "/dev/infiniband/uverbs0"}], "maxSwap": 0},
                ulimits=[{"name": "memlock", "softLimit": -1, "hardLimit": -1}],
            ),
            ipcMode="host",
            placementConstraints=[{"type": "memberOf", "expression": "attribute:workload == training"}],
        ),
        {
            "RUN-GPU": "medium",
            "POD-DEVICES": "high",
            "POD-HOST-IPC": "high",
            "POD-ULIMITS": "medium",
            "ECS-PLACEMENT": "medium",
        },
    ),
    Everyday(
        "containers that share processes, and one with ptrace",
        _fargate(
            _container("app", "app:1"),
            _container(
                "profiler",
                "profiler:2",
                essential=False,
                linuxParameters={"capabilities": {"add": ["SYS_PTRACE"], "drop": ["NET_RAW"]}},
            ),
            pidMode="task",
        ),
        {"POD-HOST-PID": "low", "POD-CAPS-ADD": "medium"},
    ),
    Everyday(
        "a database in an image of one's own, known by the folder that it writes to, and a backup that reads it",
        _fargate(
            _container("db", "shop-db:14", mountPoints=[_mount("data", "/var/lib/mysql")]),
            _container(
                "backup",
                "shop-backup:2",
                essential=False,
                mountPoints=[_mount("data", "/var/lib/mysql", read_only=True)],
            ),
            volumes=[_efs("data")],
        ),
        {"STO-DATASTORE-IMAGE": "high"},
    ),
    Everyday(
        "RabbitMQ with a fixed host name on EFS",
        _fargate(
            _container(
                "rabbitmq",
                "public.ecr.aws/docker/library/rabbitmq:3.13-management",
                hostname="rabbit-1",
                mountPoints=[_mount("mq", "/var/lib/rabbitmq")],
            ),
            volumes=[_efs("mq")],
        ),
        {"STO-DATASTORE-IMAGE": "high", **_OTHERS},
    ),
    Everyday(
        "Nexus keeps its repositories in a folder of the instance, and a script starts it",
        _ec2(
            _container(
                "nexus",
                "sonatype/nexus3:3.69.0",
                entryPoint=["/bin/bash", "-c"],
                command=["chown -R nexus /nexus-data && exec gosu nexus /opt/nexus/bin/nexus run"],
                mountPoints=[_mount("nexus", "/nexus-data")],
                portMappings=[{"containerPort": 8081, "hostPort": 0}],
            ),
            volumes=[_host("nexus", "/mnt/nexus")],
        ),
        {"STO-HOST-PATH": "high", **_PUBLIC},
    ),
    Everyday(
        "Portainer's server and the socket",
        _ec2(
            _container(
                "portainer",
                "portainer/portainer-ce:2.20.3",
                portMappings=[{"containerPort": 9000, "hostPort": 9000}],
                mountPoints=[_mount("sock", "/var/run/docker.sock"), _mount("data", "/data")],
            ),
            volumes=[_host("sock", "//var/run/docker.sock"), _host("data", "/opt/portainer")],
        ),
        {"STO-DOCKER-SOCK": "critical", "STO-HOST-PATH": "high", "POD-STATIC-HOSTPORT": "medium", **_PUBLIC},
    ),
    Everyday(
        "a log agent of one's own that reads Docker's files",
        _ec2(
            _container(
                "log-shipper",
                "log-shipper:4",
                mountPoints=[
                    _mount("containers", "/var/lib/docker/containers", read_only=True),
                    _mount("state", "/state"),
                    _mount("syslog", "/var/log"),
                ],
            ),
            volumes=[
                _host("containers", "/var/lib/docker/containers"),
                _host("state", "/var/lib/log-shipper"),
                _host("syslog", "/var/log"),
            ],
        ),
        {"STO-HOST-PATH": "high low"},
    ),
    Everyday(
        "Express-style services of AWS: a metadata variable in the health check and credentials of the container",
        _fargate(
            _container(
                "app",
                "app:1",
                environment=[{"name": "META", "value": "http://169.254.170.2/v4/abc"}],
                healthCheck={"command": ["CMD-SHELL", "curl -f $ECS_CONTAINER_METADATA_URI_V4 || exit 1"]},
            ),
        ),
        {"ECS-METADATA-ENDPOINT": "high"},
    ),
    Everyday(
        "a script that takes the ECS credentials away",
        _fargate(
            _container(
                "app", "app:1", command=["sh", "-c", "unset AWS_CONTAINER_CREDENTIALS_RELATIVE_URI; exec ./app"]
            ),
            taskRoleArn="arn:aws:iam::111122223333:role/app",
        ),
        {},
    ),
    # --- a third set ----------------------------------------------------------------------------------------------
    Everyday(
        "Fluentd on every instance",
        _ec2(
            _container(
                "fluentd",
                "fluent/fluentd:v1.16-1",
                mountPoints=[_mount("containers", "/var/lib/docker/containers"), _mount("log", "/var/log")],
            ),
            volumes=[_host("containers", "/var/lib/docker/containers"), _host("log", "/var/log")],
        ),
        {"STO-HOST-PATH": "low", **_HUB},
    ),
    Everyday(
        "a bastion that sees the whole instance",
        _ec2(
            _container("sshd", "bastion:2", mountPoints=[_mount("root", "/host")]),
            pidMode="host",
            volumes=[_host("root", "/")],
        ),
        {"STO-HOST-PATH": "high", "POD-HOST-PID": "high"},
    ),
    Everyday(
        "rootless BuildKit without profiles",
        _ec2(
            _container(
                "buildkit",
                "moby/buildkit:v0.14.1-rootless",
                dockerSecurityOptions=["apparmor:unconfined", "seccomp=unconfined", "no-new-privileges"],
            )
        ),
        {"POD-SECURITY-OPTS": "medium medium info", **_HUB},
    ),
    Everyday(
        "a bucket mounted by FUSE",
        _ec2(
            _container(
                "s3fs",
                "s3fs:1",
                linuxParameters={
                    "capabilities": {"add": ["SYS_ADMIN"]},
                    "devices": [{"hostPath": "/dev/fuse", "containerPath": "/dev/fuse", "permissions": ["read"]}],
                },
            )
        ),
        {"POD-CAPS-ADD": "high", "POD-DEVICES": "high"},
    ),
    Everyday(
        "work without a network",
        _ec2(_container("resize", "resize:8"), networkMode="none"),
        {"POD-NO-NETWORK": "medium"},
    ),
    Everyday(
        "an init process of the image's own before a shell",
        _fargate(_container("app", "app:2", entryPoint=["/sbin/tini", "--", "sh", "-c", "prepare; node app.js"])),
        {},
    ),
    Everyday(
        "a shell as the entry point and its script as the command",
        _fargate(_container("app", "app:2", entryPoint=["/bin/sh"], command=["-c", "prepare; node app.js"])),
        {"LIF-SHELL-PID1": "low"},
    ),
    Everyday(
        "a shell that runs a file of the image",
        _fargate(_container("app", "app:2", command=["bash", "/app/start.sh"])),
        {},
    ),
    Everyday(
        "much scratch space, kernel parameters and little time to stop",
        _fargate(
            _container(
                "etl",
                "etl:3",
                stopTimeout=119,
                systemControls=[
                    {"namespace": "net.core.somaxconn", "value": "4096"},
                    {"namespace": "net.ipv4.tcp_keepalive_time", "value": "60"},
                ],
            ),
            ephemeralStorage={"sizeInGiB": 150},
        ),
        {"STO-EPHEMERAL-LARGE": "low", "POD-SYSCTL-UNSAFE": "medium"},
    ),
    Everyday(
        "swap space for a container that leaks",
        _ec2(_container("leaky", "leaky:3", linuxParameters={"maxSwap": 2048, "swappiness": 10})),
        {"POD-SWAP": "medium"},
    ),
    Everyday(
        "a Linux container that signs in to Active Directory",
        _ec2(
            _container("reports", "reports:3", credentialSpecs=["credentialspecdomainless:arn:aws:s3:::specs/a.json"])
        ),
        {"RUN-GMSA": "high"},
    ),
    Everyday(
        "the X-Ray SDK without a daemon, and a collector that takes its place",
        _fargate(
            _container("api", "api:9", environment=[{"name": "AWS_XRAY_CONTEXT_MISSING", "value": "LOG_ERROR"}]),
        ),
        {"OBS-XRAY": "medium"},
    ),
    Everyday(
        "the collector of OpenTelemetry sends to X-Ray",
        _fargate(
            _container("api", "api:9", environment=[{"name": "AWS_XRAY_CONTEXT_MISSING", "value": "LOG_ERROR"}]),
            _container("adot", "public.ecr.aws/aws-observability/aws-otel-collector:v0.40.0"),
        ),
        {},
    ),
    Everyday(
        "a Docker volume of the task, and one that no container mounts",
        _ec2(
            _container("app", "app:4", mountPoints=[_mount("work", "/work")]),
            volumes=[
                {"name": "work", "dockerVolumeConfiguration": {"scope": "task", "driver": "local"}},
                {"name": "old", "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": True}},
            ],
        ),
        {"STO-DOCKER-VOLUME": "high"},
    ),
    Everyday(
        "tasks that must not share an instance, and ones that must",
        _ec2(
            _container("app", "app:4"),
            placementConstraints=[
                {"type": "memberOf", "expression": "task:group == service:cache"},
                {"type": "memberOf", "expression": "attribute:ecs.availability-zone == eu-west-1a"},
            ],
        ),
        {"ECS-PLACEMENT": "high low"},
    ),
    Everyday(
        "Locust's workers with a script that waits",
        _fargate(
            _container(
                "worker",
                "locust:2",
                command=["sh", "-c", "until nc -z master 5557; do sleep 1; done; exec locust --worker"],
            )
        ),
        {},
    ),
)
