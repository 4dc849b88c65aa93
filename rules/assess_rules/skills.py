"""Kubernetes skills: what only the team itself can say about what it can do."""

from collections.abc import Iterator

from assess.rule import (
    HIGH,
    MEDIUM,
    WEEKS,
    Checklist,
    Outcome,
    Reason,
    Team,
    rule,
    unknown,
)

_MANIFESTS = ("T1", "T2", "T3", "T4", "T5", "T6")
_DEBUGGING = ("T7", "T8", "T9", "T10", "T11")
_PLATFORM = ("T17", "T18", "T19", "T20", "T21", "T22")


def _facts(questions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"survey.{each}" for each in questions)


def _unanswered(questions: tuple[str, ...]) -> Iterator[Outcome]:
    yield unknown(Reason.UNANSWERED, *_facts(questions))


@rule(
    "SKL-MANIFESTS",
    Checklist.SKILLS,
    severity=MEDIUM,
    worst=HIGH,
    effort=WEEKS,
    confidence=0.8,
    needs=_facts(_MANIFESTS),
    reference="https://kubernetes.io/docs/concepts/workloads/management/",
)
def cannot_write_manifests(_team: Team) -> Iterator[Outcome]:
    """The team cannot yet write and own manifests.

    Every workload becomes a set of manifests that its team changes from then on: replicas, probes, resources,
    identities, rollouts. A team that copies them without understanding them learns each field in an incident. No scan
    shows that, so the team is asked, person by person.

    Fix: train two people of every team by moving one small service together, and give all teams a chart or a base
    with good defaults instead of empty files.
    """
    yield from _unanswered(_MANIFESTS)


@rule(
    "SKL-DEBUG",
    Checklist.SKILLS,
    severity=MEDIUM,
    worst=HIGH,
    effort=WEEKS,
    confidence=0.8,
    needs=_facts(_DEBUGGING),
    reference="https://kubernetes.io/docs/tasks/debug/debug-application/",
)
def cannot_debug(_team: Team) -> Iterator[Outcome]:
    """The people on call cannot yet find faults on Kubernetes.

    A stopped ECS task gives one reason in one place; a Pod that does not start gives hints in events, conditions,
    previous logs and the node. Incidents last as long as it takes the person on call to find them, so at least two
    people must be able to, and to roll a release back, before production moves.

    Fix: write runbooks for the ten usual faults, hold game days in the test cluster, and put the first waves on call
    with somebody who has done it.
    """
    yield from _unanswered(_DEBUGGING)


@rule(
    "SKL-PLATFORM",
    Checklist.SKILLS,
    severity=HIGH,
    softest=MEDIUM,
    effort=WEEKS,
    confidence=0.8,
    needs=_facts(_PLATFORM),
    also_uses=("survey.O1", "policy.target"),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html",
)
def cannot_operate_the_platform(_team: Team) -> Iterator[Outcome]:
    """The team cannot yet operate an EKS platform.

    A Kubernetes version has 14 months of standard support on EKS, so clusters, nodes and add-ons are upgraded about
    three times a year, for ever. ECS has nothing of the kind. Where nobody can do it, upgrades are put off until
    they are forced, and networking or add-ons break with nobody to ask.

    Fix: choose EKS Auto Mode so that AWS runs most of it, hire or contract the skill, and rehearse an upgrade before
    the first production workload moves.
    """
    yield from _unanswered(_PLATFORM)
