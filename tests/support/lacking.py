"""What moto lacks of other services than ECS: operations that it has not, and answers that change with the day."""

from collections.abc import Callable, Mapping
from typing import Any

from moto.elasticache import models as elasticache_models
from moto.moto_api._internal import mock_random
from moto.wafv2.models import wafv2_backends

from tests.support.wire import AwsError, Call, Document

# the ids of caches are the only ones that moto draws elsewhere: equal seeds are to make equal ones
vars(elasticache_models)["random"] = mock_random

Ask = Callable[[str, Document], Document]
"""Puts an operation of the call's service and parameters to moto."""

_ISSUED = {"Status": "ISSUED", "NotBefore": 1_764_000_000.0, "NotAfter": 1_811_000_000.0}
"""November 2025 to May 2027, in seconds: moto's certificates begin on the day of the test."""


class Lacking:
    """Answers of an account, and what tests put into them."""

    def __init__(self) -> None:
        self.certificates: dict[str, Document] = {}
        """Members of a certificate's description that differ from those of one that Amazon issued, by its ARN."""
        self.accelerators: dict[str, tuple[str, ...]] = {}
        """ARNs of the endpoints of an accelerator, by its name; each has one listener with one group of endpoints."""
        self.lattice: dict[str, tuple[str, ...]] = {}
        """ARNs of the services of VPC Lattice that lead to a target group of it, by the group's ARN."""
        self.serverless_caches: dict[str, Document] = {}
        """Members of a serverless cache of ElastiCache, by its name."""
        self._handlers: Mapping[tuple[str, str], Callable[[Call, Ask], Document]] = {
            ("acm", "DescribeCertificate"): self._describe_certificate,
            ("wafv2", "ListResourcesForWebACL"): _list_resources_for_web_acl,
            ("codedeploy", "BatchGetApplications"): _batch_get_applications,
            ("codedeploy", "BatchGetDeploymentGroups"): _batch_get_deployment_groups,
            ("elasticache", "DescribeServerlessCaches"): self._describe_serverless_caches,
            ("kafka", "GetBootstrapBrokers"): _get_bootstrap_brokers,
            ("sqs", "ListQueues"): _list_queues,
            ("vpc-lattice", "ListTargetGroups"): self._list_target_groups,
            ("globalaccelerator", "ListAccelerators"): self._list_accelerators,
            ("globalaccelerator", "ListListeners"): _list_listeners,
            ("globalaccelerator", "ListEndpointGroups"): self._list_endpoint_groups,
        }

    def clear(self) -> None:
        """Forgets all."""
        self.certificates.clear()
        self.accelerators.clear()
        self.serverless_caches.clear()
        self.lattice.clear()

    def handler(self, call: Call) -> Callable[[Call, Ask], Document] | None:
        """What answers a call, where moto alone does not."""
        return self._handlers.get((call.service, call.operation))

    def _describe_certificate(self, call: Call, ask: Ask) -> Document:
        answer = ask(call.operation, dict(call.parameters))
        own = self.certificates.get(str(call.parameters["CertificateArn"]), {})
        answer["Certificate"] |= _ISSUED | own
        return answer

    def _list_target_groups(self, call: Call, _ask: Ask) -> Document:
        return {
            "items": [
                {"arn": arn, "id": name, "name": name, "type": "IP", "status": "ACTIVE", "serviceArns": list(services)}
                for arn, services in sorted(self.lattice.items())
                for name in [arn.rpartition("/")[2]]
            ]
        }

    def _describe_serverless_caches(self, call: Call, _ask: Ask) -> Document:
        return {
            "ServerlessCaches": [
                {
                    "ServerlessCacheName": name,
                    "ARN": f"arn:aws:elasticache:{call.region}:{call.account}:serverlesscache:{name}",
                    "Status": "available",
                }
                | own
                for name, own in sorted(self.serverless_caches.items())
            ]
        }

    def _list_accelerators(self, call: Call, _ask: Ask) -> Document:
        _at_home(call)
        return {
            "Accelerators": [
                {
                    "AcceleratorArn": f"arn:aws:globalaccelerator::{call.account}:accelerator/{name}",
                    "Name": name,
                    "DnsName": f"a{number:016x}.awsglobalaccelerator.com",
                    "Enabled": True,
                    "Status": "DEPLOYED",
                }
                for number, name in enumerate(sorted(self.accelerators), 1)
            ]
        }

    def _list_endpoint_groups(self, call: Call, _ask: Ask) -> Document:
        _at_home(call)
        listener = str(call.parameters["ListenerArn"])
        endpoints = self.accelerators[listener.split("/")[1]]
        group = {
            "EndpointGroupArn": f"{listener}/endpoint-group/1",
            "EndpointGroupRegion": "us-east-1",
            "TrafficDialPercentage": 100.0,
            "EndpointDescriptions": [{"EndpointId": each, "Weight": 128} for each in endpoints],
        }
        return {"EndpointGroups": [group]}


