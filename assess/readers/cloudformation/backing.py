"""Databases, caches, tables, buckets, queues, topics, functions and APIs as their services describe them."""

from assess.readers.cloudformation.drafts import Draft, Drafts
from assess.readers.cloudformation.network import vpc_of
from assess.readers.cloudformation.stack import reference_to
from assess.readers.cloudformation.values import Value

_FUNCTIONS = ("AWS::Lambda::Function", "AWS::Serverless::Function")

_BACKED_UP_ELSEWHERE = frozenset({"DBClusterIdentifier", "ReadReplicaSourceDBInstanceIdentifier"})


def complete(drafts: Drafts) -> None:
    """Adds what no table of names can say: networks, endpoints by engine, what reads from what."""
    for draft in list(drafts.drafts):
        match draft.kind:
            case "database_instances":
                groups = drafts.stack.meant(draft.resource.properties.get("DBSubnetGroupName"))
                subnets = groups.properties.get("SubnetIds") if groups is not None else None
                draft.put("DBSubnetGroup/VpcId", vpc_of(subnets, drafts))
                has_default = "BackupRetentionPeriod" not in draft.resource.properties
                if has_default and draft.members.keys() & _BACKED_UP_ELSEWHERE:
                    # its cluster or its source is backed up: the default is for instances by themselves
                    draft.members.pop("BackupRetentionPeriod", None)
            case "database_proxies":
                draft.put("VpcId", vpc_of(draft.resource.properties.get("VpcSubnetIds"), drafts))
            case "cache_clusters":
                _cache(draft)
            case "tables":
                _table(draft)
            case "buckets":
                versioning = draft.members.get("Versioning")
                if versioning is not None and versioning.members:
                    draft.put("Versioning", versioning.members.get("Status"))
            case "search_domains":
                options = draft.members.get("VPCOptions")
                if options is not None and options.members:
                    draft.put("VPCOptions/VPCId", vpc_of(options.members.get("SubnetIds"), drafts))
            case "queues":
                redrive = draft.resource.properties.get("RedrivePolicy")
                if redrive is not None:
                    draft.put("DeadLetterTargetArn", redrive.members.get("deadLetterTargetArn"))
            case "topics":
                _subscriptions(draft, drafts)
            case "functions":
                _function(draft, drafts)
            case "api_integrations":
                kind = draft.resource.properties.get("ConnectionType")
                if kind is None or kind.literal != "VPC_LINK":
                    drafts.drop(draft)
                api = drafts.stack.meant(draft.resource.properties.get("ApiId"), "AWS::ApiGatewayV2::Api")
                draft.put("apiName", api.properties.get("Name") if api is not None else None)
            case "event_source_mappings":
                function = drafts.stack.meant(draft.resource.properties.get("FunctionName"), *_FUNCTIONS, anywhere=True)
                named = draft.resource.properties.get("FunctionName")
                draft.put("FunctionArn", Value(function.arn, draft.resource.line) if function is not None else named)
    _proxies(drafts)


def _cache(draft: Draft) -> None:
    engine = draft.members.get("Engine")
    if engine is None or engine.literal != "memcached":
        draft.put("CacheNodes/0/Endpoint/Address", reference_to(draft.resource, "RedisEndpoint.Address"))
    if engine is None or engine.literal in (None, "memcached"):
        draft.put("ConfigurationEndpoint/Address", reference_to(draft.resource, "ConfigurationEndpoint.Address"))


def _table(draft: Draft) -> None:
    recovery = draft.resource.properties.get("PointInTimeRecoverySpecification")
    replicas = draft.resource.properties.get("Replicas")
    if replicas is not None:  # of a global table: each replica has its own
        return
    enabled = recovery.members.get("PointInTimeRecoveryEnabled") if recovery is not None else None
    if recovery is None or (enabled is not None and enabled.literal is not None):
        is_on = enabled is not None and enabled.literal == "true"
        draft.put("PointInTimeRecoveryStatus", Value("ENABLED" if is_on else "DISABLED", draft.resource.line))


def _subscriptions(draft: Draft, drafts: Drafts) -> None:
    listed = draft.resource.properties.get("Subscription")
    for index, each in enumerate(listed.items if listed is not None else ()):
        members = {
            "SubscriptionArn": Value(f"{draft.resource.arn}:{index}", each.line),
            "TopicArn": Value(draft.resource.arn, each.line),
            **{name: each.members[name] for name in ("Protocol", "Endpoint") if name in each.members},
        }
        drafts.add("subscriptions", draft.resource, members)


def _function(draft: Draft, drafts: Drafts) -> None:
    properties = draft.resource.properties
    environment = properties.get("Environment")
    variables = environment.members.get("Variables") if environment is not None else None
    if variables is not None:
        items = [
            Value({"name": Value(name, value.line), "value": value}, value.line)
            for name, value in variables.members.items()
        ]
        draft.put("environment", Value(items, variables.line) if variables.members else variables)
    network = properties.get("VpcConfig")
    if network is not None:
        for name in ("SubnetIds", "SecurityGroupIds"):
            draft.put(name, network.members.get(name))
        draft.put("VpcId", vpc_of(network.members.get("SubnetIds"), drafts))
    events = properties.get("Events")
    for name, event in events.members.items() if events is not None else ():
        given = event.members.get("Properties")
        source = (
            next((given.members[key] for key in ("Queue", "Stream") if key in given.members), None) if given else None
        )
        if source is not None:
            members = {
                "UUID": Value(f"{draft.resource.arn}/{name}", event.line),
                "EventSourceArn": source,
                "FunctionArn": Value(draft.resource.arn, event.line),
            }
            drafts.add("event_source_mappings", draft.resource, members)


def _proxies(drafts: Drafts) -> None:
    for group in drafts.stack.of("AWS::RDS::DBProxyTargetGroup"):
        proxy = drafts.meant(group.properties.get("DBProxyName"), "AWS::RDS::DBProxy")
        if proxy is None:
            continue
        for name, field, kind in (
            ("DBInstanceIdentifiers", "RdsResourceId", "RDS_INSTANCE"),
            ("DBClusterIdentifiers", "TrackedClusterId", "TRACKED_CLUSTER"),
        ):
            listed = group.properties.get(name)
            for each in listed.items if listed is not None else ():
                proxy.put("Targets/-", Value({field: each, "Type": Value(kind, each.line)}, each.line))
