"""What the report's script reads: rows of the tables, and the sections that are too many to stand in the page.

A block is JSON in a script element that no browser runs, deflated where it is large.
"""

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from assess.assessment import Assessment, Finding, WorkloadView
from assess_reports import wording
from assess_reports.digest import MainReason, by_rule, title
from assess_reports.html import anchors
from assess_reports.html.anchors import Anchors
from assess_reports.html.tree import NAME, Tree
from assess_reports.visible import shorten

DEFLATED_ABOVE = 50_000
"""Characters above which a block is deflated: an estate of a hundred workloads would outgrow the bound otherwise.

Every browser since 2023 has ``DecompressionStream``; what stands without JavaScript needs none.
"""

_MESSAGE = 300

WEIGHTS = ("Critical", "High", "Medium", "Low", "Info", "To convert", "To know")
"""What a finding can weigh, gravest first; rows name it by its place."""


def block(name: str, value: Any) -> Markup:
    """A script element that holds the value and that nothing in the value can end."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    if len(text) > DEFLATED_ABOVE:
        text, kind = base64.b64encode(zlib.compress(text.encode(), 9)).decode(), "text/plain"
    else:  # `<`, `>` and `&` as escapes, so that neither `</script>` nor `<!--` can stand in it
        text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("\x7f", "\\u007f")
        kind = "application/json"
    return Markup(f'<script type="{kind}" id="data-{name}">{text}</script>')  # noqa: S704 (escaped above)


class SharedRows:
    """Rows that tables of many sections have in common: each stands once, and a number stands for it elsewhere.

    Deflate does not see them, since it looks back 32 KiB and a section may be as long.
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self.rows: list[Tree] = []

    def of(self, tree: Tree) -> Any:
        """The tree with a number in place of each row of a table."""
        if not isinstance(tree, list):
            return tree
        if tree[0] != "tr":
            return [each if isinstance(each, dict) else self.of(each) for each in tree]
        place = self._places.setdefault(json.dumps(tree), len(self.rows))
        if place == len(self.rows):
            self.rows.append(tree)
        return place


class Rows:
    """Rows of the tables of workloads and findings: as short as they can be, since there may be many."""

    def __init__(self, assessment: Assessment, anchors: Anchors, workloads: Sequence[WorkloadView]) -> None:
        self._assessment = assessment
        self._anchors = anchors
        self._workloads = workloads
        self._findings = by_rule(assessment.findings)
        self._places = {each.id: place for place, each in enumerate(workloads)}
        self._rules = {rule: place for place, rule in enumerate(dict.fromkeys(each.rule for each in self._findings))}

    def rules(self) -> list[list[str]]:
        """Of each rule with findings: its id, its title and where its card stands."""
        return [
            [shorten(each, 60), shorten(title(self._assessment, each), 200), anchors.rule(each)] for each in self._rules
        ]

    def workloads(self, reasons: dict[str, MainReason]) -> list[list[Any]]:
        """Of each workload: place, name, cluster or file, owner, verdict, score, its words, seen, reason, what it has.

        What it has are its findings' rules and weights, each pair as one number.
        """
        marks: list[set[int]] = [set() for _ in self._workloads]
        for each in self._findings:
            mark = self._rules[each.rule] * len(WEIGHTS) + weight_place(each)
            for id in each.subject.workloads:
                if id in self._places:
                    marks[self._places[id]].add(mark)
        return [
            [
                self._anchors.workloads[each.id],
                shorten(each.name, NAME),
                shorten(each.cluster or each.source or "", NAME),
                shorten(each.owner or "", NAME),
                each.verdict,
                -1 if each.score is None else each.score,
                wording.interval(each.score, each.score_low, each.score_high),
                "" if each.coverage is None else wording.percent(each.coverage),
                reason_words(each, reasons),
                sorted(marks[place]),
            ]
            for place, each in enumerate(self._workloads)
        ]

    def findings(self) -> list[list[Any]]:
        """Of each finding: place, rule, weight, subject, message, places of its workloads, and 1 where accepted."""
        return [
            [
                self._anchors.finding(each),
                self._rules[each.rule],
                weight_place(each),
                shorten(each.subject.name, NAME),
                shorten(each.message, _MESSAGE),
                [self._places[id] for id in each.subject.workloads if id in self._places],
                int(each.waived is not None),
            ]
            for each in self._findings
        ]


def weight_place(finding: Finding) -> int:
    """Where a finding's weight stands in ``WEIGHTS``."""
    return WEIGHTS.index(wording.weight(finding))


def reason_words(workload: WorkloadView, reasons: dict[str, MainReason]) -> str:
    """The main reason for a verdict; of what is ready, none is needed."""
    reason = reasons.get(workload.id)
    return "" if reason is None or workload.verdict == "ready" else shorten(f"{reason.label}: {reason.text}", _MESSAGE)
