"""What a collector declares, and the place - one account and region - that it reads through."""

import fnmatch
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

from assess.estate.builder import EstateBuilder
from assess.estate.estate import FACT_KINDS
from assess.estate.facts import Fact, Origin
from assess.estate.gaps import Gap, Reason

Document = dict[str, Any]
"""A piece of an answer, in AWS's own terms."""

_F = TypeVar("_F", bound=Fact)
_T = TypeVar("_T")
_R = TypeVar("_R")


# --- declarations -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paging:
    """How an operation hands out a long list: names of its parameters, and the largest page that AWS allows."""

    limit: str | None
    """None where pages have the size that AWS gives them."""
    size: int
    token: str
    next: str
    also: tuple[tuple[str, str], ...] = ()
    """Further parameters that say where the next page begins, each with the answer's key for it."""
    within: str | None = None
    """The member of the answer that holds the list and ``next``, where it is not the answer itself."""


def pages(size: int, *, limit: str = "maxResults", token: str = "nextToken", next: str | None = None) -> Paging:
    """Paging whose answer names the next page as the request does, unless ``next`` says otherwise."""
    return Paging(limit, size, token, next or token)


def unsized_pages(
    token: str = "nextToken",
    next: str | None = None,
    *,
    also: tuple[tuple[str, str], ...] = (),
    within: str | None = None,
) -> Paging:
    """Paging with pages of the size that AWS gives them, where that is the largest or none can be asked for."""
    return Paging(None, 0, token, next or token, also, within)


@dataclass(frozen=True, slots=True)
class Operation:
    """One call that a collector may make."""

    service: str
    """The service as botocore names its client."""
    name: str
    action: str
    """The IAM action that it needs."""
    group: str | None = None
    """The bucket that it shares with others (see :mod:`assess.collectors.pacing`); none: AWS gives it its own."""
    answers: tuple[str, ...] = ()
    """Keys that are in every answer, also where nothing was found; an answer without one is broken."""
    paging: Paging | None = None
    batch: int | None = None
    """The most names that one call takes."""
    enumerates: bool = False
    """Whether its loss can hide a workload."""

    home: str | None = None
    """The region whose endpoint alone answers, for a service that is the same everywhere."""

    @property
    def api(self) -> str:
        """``service:Operation``, as gaps name it."""
        return f"{self.service}:{self.name}"


@dataclass(frozen=True, slots=True)
class Collector:
    """Reads one group of facts through one AWS API, in each region or once for the account."""

    name: str
    title: str
    """What it reads, as progress names it."""
    facts: tuple[str, ...]
    operations: tuple[Operation, ...]
    collect: Callable[["Reader"], None]
    after: tuple[str, ...] = ()
    """Collectors whose facts it starts from; they run first."""
    regional: bool = True

    @property
    def enumerates(self) -> bool:
        """Whether its loss can hide a workload."""
        return any(operation.enumerates for operation in self.operations)


class Unreadable(Exception):  # noqa: N818 - it is a fact about the account, not a fault of the program
    """A call that AWS did not answer, after all attempts."""

    def __init__(self, operation: Operation, reason: Reason, code: str, message: str) -> None:
        super().__init__(f"{operation.api}: {code}: {message}")
        self.operation = operation
        self.reason = reason
        self.code = code
        self.message = message


class NotThere(Unreadable):
    """A call to a service that AWS does not have in the region: nobody answers, and nothing of it can be there."""


class Stopped(Exception):  # noqa: N818 - the person asked for it
    """The scan was interrupted: nothing more is sent."""


class Caller(Protocol):
    """Sends one call."""

    def call(self, operation: Operation, region: str, parameters: Mapping[str, Any]) -> Document:
        """The answer, with every key that the operation declares.

        Raises:
            Unreadable: AWS did not answer.
            Stopped: the scan was interrupted.
        """


class Progress(Protocol):
    """Is told, from several threads, what is being read and how much is left."""

    def expect(self, what: str, count: int) -> None:
        """``count`` more pieces of ``what`` are to be read."""

    def done(self, what: str, count: int = 1) -> None:
        """``count`` pieces of ``what`` were read, or lost."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Globs over names; none lets everything through. A filter never hides what it cannot judge."""

    clusters: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()

    def takes_cluster(self, reference: str) -> bool:
        """Whether a cluster (name or ARN; empty where it is not known) is asked for."""
        return not reference or _matches(name_of(reference), self.clusters)

    def takes_workload(self, name: str) -> bool:
        """Whether a service, or a family of tasks without one, is asked for."""
        return not name or _matches(name, self.workloads)


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatch.fnmatchcase(name, glob) for glob in globs)


