"""What Secrets Manager, Parameter Store and KMS say about secrets that tasks refer to: never what is in them."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from assess.estate.documents import PolicyDocument
from assess.estate.facts import Choice, Identifier, IdentifierTree, Origin, PascalFact, PascalTag


class StoredSecret(PascalFact):
    """A secret of Secrets Manager; ``kms_key_id`` is absent where AWS's own key encrypts it."""

    arn: Identifier = Field(default="", alias="ARN")
    name: Identifier = ""
    kms_key_id: Identifier | None = None
    rotation_enabled: bool | None = None
    rotation_rules: IdentifierTree | None = None
    last_rotated_date: datetime | None = None
    deleted_date: datetime | None = None
    """When somebody scheduled it for deletion; ECS can no longer read it since then."""
    owning_service: Identifier | None = None
    primary_region: Identifier | None = None
    tags: tuple[PascalTag, ...] = ()


class StoredParameter(PascalFact):
    """A parameter of Parameter Store; ``key_id`` is the key of a SecureString."""

    identity_field: ClassVar[str] = "name"

    name: Identifier = ""
    arn: Identifier | None = Field(default=None, alias="ARN")
    type: Choice | None = None
    key_id: Identifier | None = None
    tier: Choice | None = None
    data_type: Identifier | None = None
    last_modified_date: datetime | None = None


class EncryptionKey(PascalFact):
    """A key of KMS that encrypts such a secret; ``references`` are the ids, ARNs and aliases that name it there."""

    arn: Identifier = ""
    key_id: Identifier = ""
    key_manager: Choice | None = None
    """CUSTOMER or AWS."""
    key_state: Choice | None = None
    references: tuple[Identifier, ...] = ()
    policy: PolicyDocument | None = None
    """Absent where it could not be read, and for AWS's own keys."""


def is_own_key(reference: str | None) -> bool:
    """Whether a key's reference says that AWS keeps the key for a service (``alias/aws/ssm``)."""
    return not reference or "alias/aws/" in reference


@dataclass(frozen=True, slots=True)
class StoreReference:
    """The secret or parameter that a ``valueFrom`` names."""

    service: str
    """``secretsmanager`` or ``ssm``."""
    account: str
    region: str
    id: str
    """What the store's own API takes: ARN (without key, stage and version) or name; it names the thing in gaps."""
    names: tuple[str, ...]
    """Names that it can have in its store, ARNs' suffixes of six characters not taken off."""

    @property
    def name(self) -> str:
        """Its name, as people know it."""
        return self.names[0]

    @property
    def is_public(self) -> bool:
        """Whether it is a parameter that AWS publishes for everybody."""
        return self.service == "ssm" and self.name.startswith("/aws/service/")


_THROUGH_PARAMETER_STORE = "/aws/reference/secretsmanager/"
_OPEN = frozenset("${}<>%*()[] ")
"""Characters of placeholders, and of texts that the door replaced; no reference has them."""


def store_reference(value_from: str, origin: Origin) -> StoreReference | None:
    """What a ``valueFrom`` of a task seen at ``origin`` names, or none where that cannot be told.

    Forms: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html
    """
    if not value_from or _OPEN.intersection(value_from):
        return None
    if not value_from.startswith("arn:"):
        return _parameter(value_from.partition(":")[0], origin.account, origin.region)
    parts = value_from.split(":")
    if len(parts) < 6:
        return None
    service, region, account = parts[2], parts[3], parts[4]
    if service == "secretsmanager" and len(parts) > 6 and parts[6]:
        return StoreReference(service, account, region, ":".join(parts[:7]), (parts[6],))
    if service == "ssm" and parts[5].startswith("parameter/"):
        path = parts[5].removeprefix("parameter")
        return _parameter(path, account, region, *(() if "/" in path[1:] else (path[1:],)))
    return None


def _parameter(name: str, account: str, region: str, *others: str) -> StoreReference:
    if name.startswith(_THROUGH_PARAMETER_STORE):
        secret = name.removeprefix(_THROUGH_PARAMETER_STORE)
        return StoreReference("secretsmanager", account, region, secret, (secret,))
    return StoreReference("ssm", account, region, name, (name, *others))
