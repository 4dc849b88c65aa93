"""Runs the collectors over the regions of an account, each after those that it starts from."""

import threading
import traceback
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assess.collectors import (
    autoscaling,
    cloudmap,
    cloudwatch,
    dashboards,
    datastores,
    delivery,
    ecr,
    ecs,
    edge,
    efs,
    elb,
    events,
    functions,
    iam,
    lattice,
    logs,
    messaging,
    pipes,
    protection,
    quotas,
    resource_policies,
    route53,
    scheduler,
    secret_stores,
    stepfunctions,
    vpc,
)
from assess.collectors.aws import (
    THREADS,
    Account,
    ScanError,
    Session,
    assume_role,
    caller_account,
    near,
    plain,
)
from assess.collectors.interface import (
    Collector,
    Filters,
    Operation,
    Place,
    Progress,
    Reader,
    Stopped,
    Unreadable,
    members,
)
from assess.estate.builder import EstateBuilder
from assess.estate.estate import Estate, Scope
from assess.estate.gaps import Gap, Reason

COLLECTORS: tuple[Collector, ...] = (
    *ecs.COLLECTORS,
    *autoscaling.COLLECTORS,
    *events.COLLECTORS,
    *scheduler.COLLECTORS,
    *pipes.COLLECTORS,
    *stepfunctions.COLLECTORS,
    *cloudmap.COLLECTORS,
    *elb.COLLECTORS,
    *vpc.COLLECTORS,
    *iam.COLLECTORS,
    *secret_stores.COLLECTORS,
    *ecr.COLLECTORS,
    *cloudwatch.COLLECTORS,
    *quotas.COLLECTORS,
    *route53.COLLECTORS,
    *resource_policies.COLLECTORS,
    *protection.COLLECTORS,
    *edge.COLLECTORS,
    *datastores.COLLECTORS,
    *messaging.COLLECTORS,
    *functions.COLLECTORS,
    *lattice.COLLECTORS,
    *delivery.COLLECTORS,
    *logs.COLLECTORS,
    *dashboards.COLLECTORS,
    *efs.COLLECTORS,
)

EVERYWHERE = "all"
"""Stands for every region that is enabled for the account."""

_REGION_TO_START_FROM = "us-east-1"
_GRACE = 3.0
"""Seconds that calls in flight are given to end after an interrupt."""


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """What to read, and as whom."""

    regions: tuple[str, ...] = ()
    """Names, or :data:`EVERYWHERE`; none for the region of the environment or the profile."""
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    clusters: tuple[str, ...] = ()
    """Globs over cluster names; none for all."""
    services: tuple[str, ...] = ()
    """Globs over the names of services, and of the families of tasks that run without one; none for all."""


