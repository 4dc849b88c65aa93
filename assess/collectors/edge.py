"""Reads CloudFront, Global Accelerator and API Gateway: what stands in front of the load balancers in use."""

from typing import Any
from urllib.parse import urlsplit

from assess.collectors.interface import Collector, Document, Operation, Reader, members, pages, unsized_pages
from assess.estate.balancing import LoadBalancer
from assess.estate.discovery import DiscoveryService
from assess.estate.dns import host_name

LIST_DISTRIBUTIONS = Operation(
    "cloudfront",
    "ListDistributions",
    "cloudfront:ListDistributions",
    answers=("DistributionList",),
    paging=unsized_pages("Marker", "NextMarker", within="DistributionList"),
)


def _of_accelerators(name: str, key: str) -> Operation:
    return Operation(
        "globalaccelerator",
        name,
        f"globalaccelerator:{name}",
        answers=(key,),
        paging=pages(100, limit="MaxResults", token="NextToken"),
        home="us-west-2",
    )


LIST_ACCELERATORS = _of_accelerators("ListAccelerators", "Accelerators")
LIST_LISTENERS = _of_accelerators("ListListeners", "Listeners")
LIST_ENDPOINT_GROUPS = _of_accelerators("ListEndpointGroups", "EndpointGroups")

_OF_REST = pages(500, limit="limit", token="position")


def _of_apis(service: str, name: str, *, group: str = "api gateway") -> Operation:
    rest = service == "apigateway"
    return Operation(
        service,
        name,
        "apigateway:GET",
        group,
        answers=("items" if rest else "Items",),
        paging=_OF_REST if rest else unsized_pages("NextToken"),
    )


GET_VPC_LINKS_OF_REST = _of_apis("apigateway", "GetVpcLinks")
GET_REST_APIS = _of_apis("apigateway", "GetRestApis")
GET_RESOURCES = _of_apis("apigateway", "GetResources", group="api gateway resources")
GET_VPC_LINKS = _of_apis("apigatewayv2", "GetVpcLinks")
GET_APIS = _of_apis("apigatewayv2", "GetApis")
GET_INTEGRATIONS = _of_apis("apigatewayv2", "GetIntegrations")

_FACTS = ("edge",)


# --- the same everywhere ----------------------------------------------------------------------------------------


def _read_fronts(reader: Reader) -> None:
    balancers = reader.facts(LoadBalancer)
    names = {host_name(each.dns_name) for each in balancers if each.dns_name}
    if names:
        for listed in reader.items(LIST_DISTRIBUTIONS, "Items", lost=_FACTS):
            origins = [each for each in members(listed.get("Origins") or {}, "Items") if _may_lead_to(each, names)]
            if origins:
                reader.add("distributions", _distribution(listed, origins))
    # other partitions have no Global Accelerator
    used = {each.identity for each in balancers if each.identity.startswith("arn:aws:")}
    if used:
        accelerators = reader.items(LIST_ACCELERATORS, "Accelerators", lost=_FACTS)
        reader.each(lambda each: _read_accelerator(reader, each, used), accelerators)


def _may_lead_to(origin: Document, names: set[str]) -> bool:
    """Whether an origin is a load balancer in use, or has a name that a DNS record may lead to one."""
    host = host_name(str(origin.get("DomainName") or ""))
    return host in names or not host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".on.aws"))


def _distribution(listed: Document, origins: list[Document]) -> Document:
    kept = {key: listed[key] for key in ("ARN", "Id", "DomainName", "Enabled") if key in listed}
    fields = ("Id", "DomainName", "OriginPath")
    of_origins = [{key: each[key] for key in fields if each.get(key)} for each in origins]
    return kept | {"Aliases": members(listed.get("Aliases") or {}, "Items"), "Origins": of_origins}


