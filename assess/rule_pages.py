"""What the command line says about rules: the list of them, and a page for each, in 80 columns of plain text."""

import json
import textwrap
from collections.abc import Iterator, Sequence

from assess.checklist import Checklist
from assess.rule import Rule

_WIDTH = 80


def listing(rules: Sequence[Rule]) -> str:
    """The rules by checklist item: id, severity, title."""
    return "\n".join(
        line for item in Checklist for line in _item(item, [each for each in rules if each.checklist is item])
    )


def _item(item: Checklist, rules: Sequence[Rule]) -> Iterator[str]:
    if rules:
        yield f"{item.label} ({item.value})"
    for rule in rules:
        start = f"  {rule.id:28} {rule.severity.value:9}"
        yield from textwrap.wrap(start + rule.title, _WIDTH, subsequent_indent=" " * 40, break_on_hyphens=False)


def as_json(rules: Sequence[Rule]) -> str:
    """The rules as a JSON array, in order of their ids."""
    listed = [
        {
            "id": each.id,
            "checklist": each.checklist.value,
            "kind": each.kind.value,
            "severity": each.severity.value,
            "worst": each.worst.value,
            "title": each.title,
            "reference": each.reference,
        }
        for each in rules
    ]
    return json.dumps(listed, indent=2)


def page(rule: Rule) -> str:
    """All that a rule says about itself."""
    severity = rule.severity.value
    if rule.worst is not rule.severity:
        severity += f", {rule.worst.value} at worst"
    facts = [
        ("Checklist", rule.checklist.label),
        ("Kind", rule.kind.value),
        ("Severity", severity),
        ("Effort", rule.effort.value),
        ("Looks at", f"each {rule.subject.value.replace('_', ' ')}: {', '.join(rule.looks_at) or 'the whole of it'}"),
        ("Needs", ", ".join(rule.needs) or "nothing beyond it"),
        ("Reference", rule.reference),
    ]
    lines = [*_wrapped(f"{rule.id}: {rule.title}"), ""]
    for name, text in facts:
        lines += textwrap.wrap(
            f"{name + ':':11}{text}", _WIDTH, subsequent_indent=" " * 11, break_long_words=False, break_on_hyphens=False
        )
    for heading, text in (("Why it matters", rule.why), ("Fix", rule.fix)):
        lines += ["", heading]
        for number, paragraph in enumerate(text.split("\n\n")):
            lines += [""] * (number > 0) + _wrapped(paragraph, "  ")
    return "\n".join(lines)


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
