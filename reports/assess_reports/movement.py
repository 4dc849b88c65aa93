"""What moved between two assessments, in words: ``assess diff`` and the sections that ``--compare`` adds to reports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from assess.assessment import Assessment, FindingChange, MovementView, RuleChange, SideView, WorkloadChange
from assess.reporting import RenderOptions
from assess.rule import Kind
from assess_reports import wording
from assess_reports.markdown_text import bullet, code, text, within
from assess_reports.page import Page, fit

MOST_BYTES = 900_000
"""Most bytes of the document: it stays well below 1 MiB."""

_SHOWN = 20
"""Entries of a list on the terminal, unless it is asked for all of them."""
_IN_REPORT = 3
"""Entries of a list in the terminal's report of the new assessment: it stays within two screens."""
_IN_DOCUMENT = 10
"""Entries of a list in the Markdown report of the new assessment."""
_WHOLE = 100_000
"""Entries of a list where all are asked for."""

_NEW = "New findings"

NOTHING = "there is nothing to compare with"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a list: what weighs first, a name to be shown as code, and a sentence."""

    label: str
    name: str
    sentence: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A list with its heading."""

    heading: str
    entries: tuple[Entry, ...]


# --- words ------------------------------------------------------------------------------------------------------


def since(movement: MovementView) -> str:
    """Whence and whither."""
    return f"{wording.moment(movement.before.generated_at)} to {wording.moment(movement.after.generated_at)}"


def sentences(movement: MovementView) -> Iterator[str]:
    """What moved as a whole."""
    before, after = movement.before, movement.after
    if before.verdict != after.verdict:
        yield f"Verdict: {wording.VERDICTS[before.verdict]} before, {wording.VERDICTS[after.verdict]} now."
    yield f"Score: {_score(before)} before, {_score(after)} now{_moved(movement)}."
    points = movement.points
    if points is not None:
        parts = [
            f"{_signed(points.estate)} from the estate",
            f"{_signed(points.permissions)} from what could be seen",
            f"{_signed(points.rules)} from the rules",
        ]
        if points.cap:
            parts.append(f"{_signed(points.cap)} from cap and rounding")
        yield f"Of this, {wording.listed(parts)}."
    counts = [
        f"{len(movement.new):,} new",
        f"{len(movement.fixed):,} fixed",
        f"{len(movement.unchanged):,} unchanged",
    ]
    if movement.dropped:
        counts.append(f"{len(movement.dropped):,} gone without being fixed")
    yield f"Findings: {wording.listed(counts)}."


def notes(movement: MovementView) -> list[str]:
    """What limits the comparison."""
    return [wording.sentence(each) for each in movement.notes]


def groups(movement: MovementView) -> Iterator[Group]:
    """The lists, those that are not empty."""
    costly = [each for each in movement.new if each.kind is Kind.READINESS]
    found = (
        Group(_NEW, _findings(costly)),
        Group("New, for information", _findings([each for each in movement.new if each.kind is not Kind.READINESS])),
        Group("Fixed", _findings(movement.fixed)),
        Group("Gone without being fixed", _findings(movement.dropped)),
        Group("Of another severity", tuple(map(_severity, movement.severities))),
        Group("Accepted, or not any more", tuple(map(_waiver, movement.waivers))),
        Group("Workloads", tuple(map(_workload, movement.workloads))),
        Group("Rules that are not the same", tuple(map(_rule, movement.rules))),
        Group("Calls that failed only then, or only now", tuple(_gaps(movement))),
    )
    return (each for each in found if each.entries)


def _score(side: SideView) -> str:
    return wording.with_coverage(side.score, side.score_low, side.score_high, side.coverage)


def _moved(movement: MovementView) -> str:
    if movement.points is None:
        return f"; {movement.no_points or 'the movement cannot be told'}"
    return f": {movement.points.score:+d}" if movement.points.score else ": the same"


def _signed(points: float) -> str:
    """Points with their sign, to the digits that they have: the parts add up as they are printed."""
    shown = f"{points:+.3f}".rstrip("0").rstrip(".")
    return "0" if not points else shown


