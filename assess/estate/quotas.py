"""Quotas of Service Quotas that a move can meet, in its own terms, and how much of each is used."""

from typing import ClassVar

from assess.estate.facts import Choice, Identifier, PascalFact

EKS_CLUSTERS = "L-1194D53C"
ON_DEMAND_VCPUS, SPOT_VCPUS = "L-1216C47A", "L-34B43A08"
"""Of standard instances (A, C, D, H, I, M, R, T, Z)."""
FARGATE_VCPUS, FARGATE_SPOT_VCPUS = "L-3032A538", "L-36FBB829"
NETWORK_INTERFACES = "L-DF5E4CA3"
TARGET_GROUPS = "L-B22855CB"
RULES_OF_A_LOAD_BALANCER = "L-7EED9B64"


class ServiceQuota(PascalFact):
    """A quota of the account in a region: the applied value, or AWS's default where none was ever applied."""

    identity_field: ClassVar[str] = "quota_arn"

    quota_arn: Identifier = ""
    service_code: Identifier = ""
    quota_code: Identifier = ""
    quota_name: Identifier = ""
    value: float | None = None
    unit: Choice | None = None
    used: float | None = None
    """Not in AWS's answer: the most that was used within the last day, by the quota's own metric; absent where it has
    none, or no value."""

    @property
    def left(self) -> float:
        """What is not used; the whole of it where nothing tells the use."""
        return max(0.0, (self.value or 0.0) - (self.used or 0.0))