class ScanInterrupted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C: ``estate`` holds what was read until then, and says what was not."""

    def __init__(self, estate: Estate) -> None:
        super().__init__()
        self.estate = estate


def operations() -> tuple[Operation, ...]:
    """Every call that a scan may make, sorted: the permissions that it needs."""
    declared = {operation for collector in COLLECTORS for operation in collector.operations}
    return tuple(sorted(declared | {vpc.DESCRIBE_REGIONS}, key=lambda each: (each.action, each.service, each.name)))


def scan(
    request: ScanRequest,
    progress: Progress | None = None,
    *,
    facts: frozenset[str] | None = None,
    collected_at: datetime | None = None,
) -> Estate:
    """Reads an account. What AWS does not let us read is a gap of the estate, never an error.

    ``facts`` are those that anything needs (all where none are named); what finds workloads is read in any case.
    ``collected_at`` is the time that the estate carries: the start of the scan, where none is given.

    Raises:
        ScanError: the scan cannot begin.
        ScanInterrupted: somebody pressed Ctrl-C.
    """
    started = collected_at or datetime.now(UTC).replace(microsecond=0)
    session = Session(request.profile, operations())
    known = session.known_regions()
    for region in request.regions:
        if region not in known and region != EVERYWHERE:
            raise ScanError(f"unknown region {plain(region)}{near(region, known)}", 2)
    first = next((each for each in request.regions if each != EVERYWHERE), session.default_region)
    if first is None and not request.regions:
        raise ScanError("no region: name one with --region, or set AWS_REGION or a region of the profile", 2)
    first = first or _REGION_TO_START_FROM
    if first not in known:
        raise ScanError(f"unknown region {plain(first)}, of the environment or the profile{near(first, known)}", 2)

    credentials = session.credentials()
    if request.role_arn is not None:
        credentials = assume_role(session, credentials, first, request.role_arn, request.external_id)
    account_id = caller_account(session, credentials, first)

    stop = threading.Event()
    account = Account(session, credentials, stop)
    gaps: list[Gap] = []
    regions = tuple(dict.fromkeys(request.regions or (first,)))
    if EVERYWHERE in regions:
        regions = _enabled_regions(session, account, account_id, first, gaps)

    chosen, wanted = _chosen(facts)
    builder = EstateBuilder()
    pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="call")
    filters = Filters(request.clusters, request.services)

    def place(region: str, parts: tuple[Place, ...] = ()) -> Place:
        return Place(
            account=account_id,
            region=region,
            calls=account,
            builder=builder,
            pool=pool,
            progress=progress or _Silent(),
            filters=filters,
            facts_wanted=wanted,
            collected_at=started,
            call_region=region or first,
            partition=session.partition_of(region or first),
            parts=parts,
        )

    regional = tuple(place(region) for region in regions)
    whole = place("", regional)
    for each in regional:
        each.whole = whole
    places = (*regional, whole)
    interrupted = False
    jobs = _Jobs(places, chosen, stop)
    try:
        jobs.start()
        jobs.wait()
    except KeyboardInterrupt:
        interrupted = True
        jobs.stop()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)

    gaps += [gap for each in places for gap in each.gaps()] + jobs.unfinished()
    for gap in sorted(gaps, key=_order):
        builder.gap(gap)
    asked = {"cluster": request.clusters, "service": request.services}
    scope = Scope(
        accounts=(account_id,), regions=regions, filters={name: globs for name, globs in asked.items() if globs}
    )
    estate = builder.build(collected_at=started, scope=scope)
    if interrupted:
        raise ScanInterrupted(estate)
    return estate


class _Silent:
    def expect(self, what: str, count: int) -> None:
        """Tells nobody."""

    def done(self, what: str, count: int = 1) -> None:
        """Tells nobody."""


def _order(gap: Gap) -> tuple[bool, str, str, str, str, str]:
    """What hides workloads first."""
    return (not gap.enumeration, gap.account, gap.region, gap.api, gap.resource or "", gap.model_dump_json())


def _chosen(facts: frozenset[str] | None) -> tuple[tuple[Collector, ...], frozenset[str]]:
    """The collectors that have to run, and the facts that they are to read."""
    if facts is None:
        return COLLECTORS, frozenset(fact for each in COLLECTORS for fact in each.facts)
    finding = {fact for each in COLLECTORS if each.enumerates for fact in each.facts}
    # a workload's launch type hangs on its capacity provider
    wanted = facts | finding | {"ecs.capacity_providers"}
    names = {each.name for each in COLLECTORS if wanted & set(each.facts)}
    by_name = {each.name: each for each in COLLECTORS}
    pending = list(names)
    while pending:
        for name in by_name[pending.pop()].after:
            if name not in names:
                names.add(name)
                wanted |= set(by_name[name].facts)
                pending.append(name)
    return tuple(each for each in COLLECTORS if each.name in names), wanted


def _enabled_regions(
    session: Session, account: Account, account_id: str, region: str, gaps: list[Gap]
) -> tuple[str, ...]:
    """The regions that are enabled for the account; all of the partition where AWS does not say."""
    try:
        answer = account.call(vpc.DESCRIBE_REGIONS, region, {})
    except Unreadable as error:
        gaps.append(
            Gap(
                api=error.operation.api,
                action=error.operation.action,
                account=account_id,
                region="",
                reason=error.reason,
                error=error.code,
                message=f"{error.message}; every region of the partition is tried instead",
                recovered=True,
            )
        )
        return session.regions_beside(region)
    return tuple(sorted(str(each["RegionName"]) for each in members(answer, "Regions") if each.get("RegionName")))


class _Jobs:
    """One job for each collector and place, each waiting for those that its collector runs after."""

    def __init__(self, places: Sequence[Place], collectors: Sequence[Collector], stop: threading.Event) -> None:
        self._stop = stop
        self._pairs = [
            (place, each) for each in _sorted(collectors) for place in places if each.regional == bool(place.region)
        ]
        self._jobs: dict[tuple[str, str], Future[None]] = {}
        # jobs mostly wait, for calls or for each other: each has a thread of its own, so that none can wait forever
        self._threads = ThreadPoolExecutor(max_workers=max(1, len(self._pairs)), thread_name_prefix="collector")

    def start(self) -> None:
        """Starts them all. An interrupt comes through; what was started by then is known."""
        for place, collector in self._pairs:
            before = [
                future
                for (region, name), future in self._jobs.items()
                if name in collector.after and (region in ("", place.region) or not collector.regional)
            ]
            self._jobs[place.region, collector.name] = self._threads.submit(self._run, place, collector, before)

    def wait(self) -> None:
        """Until all are done. An interrupt comes through, and so does a fault of the program."""
        wait(self._jobs.values())
        for future in self._jobs.values():
            future.result()
        self._threads.shutdown()

    def stop(self) -> None:
        """Sends nothing more, and waits a little for calls in flight."""
        self._stop.set()
        wait(self._jobs.values(), timeout=_GRACE)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def unfinished(self) -> list[Gap]:
        """What an interrupt kept from being read."""
        return [
            Gap(
                api=collector.operations[0].api,
                action=None,
                account=place.account,
                region=place.region,
                enumeration=collector.enumerates,
                reason=Reason.NOT_COLLECTED,
                facts=collector.facts,
                error="Interrupted",
                message=f"the scan was interrupted before all {collector.title} were read",
            )
            for place, collector in self._pairs
            if not self._is_done(place, collector)
        ]

    def _is_done(self, place: Place, collector: Collector) -> bool:
        job = self._jobs.get((place.region, collector.name))
        return job is not None and job.done() and not job.cancelled() and job.exception() is None

    def _run(self, place: Place, collector: Collector, before: Iterable["Future[None]"]) -> None:
        wait(list(before))
        if self._stop.is_set():
            raise Stopped
        reader = Reader(place, collector)
        place.progress.expect(reader.title, 1)
        try:
            collector.collect(reader)
        except (Stopped, CancelledError):
            raise Stopped from None
        except Exception as error:  # noqa: BLE001 - whatever one API answers must not cost what the others told
            place.note(_not_understood(place, collector, error))
        else:
            for fact in collector.facts:
                if fact in place.facts_wanted:
                    place.builder.saw(fact, place.account, place.region)
        finally:
            place.progress.done(reader.title)


def _sorted(collectors: Sequence[Collector]) -> list[Collector]:
    """Collectors, each behind those that it runs after."""
    found: list[Collector] = []
    names = {each.name for each in collectors}
    pending = list(collectors)
    while pending:
        ready = [each for each in pending if not names.intersection(each.after) - {done.name for done in found}]
        if not ready:
            raise ValueError(f"collectors wait for each other: {', '.join(each.name for each in pending)}")
        found += ready
        pending = [each for each in pending if each not in ready]
    return found


def _not_understood(place: Place, collector: Collector, error: Exception) -> Gap:
    """A gap for an answer of a shape that nobody foresaw; no value of it is told, only where it was met."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    operation = collector.operations[0]
    return Gap(
        api=operation.api,
        action=operation.action,
        account=place.account,
        region=place.region,
        enumeration=collector.enumerates,
        reason=Reason.ERROR,
        facts=collector.facts,
        error=type(error).__name__,
        message=f"an answer was not understood ({Path(at.filename).name}:{at.lineno})",
    )