# --- places -----------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Place:
    """One account and region (or the account's global services) while it is being read."""

    account: str
    region: str
    """Empty for the account's global services."""
    calls: Caller
    builder: EstateBuilder
    pool: ThreadPoolExecutor
    progress: Progress
    filters: Filters
    facts_wanted: frozenset[str]
    collected_at: datetime
    """The time that the estate carries."""
    call_region: str
    """The region whose endpoints are called."""
    partition: str = "aws"
    """As ARNs name it."""
    parts: tuple["Place", ...] = ()
    """The account's regions, for its global services."""
    whole: "Place | None" = None
    """The account's global services, for a region."""
    _facts: dict[type[Fact], dict[str, Fact]] = field(default_factory=dict)
    _gaps: list[Gap] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def origin(self) -> Origin:
        """Where facts of this place were seen."""
        return Origin(account=self.account, region=self.region)

    def add(self, kind: str, document: Mapping[str, Any]) -> Fact:
        """Lets a document into the estate; returns it as it is kept."""
        document = {key: value for key, value in document.items() if key != "ResponseMetadata"}
        fact = self.builder.add(kind, document, self.origin)
        with self._lock:
            self._facts.setdefault(FACT_KINDS[kind], {})[fact.identity] = fact
        return fact

    def facts(self, model: type[_F]) -> list[_F]:
        """The facts of a kind that were read here (or in all regions of the account) so far, sorted."""
        with self._lock:
            own = dict(self._facts.get(model, {}))
        found = [cast(_F, fact) for _, fact in sorted(own.items())]
        for part in self.parts:
            found += part.facts(model)
        return found

    def note(self, gap: Gap) -> None:
        """Notes something that could not be read."""
        with self._lock:
            self._gaps.append(gap)

    def gaps(self) -> list[Gap]:
        """What could not be read here, gaps of one kind taken together, in a stable order."""
        alike: dict[str, list[Gap]] = {}
        with self._lock:
            for gap in self._gaps:
                alike.setdefault(gap.model_copy(update={"message": ""}).model_dump_json(), []).append(gap)
        return [_one_of(same) for _, same in sorted(alike.items())]


def _one_of(same: list[Gap]) -> Gap:
    first = min(same, key=lambda gap: gap.message)
    others = len(same) - 1
    if not others:
        return first
    return first.model_copy(update={"message": f"{first.message} (and {others} more like it)"})


