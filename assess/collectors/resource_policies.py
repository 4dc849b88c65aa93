"""Reads the policies of resources that tasks' roles are granted by name, for statements that name those roles.

Only what a role's own policies, or a task definition, name exactly is asked about, and only in the account that is
scanned: whoever scans is not the role, so a refusal of another account would say nothing. Contents are never read.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from assess.collectors.interface import Collector, Document, Operation, Reader, Unreadable, members, pages
from assess.collectors.secret_stores import GET_KEY_POLICY
from assess.estate.actions import arn_parts
from assess.estate.datastores import Bucket
from assess.estate.ecs import TaskDefinition
from assess.estate.grants import Exactness, exactness_of, thing_of
from assess.estate.identity import Role, Statement, statements_of
from assess.estate.resource_policies import PRINCIPAL_KEY, roles_named
from assess.estate.secret_stores import EncryptionKey, StoredSecret, store_reference

LIST_BUCKETS = Operation(
    "s3",
    "ListBuckets",
    "s3:ListAllMyBuckets",
    answers=("Buckets",),
    paging=pages(1000, limit="MaxBuckets", token="ContinuationToken"),
)
GET_BUCKET_POLICY = Operation("s3", "GetBucketPolicy", "s3:GetBucketPolicy", answers=("Policy",))
GET_QUEUE_ATTRIBUTES = Operation("sqs", "GetQueueAttributes", "sqs:GetQueueAttributes", answers=("Attributes",))
GET_TOPIC_ATTRIBUTES = Operation("sns", "GetTopicAttributes", "sns:GetTopicAttributes", answers=("Attributes",))
GET_SECRET_POLICY = Operation(
    "secretsmanager", "GetResourcePolicy", "secretsmanager:GetResourcePolicy", answers=("ARN", "Name")
)

_FACTS = ("resource.policies",)
_NONE = frozenset(
    {
        *("NoSuchBucketPolicy", "NoSuchBucket"),
        *("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "NotFound", "NotFoundException"),
        "ResourceNotFoundException",
    }
)
"""Errors that say that there is no policy, or nothing that could have one."""


# --- which resources --------------------------------------------------------------------------------------------


def _roles(reader: Reader) -> dict[str, Role]:
    """Roles of the tasks of this place, by ARN."""
    used = set()
    for task in reader.facts(TaskDefinition):
        used |= {task.task_role_arn, task.execution_role_arn}
    return {each.arn: each for each in reader.facts_of_account(Role) if each.arn in used}


def _granted(reader: Reader, roles: Mapping[str, Role], service: str) -> dict[str, set[str]]:
    """ARNs of things of a service in this place that roles are granted by name, with the roles' ARNs."""
    found: dict[str, set[str]] = {}
    # ARNs of what has no region (a bucket) have no account either
    here = (reader.region, reader.account) if reader.region else ("", "")
    for role in roles.values():
        resources = {each for statement in role.statements() if statement.allows for each in statement.resources}
        for resource in resources:
            if f":{service}:" not in resource:
                continue
            thing = thing_of(resource)
            parts = arn_parts(thing)
            is_here = parts[2] == service and parts[3:5] == here
            if is_here and exactness_of(service, resource) is Exactness.EXACT:
                found.setdefault(thing, set()).add(role.arn)
    return found


# --- policies ---------------------------------------------------------------------------------------------------


def _read_each(
    reader: Reader, resources: Mapping[str, set[str]], roles: Iterable[str], policy_of: Callable[[str], Any]
) -> None:
    """Adds the policy of each resource (by ARN, with the roles that are granted it); a loss is a gap on those roles."""
    known = frozenset(roles)

    def read(arn: str) -> None:
        try:
            found = _parsed(policy_of(arn))
        except Unreadable as error:
            if error.code not in _NONE:
                for role in sorted(resources[arn]):
                    reader.lose(error, _FACTS, resource=role)
            return
        statements = [_kept(each) for each in statements_of(found) if roles_named(each, known)]
        if statements:
            reader.add("resource_policies", {"Arn": arn, "Policy": {"Statement": statements}})

    reader.each(read, sorted(resources))


def _parsed(policy: Any) -> Document | None:
    try:
        found = json.loads(policy) if isinstance(policy, str) else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _kept(statement: Statement) -> Document:
    """Who is named, for which actions, and which keys conditions have: a policy can hold more than a report needs."""
    kept = {
        key: statement.raw[key]
        for key in ("Effect", "Principal", "NotPrincipal", "Action", "NotAction")
        if key in statement.raw
    }
    conditions: dict[str, dict[str, list[str]]] = {}
    for operator, key, values in statement.conditions():
        named = list(values) if key.lower() == PRINCIPAL_KEY else []
        conditions.setdefault(operator, {})[key] = [each for each in named if each.startswith("arn:")]
    return kept | ({"Condition": conditions} if conditions else {})


