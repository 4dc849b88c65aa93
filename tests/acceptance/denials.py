"""What each denied call is expected to do, told from what collectors and rules declare, never from a result."""

from collections.abc import Mapping

from assess.collectors import Operation, operations
from assess.collectors.scanning import COLLECTORS
from assess.graph.sources import FACTS, GRAPH
from assess.packs import load_rules
from assess.rule import Kind
from tests.acceptance.account import Scene, nothing
from tests.support.aws import SimulatedAws
from tests.support.faults import Effect
from tests.support.seeding import REGION
from tests.support.wire import Document, encode

NAMED: Mapping[str, Operation] = {each.api: each for each in operations()}
"""Every call that a scan may make, by ``service:Operation``."""

AT_ONCE = "iam:GetAccountAuthorizationDetails"

WITH_A_WAY_AROUND = frozenset({AT_ONCE, "ec2:DescribeRegions"})
"""Calls whose facts another call reads as well: roles one by one; every region of the partition tried."""

_LOSES: Mapping[str, frozenset[str]] = {
    "ec2:DescribeVpcs": frozenset({"vpc.vpcs"}),
    "ec2:DescribeVpcAttribute": frozenset({"vpc.vpcs"}),
    "ec2:DescribeRouteTables": frozenset({"vpc.routes"}),
    "ec2:DescribeNatGateways": frozenset({"vpc.routes"}),
    "ec2:DescribeVpcEndpoints": frozenset({"vpc.endpoints"}),
    "ec2:DescribeSecurityGroups": frozenset({"vpc.security_groups"}),
    "ec2:DescribeNetworkAcls": frozenset({"vpc.nacls"}),
    "elbv2:DescribeListeners": frozenset({"elb.listeners"}),
    "elbv2:DescribeRules": frozenset({"elb.listeners"}),
    "elbv2:DescribeTargetGroupAttributes": frozenset({"elb.attributes"}),
    "elbv2:DescribeLoadBalancerAttributes": frozenset({"elb.attributes"}),
    "elb:DescribeLoadBalancers": frozenset({"elb.load_balancers"}),
    "ecs:ListServiceDeployments": frozenset({"ecs.deployments"}),
    "dynamodb:DescribeContinuousBackups": frozenset({"datastores.dynamodb"}),
    "s3:GetBucketVersioning": frozenset({"datastores.s3"}),
    "sqs:GetQueueAttributes": frozenset({"messaging.sqs", "resource.policies"}),
    "events:ListEventBuses": frozenset({"schedules", "messaging", "messaging.events"}),
    "events:ListRules": frozenset({"schedules"}),
    "events:ListTargetsByRule": frozenset({"schedules"}),
}
"""Facts of a call that reads only some of its collector's."""


def lost_facts(operation: Operation) -> frozenset[str]:
    """The facts that a denial of the call takes away."""
    declared = {fact for each in COLLECTORS if operation in each.operations for fact in each.facts}
    return _LOSES.get(operation.api, frozenset(declared))


def hides_a_need(operation: Operation) -> bool:
    """Whether a readiness rule needs what the call reads, or it may hide a workload, and nothing else reads it."""
    named = {need for rule in load_rules() if rule.kind is Kind.READINESS for need in rule.needs}
    needed = named | set(FACTS if GRAPH in named else ())
    if operation.api in WITH_A_WAY_AROUND:
        return False
    return operation.enumerates or not needed.isdisjoint(lost_facts(operation))


# --- scenes -----------------------------------------------------------------------------------------------------


def roles_one_by_one(aws: SimulatedAws) -> None:
    """The account tells no roles at once, so that each is read by itself."""
    aws.deny("iam", NAMED[AT_ONCE].name)


def _answering(document: Document) -> Effect:
    return lambda call, _proceed: encode(call, document)


def other_triggers(aws: SimulatedAws) -> None:
    """A rule, a schedule, a state machine and a pipe that run something else; a service in the midst of a rollout."""
    arn = f"arn:aws:states:{REGION}:123456789012:stateMachine:other"
    other = {"stateMachineArn": arn, "name": "other", "type": "STANDARD", "creationDate": 1_700_000_000}
    definition = {"definition": '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}', "roleArn": arn}
    aws.fault("events", "ListRules", _answering({"Rules": [{"Name": "other"}]}))
    aws.fault("events", "ListTargetsByRule", _answering({"Targets": [{"Id": "1", "Arn": arn}]}))
    aws.fault("scheduler", "ListSchedules", _answering({"Schedules": [{"Name": "other", "GroupName": "default"}]}))
    aws.fault("scheduler", "GetSchedule", _answering({"Name": "other", "Target": {"Arn": arn, "RoleArn": arn}}))
    aws.fault("stepfunctions", "ListStateMachines", _answering({"stateMachines": [other]}))
    aws.fault("stepfunctions", "DescribeStateMachine", _answering(other | definition))
    cluster = f"arn:aws:ecs:{REGION}:123456789012:cluster/bookshop-production"
    pipe = {"Arn": f"arn:aws:pipes:{REGION}:123456789012:pipe/other", "Name": "other", "Target": cluster}
    aws.fault("pipes", "ListPipes", _answering({"Pipes": [pipe]}))
    aws.fault("pipes", "DescribePipe", _answering(pipe))

    def rolling_out(answer: Document) -> None:
        answer["services"][0]["deployments"][0]["rolloutState"] = "IN_PROGRESS"

    aws.override("ecs", "DescribeServices", rolling_out)


def scene_of(operation: Operation) -> Scene:
    """The scene in which the call is made."""
    if operation.service == "iam" and operation.api != AT_ONCE:
        return roles_one_by_one
    if operation.api in _OF_OTHER_TRIGGERS:
        return other_triggers
    return nothing


_OF_OTHER_TRIGGERS = frozenset(
    {
        "ecs:ListServiceDeployments",
        "events:ListTargetsByRule",
        "pipes:DescribePipe",
        "scheduler:GetSchedule",
        "stepfunctions:DescribeStateMachine",
    }
)
