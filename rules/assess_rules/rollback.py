"""Risk and rollback: whether traffic can move step by step, and whether ECS can be returned to."""

import re
from collections.abc import Iterator

from assess.estate.ecs import Container, Service
from assess.estate.estate import Estate
from assess.estate.triggers import EventRule, Schedule, StateMachine
from assess.estate.workloads import Workload
from assess.graph import DependencyGraph, NodeKind
from assess.rule import (
    CRITICAL,
    DAYS,
    HIGH,
    HOURS,
    MEDIUM,
    WEEKS,
    Checklist,
    Outcome,
    Reason,
    fail,
    not_applicable,
    rule,
    unknown,
)
from assess_rules.code_marks import mark_of_code
from assess_rules.edges import evidence_of, is_grant, takes_from
from assess_rules.known_images import datastore_of, runs_client_of_datastore
from assess_rules.statelessness import kept_data

WEAK_EVIDENCE = 0.5
"""Confidence of what is inferred from tags and names that are not there."""


@rule(
    "RSK-NO-SHIFT",
    Checklist.ROLLBACK,
    severity=HIGH,
    softest=MEDIUM,
    effort=DAYS,
    confidence=0.8,
    needs=("ecs.services", "elb.listeners", "elb.target_groups"),
    also_uses=("route53", "lattice", "cloudmap", "vpc.security_groups"),
    softened_by=("vpc.security_groups",),
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html",
)
def no_traffic_shift(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """Traffic to the service cannot be moved step by step.

    Callers find this service by names that Cloud Map answers with the addresses of its tasks. Such an answer cannot
    say "five percent to EKS": either the name leads to the tasks or to the Pods, for all callers at once, and a
    mistake is seen by everybody until their caches run out. The listeners of Application and Network Load Balancers
    split traffic by weight, and so does VPC Lattice. Classic Load Balancers and tasks with public addresses are
    findings of their own.

    Fix: put an internal Application or Network Load Balancer (or VPC Lattice) in front of the service while it still
    runs on ECS, move the callers to its name, then shift by weighted target groups.
    """
    service = workload.service
    if service is None or not workload.takes_requests:
        yield not_applicable("no caller is led to it", reads=("ecs.services",))
        return
    if any(each.load_balancer_name for each in service.all_load_balancers):
        yield not_applicable("its Classic Load Balancer is a finding of its own", reads=("ecs.services",))
        return
    if service.all_load_balancers or (service.primary and service.primary.vpc_lattice_configurations):
        return  # the listeners of ALB, NLB (since November 2025) and Lattice have weights
    if not service.service_registries:
        yield not_applicable("only Service Connect leads to it, which is a finding of its own", reads=("ecs.services",))
        return
    private = _is_called_from_cluster_only(workload, estate)
    yield fail(
        f"service {workload.name} is found by Cloud Map names only, which cannot split traffic by weight",
        service.evidence("serviceRegistries", 0, "registryArn"),
        severity=MEDIUM if private else HIGH,
        confidence=0.8,
    )


def _is_called_from_cluster_only(workload: Workload, estate: Estate) -> bool:
    """Whether the security groups of the tasks let in nothing but tasks of the same cluster."""
    groups = [estate.security_group_by_id.get(id) for id in workload.security_groups]
    inside = {
        id for each in estate.workloads if each.cluster_arn == workload.cluster_arn for id in each.security_groups
    }
    permissions = [permission for group in groups if group is not None for permission in group.ip_permissions]
    if not permissions or None in groups:
        return False
    return all(
        not each.ip_ranges
        and not each.prefix_list_ids
        and not each.unknown_fields.get("Ipv6Ranges")
        and {pair.group_id for pair in each.user_id_group_pairs} <= inside
        for each in permissions
    )


@rule(
    "RSK-TASKDEF-INACTIVE",
    Checklist.ROLLBACK,
    severity=HIGH,
    effort=HOURS,
    needs=("ecs.services", "ecs.task_definitions"),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-definition-state.html",
)
def inactive_task_definition(workload: Workload) -> Iterator[Outcome]:
    """The revision that runs could not be started anew.

    A deregistered revision goes on running where it runs, but no new service can use it, and ECS may delete it one
    day. If the service is taken down or made again during the move, there is nothing to go back to: the rollback
    plan rests on a revision that cannot be launched.

    Fix: register the same content as a new revision and deploy it on ECS before the move, and stop whatever cleans
    up revisions until the rollback window has ended.
    """
    task = workload.task_definition
    if workload.kind == "task_definition":
        return  # nobody says that it runs
    if task is not None and task.status in ("INACTIVE", "DELETE_IN_PROGRESS"):
        yield fail(
            f"workload {workload.name} runs revision {task.name}, which is {task.status}", task.evidence("status")
        )


@rule(
    "RSK-NO-IAC",
    Checklist.ROLLBACK,
    severity=MEDIUM,
    worst=HIGH,
    effort=WEEKS,
    confidence=0.8,
    needs=("tags", "ecs.services"),
    also_uses=("iac", "survey", "ecs.task_definitions"),
    raised_by=("survey",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/working-with-templates.html",
)
def no_infrastructure_as_code(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """Nothing shows that the workload can be made again from code.

    Going back to ECS after its service, target group or role has been removed means making them again, exactly as
    they were. Where they were made by hand, nobody can. A tag of CloudFormation, CDK, Copilot, Terraform or Pulumi
    counts as a mark, and so does the name of the role that registered the task definition; Terraform leaves no mark
    by itself, so this evidence is weak.

    Fix: import the service, its task definition, target group, roles and scaling into CloudFormation or Terraform,
    or at least keep the JSON of each, before anything is moved.
    """
    if mark_of_code(workload) is not None:
        return
    facts = ("tags", "ecs.services", "ecs.task_definitions")
    unread = [each for fact in facts if (each := estate.missing(fact, workload.origin, workload.related)) is not None]
    if unread:  # the mark may stand there
        first = min(unread, key=lambda each: each.reason.rank)
        yield unknown(first.reason, *first.needs)
        return
    holder = workload.service or workload.task_definition
    if holder is not None:
        yield fail(
            f"no tag of workload {workload.name} shows the code that it was made from",
            holder.evidence("tags", value="no mark of infrastructure as code"),
            confidence=WEAK_EVIDENCE,
        )


@rule(
    "RSK-SINGLE-ENV",
    Checklist.ROLLBACK,
    severity=MEDIUM,
    worst=HIGH,
    effort=WEEKS,
    confidence=0.8,
    needs=("ecs.services", "tags"),
    also_uses=("survey",),
    raised_by=("survey",),
    across=("ecs.services",),
    reference="https://docs.aws.amazon.com/prescriptive-guidance/latest/application-portfolio-assessment-guide/introduction.html",
)
def no_other_environment(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """No copy of the production workload runs in another environment.

    A move is rehearsed in a place where mistakes cost nothing: manifests, traffic shift, rollback, load. A workload
    that exists in production only is moved for the first time with its users watching. Copies are recognised by tags
    and names within what was scanned, which is weak evidence; one in an account that was not scanned is not seen.

    Fix: make a small copy in a namespace for tests, with data that may be lost, and rehearse the move and the way
    back there.
    """
    if workload.environment == "other":
        yield not_applicable("the workload is not a production one")
        return
    if workload.environment is None:
        yield unknown(Reason.UNANSWERED, "survey")
        return
    if "other" in estate.environments_of.get(workload.base_name, frozenset()):
        return
    holder = workload.service or workload.task_definition
    if holder is None or estate.missing("ecs.services", workload.origin, None) is not None:
        return
    yield fail(
        f"no copy of production workload {workload.name} was seen in another environment",
        holder.evidence("serviceName" if workload.is_service else "family"),
        confidence=WEAK_EVIDENCE,
    )


_MIGRATION = re.compile(
    r"(?<![\w-])(?:flyway\b.*\bmigrate|liquibase\b.*\bupdate|alembic\b.*\bupgrade|knex\b.*\bmigrate|goose\b.*\bup"
    r"|(?:rails|rake|bin/rails)\s+db:(?:migrate|prepare|setup)|manage\.py\s+migrate|artisan\s+migrate"
    r"|prisma\s+migrate\s+deploy|prisma\s+db\s+push|sequelize(?:-cli)?\s+db:migrate|dotnet\s+ef\s+database\s+update"
    r"|typeorm\b.*\bmigration:run|dbmate\b.*\bup|db:migrate|migrate\s+(?:up|deploy|latest))(?![\w-])"
)
"""Commands that change a database's schema."""


@rule(
    "RSK-SCHEMA-COUPLED",
    Checklist.ROLLBACK,
    severity=MEDIUM,
    effort=DAYS,
    confidence=0.5,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].command", "containerDefinitions[].entryPoint"),
    reference="https://helm.sh/docs/topics/charts_hooks/",
)
def schema_changed_at_start(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A long-running container changes the database's schema when it starts.

    A rollout starts several Pods at once, and each of them changes the schema. While both platforms serve traffic, a
    start on EKS also changes what the version on ECS works with, and going back finds a schema that it does not know.

    Passes: a task that only runs the migration. In a file nothing says whether the task runs for long, unless the
    same command goes on after the migration.

    Fix: run migrations in a Job of the release (a Helm or Argo CD hook), one at a time, and change schemas in steps
    that the old and the new version both can work with.
    """
    users = estate.users(container)
    if users and all(each.runs_to_completion for each in users):
        yield not_applicable("the task runs to completion")
        return
    definition = container.definition
    text = " ".join((*definition.entry_point, *definition.command))
    found = _MIGRATION.search(text)
    if found is None:
        return
    goes_on = any(each in text[found.start() :] for each in ("&&", ";", "||"))
    runs_for_long = goes_on or (container.definition.is_essential and any(each.is_service for each in users))
    if not runs_for_long and not any(each.is_service for each in users):
        yield unknown(Reason.NOT_IN_SOURCE, "ecs.services")
        return
    words = found[0].split()
    yield fail(
        f"container {container.name} changes the database's schema when it starts",
        container.task.evidence(*container.at("command" if definition.command else "entryPoint"), value=words[0]),
        confidence=WEAK_EVIDENCE,
    )


@rule(
    "RSK-DUAL-RUN",
    Checklist.ROLLBACK,
    severity=HIGH,
    worst=CRITICAL,
    effort=DAYS,
    confidence=0.8,
    needs=("ecs.services", "schedules", "workflows", "graph", "survey.A6"),
    also_uses=("survey.A7",),
    raised_by=("survey.A7",),
    reference="https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/",
)
def work_done_twice(workload: Workload, graph: DependencyGraph) -> Iterator[Outcome]:
    """The work would be done twice while both platforms run.

    A clock, a workflow or a stream does not know that a copy of its worker runs on EKS: each copy does the whole
    work, so mails go out twice and orders are booked twice. Two groups of consumers read a stream or a topic twice,
    and an ordered queue loses its order between them. A service that never has two tasks was often made so for this
    reason.

    Passes: a standard queue, whose consumers compete for each message. Whether a scheduler inside the application
    holds a lock, and whether work may be repeated, only its owner can say.

    Fix: disable the schedule on one side in the step that enables it on the other, keep the consumer group when Pods
    join, and make handlers idempotent by a key that is stored with the result.
    """
    found = list(_doubled(workload, graph))
    yield from found
    service = workload.service
    if found:
        return
    starts = bool(workload.triggers) or not workload.is_service
    if service is None or starts or takes_from(workload, graph) or (service.desired_count or 0) < 2:
        yield unknown(Reason.UNANSWERED, "survey.A6")
        return
    facts = ("ecs.services", "schedules", "workflows", "pipes", "ecs.task_definitions", "iam.roles", "messaging")
    yield not_applicable("nothing starts or feeds it, and two tasks run side by side already", reads=facts)


def _doubled(workload: Workload, graph: DependencyGraph) -> Iterator[Outcome]:
    for trigger in workload.triggers:
        source = trigger.source
        clock = isinstance(source, Schedule | EventRule) and source.schedule_expression
        if clock or isinstance(source, StateMachine):
            what = "state machine" if isinstance(source, StateMachine) else "schedule"
            yield fail(
                f"{what} {source.name} would start {workload.name} on both platforms",
                source.evidence(*trigger.at),
                element=source.name,
                confidence=0.8,
            )
    for edge in takes_from(workload, graph):
        end = graph.nodes[edge.target]
        ordered = end.name.endswith(".fifo")
        if end.kind in (NodeKind.STREAM, NodeKind.TOPIC) or ordered:
            what = f"{'ordered ' if ordered else ''}{end.kind} {end.name}"
            verb = "may" if is_grant(edge) else "would"
            yield fail(
                f"workload {workload.name} {verb} take the messages of {what} on both platforms",
                *evidence_of(edge),
                element=end.name,
                confidence=min(0.8, edge.confidence),
            )
    service = workload.service
    if service is not None and _is_singleton(service):
        yield fail(
            f"service {workload.name} never has two tasks, so its work may not be done twice",
            service.evidence("deploymentConfiguration", "maximumPercent"),
            element="deploymentConfiguration",
            confidence=0.8,
        )


def _is_singleton(service: Service) -> bool:
    """Whether it is declared so: one task, which a deployment stops before it starts the next."""
    given = service.deployment_configuration
    percentages = (given.minimum_healthy_percent, given.maximum_percent) if given is not None else None
    return service.desired_count == 1 and percentages == (0, 100)


@rule(
    "RSK-DATA-IRREVERSIBLE",
    Checklist.ROLLBACK,
    severity=CRITICAL,
    effort=WEEKS,
    confidence=0.8,
    needs=("ecs.task_definitions", "graph", "survey.R3", "survey.R4"),
    reference="https://docs.aws.amazon.com/dms/latest/userguide/Welcome.html",
)
def data_without_a_way_back(workload: Workload) -> Iterator[Outcome]:
    """Data that moves with the workload may have no way back.

    A datastore in a container, or files on an instance, have to be copied when the workload moves. From the first
    write on EKS on, the copy that stayed on ECS is old: going back loses what was written since. Only a plan says
    whether changes flow back, and only a rehearsal whether a restore works and how long it takes.

    Passes: datastores that AWS runs: they stay where they are, and both platforms use the same one.

    Fix: move the data to a managed service before the move, so that it does not move with it; or replicate back while
    both run (AWS DMS, the datastore's own replication), and restore a backup once before the day.
    """
    if workload.task_definition is None:
        return
    if not _moves_data(workload):
        yield not_applicable("no data moves with it", reads=("ecs.task_definitions",))
        return
    yield unknown(Reason.UNANSWERED, "survey.R3", "survey.R4")


def _moves_data(workload: Workload) -> bool:
    """Whether it runs a datastore, or writes to a volume of its instance or of Docker that keeps data."""
    task = workload.task_definition
    for container in task.containers() if task is not None else ():
        if datastore_of(container) is not None and not runs_client_of_datastore(container):
            return True
        if kept_data(container):
            return True
    return False