def _read_buckets(reader: Reader) -> None:
    roles = _roles(reader)
    granted = _granted(reader, roles, "s3")
    if not granted:
        return
    ours = {each.name for each in reader.facts(Bucket)}
    if not {arn_parts(arn)[5] for arn in granted} <= ours:  # others' buckets, or the list was not read
        try:
            ours = {str(each.get("Name")) for page in reader.pages(LIST_BUCKETS) for each in members(page, "Buckets")}
        except Unreadable as error:
            for role in sorted({each for holders in granted.values() for each in holders}):
                reader.lose(error, _FACTS, resource=role)
            return

    def policy(arn: str) -> Any:
        name = arn_parts(arn)[5]
        return reader.call(GET_BUCKET_POLICY, Bucket=name, ExpectedBucketOwner=reader.account)["Policy"]

    here = {arn: holders for arn, holders in granted.items() if arn_parts(arn)[5] in ours}
    _read_each(reader, here, roles, policy)


def _read_queues(reader: Reader) -> None:
    roles = _roles(reader)

    def policy(arn: str) -> Any:
        _, partition, _, region, account, name = arn_parts(arn)
        suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        answer = reader.call(
            GET_QUEUE_ATTRIBUTES,
            QueueUrl=f"https://sqs.{region}.{suffix}/{account}/{name}",
            AttributeNames=["QueueArn", "Policy"],
        )
        return answer["Attributes"].get("Policy")

    _read_each(reader, _granted(reader, roles, "sqs"), roles, policy)


def _read_topics(reader: Reader) -> None:
    roles = _roles(reader)

    def policy(arn: str) -> Any:
        return reader.call(GET_TOPIC_ATTRIBUTES, TopicArn=arn)["Attributes"].get("Policy")

    _read_each(reader, _granted(reader, roles, "sns"), roles, policy)


def _read_keys(reader: Reader) -> None:
    """Keys of secrets are read with the secrets, and aliases are none."""
    roles = _roles(reader)
    known = {each.arn for each in reader.facts(EncryptionKey)}
    granted = _granted(reader, roles, "kms")
    asked = {arn: held for arn, held in granted.items() if arn_parts(arn)[5].startswith("key/") and arn not in known}

    def policy(arn: str) -> Any:
        return reader.call(GET_KEY_POLICY, KeyId=arn, PolicyName="default")["Policy"]

    _read_each(reader, asked, roles, policy)


def _read_secrets(reader: Reader) -> None:
    roles = _roles(reader)
    asked = _granted(reader, roles, "secretsmanager")
    readers: dict[str, set[str]] = {}
    for task in reader.facts(TaskDefinition):
        for secret in (each for container in task.container_definitions for each in container.secrets):
            reference = store_reference(secret.value_from, task.origin)
            if reference is not None and task.execution_role_arn in roles:
                readers.setdefault(reference.id, set()).add(task.execution_role_arn)
    for stored in reader.facts(StoredSecret):
        # of the ARN without the six characters that AWS adds too
        names = (stored.arn, stored.arn[:-7], stored.name)
        asked[stored.arn] = {role for each in names for role in (*asked.pop(each, ()), *readers.get(each, ()))}

    def policy(arn: str) -> Any:
        return reader.call(GET_SECRET_POLICY, SecretId=arn).get("ResourcePolicy")

    _read_each(reader, asked, roles, policy)


def _collector(
    name: str, title: str, collect: Callable[[Reader], None], *operations: Operation, after: tuple[str, ...] = ()
) -> Collector:
    return Collector(
        name=f"{name}.policies",
        title=f"policies of {title}",
        facts=_FACTS,
        operations=operations,
        collect=collect,
        after=("ecs.task_definitions", "iam", *after),
        regional=name != "s3",
    )


COLLECTORS = (
    _collector("s3", "buckets", _read_buckets, LIST_BUCKETS, GET_BUCKET_POLICY, after=("s3",)),
    _collector("sqs", "queues", _read_queues, GET_QUEUE_ATTRIBUTES),
    _collector("sns", "topics", _read_topics, GET_TOPIC_ATTRIBUTES),
    _collector("kms", "keys", _read_keys, GET_KEY_POLICY, after=("kms",)),
    _collector("secretsmanager", "secrets", _read_secrets, GET_SECRET_POLICY, after=("secretsmanager",)),
)
