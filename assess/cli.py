"""The commands: parse options, call one function, choose the exit code.

Whatever a command needs is imported when it runs, so that ``--help`` and ``--version`` answer at once.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from assess import __version__
from assess.console import Console, say
from assess.errors import UserError, raised_at

if TYPE_CHECKING:
    from assess.assessment import Assessment
    from assess.collectors import ScanRequest
    from assess.config import FailOn, Policy
    from assess.estate.estate import Estate
    from assess.gate import GateResult
    from assess.outputs import Output
    from assess.reporting import Report
    from assess.rulebook import Rulebook

log = logging.getLogger(__name__)

INTERRUPTED = 130
INTERNAL_ERROR = 70
"""A fault of this program (EX_SOFTWARE of sysexits.h); never the answer of a gate."""

app = typer.Typer(
    name="assess",
    help="Tells whether an Amazon ECS estate is ready to move to Kubernetes, and what stands in the way.",
    epilog="Exit codes: 0 done, 1 gate failed, 2 wrong input, 3 incomplete, 130 interrupted.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run(arguments: Sequence[str]) -> int:
    """Runs the command line; the exit code. Every mistake is one line on standard error, never a traceback."""
    try:
        code = app(list(arguments) or ["--help"], prog_name="assess", standalone_mode=False)
    except UserError as error:
        say(f"error: {error}" if error.exit_code else str(error))
        return error.exit_code
    except _USAGE_ERROR as error:
        say(f"error: {cast(Any, error).format_message()} (assess --help shows what there is)")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last stop: no value and no traceback reaches the screen
        say(f"internal error: {raised_at(error)} - this is a fault of assess, please report it")
        log.info("".join(traceback.format_tb(error.__traceback__)))
        return INTERNAL_ERROR
    if code == INTERRUPTED:
        say("interrupted")
    return code if isinstance(code, int) else 0


_USAGE_ERROR = cast("type[Exception]", typer.BadParameter.__bases__[0])
"""Click's UsageError, wherever this version of typer keeps it."""


# --- options ----------------------------------------------------------------------------------------------------


class Threshold(StrEnum):
    """What ``--fail-on`` takes."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NEVER = "never"


class PolicyFormat(StrEnum):
    """What ``assess permissions --format`` takes."""

    JSON = "json"
    TERRAFORM = "terraform"
    CLOUDFORMATION = "cloudformation"


class DiffFormat(StrEnum):
    """What ``assess diff --format`` takes."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"


class ListFormat(StrEnum):
    """What ``assess rules --format`` takes."""

    TERMINAL = "terminal"
    JSON = "json"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a day is written 2027-03-31") from None


