"""Makes the facts of a template: its resources evaluated, named, and written as AWS would describe them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assess.estate.estate import FACT_KINDS, OpenFact
from assess.estate.facts import Fact, Origin
from assess.estate.gaps import Reason
from assess.readers.cloudformation import backing, balancing, ecs, network, roles, storage, stores, triggers
from assess.readers.cloudformation.documents import write
from assess.readers.cloudformation.drafts import Draft, Drafts
from assess.readers.cloudformation.holding import FACT_OF, held
from assess.readers.cloudformation.linking import Links
from assess.readers.cloudformation.placeholders import placeholder
from assess.readers.cloudformation.stack import Stack
from assess.readers.cloudformation.template import Template
from assess.readers.cloudformation.values import Reference

Add = Callable[[str, Mapping[str, Any], Origin], Fact]
"""How a document becomes a fact: the estate builder's ``add``."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What of a template went into the estate."""

    facts: tuple[str, ...]
    """The facts that it holds: it declares whatever of that kind its workloads refer to."""
    open: tuple[OpenFact, ...]
    aliases: Mapping[str, Reference]
    """Resources of other templates by the parameter that stands for each."""


def stacks_of(templates: Mapping[str, Template], links: Links, hide: Callable[[str, bool], str]) -> Mapping[str, Stack]:
    """The stacks that templates make, by path; ``templates`` are by what names each in identities."""
    stacks: dict[str, Stack] = {}
    for qualifier, each in templates.items():
        stacks[each.path] = Stack(each.resources, links.evaluators[each.path], qualifier, hide, stacks)
    for _ in range(_ROUNDS):
        for stack in stacks.values():
            stack.identify()
    return stacks


_ROUNDS = 2
"""Times that resources are named again: a name may be made of another's, of any template, and that of a third."""


def convert(stack: Stack, name: str, add: Add) -> Converted:
    """Adds the facts of a stack; ``name`` is the path of its template as text."""
    drafts = Drafts(stack)
    for complete in (
        *(ecs.complete, network.complete, balancing.complete, roles.complete),
        *(triggers.complete, stores.complete, storage.complete, backing.complete),
    ):
        complete(drafts)
    found: dict[str, list[Fact]] = {}
    for draft in drafts.drafts:
        found.setdefault(draft.kind, []).append(add(draft.kind, *_document(draft, stack, name)))
    lost = {(each.resource, each.fact): Reason.NOT_IN_SOURCE for each in drafts.losses}
    opened = set(drafts.open)
    for resource, fact in _unresolved(found):
        if resource is None:
            opened.add(fact)
        else:
            lost[resource, fact] = Reason.UNRESOLVED
    opened |= {_PART_OF[each.type] for each in stack.resources.values() if each.condition and each.type in _PART_OF}
    return Converted(
        facts=held(found, opened),
        aliases=stack.evaluator.aliases,
        open=tuple(OpenFact(fact=fact, resource=resource, reason=reason) for (resource, fact), reason in lost.items()),
    )


def _document(draft: Draft, stack: Stack, source: str) -> tuple[dict[str, Any], Origin]:
    resource = draft.resource
    written = write(draft.members, resource.line, FACT_KINDS[draft.kind], stack)
    unresolved = written.unresolved | draft.unresolved
    if resource.condition is not None:
        unresolved[""] = placeholder("Condition", resource.condition)
    origin = Origin(
        account=stack.account,
        region="" if resource.row.is_global else stack.region,
        source=source,
        logical_id=resource.logical_id,
        lines=written.lines,
        unresolved=unresolved,
    )
    return written.document, origin


_PART_OF = {
    "AWS::IAM::Policy": "iam.roles",
    "AWS::IAM::RolePolicy": "iam.roles",
    "AWS::IAM::ManagedPolicy": "iam.roles",
    "AWS::EC2::Route": "vpc.routes",
    "AWS::EC2::SubnetRouteTableAssociation": "vpc.routes",
    "AWS::EC2::SecurityGroupIngress": "vpc.security_groups",
    "AWS::EC2::SecurityGroupEgress": "vpc.security_groups",
    "AWS::ECS::ClusterCapacityProviderAssociations": "ecs.clusters",
}
"""Facts that a resource is a part of which has no document of its own, for conditions that cannot be known."""

_NAMES_A_RESOURCE = (
    *("arn", "arns", "id", "ids", "name", "names", "subnets", "securitygroups", "cluster", "taskdefinition"),
    *("zone", "zones", "namespace", "capacityprovider", "capacityproviders"),
)
"""Ends of fields that name another resource: what is not known of that is told by its own fact."""


def _is_told_elsewhere(at: str) -> bool:
    """Whether what is unresolved at a pointer leaves nothing open about the document that it stands in.

    Besides names of others these are tags, and what the conditions of a policy compare with.
    """
    steps = [step.lower() for step in at.split("/")[1:] if not step.isdecimal()]
    if steps[0] == "routes":  # whether it leads to the internet depends on the name
        return False
    return steps[0] == "tags" or "condition" in steps or steps[-1] == "path" or steps[-1].endswith(_NAMES_A_RESOURCE)


_RELATED = frozenset({"clusters", "services", "target_groups", "roles", "subnets", "security_groups"})
"""Lists of facts that a workload names by their identity."""


def _unresolved(found: Mapping[str, Iterable[Fact]]) -> Iterator[tuple[str | None, str]]:
    """What cannot be told of resources: the resource and the fact; none where it is not told by resource."""
    for kind, facts in found.items():
        fact = FACT_OF.get(kind)
        if fact is None or kind == "task_definitions":  # rules say which fields of a task definition they look at
            continue
        for each in facts:
            if "" in each.origin.unresolved:  # there may be none
                yield None if kind != "services" else each.identity, fact
            elif not all(_is_told_elsewhere(at) for at in each.origin.unresolved):
                yield each.identity if kind in _RELATED else None, fact
