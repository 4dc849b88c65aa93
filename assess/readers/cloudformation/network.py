"""VPCs with their routes, rules and associations as EC2 describes them: in the resource that they belong to."""

from collections.abc import Mapping

from assess.readers.cloudformation.drafts import Draft, Drafts
from assess.readers.cloudformation.stack import Declared
from assess.readers.cloudformation.values import Value

_GROUP = "AWS::EC2::SecurityGroup"

_OF_A_ROUTE = (
    *("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "GatewayId", "NatGatewayId"),
    *("TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId", "InstanceId", "EgressOnlyInternetGatewayId"),
)
_ANYWHERE = "0.0.0.0/0"


def complete(drafts: Drafts) -> None:
    """Puts routes into route tables, rules into groups, entries into ACLs, associations to what they associate."""
    for resource in drafts.stack.resources.values():
        match resource.type:
            case "AWS::EC2::Route":
                _route(resource, drafts)
            case "AWS::EC2::SubnetRouteTableAssociation":
                _associate(resource, "RouteTableId", "AWS::EC2::RouteTable", drafts)
            case "AWS::EC2::SubnetNetworkAclAssociation":
                _associate(resource, "NetworkAclId", "AWS::EC2::NetworkAcl", drafts)
            case "AWS::EC2::NetworkAclEntry":
                _entry(resource, drafts)
            case "AWS::EC2::SecurityGroupIngress" | "AWS::EC2::SecurityGroupEgress":
                group = drafts.meant(resource.properties.get("GroupId"), _GROUP)
                if group is None:
                    group = drafts.meant(resource.properties.get("GroupName"), _GROUP)
                if group is not None:
                    _permit(group, Value(resource.properties, resource.line), resource.type.endswith("Ingress"))
            case "AWS::EC2::VPCCidrBlock":
                vpc = drafts.meant(resource.properties.get("VpcId"), "AWS::EC2::VPC")
                for name in ("CidrBlock", "Ipv6CidrBlock"):
                    if vpc is not None and name in resource.properties:
                        block = Value({name: resource.properties[name]}, resource.line)
                        vpc.put(f"{name}AssociationSet/-", block)
    for group in drafts.of("security_groups"):
        _group(group)
    for nat in drafts.of("nat_gateways"):
        subnet = drafts.meant(nat.members.get("SubnetId"), "AWS::EC2::Subnet")
        if subnet is not None and "VpcId" not in nat.members:
            nat.put("VpcId", subnet.members.get("VpcId"))


def vpc_of(subnets: Value | None, drafts: Drafts) -> Value | None:
    """The VPC of the first of some subnets that the template declares."""
    for each in subnets.items if subnets is not None else ():
        subnet = drafts.meant(each, "AWS::EC2::Subnet")
        if subnet is not None:
            return subnet.members.get("VpcId")
    return None


def _route(resource: Declared, drafts: Drafts) -> None:
    table = drafts.meant(resource.properties.get("RouteTableId"), "AWS::EC2::RouteTable")
    if table is not None:
        route = {name: resource.properties[name] for name in _OF_A_ROUTE if name in resource.properties}
        table.put("Routes/-", Value({**route, "State": Value("active", resource.line)}, resource.line))


def _associate(resource: Declared, with_: str, type_: str, drafts: Drafts) -> None:
    table = drafts.meant(resource.properties.get(with_), type_)
    subnet = resource.properties.get("SubnetId")
    if table is not None and subnet is not None:
        table.put("Associations/-", Value({"SubnetId": subnet}, resource.line))


def _entry(resource: Declared, drafts: Drafts) -> None:
    acl = drafts.meant(resource.properties.get("NetworkAclId"), "AWS::EC2::NetworkAcl")
    if acl is not None:
        named = {name: value for name, value in resource.properties.items() if name != "NetworkAclId"}
        acl.put("Entries/-", Value(named, resource.line))


def _group(draft: Draft) -> None:
    properties = draft.resource.properties
    for name, is_ingress in (("SecurityGroupIngress", True), ("SecurityGroupEgress", False)):
        given = properties.get(name)
        if given is not None and not given.items and not given.members:
            draft.put("IpPermissions" if is_ingress else "IpPermissionsEgress", given)  # a placeholder for all rules
        for each in given.items if given is not None else ():
            _permit(draft, each, is_ingress)
    if "SecurityGroupEgress" not in properties:
        # a group that names no egress rule of its own admits all of it, whatever other resources add
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
        everything = {"IpProtocol": "-1", "CidrIp": _ANYWHERE}
        line = draft.resource.line
        _permit(draft, Value({name: Value(value, line) for name, value in everything.items()}, line), False)


def _permit(group: Draft, rule: Value, is_ingress: bool) -> None:
    """Adds a rule, which CloudFormation writes flat, as EC2 nests it."""
    given: Mapping[str, Value] = rule.members
    if not given:
        return
    permission: dict[str, Value] = {name: given[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in given}
    pair = {
        field: given[name]
        for name, field in (
            ("SourceSecurityGroupId", "GroupId"),
            ("DestinationSecurityGroupId", "GroupId"),
            ("SourceSecurityGroupOwnerId", "UserId"),
        )
        if name in given
    }
    if pair:
        permission["UserIdGroupPairs"] = Value([Value(dict(pair), rule.line)], rule.line)
    for name, field, list_ in (
        ("CidrIp", "CidrIp", "IpRanges"),
        ("CidrIpv6", "CidrIpv6", "Ipv6Ranges"),
        ("SourcePrefixListId", "PrefixListId", "PrefixListIds"),
        ("DestinationPrefixListId", "PrefixListId", "PrefixListIds"),
    ):
        if name in given:
            permission[list_] = Value([Value({field: given[name]}, given[name].line)], given[name].line)
    group.put(f"{'IpPermissions' if is_ingress else 'IpPermissionsEgress'}/-", Value(permission, rule.line))
