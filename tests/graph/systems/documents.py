"""Documents of a deployed estate in AWS's own terms, under the estate's lists: what the builders of systems share."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

Document = dict[str, Any]
Documents = dict[str, list[Document]]
"""Documents by the estate's list (``services``, ``target_groups``, ...), each as AWS describes it."""


class Account:
    """Collects the documents of one account and region."""

    def __init__(self, account: str, region: str, vpc: str) -> None:
        self.account = account
        self.region = region
        self.vpc = vpc
        self.documents: Documents = {}

    def add(self, kind: str, **document: Any) -> None:
        """One document of a list."""
        self.documents.setdefault(kind, []).append(document)

    def arn(self, service: str, resource: str) -> str:
        """ARN of a resource of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def cluster(self, name: str) -> str:
        """ARN of a cluster."""
        arn = self.arn("ecs", f"cluster/{name}")
        self.add("clusters", clusterArn=arn, clusterName=name, status="ACTIVE")
        return arn

    def service(
        self,
        cluster: str,
        name: str,
        family: str,
        containers: Iterable[Document],
        *,
        groups: Iterable[str] = (),
        task: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> None:
        """A service and its task definition; on Fargate with awsvpc where security groups are given."""
        revision = self.arn("ecs", f"task-definition/{family}:7")
        fargate = {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "512", "memory": "1024"}
        self.add(
            "task_definitions",
            taskDefinitionArn=revision, family=family, revision=7, status="ACTIVE",
            containerDefinitions=list(containers), **(fargate if groups else {}), **(task or {}),
        )  # fmt: skip
        inside = {"subnets": ["subnet-0a", "subnet-0b"], "securityGroups": list(groups)}
        network = {"networkConfiguration": {"awsvpcConfiguration": inside}} if groups else {}
        running = {"status": "PRIMARY", "taskDefinition": revision, "rolloutState": "COMPLETED"}
        document = {
            "serviceArn": self.arn("ecs", f"service/{cluster.rpartition('/')[2]}/{name}"),
            "serviceName": name,
            "clusterArn": cluster,
            "status": "ACTIVE",
            "schedulingStrategy": "REPLICA",
            "launchType": "FARGATE" if groups else "EC2",
            "desiredCount": 2,
            "runningCount": 2,
            "taskDefinition": revision,
            "deployments": [running],
        }
        self.add("services", **(document | network | given))

    def container(self, name: str, group: str, **given: Any) -> Document:
        """A container that logs to a group; ``environment`` and ``secrets`` are given as mappings."""
        lists: Document = {}
        for field, value in (("environment", "value"), ("secrets", "valueFrom")):
            lists[field] = [{"name": key, value: text} for key, text in given.pop(field, {}).items()]
        options = {"awslogs-group": group, "awslogs-region": self.region, "awslogs-stream-prefix": name}
        log = {"logDriver": "awslogs", "options": options}
        image = f"{self.account}.dkr.ecr.{self.region}.amazonaws.com/{name}:7"
        return {"name": name, "image": image, "essential": True, "logConfiguration": log} | lists | given

    def group(self, name: str, *admits: tuple[int, str]) -> str:
        """Id of a security group that admits TCP on a port from a group's id or a CIDR."""
        id = f"sg-{name}"
        rules = []
        for port, source in admits:
            rule: Document = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
            if source.startswith("sg-"):
                rule["UserIdGroupPairs"] = [{"GroupId": source, "UserId": self.account}]
            else:
                rule["IpRanges"] = [{"CidrIp": source}]
            rules.append(rule)
        everywhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        self.add(
            "security_groups",
            GroupId=id, GroupName=name, VpcId=self.vpc, IpPermissions=rules, IpPermissionsEgress=everywhere,
        )  # fmt: skip
        return id

    def admit(self, group: str, port: int, *sources: str) -> None:
        """Lets other groups in."""
        for each in self.documents["security_groups"]:
            if each["GroupId"] == group:
                pairs = [{"GroupId": source, "UserId": self.account} for source in sources]
                rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": pairs}
                each["IpPermissions"].append(rule)

    def target_group(self, name: str, port: int, protocol: str = "HTTP", balancer: str = "") -> str:
        """ARN of a target group of addresses."""
        arn = self.arn("elasticloadbalancing", f"targetgroup/{name}/73e2d6bc24d8a067")
        self.add(
            "target_groups",
            TargetGroupArn=arn, TargetGroupName=name, Protocol=protocol, Port=port, VpcId=self.vpc, TargetType="ip",
            LoadBalancerArns=[self.balancer_arn(balancer)] if balancer else [],
        )  # fmt: skip
        return arn

    def balancer_arn(self, name: str, kind: str = "app") -> str:
        """ARN of a load balancer."""
        return self.arn("elasticloadbalancing", f"loadbalancer/{kind}/{name}/50dc6c495c0c9188")

    def balancer(self, name: str, *groups: str, internal: bool, network: bool = False) -> str:
        """DNS name of a load balancer."""
        scheme = "internal" if internal else "internet-facing"
        inside = "internal-" if internal else ""
        host = f"{inside}{name}-1290463861.{self.region}.elb.amazonaws.com"
        if network:
            host = f"{name}-50dc6c495c0c9188.elb.{self.region}.amazonaws.com"
        arn = self.balancer_arn(name, "net" if network else "app")
        self.add(
            "load_balancers",
            LoadBalancerArn=arn, LoadBalancerName=name, DNSName=host, Scheme=scheme, VpcId=self.vpc,
            Type="network" if network else "application", SecurityGroups=list(groups),
        )  # fmt: skip
        return host

    def listener(self, balancer: str, port: int, protocol: str, *actions: Document, network: bool = False) -> str:
        """ARN of a listener, which is given its default rule too."""
        owner = self.balancer_arn(balancer, "net" if network else "app")
        arn = f"{owner.replace(':loadbalancer/', ':listener/')}/{port:016x}"
        self.add(
            "listeners",
            ListenerArn=arn, LoadBalancerArn=owner, Port=port, Protocol=protocol, DefaultActions=list(actions),
        )  # fmt: skip
        self.rule(arn, "default", [], *actions)
        return arn

    def rule(self, listener: str, priority: str, conditions: list[Document], *actions: Document) -> None:
        """A rule of a listener."""
        self.add(
            "listener_rules",
            RuleArn=f"{listener.replace(':listener/', ':listener-rule/')}/{priority}", ListenerArn=listener,
            Priority=priority, Conditions=conditions, Actions=list(actions), IsDefault=priority == "default",
        )  # fmt: skip

    def namespace(self, name: str) -> str:
        """Id of a private DNS namespace."""
        id = f"ns-{name.replace('.', '')}"
        self.add(
            "namespaces", Arn=self.arn("servicediscovery", f"namespace/{id}"), Id=id, Name=name, Type="DNS_PRIVATE"
        )
        return id

    def discovered(self, namespace: str, name: str, cluster: str, service: str, record: str = "A") -> list[Document]:
        """The registries entry of a service that Cloud Map makes a name for, and its one instance."""
        id = f"srv-{name}"
        arn = self.arn("servicediscovery", f"service/{id}")
        config = {"NamespaceId": namespace, "RoutingPolicy": "MULTIVALUE", "DnsRecords": [{"Type": record, "TTL": 10}]}
        self.add(
            "discovery_services", Arn=arn, Id=id, Name=name, NamespaceId=namespace, DnsConfig=config, InstanceCount=1
        )
        known = {"AWS_INSTANCE_IPV4": "10.0.1.17", "ECS_SERVICE_NAME": service, "ECS_CLUSTER_NAME": cluster}
        self.add("discovery_instances", Id=f"task-{name}", ServiceId=id, Attributes=known)
        return [{"registryArn": arn}]

    def alias(self, host: str, target: str, *, private: bool) -> None:
        """An A record of a zone of its own that is an alias of a load balancer."""
        to = {"HostedZoneId": "Z32O12XQLNTSW2", "DNSName": f"{target}."}
        self.add(
            "dns_records",
            HostedZoneId=f"Z{host.replace('.', '').upper()[:12]}", ZoneName=f"{host}.", IsPrivate=private,
            Name=f"{host}.", Type="A", AliasTarget=to,
        )  # fmt: skip

    def role(self, name: str, *statements: Document, service: str = "ecs-tasks.amazonaws.com") -> str:
        """ARN of a role with an inline policy."""
        arn = f"arn:aws:iam::{self.account}:role/{name}"
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        policy = {"PolicyName": "permissions", "Document": {"Version": "2012-10-17", "Statement": list(statements)}}
        self.add(
            "roles",
            Arn=arn, RoleName=name, AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": [trust]},
            Policies=[policy] if statements else [],
        )  # fmt: skip
        return arn

    def secret(self, name: str) -> str:
        """ARN of a secret."""
        arn = self.arn("secretsmanager", f"secret:{name}-x7Kq2M")
        self.add("stored_secrets", ARN=arn, Name=name)
        return arn

    def parameter(self, name: str) -> str:
        """ARN of a parameter."""
        arn = self.arn("ssm", f"parameter/{name.removeprefix('/')}")
        self.add("stored_parameters", ARN=arn, Name=name, Type="SecureString")
        return arn

    def replication_group(self, name: str, *groups: str) -> str:
        """Primary host of a Redis group; its one member holds the security groups, as ElastiCache has it."""
        code = {"eu-west-1": "euw1", "eu-west-2": "euw2"}[self.region]
        host = f"master.{name}.q7rc2f.{code}.cache.amazonaws.com"
        member = f"{name}-001"
        shard = {"PrimaryEndpoint": {"Address": host, "Port": 6379}, "NodeGroupMembers": []}
        self.add(
            "replication_groups",
            ARN=self.arn("elasticache", f"replicationgroup:{name}"), ReplicationGroupId=name, Engine="redis",
            NodeGroups=[shard], MemberClusters=[member], SnapshotRetentionLimit=0,
        )  # fmt: skip
        self.add(
            "cache_clusters",
            ARN=self.arn("elasticache", f"cluster:{member}"), CacheClusterId=member, Engine="redis",
            ReplicationGroupId=name, SecurityGroups=[{"SecurityGroupId": each, "Status": "active"} for each in groups],
        )  # fmt: skip
        return host


def allow(actions: Iterable[str], resource: str | list[str] = "*") -> Document:
    """A statement that allows actions."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def forward(target_group: str, order: int | None = None) -> Document:
    """An action that sends requests to a target group."""
    return {"Type": "forward", "TargetGroupArn": target_group} | ({"Order": order} if order else {})


def redirect(**to: str) -> Document:
    """An action that answers with another address."""
    return {"Type": "redirect", "RedirectConfig": {"Port": "443", "Protocol": "HTTPS", "StatusCode": "HTTP_301"} | to}


def path(*patterns: str) -> list[Document]:
    """The condition on the path."""
    return [{"Field": "path-pattern", "Values": list(patterns), "PathPatternConfig": {"Values": list(patterns)}}]


def text_of(pattern: Mapping[str, Any]) -> str:
    """A document as JSON, as AWS returns patterns and policies."""
    return json.dumps(pattern, sort_keys=True)