Config = Annotated[
    str | None,
    typer.Option("--config", metavar="FILE", help="Policy file; default: the nearest assess.toml or pyproject.toml."),
]
OutputFiles = Annotated[
    list[str] | None,
    typer.Option("-o", "--output", metavar="FILE", help="Write a report; the ending picks the format. Repeatable."),
]
Format = Annotated[str, typer.Option("--format", metavar="NAME", help="What standard output gets.")]
FailOnOption = Annotated[
    Threshold | None, typer.Option("--fail-on", help="Exit with 1 when a finding of this severity or worse stands.")
]
MinCoverage = Annotated[
    float | None,
    typer.Option("--min-coverage", metavar="PERCENT", min=0, max=100, help="Exit with 3 when less was seen."),
]
AllowIncomplete = Annotated[bool, typer.Option("--allow-incomplete", help="Gaps never change the exit code.")]
AsOf = Annotated[
    date | None,
    typer.Option("--as-of", metavar="DAY", parser=_day, help="Judge waivers and ages by this day; default: today."),
]
Compare = Annotated[
    str | None,
    typer.Option("--compare", metavar="FILE", help="Show what moved since this saved estate or assessment."),
]
Pseudonyms = Annotated[
    bool, typer.Option("--pseudonyms", help="Aliases in place of names, account ids, ARNs and hosts in every report.")
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only the result and errors.")]
Verbose = Annotated[
    int, typer.Option("-v", "--verbose", count=True, help="Show the evidence; -vv: a log as well.", show_default=False)
]


def _version(wanted: bool) -> None:
    if wanted:
        Console().result(f"assess {__version__}")
        raise typer.Exit


@app.callback()
def _assess(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


# --- scan and demo ------------------------------------------------------------------------------------------------


@app.command()
def scan(
    region: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="REGION", help='Repeatable, or "all"; default: that of the profile.'),
    ] = None,
    profile: Annotated[str | None, typer.Option("--profile", metavar="NAME", help="AWS profile.")] = None,
    role_arn: Annotated[str | None, typer.Option("--role-arn", metavar="ARN", help="Role to assume.")] = None,
    external_id: Annotated[str | None, typer.Option("--external-id", metavar="ID", help="For --role-arn.")] = None,
    cluster: Annotated[
        list[str] | None, typer.Option("--cluster", metavar="GLOB", help="Only these clusters. Repeatable.")
    ] = None,
    service: Annotated[
        list[str] | None, typer.Option("--service", metavar="GLOB", help="Only these services. Repeatable.")
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="PATH",
            help="Read files instead of AWS: a saved estate, a CloudFormation template, task definition JSON,"
            " or a folder of these. Repeatable.",
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", metavar="K=V", help="Value of a template's parameter. Repeatable."),
    ] = None,
    config: Config = None,
    save: Annotated[
        str | None, typer.Option("--save", metavar="FILE", help="Keep the estate (redacted): .json or .json.gz.")
    ] = None,
    output: OutputFiles = None,
    format: Format = "terminal",
    fail_on: FailOnOption = None,
    min_coverage: MinCoverage = None,
    allow_incomplete: AllowIncomplete = False,
    compare: Compare = None,
    pseudonyms: Pseudonyms = False,
    as_of: AsOf = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Scan AWS or files, and print the readiness report."""
    console = Console(quiet=quiet, verbosity=verbose)
    aws = {
        "--region": region,
        "--profile": profile,
        "--role-arn": role_arn,
        "--external-id": external_id,
        "--cluster": cluster,
        "--service": service,
    }
    if source and (given := [name for name, value in aws.items() if value]):
        raise UserError(f"{given[0]} asks AWS, and --from reads files: give one of them")
    if external_id and not role_arn:
        raise UserError("--external-id goes with --role-arn")
    if parameter and not source:
        raise UserError("--parameter is of a template, and goes with --from")
    job = _Job(console, config, output, format, save, pseudonyms=pseudonyms)
    day = as_of or _today(files=bool(source))
    earlier = _earlier(job, compare, day)
    interrupted = False
    if source:
        from assess.readers import read

        estate = read(source, _parameters(parameter or []))
    else:
        from assess.collectors import ScanRequest

        request = ScanRequest(
            regions=tuple(region or ()),
            profile=profile,
            role_arn=role_arn,
            external_id=external_id,
            clusters=tuple(cluster or ()),
            services=tuple(service or ()),
        )
        estate, interrupted = _scan_aws(console, request)
    job.save(estate)
    if interrupted:
        return job.failed or INTERRUPTED
    assessment = job.report(_compared(earlier, job.assess(estate, day)))
    threshold = fail_on.value if fail_on else job.policy.fail_on
    coverage = min_coverage if min_coverage is not None else job.policy.min_coverage
    return job.end(_decide(assessment, threshold, coverage, allow_incomplete))


def _parameters(given: Sequence[str]) -> dict[str, str]:
    """Values of templates' parameters by name; of one that is given twice the last counts."""
    found = {}
    for each in given:
        name, is_set, value = each.partition("=")
        if not name or not is_set:  # what stands there may be a secret, and is not repeated
            raise UserError("--parameter is written NAME=VALUE")
        found[name] = value
    return found


@app.command()
def demo(
    output: OutputFiles = None,
    format: Format = "terminal",
    pseudonyms: Pseudonyms = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Print the report on a built-in estate, without AWS."""
    from importlib.resources import as_file, files

    from assess.config import Policy
    from assess.readers.saved import read_estate

    console = Console(quiet=quiet, verbosity=verbose)
    job = _Job(console, None, output, format, None, policy=Policy(), pseudonyms=pseudonyms)
    with as_file(files("assess") / "data" / "demo-estate.json.gz") as path:
        estate = read_estate(str(path))
    job.report(job.assess(estate, estate.collected_at.date()))
    return job.end(None)


# --- saved results ------------------------------------------------------------------------------------------------


SavedFile = Annotated[str, typer.Argument(metavar="FILE", help="A saved estate or assessment.")]


@app.command()
def report(
    file: SavedFile,
    output: OutputFiles = None,
    format: Format = "terminal",
    config: Config = None,
    compare: Compare = None,
    pseudonyms: Pseudonyms = False,
    as_of: AsOf = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Render a saved estate or assessment in any format.

    An assessment is shown as it was saved; an estate is scored anew with today's rules.
    """
    job = _Job(Console(quiet=quiet, verbosity=verbose), config, output, format, None, pseudonyms=pseudonyms)
    earlier = _earlier(job, compare, as_of)
    job.report(_compared(earlier, _assessment(job, file, as_of)))
    return job.end(None)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The earlier saved estate or assessment.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The later one.")],
    output: OutputFiles = None,
    format: Annotated[DiffFormat, typer.Option("--format", help="What standard output gets.")] = DiffFormat.TERMINAL,
    config: Config = None,
    pseudonyms: Pseudonyms = False,
    as_of: AsOf = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Show what is new, fixed and unchanged, and why the score moved.

    An estate is scored with today's rules; -o takes .md and .json.
    """
    console = Console(quiet=quiet, verbosity=verbose)
    job = _Job(console, config, output, format.value, None, of_diffs=True, pseudonyms=pseudonyms)
    earlier = _earlier(job, old, as_of)
    job.report(_compared(earlier, _assessment(job, new, as_of)))
    return job.end(None)


@app.command()
def gate(
    file: SavedFile,
    fail_on: FailOnOption = None,
    min_coverage: MinCoverage = None,
    allow_incomplete: AllowIncomplete = False,
    config: Config = None,
    as_of: AsOf = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Tell by the exit code whether a saved assessment passes.

    Without --fail-on, a critical finding that is not waived fails it.
    """
    job = _Job(Console(quiet=quiet, verbosity=verbose), config, None, None, None)
    assessment = _assessment(job, file, as_of)
    threshold = fail_on.value if fail_on else job.policy.fail_on or "critical"
    coverage = min_coverage if min_coverage is not None else job.policy.min_coverage
    policy = job.policy if job.policy.waivers else None
    return job.end(_decide(assessment, threshold, coverage, allow_incomplete, policy, as_of or _today(files=False)))


@app.command()
def graph(
    file: SavedFile,
    why: Annotated[
        tuple[str, str] | None,
        typer.Option("--why", metavar="A B", help="The evidence of the edge, or of the way, from A to B."),
    ] = None,
    around: Annotated[str | None, typer.Option("--around", metavar="NAME", help="Only what lies around NAME.")] = None,
    depth: Annotated[int, typer.Option("--depth", metavar="N", min=1, help="Edges away from --around.")] = 1,
    output: OutputFiles = None,
    format: Annotated[str, typer.Option("--format", metavar="NAME", help="What standard output gets.")] = "edges",
    config: Config = None,
    pseudonyms: Pseudonyms = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Show who depends on whom, and why we think so.

    Names are those of the map: a workload's, a resource's, cluster/name, an ARN.
    """
    from assess import neighbourhood

    if why is not None and around is not None:
        raise UserError("--why asks about two nodes, --around about one: give one of them")
    console = Console(quiet=quiet, verbosity=max(verbose, int(why is not None)))
    job = _Job(console, config, output, format, None, pseudonyms=pseudonyms)
    assessment = _assessment(job, file, None)
    map = map_of_all = assessment.dependencies
    if why is not None:
        map = neighbourhood.between(map_of_all, *why)
        if not map.edges:
            back = neighbourhood.between(map_of_all, why[1], why[0]).edges
            other = ", but something leads from the second to the first" if back else ""
            job.console.result(f"Nothing leads from {why[0]!r} to {why[1]!r}{other}.")
            return 0
    elif around is not None:
        map = neighbourhood.around(map, around, depth)
    job.report(assessment.model_copy(update={"dependencies": map}))
    return job.end(None)


def _earlier(job: _Job, file: str | None, as_of: date | None) -> Assessment | None:
    """The assessment to compare with, read before the work starts; none where none is asked for."""
    return None if file is None else _assessment(job, file, as_of)


def _compared(earlier: Assessment | None, assessment: Assessment) -> Assessment:
    """The assessment with what moved since an earlier one; as it is where there is none."""
    if earlier is None:
        return assessment
    from assess.comparison import compare

    return assessment.model_copy(update={"movement": compare(earlier, assessment)})


def _assessment(job: _Job, file: str, as_of: date | None) -> Assessment:
    from assess.estate.estate import Estate
    from assess.readers import read_saved

    saved = read_saved(file)
    if not isinstance(saved, Estate):
        return saved
    job.console.note(f"{file} is a saved estate: scored anew with the rules of assess {__version__}")
    return job.assess(saved, as_of or _today(files=False))


# --- rules, permissions, schema -----------------------------------------------------------------------------------


@app.command()
def rules(
    format: Annotated[ListFormat, typer.Option("--format", help="How to list them.")] = ListFormat.TERMINAL,
    config: Config = None,
) -> int:
    """List the rules: id, checklist item, severity, title.

    Marked are those of other packs, and what the policy changes.
    """
    from assess.rule_pages import as_json, listing

    book = _rulebook(config)
    Console().result(as_json(book) if format is ListFormat.JSON else listing(book))
    return 0


@app.command()
def explain(rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule's id.")], config: Config = None) -> int:
    """Show a rule's page: what it looks at, why, how to fix it."""
    from assess.rule_pages import page

    book = _rulebook(config)
    found = book.every
    wanted = next((each for each in found if each.id == rule.upper()), None)
    if wanted is None:
        from difflib import get_close_matches

        near = get_close_matches(rule.upper(), [each.id for each in found], n=3, cutoff=0.5)
        said = f"did you mean {' or '.join(near)}?" if near else "assess rules lists them"
        raise UserError(f"there is no rule {rule}; {said}")
    Console().result(page(wanted, disabled=wanted in book.disabled))
    return 0


@app.command()
def permissions(
    format: Annotated[PolicyFormat, typer.Option("--format", help="How to write it.")] = PolicyFormat.JSON,
    for_gaps: Annotated[
        str | None,
        typer.Option(
            "--for-gaps", metavar="FILE", help="Only what the scan of this saved estate or assessment lacked."
        ),
    ] = None,
) -> int:
    """Print the exact read-only IAM policy that a scan needs."""
    from assess.collectors.permissions import policy

    gaps = None
    if for_gaps is not None:
        from assess.readers import read_saved

        gaps = read_saved(for_gaps).gaps
    Console().result(policy(format.value, gaps))
    return 0


@app.command()
def schema() -> int:
    """Print the JSON Schema of the assessment."""
    from assess.assessment import schema as of_assessment

    Console().result(json.dumps(of_assessment(), indent=2))
    return 0


def _rulebook(config: str | None) -> Rulebook:
    from assess.rulebook import load_rulebook
    from assess.settings import load_settings

    book = load_rulebook(load_settings(config))
    _warn(book)
    return book


def _warn(book: Rulebook) -> None:
    """Names each problem of a rule pack, in one line."""
    for problem in book.problems:
        say(f"rule pack {problem.pack}: {problem}")


# --- the steps that commands share --------------------------------------------------------------------------------


class _Job:
    """What a command was asked to make: checked before the work starts, written before the exit code is chosen."""

    def __init__(
        self,
        console: Console,
        config: str | None,
        output: Sequence[str] | None,
        format: str | None,
        save: str | None,
        policy: Policy | None = None,
        of_diffs: bool = False,
        pseudonyms: bool = False,
    ) -> None:
        from assess.outputs import check_writable, of_comparisons, outputs, report_named
        from assess.rulebook import load_rulebook
        from assess.settings import Settings, load_settings

        self.console = console
        settings = Settings(policy) if policy is not None else load_settings(config)
        self.policy = settings.policy
        self.failed = 0
        """2 once something that was asked for could not be written."""
        self._save = save
        self._pseudonyms = pseudonyms
        if save is not None:
            if not save.lower().endswith((".json", ".json.gz")):
                raise UserError(f"{save}: an estate is saved as .json or .json.gz")
            check_writable(save)
        reports = _reports() if format is not None else ()
        if of_diffs:
            reports = of_comparisons(reports)
        self._on_screen: Report | None = report_named(format, reports) if format is not None else None
        self._outputs: tuple[Output, ...] = outputs(output or (), reports)
        if save is not None and any(str(each.path) == save for each in self._outputs):
            raise UserError(f"{save}: it cannot hold both the estate and a report")
        self.rulebook = load_rulebook(settings)

    def save(self, estate: Estate) -> None:
        """Keeps the estate where that was asked for."""
        if self._save is not None:
            from assess.outputs import save_estate

            self._attempt(partial(save_estate, self._save, estate))

    def assess(self, estate: Estate, as_of: date) -> Assessment:
        """The assessment by every installed rule."""
        from assess.assessment import RULE
        from assess.assessor import assess

        book = self.rulebook
        _warn(book)
        assessment = assess(
            estate, policy=self.policy, rules=book.rules, as_of=as_of, disabled=book.disabled, problems=book.problems
        )
        for gap in assessment.gaps:
            if gap.api == RULE:
                say(f"{gap.resource}: {gap.message}")
        return assessment

    def report(self, assessment: Assessment) -> Assessment:
        """Writes every report; one that cannot be written keeps none of the others back.

        Returns the assessment as it was shown: with aliases, where these are asked for.
        """
        from assess.outputs import write
        from assess.reporting import RenderOptions

        if self._pseudonyms:
            from assess.pseudonyms import pseudonymised

            assessment = pseudonymised(assessment)

        verbosity = self.console.verbosity
        for each in self._outputs:
            text = each.report.render(assessment, RenderOptions(verbosity=verbosity))
            self._attempt(partial(write, each.path, text))
        if self._on_screen is not None:
            options = RenderOptions(width=self.console.width, color=self.console.color, verbosity=verbosity)
            screen = self._on_screen.render(assessment, options)
            self._attempt(partial(self.console.result, screen))
        return assessment

    def end(self, gate: GateResult | None) -> int:
        """The exit code: 2 outranks 1 outranks 3. Says why where it is not 0."""
        for line in gate.lines if gate is not None else ():
            if gate is not None and gate.exit_code:
                say(line)
            else:
                self.console.note(line)
        return self.failed or (gate.exit_code if gate is not None else 0)

    def _attempt(self, write: Callable[[], object]) -> None:
        try:
            write()
        except UserError as error:
            say(f"error: {error}")
            self.failed = error.exit_code


def _reports() -> tuple[Report, ...]:
    from assess.packs import load_reports

    return load_reports()


def _decide(
    assessment: Assessment,
    threshold: str | None,
    coverage: float | None,
    allow_incomplete: bool,
    policy: Policy | None = None,
    as_of: date | None = None,
) -> GateResult:
    from assess.gate import decide

    return decide(
        assessment,
        fail_on=cast("FailOn | None", threshold),
        min_coverage=coverage,
        allow_incomplete=allow_incomplete,
        policy=policy,
        as_of=as_of,
    )


def _today(*, files: bool) -> date:
    """The day to judge by: of SOURCE_DATE_EPOCH for files where that is set, else of now (UTC)."""
    if files:
        from assess.readers import now

        return now().date()
    return datetime.now(UTC).date()


def _scan_aws(console: Console, request: ScanRequest) -> tuple[Estate, bool]:
    """What could be read of an account, and whether the scan was interrupted."""
    from assess.collectors import ScanInterrupted, scan

    try:
        with console.progress() as progress:
            return scan(request, progress), False
    except ScanInterrupted as interruption:
        return interruption.estate, True