def _read_accelerator(reader: Reader, accelerator: Document, used: set[str]) -> None:
    arn = str(accelerator["AcceleratorArn"])
    endpoints: list[Document] = []
    for listener in reader.items(LIST_LISTENERS, "Listeners", lost=_FACTS, resource=arn, AcceleratorArn=arn):
        of = str(listener["ListenerArn"])
        for group in reader.items(LIST_ENDPOINT_GROUPS, "EndpointGroups", lost=_FACTS, resource=arn, ListenerArn=of):
            place = {key: group[key] for key in ("EndpointGroupRegion", "TrafficDialPercentage") if key in group}
            for endpoint in members(group, "EndpointDescriptions"):
                if endpoint.get("EndpointId") in used:
                    endpoints.append({"EndpointId": endpoint["EndpointId"], "Weight": endpoint.get("Weight")} | place)
    if endpoints:
        kept = {key: accelerator[key] for key in ("AcceleratorArn", "Name", "DnsName", "Enabled") if key in accelerator}
        reader.add("accelerators", kept | {"Endpoints": endpoints})


# --- APIs -------------------------------------------------------------------------------------------------------


def _read_apis(reader: Reader) -> None:
    used = {each.identity for each in reader.facts(LoadBalancer)}
    if not used and not reader.facts(DiscoveryService):
        return
    leading = []
    for link in reader.items(GET_VPC_LINKS_OF_REST, "items", lost=_FACTS):
        targets = [arn for arn in members(link, "targetArns") if arn in used]
        if targets:
            leading.append(link)
            kept = {key: link[key] for key in ("id", "name", "status") if key in link}
            reader.add("vpc_links", kept | {"targetArns": targets})
    # a link of the second kind leads wherever an API says
    general = reader.items(GET_VPC_LINKS, "Items", lost=_FACTS)
    if general:
        apis = reader.items(GET_APIS, "Items", lost=_FACTS)
        reader.each(lambda api: _read_integrations(reader, api), apis)
    if general or leading:
        ids = {str(each.get("id")) for each in leading} | {str(each.get("VpcLinkId")) for each in general}
        apis = reader.items(GET_REST_APIS, "items", lost=_FACTS)
        reader.each(lambda api: _read_resources(reader, api, ids), apis)


def _read_integrations(reader: Reader, api: Document) -> None:
    id = str(api["ApiId"])
    of_api = {"apiId": id, "apiName": api.get("Name"), "protocol": "HTTP"}
    for each in reader.items(GET_INTEGRATIONS, "Items", lost=_FACTS, resource=id, ApiId=id):
        if each.get("ConnectionType") == "VPC_LINK":
            _add(reader, of_api, each.get("ConnectionId"), each.get("IntegrationUri"), None)


def _read_resources(reader: Reader, api: Document, links: set[str]) -> None:
    id = str(api["id"])
    of_api = {"apiId": id, "apiName": api.get("name"), "protocol": "REST"}
    for resource in reader.items(GET_RESOURCES, "items", lost=_FACTS, resource=id, restApiId=id, embed=["methods"]):
        for method in (resource.get("resourceMethods") or {}).values():
            integration = method.get("methodIntegration") or {}
            if integration.get("connectionType") == "VPC_LINK" and integration.get("connectionId") in links:
                _add(
                    reader,
                    of_api,
                    integration["connectionId"],
                    integration.get("integrationTarget"),
                    _host(str(integration.get("uri") or "")),
                )


def _host(uri: str) -> str | None:
    """The host of a URI: its path and query are nobody's business here."""
    try:
        return urlsplit(uri).hostname
    except ValueError:
        return None


def _add(reader: Reader, of_api: Document, link: Any, target: Any, host: str | None) -> None:
    told = {"connectionId": link, "target": target, "host": host}
    reader.add("api_integrations", of_api | {key: value for key, value in told.items() if value})


FRONTS = Collector(
    name="edge",
    title="distributions and accelerators",
    facts=_FACTS,
    operations=(LIST_DISTRIBUTIONS, LIST_ACCELERATORS, LIST_LISTENERS, LIST_ENDPOINT_GROUPS),
    collect=_read_fronts,
    after=("elb",),
    regional=False,
)
APIS = Collector(
    name="apigateway",
    title="APIs with VPC links",
    facts=_FACTS,
    operations=(GET_VPC_LINKS_OF_REST, GET_REST_APIS, GET_RESOURCES, GET_VPC_LINKS, GET_APIS, GET_INTEGRATIONS),
    collect=_read_apis,
    after=("elb", "cloudmap"),
)

COLLECTORS = (FRONTS, APIS)
