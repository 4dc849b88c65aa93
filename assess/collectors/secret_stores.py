"""Reads what is known about the secrets that containers refer to, and about their keys: never a value.

Only secrets that a task definition names are asked about, each in the account and region of its task: whoever scans
is not the role that reads those of other accounts, so a refusal there would say nothing.
"""

import json
from collections.abc import Iterator

from assess.collectors.interface import Collector, Document, Operation, Reader, Unreadable, batches, pages
from assess.estate.ecs import TaskDefinition
from assess.estate.secret_stores import StoredParameter, StoredSecret, StoreReference, is_own_key, store_reference

DESCRIBE_SECRET = Operation(
    "secretsmanager", "DescribeSecret", "secretsmanager:DescribeSecret", answers=("ARN", "Name")
)
DESCRIBE_PARAMETERS = Operation(
    "ssm",
    "DescribeParameters",
    "ssm:DescribeParameters",
    answers=("Parameters",),
    paging=pages(50, limit="MaxResults", token="NextToken"),
)
DESCRIBE_KEY = Operation("kms", "DescribeKey", "kms:DescribeKey", answers=("KeyMetadata",))
GET_KEY_POLICY = Operation("kms", "GetKeyPolicy", "kms:GetKeyPolicy", answers=("Policy",))

_SECRETS, _PARAMETERS, _KEYS = ("secrets.metadata",), ("parameters.metadata",), ("kms",)

_FILTER_VALUES = 50
"""The most names of one filter
(https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html)."""

_OF_SECRET = (
    *("ARN", "Name", "KmsKeyId", "RotationEnabled", "RotationRules", "LastRotatedDate", "DeletedDate"),
    *("OwningService", "PrimaryRegion", "Tags"),
)
_OF_PARAMETER = ("Name", "ARN", "Type", "KeyId", "Tier", "DataType", "LastModifiedDate")
_OF_KEY = ("Arn", "KeyId", "KeyManager", "KeyState")


def _only(document: Document, keys: tuple[str, ...]) -> Document:
    """Of what surrounds a secret no more than is needed: no description, no user, no version."""
    return {key: document[key] for key in keys if key in document}


def _references(reader: Reader, service: str) -> Iterator[StoreReference]:
    for task in reader.facts(TaskDefinition):
        for container in task.container_definitions:
            for secret in container.secrets:
                found = store_reference(secret.value_from, task.origin)
                here = found is not None and (found.account, found.region) == (reader.account, reader.region)
                if found is not None and here and found.service == service and not found.is_public:
                    yield found


def _read_secrets(reader: Reader) -> None:
    def read(id: str) -> None:
        try:
            found = reader.call(DESCRIBE_SECRET, SecretId=id)
        except Unreadable as error:
            # that there is none is what was asked
            if error.code != "ResourceNotFoundException":
                reader.lose(error, _SECRETS, resource=id)
        else:
            reader.add("stored_secrets", _only(found, _OF_SECRET))

    reader.each(read, sorted({each.id for each in _references(reader, "secretsmanager")}))


def _read_parameters(reader: Reader) -> None:
    names = {name for each in _references(reader, "ssm") for name in each.names}

    def read(batch: list[str]) -> None:
        by_name = [{"Key": "Name", "Option": "Equals", "Values": batch}]
        for found in reader.items(DESCRIBE_PARAMETERS, "Parameters", lost=_PARAMETERS, ParameterFilters=by_name):
            reader.add("stored_parameters", _only(found, _OF_PARAMETER))

    reader.each(read, batches(sorted(names), _FILTER_VALUES))


def _read_keys(reader: Reader) -> None:
    named = {each.kms_key_id for each in reader.facts(StoredSecret)}
    named |= {each.key_id for each in reader.facts(StoredParameter) if each.type == "SecureString"}
    references = sorted({each for each in named if each is not None and not is_own_key(each)})

    def describe(reference: str) -> Document | None:
        answer = reader.get(DESCRIBE_KEY, lost=_KEYS, resource=reference, KeyId=reference)
        return None if answer is None else _only(answer["KeyMetadata"], _OF_KEY)

    keys: dict[str, Document] = {}
    for reference, found in zip(references, reader.each(describe, references), strict=True):
        if found is not None:
            keys.setdefault(str(found["Arn"]), found | {"References": []})["References"].append(reference)

    def read(key: Document) -> None:
        policy = _policy(reader, str(key["Arn"])) if key.get("KeyManager") == "CUSTOMER" else None
        reader.add("encryption_keys", key | ({"Policy": policy} if policy is not None else {}))

    reader.each(read, [keys[arn] for arn in sorted(keys)])


def _policy(reader: Reader, key: str) -> Document | None:
    answer = reader.get(GET_KEY_POLICY, lost=_KEYS, resource=key, KeyId=key, PolicyName="default")
    try:
        return dict(json.loads(answer["Policy"])) if answer is not None else None
    except (TypeError, ValueError):
        return None


SECRETS_MANAGER = Collector(
    name="secretsmanager",
    title="secrets",
    facts=_SECRETS,
    operations=(DESCRIBE_SECRET,),
    collect=_read_secrets,
    after=("ecs.task_definitions",),
)
PARAMETER_STORE = Collector(
    name="ssm",
    title="parameters",
    facts=_PARAMETERS,
    operations=(DESCRIBE_PARAMETERS,),
    collect=_read_parameters,
    after=("ecs.task_definitions",),
)
KEYS = Collector(
    name="kms",
    title="keys of secrets",
    facts=_KEYS,
    operations=(DESCRIBE_KEY, GET_KEY_POLICY),
    collect=_read_keys,
    after=("secretsmanager", "ssm"),
)

COLLECTORS = (SECRETS_MANAGER, PARAMETER_STORE, KEYS)
