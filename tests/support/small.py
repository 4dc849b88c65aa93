"""A small estate of services without anything else, and the gaps, waivers and policies that tests put beside it."""

from collections.abc import Mapping
from typing import Any

from assess.config import Policy
from assess.estate.estate import Estate

LIVE = {"account": "111122223333", "region": "eu-west-1"}


def estate(*names: str, **changes: Any) -> Estate:
    """An estate of services without anything else."""
    base = "arn:aws:ecs:eu-west-1:111122223333"
    document = {
        "detectors_version": 1,
        "collected_at": "2026-11-23T00:00:00Z",
        "services": [
            {
                "@origin": LIVE,
                "serviceArn": f"{base}:service/prod/{name}",
                "serviceName": name,
                "clusterArn": f"{base}:cluster/prod",
            }
            for name in names
        ],
    }
    return Estate.model_validate(document | changes)


def id_of(name: str) -> str:
    """The workload id of a service."""
    return f"111122223333/eu-west-1/prod/{name}"


def blind_gap(**changes: Any) -> dict[str, Any]:
    """A call that was denied and may hide workloads."""
    told = {"api": "ecs:ListServices", "action": "ecs:ListServices", **LIVE, "enumeration": True, "reason": "denied"}
    return told | {"facts": ["ecs.services"], "error": "AccessDenied", "message": "denied"} | changes


def waiver(rule: str = "LIF-*", **changes: Any) -> dict[str, Any]:
    """A waiver until the end of 2026, as assess.toml holds it."""
    return {"rule": rule, "reason": "known", "owner": "shop", "expires": "2026-12-31", **changes}


def policy(*waivers: Mapping[str, Any], days: int = 180) -> Policy:
    """A policy of waivers."""
    return Policy.model_validate({"waiver": waivers, "max_waiver_days": days})