def _get_bootstrap_brokers(call: Call, _ask: Ask) -> Document:
    """The brokers of a cluster that takes TLS and IAM."""
    name = str(call.parameters["ClusterArn"]).split("/")[1]
    hosts = [f"b-{number}.{name}.a1b2c3.c4.kafka.{call.region}.amazonaws.com" for number in (1, 2)]
    return {
        "BootstrapBrokerStringTls": ",".join(f"{host}:9094" for host in hosts),
        "BootstrapBrokerStringSaslIam": ",".join(f"{host}:9098" for host in hosts),
    }


def _list_queues(call: Call, ask: Ask) -> Document:
    """Queues by the URLs that AWS gives them: moto names its own host."""
    answer = ask(call.operation, dict(call.parameters))
    if "QueueUrls" in answer:
        host = f"sqs.{call.region}.amazonaws.com"
        answer["QueueUrls"] = [f"https://{host}/{call.account}/{url.rpartition('/')[2]}" for url in answer["QueueUrls"]]
    return answer


def _list_listeners(call: Call, _ask: Ask) -> Document:
    _at_home(call)
    arn = str(call.parameters["AcceleratorArn"])
    return {"Listeners": [{"ListenerArn": f"{arn}/listener/1", "Protocol": "TCP"}]}


def _at_home(call: Call) -> None:
    """Refuses a call that reached another region than the one where Global Accelerator is."""
    if call.region != "us-west-2":
        raise AwsError("UnknownEndpoint", "Global Accelerator answers in us-west-2 only")


def _batch_get_applications(call: Call, ask: Ask) -> Document:
    answer = ask(call.operation, dict(call.parameters))
    for application in answer["applicationsInfo"]:
        application["createTime"] = 1_764_000_000.0  # moto's are made on the day of the test
    return answer


def _batch_get_deployment_groups(call: Call, ask: Ask) -> Document:
    application = call.parameters["applicationName"]
    groups = [
        ask("GetDeploymentGroup", {"applicationName": application, "deploymentGroupName": name})
        for name in call.parameters["deploymentGroupNames"]
    ]
    return {"deploymentGroupsInfo": [each["deploymentGroupInfo"] for each in groups]}


def _list_resources_for_web_acl(call: Call, _ask: Ask) -> Document:
    acl: Any = wafv2_backends[call.account][call.region].wacls.get(call.parameters["WebACLArn"])
    if acl is None:
        raise AwsError("WAFNonexistentItemException", "AWS WAF couldn't perform the operation.")
    kind = str(call.parameters.get("ResourceType", "APPLICATION_LOAD_BALANCER"))
    wanted = ":loadbalancer/app/" if kind == "APPLICATION_LOAD_BALANCER" else kind
    return {"ResourceArns": [arn for arn in acl.associated_resources if wanted in arn]}
