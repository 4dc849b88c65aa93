"""What rules look at: every subject of an estate, the workloads it touches, and the subjects that were lost.

A lost subject is one that a workload uses and that could not be read (a role, a task definition, a link to a
subnet): no rule can look at it, so every rule of its kind is unknown on the workloads that it could touch.
Whatever a kind of input never holds (a task definition file knows no subnets) is one lost subject per kind, so that
it is counted and shown once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from assess.estate.estate import Estate
from assess.estate.facts import Origin
from assess.estate.gaps import Missing, Reason
from assess.estate.workloads import Workload
from assess.rule import Account, SubjectKind, Team


@dataclass(frozen=True, slots=True)
class SubjectRef:
    """A subject by name: what outcomes carry."""

    kind: SubjectKind
    id: str
    name: str
    workloads: tuple[str, ...]
    """Ids of the workloads that it touches, sorted."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A subject with what the engine needs to judge it; ``value`` is none for a lost one."""

    ref: SubjectRef
    value: Any
    origins: tuple[Origin, ...]
    related: frozenset[str]
    """ARNs and ids whose gaps concern it."""
    scope: tuple[str, ...]
    """What its fingerprints stand on: partition, account, region, cluster, service; or family."""
    lost: tuple[Missing, ...] = ()
    unseen: tuple[Missing, ...] = ()
    """Facts that it lacks though its place has them: a workload whose task definition is not there."""
    container: int | None = None
    """Index of the container that it is, for placeholders."""

    @property
    def places(self) -> "Places":
        """Where it was seen: what most missing facts depend on alone."""
        return tuple((each.account, each.region, each.source) for each in self.origins)


Places = tuple[tuple[str, str, str | None], ...]
"""Account, region and file of each place where a subject was seen."""

_FACT_OF: Mapping[SubjectKind, str] = {
    SubjectKind.CLUSTER: "ecs.clusters",
    SubjectKind.ROLE: "iam.roles",
    SubjectKind.VPC: "vpc.vpcs",
    SubjectKind.SUBNET: "vpc.subnets",
    SubjectKind.SECURITY_GROUP: "vpc.security_groups",
    SubjectKind.LOAD_BALANCER: "elb.load_balancers",
    SubjectKind.TARGET_GROUP: "elb.target_groups",
}
"""The fact that holds the subjects of each kind that workloads refer to."""


def subjects_of(estate: Estate) -> dict[SubjectKind, tuple[Subject, ...]]:
    """Every subject by kind, found ones and lost ones, each kind sorted by id. Without workloads there are none."""
    if not estate.workloads:
        return {}
    found = _Subjects(estate)
    found.collect()
    return {kind: tuple(sorted(members, key=lambda each: each.ref.id)) for kind, members in found.by_kind.items()}


@dataclass(slots=True)
class _Shared:
    """A resource that several workloads may use, while its users are being collected."""

    value: Any
    origin: Origin
    users: list[Workload] = field(default_factory=list)
    name: str = ""


