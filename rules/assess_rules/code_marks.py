"""Marks that infrastructure as code leaves on a workload: tags, and the names of who made it."""

import re
from typing import NamedTuple

from assess.estate.facts import Evidence
from assess.estate.workloads import Workload

_KEYS = re.compile(r"aws:cloudformation:|aws:cdk:|aws-cdk|copilot-|(?i:.*(?:terraform|pulumi|terragrunt))")
_WORDS = re.compile(r"terraform|terragrunt|opentofu|pulumi|cloudformation|\bcdk\b|\bsam\b|crossplane", re.IGNORECASE)
_MANAGERS = {"managedby", "provisionedby", "createdby", "provisioner", "iac", "deployedby", "createdwith", "tool"}


class Mark(NamedTuple):
    """What shows that a workload is made from code, and where it stands."""

    text: str
    evidence: Evidence


def mark_of_code(workload: Workload) -> Mark | None:
    """The first mark of infrastructure as code: a stack's name before other tags, then who made the workload."""
    service, task = workload.service, workload.task_definition
    tags = [
        (not each.key.endswith("stack-name"), holder, index, each)
        for holder in (service, task)
        if holder is not None
        for index, each in enumerate(holder.tags)
        if _is_mark(each.key, each.value)
    ]
    for _, holder, index, tag in sorted(tags, key=lambda each: each[0]):
        return Mark(f"{tag.key} is {tag.value}", holder.evidence("tags", index, "value"))
    if service is not None and service.created_by and _names_a_tool(service.created_by):
        return Mark(f"made by {service.created_by}", service.evidence("createdBy"))
    if task is not None and task.registered_by and _names_a_tool(task.registered_by):
        return Mark(f"registered by {task.registered_by}", task.evidence("registeredBy"))
    return None


def _is_mark(key: str, value: str) -> bool:
    if _KEYS.match(key):
        return True
    return re.sub(r"[^a-z]", "", key.lower()) in _MANAGERS and _WORDS.search(value) is not None


def _names_a_tool(arn: str) -> bool:
    return _WORDS.search(arn.replace("_", "-")) is not None
