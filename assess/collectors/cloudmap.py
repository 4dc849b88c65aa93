"""Reads AWS Cloud Map: namespaces, the services of those in use, and the instances that ECS registered."""

from assess.collectors.interface import Collector, Operation, Reader, pages
from assess.estate.discovery import DiscoveryService, Namespace
from assess.estate.ecs import Cluster, Service

_PAGES = pages(100, limit="MaxResults", token="NextToken")

LIST_NAMESPACES = Operation(
    "servicediscovery",
    "ListNamespaces",
    "servicediscovery:ListNamespaces",
    answers=("Namespaces",),
    paging=_PAGES,
)
LIST_SERVICES = Operation(
    "servicediscovery",
    "ListServices",
    "servicediscovery:ListServices",
    answers=("Services",),
    paging=_PAGES,
)
LIST_INSTANCES = Operation(
    "servicediscovery",
    "ListInstances",
    "servicediscovery:ListInstances",
    answers=("Instances",),
    paging=_PAGES,
)

_FACTS = ("cloudmap",)


def _read(reader: Reader) -> None:
    for document in reader.items(LIST_NAMESPACES, "Namespaces", lost=_FACTS):
        reader.add("namespaces", document)

    services = reader.facts(Service)
    registries = {each.registry_arn for service in services for each in service.service_registries}
    connected = {
        deployment.service_connect_configuration.namespace
        for service in services
        for deployment in service.deployments
        if deployment.service_connect_configuration is not None
    } | {cluster.service_connect_defaults.get("namespace") for cluster in reader.facts(Cluster)}

    def services_of(namespace: Namespace) -> None:
        listed = reader.items(
            LIST_SERVICES,
            "Services",
            lost=_FACTS,
            Filters=[{"Name": "NAMESPACE_ID", "Values": [namespace.id], "Condition": "EQ"}],
        )
        used = {namespace.arn, namespace.id, namespace.name} & connected
        if used or any(each.get("Arn") in registries for each in listed):
            for document in listed:
                reader.add("discovery_services", document | {"NamespaceId": namespace.id})

    def instances_of(service: DiscoveryService) -> None:
        for document in reader.items(
            LIST_INSTANCES, "Instances", lost=_FACTS, resource=service.arn, ServiceId=service.id
        ):
            reader.add("discovery_instances", document | {"ServiceId": service.id})

    # a registry's ARN does not say which namespace it is in
    namespaces = reader.facts(Namespace)
    reader.each(
        services_of,
        namespaces if registries else [each for each in namespaces if {each.arn, each.id, each.name} & connected],
    )
    reader.each(instances_of, [each for each in reader.facts(DiscoveryService) if each.arn in registries])


CLOUD_MAP = Collector(
    name="cloudmap",
    title="Cloud Map",
    facts=_FACTS,
    operations=(LIST_NAMESPACES, LIST_SERVICES, LIST_INSTANCES),
    collect=_read,
    after=("ecs.services",),
)

COLLECTORS = (CLOUD_MAP,)