class _Subjects:
    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.by_kind: dict[SubjectKind, list[Subject]] = {}
        self.shared: dict[tuple[SubjectKind, str], _Shared] = {}
        self.lost: dict[tuple[SubjectKind, str], tuple[Missing, list[Workload]]] = {}
        families: dict[str, int] = {}
        for workload in estate.workloads:
            if workload.origin.source is not None:
                families[workload.name] = families.get(workload.name, 0) + 1
        self.repeated = frozenset(name for name, count in families.items() if count > 1)

    def collect(self) -> None:
        for workload in self.estate.workloads:
            unseen = () if workload.task_definition is not None else (self._lost_definition(workload),)
            self._add(SubjectKind.WORKLOAD, workload.id, workload.name, workload, [workload], unseen=unseen)
            if workload.kind == "task_definition":
                self._not_in_source(workload)
            else:
                self._cluster(workload)
                self._roles(workload)
                self._network(workload)
                self._balancing(workload)
        self._definitions()
        for (kind, id), shared in self.shared.items():
            self._add(kind, id, shared.name, shared.value, shared.users, shared.origin)
        for (kind, id), (missing, users) in self.lost.items():
            self._add(kind, id, id, None, users, lost=(missing,))
        self._whole()

    # --- adding -------------------------------------------------------------------------------------------------

    def _add(
        self,
        kind: SubjectKind,
        id: str,
        name: str,
        value: Any,
        users: Iterable[Workload],
        origin: Origin | None = None,
        lost: tuple[Missing, ...] = (),
        unseen: tuple[Missing, ...] = (),
        container: int | None = None,
    ) -> None:
        touched = sorted(set(users), key=lambda each: each.id)
        related = frozenset({id}).union(*(each.related for each in touched))
        # a role has no region: regional facts about it are those of where it is used
        is_regional = origin is not None and (origin.region or origin.source is not None)
        origins = (origin,) if origin is not None and is_regional else _distinct(each.origin for each in touched)
        self.by_kind.setdefault(kind, []).append(
            Subject(
                ref=SubjectRef(kind, id, name or id, tuple(each.id for each in touched)),
                value=value,
                origins=origins,
                related=related,
                scope=self._scope(kind, touched),
                lost=lost,
                unseen=unseen,
                container=container,
            )
        )

    def _scope(self, kind: SubjectKind, touched: list[Workload]) -> tuple[str, ...]:
        if kind in _BY_WORKLOAD:
            return tuple(part for each in touched for part in self._place(each))
        places = sorted({(_partition(each), each.origin.account, each.origin.region) for each in touched})
        return tuple(part for place in places for part in place)

    def _place(self, workload: Workload) -> tuple[str, ...]:
        origin = workload.origin
        if origin.source is not None:
            by_path = workload.name in self.repeated or not workload.name
            place = (origin.source, *((origin.logical_id,) if origin.logical_id is not None else ()))
            return ("file", workload.name, *place) if by_path else ("file", workload.name)
        kind = () if workload.is_service else ("task",)
        return (_partition(workload), origin.account, origin.region, workload.cluster, *kind, workload.name)

    def _use(self, kind: SubjectKind, id: str, name: str, value: Any, origin: Origin, user: Workload) -> None:
        shared = self.shared.setdefault((kind, id), _Shared(value, origin, name=name))
        shared.users.append(user)

    def _lose(self, kind: SubjectKind, id: str, missing: Missing, user: Workload) -> None:
        self.lost.setdefault((kind, id), (missing, []))[1].append(user)

    def _why(self, fact: str, workload: Workload, *related: str) -> Missing:
        """Why a resource that a workload names is not there; read completely and absent means that it is gone.

        What a file names and does not declare is somewhere else.
        """
        missing = self.estate.missing(fact, workload.origin, (*workload.related, *related))
        gone = Reason.NO_DATA if workload.origin.source is None else Reason.NOT_IN_SOURCE
        return missing or Missing(fact=fact, reason=gone)

    # --- kinds --------------------------------------------------------------------------------------------------

    def _not_in_source(self, workload: Workload) -> None:
        told = workload.origin.logical_id is not None  # a template may declare the roles as well
        if told:
            self._roles(workload)
        for kind, fact in _FACT_OF.items():
            if not (told and kind is SubjectKind.ROLE):
                self._lose(kind, "in files", Missing(fact=fact, reason=Reason.NOT_IN_SOURCE), workload)

    def _cluster(self, workload: Workload) -> None:
        if workload.cluster_facts is not None:
            cluster = workload.cluster_facts
            self._use(SubjectKind.CLUSTER, cluster.identity, cluster.name, cluster, cluster.origin, workload)
        elif workload.cluster_arn:
            why = self._why("ecs.clusters", workload)
            self._lose(SubjectKind.CLUSTER, workload.cluster_arn, why, workload)

    def _roles(self, workload: Workload) -> None:
        task = workload.task_definition
        if task is None:
            self._lose(SubjectKind.ROLE, f"{workload.id}#roles", self._lost_definition(workload), workload)
            return
        for arn in sorted({task.task_role_arn or "", task.execution_role_arn or ""} - {""}):
            role = self.estate.role_by_arn.get(arn)
            if role is not None:
                self._use(SubjectKind.ROLE, arn, role.name, role, role.origin, workload)
            else:
                self._lose(SubjectKind.ROLE, arn, self._lost_role(arn, workload), workload)

    def _lost_role(self, arn: str, workload: Workload) -> Missing:
        parts = arn.split(":")
        if workload.origin.source is None and len(parts) > 4 and parts[4] != workload.origin.account:
            return Missing(fact="iam.roles", reason=Reason.NOT_COLLECTED)
        return self._why("iam.roles", workload, arn)

    def _network(self, workload: Workload) -> None:
        undescribed = self._undescribed(workload)
        if undescribed is not None:
            for kind in (SubjectKind.VPC, SubjectKind.SUBNET, SubjectKind.SECURITY_GROUP):
                self._lose(kind, f"{workload.id}#network", undescribed, workload)
            return
        vpcs: set[str] = set()
        if not workload.is_fargate and not any(each.subnets for each in workload.awsvpc):
            # its network is that of the cluster's instances, any of which a gap may hide
            unlisted = self.estate.missing("ecs.container_instances", workload.origin, None)
            if unlisted is not None:
                for kind in (SubjectKind.VPC, SubjectKind.SUBNET):
                    self._lose(kind, f"instances of {workload.cluster_arn}", unlisted, workload)
        for id in sorted(self.estate.subnet_ids(workload)):
            subnet = self.estate.subnet_by_id.get(id)
            if subnet is not None:
                self._use(SubjectKind.SUBNET, id, subnet.name, subnet, subnet.origin, workload)
                vpcs.add(subnet.vpc_id)
            else:
                why = self._why("vpc.subnets", workload, id)
                self._lose(SubjectKind.SUBNET, id, why, workload)
                self._lose(SubjectKind.VPC, f"VPC of {id}", why, workload)
        for id in sorted(vpcs):
            vpc = self.estate.vpc_by_id.get(id)
            if vpc is not None:
                self._use(SubjectKind.VPC, id, vpc.name, vpc, vpc.origin, workload)
            else:
                self._lose(SubjectKind.VPC, id, self._why("vpc.vpcs", workload, id), workload)
        for id in sorted(workload.security_groups):
            group = self.estate.security_group_by_id.get(id)
            if group is not None:
                self._use(SubjectKind.SECURITY_GROUP, id, group.name, group, group.origin, workload)
            else:
                why = self._why("vpc.security_groups", workload, id)
                self._lose(SubjectKind.SECURITY_GROUP, id, why, workload)

    def _balancing(self, workload: Workload) -> None:
        undescribed = self._undescribed(workload)
        if undescribed is not None:
            for kind in (SubjectKind.TARGET_GROUP, SubjectKind.LOAD_BALANCER):
                self._lose(kind, f"{workload.id}#load balancers", undescribed, workload)
            return
        balancers: set[str] = set()
        for attached in workload.service.all_load_balancers if workload.service else ():
            if attached.load_balancer_name:
                balancers.add(attached.load_balancer_name)
            arn = attached.target_group_arn
            if not arn:
                continue
            group = self.estate.target_group_by_arn.get(arn)
            if group is not None:
                self._use(SubjectKind.TARGET_GROUP, arn, group.name, group, group.origin, workload)
                balancers.update(group.load_balancer_arns)
            else:
                why = self._why("elb.target_groups", workload, arn)
                self._lose(SubjectKind.TARGET_GROUP, arn, why, workload)
                self._lose(SubjectKind.LOAD_BALANCER, f"load balancer of {arn}", why, workload)
        for id in sorted(balancers):
            balancer = self.estate.load_balancer_by_arn.get(id)
            if balancer is not None:
                self._use(SubjectKind.LOAD_BALANCER, id, balancer.name, balancer, balancer.origin, workload)
            else:
                self._lose(SubjectKind.LOAD_BALANCER, id, self._why("elb.load_balancers", workload, id), workload)

    def _undescribed(self, workload: Workload) -> Missing | None:
        """Why a service is known by its ARN only, if it is."""
        if not workload.is_service:
            return None
        return self.estate.missing("ecs.services", workload.origin, workload.related)

    def _lost_definition(self, workload: Workload) -> Missing:
        missing = self._undescribed(workload) or self._why("ecs.task_definitions", workload)
        return missing.model_copy(update={"fact": "ecs.task_definitions"})

    def _definitions(self) -> None:
        seen: set[int] = set()
        for workload in self.estate.workloads:
            task = workload.task_definition
            if task is None:
                missing = self._lost_definition(workload)
                lost = workload.task_definition_arn or f"{workload.id}#task definition"
                for kind in (SubjectKind.TASK_DEFINITION, SubjectKind.CONTAINER):
                    self._lose(kind, lost, missing, workload)
                continue
            if id(task) in seen:
                continue
            seen.add(id(task))
            users = self.estate.users(task)
            base = task.task_definition_arn or workload.id
            self._add(SubjectKind.TASK_DEFINITION, base, task.name, task, users)
            containers = list(task.containers())
            for container in containers:
                self._add(
                    SubjectKind.CONTAINER,
                    f"{base}/{container.name}",
                    f"{task.family}/{container.name}",
                    container,
                    users,
                    container=container.index,
                )
            if not containers and "/containerDefinitions" in task.origin.unresolved:
                missing = Missing(fact="ecs.task_definitions", reason=Reason.UNRESOLVED)
                for user in users:
                    self._lose(SubjectKind.CONTAINER, base, missing, user)

    def _whole(self) -> None:
        workloads = self.estate.workloads
        places: dict[tuple[str, str], list[Workload]] = {}
        for workload in workloads:
            if workload.origin.source is None:
                places.setdefault((workload.origin.account, workload.origin.region), []).append(workload)
        for (account, region), members in places.items():
            self._add(
                SubjectKind.ACCOUNT, f"{account}/{region}", f"{account} {region}", Account(account, region), members
            )
        self._add(SubjectKind.ESTATE, "estate", "the estate", self.estate, workloads)
        self._add(SubjectKind.TEAM, "team", "the team", Team(), workloads)


_BY_WORKLOAD = frozenset({SubjectKind.WORKLOAD, SubjectKind.TASK_DEFINITION, SubjectKind.CONTAINER})
"""Kinds that are known by their workloads; the others are resources with an identity of their own."""


def _distinct(origins: Iterable[Origin]) -> tuple[Origin, ...]:
    """One origin for each account, region and source."""
    return tuple({(each.account, each.region, each.source): each for each in origins}.values())


def _partition(workload: Workload) -> str:
    for arn in (workload.arn, workload.cluster_arn, workload.task_definition_arn):
        if arn.startswith("arn:"):
            return arn.split(":")[1]
    return ""