_CAUSES = {
    "estate": "",
    "permissions": "by what could be seen",
    "rules": "by the rules",
}


def _findings(changes: Sequence[FindingChange]) -> tuple[Entry, ...]:
    return tuple(
        Entry(_label(each), each.subject.name, _told(each, _CAUSES[each.cause], _accepted(each)), each.rule)
        for each in changes
    )


def _label(change: FindingChange) -> str:
    if change.kind is Kind.READINESS:
        return change.severity.value
    return "to convert" if change.kind is Kind.CONVERSION else "to know"


def _told(change: FindingChange, *about: str) -> str:
    beside = ", ".join(each for each in about if each)
    return f"{change.message} ({beside})" if beside else change.message


def _accepted(change: FindingChange) -> str:
    return f"accepted until {change.waived.expires}" if change.waived else ""


def _severity(change: FindingChange) -> Entry:
    was = change.old_severity.value if change.old_severity else ""
    label = f"{was} to {change.severity.value}"
    return Entry(label, change.subject.name, _told(change, _CAUSES[change.cause], _accepted(change)), change.rule)


def _waiver(change: FindingChange) -> Entry:
    now, was = change.waived, change.old_waived
    if now is None:
        why = "not accepted any more"
    else:
        again = "accepted now" if was is None else "accepted otherwise"
        why = f"{again}, until {now.expires}, by {now.owner}: {now.reason}"
    return Entry(change.severity.value, change.subject.name, f"{change.message} ({why})", change.rule)


def _workload(change: WorkloadChange) -> Entry:
    name = f"{change.cluster}/{change.name}" if change.cluster else change.name
    if change.verdict is None:
        was = wording.VERDICTS[change.old_verdict] if change.old_verdict else "unknown"
        return Entry("gone", name, f"was {was}")
    now = f"{wording.VERDICTS[change.verdict]}, {_number(change.score)}"
    if change.old_verdict is None:
        return Entry("came", name, now)
    was = f"{wording.VERDICTS[change.old_verdict]}, {_number(change.old_score)}"
    better = (change.score or 0) - (change.old_score or 0)
    label = "better" if better > 0 else "worse" if better < 0 else "moved"
    return Entry(label, name, f"{was} before; {now} now")


def _number(score: int | None) -> str:
    return "no score" if score is None else str(score)


_RULE_CHANGES = {
    "added": "ran only now",
    "removed": "ran only then",
    "severity": "has another severity or kind",
    "threshold": "compares with other numbers",
    "broken": "could not run in one of the two",
    "detectors": "stands on other detectors of credentials",
}


def _rule(change: RuleChange) -> Entry:
    return Entry("rule", change.rule, _RULE_CHANGES[change.change])


def _gaps(movement: MovementView) -> Iterator[Entry]:
    for each in movement.gaps:
        where = " ".join(part for part in (each.account, each.region) if part)
        place = f" in {where}" if where else ""
        of = f" for {each.resource}" if each.resource else ""
        yield Entry("now" if each.change == "appeared" else "then", each.action or each.api, f"{each.error}{of}{place}")


# --- terminal ---------------------------------------------------------------------------------------------------


def add_section(page: Page, movement: MovementView) -> None:
    """The movement within the report of the new assessment: what moved, and the gravest of it."""
    page.heading("Since then", since(movement))
    for each in sentences(movement):
        page.write(each, indent=2)
    for each in notes(movement):
        page.write(each, lead="  Note: ", most=3)
    costly = next((each for each in groups(movement) if each.heading == _NEW), None)
    if costly is not None:
        page.write((f"{costly.heading} ({len(costly.entries):,})", "bold"), indent=2)
        for entry in costly.entries[:_IN_REPORT]:
            page.line(f"  - {entry.label}: {fit(entry.name, 40)}: {entry.sentence}")
        if len(costly.entries) > _IN_REPORT:
            page.line((f"    and {len(costly.entries) - _IN_REPORT:,} more", "dim"))
    page.line("  ", ("assess diff OLD NEW", "bold"), "  all of it")


