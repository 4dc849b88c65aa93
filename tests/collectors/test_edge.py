"""CloudFront, Global Accelerator and API Gateway in front of load balancers in use."""

from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from tests.collectors.test_route53 import balanced
from tests.support.aws import REGION, SimulatedAws
from tests.support.seeding import Network, Seeder

FACTS = frozenset({"edge", "route53"})


def scanned() -> Estate:
    found = scan(ScanRequest(), facts=FACTS)
    assert len(found.workloads) == 1
    return found


def balancer(seeder: Seeder) -> dict[str, str]:
    found = seeder.elbv2.describe_load_balancers()["LoadBalancers"][0]
    return {"arn": str(found["LoadBalancerArn"]), "name": str(found["DNSName"])}


def network(seeder: Seeder) -> Network:
    subnets = [each["SubnetId"] for each in seeder.ec2.describe_subnets()["Subnets"]]
    return Network("", tuple(subnets), ())


def test_distribution_is_kept_with_the_origins_that_may_be_load_balancers(aws: SimulatedAws, unpaced: None) -> None:
    seeder, _ = balanced(aws)
    seeder.distribution("www.example.com", balancer(seeder)["name"].upper())
    seeder.distribution("docs.example.com", "docs.s3.us-east-1.amazonaws.com")
    seeder.distribution("api.example.com", "origin.example.com")
    found = scanned()
    assert found.gaps == ()
    assert {each.aliases: len(each.origins) for each in found.distributions} == {
        ("www.example.com",): 1,
        ("api.example.com",): 1,
    }
    assert all(each.enabled and each.domain_name and each.identity for each in found.distributions)
    assert "X-Origin-Check" not in found.model_dump_json()


def test_names_of_distributions_and_of_their_origins_are_looked_up(aws: SimulatedAws, unpaced: None) -> None:
    seeder, listener = balanced(aws)
    zone = seeder.zone("example.com")
    seeder.record(zone, "origin.example.com", listener, ttl=60)
    made = seeder.distribution("www.example.com", "origin.example.com")
    front = seeder.client("cloudfront").get_distribution(Id=made)["Distribution"]["DomainName"]
    change = {"Name": "www.example.com", "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": front}]}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": change}]}
    seeder.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    assert {each.host for each in scanned().dns_records} == {"origin.example.com", "www.example.com"}


def test_long_list_of_distributions_is_read_to_its_end(aws: SimulatedAws, unpaced: None) -> None:
    seeder, _ = balanced(aws)
    for number in range(101):
        seeder.distribution(f"a{number}.example.com", "origin.example.com")
    assert len(scanned().distributions) == 101
    assert aws.counts()["cloudfront:ListDistributions"] == 2


def test_accelerator_is_asked_at_home_and_kept_with_its_endpoints(aws: SimulatedAws, unpaced: None) -> None:
    seeder, listener = balanced(aws)
    seeder.accelerator("front", listener)
    aws.lacking.accelerators["other"] = (f"arn:aws:elasticloadbalancing:{REGION}:1:loadbalancer/app/other/1",)
    found = scanned()
    (kept,) = found.accelerators
    assert (kept.name, [each.endpoint_id for each in kept.endpoints]) == ("front", [balancer(seeder)["arn"]])
    assert {each.region for each in aws.calls if each.service == "globalaccelerator"} == {"us-west-2"}
    assert found.gaps == ()


def test_api_is_kept_with_what_it_calls_through_a_link(aws: SimulatedAws, unpaced: None) -> None:
    seeder, listener = balanced(aws)
    api = seeder.api("orders", network(seeder), listener)
    seeder.client("apigatewayv2").create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri="https://user:hush@elsewhere.example/path",
        PayloadFormatVersion="1.0",
    )
    found = scanned()
    (kept,) = found.api_integrations
    assert (kept.protocol, kept.api_name, kept.target) == ("HTTP", "orders", listener)
    assert found.gaps == ()


def test_rest_api_is_kept_with_its_link_and_host(aws: SimulatedAws, unpaced: None) -> None:
    seeder, _ = balanced(aws)
    arn = balancer(seeder)["arn"]
    apis = seeder.client("apigateway")
    link = apis.create_vpc_link(name="front", targetArns=[arn])["id"]
    other = apis.create_vpc_link(name="other", targetArns=[f"{arn}0"])["id"]
    api = apis.create_rest_api(name="orders")["id"]
    root = apis.get_resources(restApiId=api)["items"][0]["id"]
    links = {"GET": link, "POST": other}
    for method, connection in links.items():
        apis.put_method(restApiId=api, resourceId=root, httpMethod=method, authorizationType="NONE")
        apis.put_integration(
            restApiId=api,
            resourceId=root,
            httpMethod=method,
            type="HTTP_PROXY",
            integrationHttpMethod=method,
            connectionType="VPC_LINK",
            connectionId=connection,
            uri="https://orders.example.com/path?key=hush",
        )

    def linked(answer: Any) -> None:
        for method, settings in answer["items"][0]["resourceMethods"].items():
            settings["methodIntegration"]["connectionId"] = links[method]  # moto drops it

    aws.override("apigateway", "GetResources", linked)
    found = scanned()
    assert [(each.name, each.target_arns) for each in found.vpc_links] == [("front", (arn,))]
    (kept,) = found.api_integrations
    assert (kept.protocol, kept.api_name, kept.connection_id, kept.host) == (
        "REST",
        "orders",
        link,
        "orders.example.com",
    )
    assert "hush" not in found.model_dump_json()
    assert found.gaps == ()


def test_apis_are_not_listed_without_a_link(aws: SimulatedAws, unpaced: None) -> None:
    balanced(aws)
    scanned()
    called = {each.operation for each in aws.calls if each.service.startswith("apigateway")}
    assert called == {"GetVpcLinks"}


def test_nothing_is_asked_without_a_load_balancer(aws: SimulatedAws, unpaced: None) -> None:
    scan(ScanRequest(), facts=FACTS)
    asked = {api.partition(":")[0] for api in aws.counts()}
    assert not asked & {"cloudfront", "globalaccelerator", "apigateway", "apigatewayv2"}


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("cloudfront", "ListDistributions"),
        ("globalaccelerator", "ListAccelerators"),
        ("globalaccelerator", "ListListeners"),
        ("globalaccelerator", "ListEndpointGroups"),
        ("apigateway", "GetVpcLinks"),
        ("apigateway", "GetRestApis"),
        ("apigateway", "GetResources"),
        ("apigatewayv2", "GetVpcLinks"),
        ("apigatewayv2", "GetApis"),
        ("apigatewayv2", "GetIntegrations"),
    ],
)
def test_what_is_refused_takes_only_its_fact(aws: SimulatedAws, unpaced: None, service: str, operation: str) -> None:
    seeder, listener = balanced(aws)
    seeder.accelerator("front", listener)
    seeder.api("orders", network(seeder), listener)
    seeder.client("apigateway").create_rest_api(name="orders")
    aws.deny(service, operation)
    found = scanned()
    action = "apigateway:GET" if service.startswith("apigateway") else f"{service}:{operation}"
    assert [(each.action, each.facts) for each in found.gaps] == [(action, ("edge",))]
    missing = found.missing("edge", found.load_balancers[0].origin, None)
    assert missing is not None and missing.actions == (action,)
