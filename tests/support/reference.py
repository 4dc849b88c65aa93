"""Writes the rule reference: what every built-in rule says of itself, and the situations that its tests prove.

``python -m tests.support.reference`` renews docs/rules.md, and the situations that `assess explain` shows; a test fails
when they are stale.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from assess.checklist import Checklist, Section
from assess.packs import load_rules
from assess.rule import Rule
from assess.rule_pages import AFTER, BEFORE, FIRES, PASSES, SITUATIONS, looks_at, severities, threshold
from tests.rules.test_every_rule import CASES

DOCUMENT = Path(__file__).parents[2] / "docs" / "rules.md"
DATA = Path(__file__).parents[2] / "rules" / "assess_rules" / SITUATIONS

_SECTIONS = {
    Section.APPLICATIONS: "Applications",
    Section.DEPENDENCIES: "What they depend on",
    Section.AWS_SERVICES: "AWS around them",
    Section.TEAM: "Team",
    Section.RISK: "Risk",
    Section.MOVE: "The move",
}

_HEAD = """# Rule reference

All {count} built-in rules, by checklist item. `assess explain RULE` shows the same page at a terminal, and `assess
rules` lists them. [Rules of your own](own-rules.md) run beside them; severities, thresholds and whether a rule runs at
all can be set there too.

This file is written by `make reference` from the rules and from their tests: each situation under "Fires" and "Does
not fire" is a test case.

- **Severity** is that of most findings; where one finding can be worse or milder, both bounds are given, and
  situations of another severity name it. Only `readiness` rules cost points; `conversion` rules name work that is known
  in advance, `inventory` rules name facts.
- **Looks at** names the kind of subject and the fields that decide.
- **Needs** are the facts that a rule must have seen to say that something is in order. Where one could not be read, the
  rule is unknown there and never passed.
- **Before** shows a part of a task definition, a service or what else ECS has; **after** a manifest, or a part of a Pod
  (`spec`), for Kubernetes 1.33 or later.
"""


Situations = dict[str, dict[str, list[str]]]
"""By rule id, then by heading."""

_HEADINGS = {"fail": FIRES, "pass": PASSES, "not_applicable": PASSES}


def situations() -> Situations:
    """What the cases of the rules' tests are about; with the severity where it is not the rule's own."""
    rules = {each.id: each for each in load_rules()}
    found: Situations = {id: {} for id in rules}
    for outcome, heading in _HEADINGS.items():
        for case in CASES:
            if case.outcome == outcome and case.rule in rules:
                others = sorted(set(case.severity) - {rules[case.rule].severity}, key=lambda each: each.rank)
                other = f" ({', '.join(each.value for each in others)})" if others else ""
                found[case.rule].setdefault(heading, []).append(case.situation + other)
    return found


def data() -> str:
    """The situations as the built-in pack holds them."""
    return json.dumps(situations(), indent=1, ensure_ascii=False) + "\n"


def reference() -> str:
    """The whole document."""
    rules = load_rules()
    tested = situations()
    lines = [_HEAD.format(count=len(rules)), *_contents(rules)]
    for item in Checklist:
        members = [each for each in rules if each.checklist is item]
        if members:
            lines += [f"## {item.label}", ""]
        for rule in members:
            lines += _page(rule, tested[rule.id])
    return "\n".join(lines).rstrip("\n") + "\n"


def _contents(rules: Iterable[Rule]) -> Iterator[str]:
    yield from ("| Part | Checklist item | Rules |", "|---|---|---|")
    for item in Checklist:
        ids = [each.id for each in rules if each.checklist is item]
        if ids:
            links = ", ".join(f"[{id}](#{id.lower()})" for id in ids)
            yield f"| {_SECTIONS[item.section]} | [{item.label}](#{_anchor(item.label)}) | {links} |"
    yield ""


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def _page(rule: Rule, tested: dict[str, list[str]]) -> Iterator[str]:
    yield from (f"### {rule.id}", "", f"**{_text(rule.title)}**", "")
    yield f"- Severity: {severities(rule)} ({rule.kind.value}); effort: {rule.effort.value}"
    yield f"- Looks at: {_fields(rule)}"
    yield f"- Needs: {', '.join(f'`{each}`' for each in rule.needs) or 'nothing beyond it'}"
    if rule.also_uses:
        yield f"- Uses where it is there: {', '.join(f'`{each}`' for each in rule.also_uses)}"
    for each in rule.thresholds:
        name, meaning = threshold(rule, each).split(": ", 1)
        yield f"- Threshold: `{name.split(' = ')[0]}` = {name.split(' = ')[1]}: {_text(meaning)}"
    yield f"- Reference: <{rule.reference}>"
    yield from ("", _text(rule.why), "", f"**Fix.** {_text(_sentence(rule.fix))}", "")
    yield from _when(FIRES, rule.fires, tested.get(FIRES, []))
    yield from _when(PASSES, rule.passes, tested.get(PASSES, []))
    if rule.after:
        yield from _before_and_after(rule)


def _when(heading: str, text: str, tested: Sequence[str]) -> Iterator[str]:
    if text or tested:
        yield f"**{heading}**" + (f": {_text(text)}" if text else "")
        yield ""
    if tested:
        yield from (f"- {_text(each)}" for each in tested)
        yield ""


def _before_and_after(rule: Rule) -> Iterator[str]:
    """Side by side, where Markdown is shown as HTML; one below the other in plain text."""
    yield f"<table><tr><th>{BEFORE}</th><th>{AFTER}</th></tr><tr><td>"
    yield from ("", "```json", rule.before, "```", "", "</td><td>", "", "```yaml", rule.after, "```", "")
    yield from ("</td></tr></table>", "")


def _fields(rule: Rule) -> str:
    subject, fields = looks_at(rule).split(": ", 1)
    return f"{subject}: {', '.join(f'`{each}`' for each in rule.looks_at) or fields}"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _text(text: str) -> str:
    """Prose of a rule as Markdown: code in backticks stays code, and nothing else is markup."""
    parts = re.split(r"(``.+?``|`.+?`)", text)
    return "".join(
        f"`{part.strip('`')}`" if at % 2 else re.sub(r"([*_<\[\]\\|])", r"\\\1", part) for at, part in enumerate(parts)
    )


if __name__ == "__main__":
    DOCUMENT.write_text(reference(), "utf-8")
    DATA.write_text(data(), "utf-8")