class Reader:
    """What a collector reads with: only its declared operations, every loss noted as a gap."""

    def __init__(self, place: Place, collector: Collector) -> None:
        self._place = place
        self._collector = collector
        self.account = place.account
        self.region = place.region
        self.filters = place.filters
        self.collected_at = place.collected_at

    # --- calls --------------------------------------------------------------------------------------------------

    def call(self, operation: Operation, **parameters: Any) -> Document:
        """One answer.

        Raises:
            Unreadable: AWS did not answer.
        """
        if operation not in self._collector.operations:
            raise ValueError(f"collector {self._collector.name} does not declare {operation.api}")
        return self._place.calls.call(operation, operation.home or self._place.call_region, parameters)

    def pages(self, operation: Operation, **parameters: Any) -> Iterator[Document]:
        """Each page of an answer.

        Raises:
            Unreadable: a page could not be read, or AWS hands out a page for the second time.
        """
        paging = operation.paging
        if paging is None:
            raise ValueError(f"{operation.api} declares no pages")
        if paging.limit is not None:
            parameters[paging.limit] = paging.size
        seen: set[tuple[Any, ...]] = set()
        while True:
            answer = self.call(operation, **parameters)
            page = answer if paging.within is None else answer[paging.within]
            yield page
            if not page.get(paging.next):
                return
            begin = {paging.token: page[paging.next]} | {name: page.get(key) for name, key in paging.also}
            if tuple(begin.values()) in seen:
                raise Unreadable(operation, Reason.ERROR, "RepeatedPage", "the list does not end: a page came twice")
            seen.add(tuple(begin.values()))
            parameters |= begin
            for name in [name for name, value in begin.items() if value is None]:
                del parameters[name]

    def get(
        self, operation: Operation, *, lost: Sequence[str], resource: str | None = None, **parameters: Any
    ) -> Document | None:
        """One answer, or none where it could not be read: then ``lost`` are missing (of ``resource``)."""
        try:
            return self.call(operation, **parameters)
        except Unreadable as error:
            self.lose(error, lost, resource=resource)
            return None

    def items(
        self, operation: Operation, key: str, *, lost: Sequence[str], resource: str | None = None, **parameters: Any
    ) -> list[Any]:
        """The members of ``key`` over all pages; where a page cannot be read, those before it."""
        found: list[Any] = []
        try:
            for page in self.pages(operation, **parameters):
                found += members(page, key)
        except Unreadable as error:
            self.lose(error, lost, resource=resource)
        return found

    def each(self, function: Callable[[_T], _R], items: Iterable[_T]) -> list[_R]:
        """``function`` of every item, several at a time, in the order of the items. It must not call ``each``."""
        what, items = self.title, list(items)
        self._place.progress.expect(what, len(items))

        def one(item: _T) -> _R:
            try:
                return function(item)
            finally:
                self._place.progress.done(what)

        return list(self._place.pool.map(one, items))

    @property
    def title(self) -> str:
        """What is being read, and where."""
        return f"{self.region}: {self._collector.title}" if self.region else self._collector.title

    # --- what was found -----------------------------------------------------------------------------------------

    def arn(self, service: str, resource: str, *, nowhere: bool = False) -> str:
        """The ARN of a resource of this place; ``nowhere``: it stands in no account and region, as a bucket does."""
        place = ":" if nowhere else f"{self.region}:{self.account}"
        return f"arn:{self._place.partition}:{service}:{place}:{resource}"

    def wants(self, fact: str) -> bool:
        """Whether anything needs a fact."""
        return fact in self._place.facts_wanted

    def add(self, kind: str, document: Mapping[str, Any]) -> Fact:
        """Lets a document into the estate; returns it as it is kept."""
        return self._place.add(kind, document)

    def facts(self, model: type[_F]) -> list[_F]:
        """The facts of a kind that were read here so far, sorted."""
        return self._place.facts(model)

    def facts_of_account(self, model: type[_F]) -> list[_F]:
        """The facts of a kind that were read in the whole account so far, sorted."""
        return (self._place.whole or self._place).facts(model)

    def lose(
        self,
        error: Unreadable,
        facts: Sequence[str],
        *,
        resource: str | None = None,
        recovered: bool = False,
    ) -> None:
        """Notes that ``facts`` could not be read: of one resource, or of the whole place."""
        if isinstance(error, NotThere):
            return
        self._place.note(
            Gap(
                api=error.operation.api,
                action=error.operation.action,
                account=self.account,
                region=self.region,
                resource=resource,
                enumeration=error.operation.enumerates,
                reason=error.reason,
                facts=tuple(facts),
                error=error.code,
                message=error.message,
                recovered=recovered,
            )
        )


# --- documents --------------------------------------------------------------------------------------------------


def members(answer: Mapping[str, Any], key: str) -> list[Any]:
    """The members of a list in an answer; a hole in it is left out."""
    return [each for each in answer.get(key) or () if each is not None]


def name_of(arn: str) -> str:
    """The last part of an ARN; of a name, the name."""
    return arn.rpartition("/")[2]


def family_of(reference: str) -> str:
    """The family of a task definition that an ARN, ``family:revision`` or a family names."""
    return name_of(reference).partition(":")[0]


def batches(items: Iterable[_T], size: int | None) -> list[list[_T]]:
    """The items in lists of ``size`` at most."""
    listed = list(items)
    step = size or 1
    return [listed[at : at + step] for at in range(0, len(listed), step)]


def describe(
    reader: Reader,
    operation: Operation,
    key: str,
    identity: str,
    names: Sequence[str],
    *,
    lost: Sequence[str],
    resource: str | None = None,
    **parameters: Any,
) -> tuple[list[Document], list[str]]:
    """What an ECS ``Describe`` call says of up to a batch of names, and the names that it lost.

    ``parameters`` hold the names too. A name that AWS no longer knows (``MISSING`` among the answer's failures)
    went away since it was listed: it is no loss. Each lost name is a gap: on itself, or on ``resource``.
    """
    found: list[Document] = []
    try:
        answer = reader.call(operation, **parameters)
    except Unreadable as error:
        failed = [(name, error) for name in names]
    else:
        found = members(answer, key)
        failures = [(str(each.get("arn", "")), each) for each in members(answer, "failures")]
        failed = [
            (name, Unreadable(operation, Reason.ERROR, str(each.get("reason")), str(each.get("detail") or "no detail")))
            for name, each in failures
            if each.get("reason") != "MISSING"
        ]
        if len(found) + len(failures) < len(names):
            answered = {str(each.get(identity)) for each in found} | {name for name, _ in failures}
            dropped = Unreadable(operation, Reason.ERROR, "Incomplete", "the answer does not hold all that was asked")
            failed += [(name, dropped) for name in names if name not in answered]
    for name, loss in failed:
        reader.lose(loss, lost, resource=resource or name)
    return found, [name for name, _ in failed]