@dataclass(frozen=True, slots=True)
class DiffTerminal:
    """What ``assess diff`` prints."""

    name: str = "diff-terminal"
    endings: tuple[str, ...] = ()

    def render(self, assessment: Assessment, options: RenderOptions) -> str:
        """The movement with its lists; with ``verbosity`` all of them."""
        page = Page(options.width, color=options.color)
        movement = assessment.movement
        if movement is None:
            page.write(wording.sentence(NOTHING))
            return str(page)
        page.write(("What moved ", "bold"), f"from {since(movement)}")
        for each in sentences(movement):
            page.write(each)
        for each in notes(movement):
            page.write(each, lead="Note: ")
        for group in groups(movement):
            _list(page, group, _WHOLE if options.verbosity else _SHOWN)
        return str(page)


def _list(page: Page, group: Group, most: int) -> None:
    page.heading(f"{group.heading} ({len(group.entries):,})")
    for each in group.entries[:most]:
        rule = f"  {each.rule}" if each.rule else ""
        page.write(f"{fit(each.name, 60)}: {each.sentence}{rule}", lead=f"  - {each.label}: ")
    if len(group.entries) > most:
        page.line((f"    and {len(group.entries) - most:,} more", "dim"))


# --- Markdown ---------------------------------------------------------------------------------------------------


def markdown_section(movement: MovementView | None, most: int = _IN_DOCUMENT) -> list[Markup]:
    """Lines of the Markdown report's section; none where nothing was compared."""
    if movement is None:
        return []
    lines = [bullet(each) for each in sentences(movement)]
    lines += [bullet(f"Note: {each}") for each in notes(movement)]
    for group in groups(movement):
        lines += [Markup(), Markup("**{}** ({})").format(text(group.heading), f"{len(group.entries):,}"), Markup()]
        lines += [_line(each) for each in group.entries[:most]]
        if len(group.entries) > most:
            lines.append(bullet(f"and {len(group.entries) - most:,} more"))
    return lines


def _line(entry: Entry) -> Markup:
    rule = Markup("(") + code(entry.rule, 60) + Markup(")") if entry.rule else Markup()
    return bullet(f"{entry.label}:", code(entry.name) + Markup(":"), text(entry.sentence, 400), rule)


@dataclass(frozen=True, slots=True)
class DiffMarkdown:
    """The movement as a document."""

    name: str = "diff-markdown"
    endings: tuple[str, ...] = (".diff.md",)

    def render(self, assessment: Assessment, options: RenderOptions) -> str:  # noqa: ARG002 (Report's interface)
        """The document, below 1 MiB: what does not fit is counted."""
        movement = assessment.movement
        if movement is None:
            return f"# What moved\n\n{wording.sentence(NOTHING)}\n"
        lines = [Markup("# What moved"), Markup(), text(f"From {since(movement)}."), Markup()]
        lines += [bullet(each) for each in sentences(movement)]
        lines += [bullet(f"Note: {each}") for each in notes(movement)]
        room = MOST_BYTES
        for group in groups(movement):
            shown, left = within(group.entries, _line, room)
            room -= sum(len(each.encode()) + 1 for each in shown)
            lines += [Markup(), Markup("## {}").format(text(group.heading)), Markup(), *shown]
            if left:
                lines.append(bullet(f"and {left:,} more, left out for length; the JSON has all of them"))
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class DiffJson:
    """The movement as the assessment's JSON holds it in its member ``movement``; null where there is none."""

    name: str = "diff-json"
    endings: tuple[str, ...] = (".diff.json",)

    def render(self, assessment: Assessment, options: RenderOptions) -> str:  # noqa: ARG002 (Report's interface)
        """Two spaces of indent and pure ASCII."""
        if assessment.movement is None:
            return "null\n"
        written = assessment.movement.model_dump_json(indent=2, ensure_ascii=True)
        return written.replace("\x7f", "\\u007f") + "\n"


diff_terminal = DiffTerminal()
diff_markdown = DiffMarkdown()
diff_json = DiffJson()
