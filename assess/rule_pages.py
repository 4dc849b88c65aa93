"""What the command line says about rules: the list of them, and a page for each, in 80 columns of plain text."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

from assess.checklist import Checklist
from assess.packs import BUILT_IN
from assess.rule import Rule, Threshold
from assess.rulebook import Rulebook

_WIDTH = 80


def listing(book: Rulebook) -> str:
    """The rules by checklist item: id, severity, title, and what is not as it comes (pack, policy)."""
    off = {each.id for each in book.disabled}
    return "\n".join(
        line for item in Checklist for line in _item(item, [each for each in book.every if each.checklist is item], off)
    )


def _item(item: Checklist, rules: Sequence[Rule], off: set[str]) -> Iterator[str]:
    if rules:
        yield f"{item.label} ({item.value})"
    for rule in rules:
        start = f"  {rule.id:28} {rule.severity.value:9}"
        marks = [f" [{each.replace(' ', _KEPT)}]" for each in _marks(rule, rule.id in off)]
        lines = textwrap.wrap(
            start + rule.title + "".join(marks), _WIDTH, subsequent_indent=" " * 40, break_on_hyphens=False
        )
        yield from (line.replace(_KEPT, " ") for line in lines)


_KEPT = "\N{NO-BREAK SPACE}"
"""A space at which no line ends."""


def _marks(rule: Rule, disabled: bool) -> Iterator[str]:
    if disabled:
        yield "disabled"
    if rule.declared is not None:
        yield f"{rule.declared.value} by itself"
    if rule.origin != BUILT_IN:
        yield f"from {rule.origin}"


def as_json(book: Rulebook) -> str:
    """The rules as a JSON array, in order of their ids; severities as the policy wants them."""
    off = {each.id for each in book.disabled}
    listed = [
        {
            "id": each.id,
            "checklist": each.checklist.value,
            "kind": each.kind.value,
            "severity": each.severity.value,
            "worst": each.worst.value,
            "declared_severity": (each.declared or each.severity).value,
            "title": each.title,
            "reference": each.reference,
            "origin": each.origin,
            "disabled": each.id in off,
        }
        for each in book.every
    ]
    return json.dumps(listed, indent=2)


def page(rule: Rule, *, disabled: bool = False) -> str:
    """All that a rule says about itself."""
    facts = [
        ("Checklist", rule.checklist.label),
        ("Kind", rule.kind.value),
        ("Severity", severities(rule)),
        ("Effort", rule.effort.value),
        ("Looks at", looks_at(rule)),
        ("Needs", ", ".join(rule.needs) or "nothing beyond it"),
        *(("Threshold", threshold(rule, each)) for each in rule.thresholds),
        *([("Pack", f"{rule.origin}, {rule.source}")] if rule.origin != BUILT_IN else []),
        *([("Disabled", "by the policy: it does not run")] if disabled else []),
        ("Reference", rule.reference),
    ]
    lines = [*_wrapped(f"{rule.id}: {rule.title}"), ""]
    for name, text in facts:
        lines += textwrap.wrap(
            f"{name + ':':11}{text}", _WIDTH, subsequent_indent=" " * 11, break_long_words=False, break_on_hyphens=False
        )
    tested = situations(rule)
    for heading, text in (("Why it matters", rule.why), ("Fix", rule.fix), (FIRES, rule.fires), (PASSES, rule.passes)):
        listed = tested.get(heading, ())
        if text or listed:
            lines += ["", heading]
        for number, paragraph in enumerate(text.split("\n\n") if text else ()):
            lines += [""] * (number > 0) + _wrapped(paragraph, "  ")
        for each in listed:
            lines += textwrap.wrap(
                f"  - {each}", _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
            )
    for heading, block in ((BEFORE, rule.before), (AFTER, rule.after)):
        if block:
            lines += ["", heading, textwrap.indent(block, "  ")]
    return "\n".join(lines)


FIRES, PASSES = "Fires", "Does not fire"
BEFORE, AFTER = "Before, on ECS", "After, on Kubernetes"

SITUATIONS = "situations.json"
"""A file of a pack's package: by rule id, then by ``Fires`` and ``Does not fire``, situations that its tests prove."""


def situations(rule: Rule) -> Mapping[str, Sequence[str]]:
    """The situations in which a rule was seen to fire and not to, by heading; none where its pack tells none."""
    try:
        text = files(rule.check.__module__.partition(".")[0]).joinpath(SITUATIONS).read_text("utf-8")
        found = json.loads(text).get(rule.id, {})
    except (OSError, ImportError, TypeError, ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def looks_at(rule: Rule) -> str:
    """The kind of subject, and the fields of its that decide."""
    return f"each {rule.subject.value.replace('_', ' ')}: {', '.join(rule.looks_at) or 'the whole of it'}"


def severities(rule: Rule) -> str:
    """A rule's severity, and how far that of a single finding may lie from it."""
    text = rule.severity.value
    if rule.worst is not rule.severity:
        text += f", {rule.worst.value} at worst"
    if rule.softest is not rule.severity:
        text += f", {rule.softest.value} at its mildest"
    if rule.declared is not None:
        text += f" (by the policy; {rule.declared.value} by itself)"
    return text


def threshold(rule: Rule, each: Threshold) -> str:
    """A number that the policy may set: its key, default, bounds and meaning."""
    return f"{rule.id}.{each.name} = {each.default:g} ({each.minimum:g} to {each.maximum:g}): {each.meaning}"


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
