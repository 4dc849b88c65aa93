"""What engineers read: each workload with its findings, fields and dependencies, and each rule with its text once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from assess.assessment import Assessment, EdgeView, Finding, WorkloadView
from assess.estate.facts import Evidence
from assess.estate.gaps import Reason
from assess.fields.field_map import FieldVerdict
from assess.rule import Kind, Severity
from assess_reports import wording
from assess_reports.digest import by_rule, title, weight_of
from assess_reports.html import anchors
from assess_reports.html.anchors import Anchors
from assess_reports.html.tree import Tree, code, copyable, element, here, link, listing, paragraphs, prose, sample
from assess_reports.map_words import MapWords

_EVIDENCE = 10
_EDGES = 30
_WORKLOADS = 30

FIELDS: dict[FieldVerdict, str] = {
    FieldVerdict.NO_EQUIVALENT: "without an equivalent",
    FieldVerdict.REDESIGN: "to be decided on",
    FieldVerdict.TRANSFORM: "translated",
    FieldVerdict.DIRECT: "copied",
    FieldVerdict.DROP: "dropped: Kubernetes does it by itself",
    FieldVerdict.METADATA: "only describes",
}
"""What becomes of a field, those first that need people."""


class Sections:
    """Makes the section of a workload and the card of a rule."""

    def __init__(self, assessment: Assessment, anchors: Anchors) -> None:
        self._assessment = assessment
        self._anchors = anchors
        self._map = MapWords(assessment)
        self._names = {each.id: each.name for each in assessment.workloads}
        self._own: dict[str, list[Finding]] = defaultdict(list)
        self._shared: dict[str, list[Finding]] = defaultdict(list)
        self.by_rule: dict[str, list[Finding]] = defaultdict(list)
        for finding in by_rule(assessment.findings):
            self.by_rule[finding.rule].append(finding)
        for finding in sorted(assessment.findings, key=weight_of):
            owners = self._own if self.stands_with(finding) else self._shared
            for id in finding.subject.workloads:
                owners[id].append(finding)

    def stands_with(self, finding: Finding) -> str | None:
        """The workload in whose section a finding stands in full; none where it stands with its rule."""
        touched = finding.subject.workloads
        return touched[0] if len(touched) == 1 and touched[0] in self._names else None

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """The rules that have a card: those that found something, worst first, then those left undecided."""
        undecided = sorted({each.rule for each in self._assessment.unknowns} - set(self.by_rule))
        return (*self.by_rule, *(each for each in undecided if each in self._assessment.rules))

    # --- workloads ----------------------------------------------------------------------------------------------

    def workload(self, workload: WorkloadView) -> Tree:
        """The section of a workload."""
        where = workload.cluster or workload.source or ""
        numbers = wording.interval(workload.score, workload.score_low, workload.score_high)
        return element(
            "details",
            element(
                "summary",
                element("span", workload.name, class_="name"),
                element("span", where, class_="quiet"),
                badge(workload.verdict, wording.VERDICTS[workload.verdict]),
                element("span", numbers, class_="number"),
            ),
            element("div", *self._facts(workload), *self._found(workload), *self._rest(workload), class_="body"),
            id=self._anchors.workloads[workload.id],
            class_="entry workload",
        )

    def _facts(self, workload: WorkloadView) -> Iterator[Tree]:
        numbers = workload.score, workload.score_low, workload.score_high, workload.coverage
        rows: list[tuple[str, list[Tree]]] = [
            ("Verdict", [wording.verdict_words(workload.verdict, (workload,))]),
            ("Score", [wording.with_coverage(*numbers)]),
        ]
        if (workload.accepted_verdict, workload.accepted_score) != (workload.verdict, workload.score):
            rows.append(("Accepted", [wording.accepted_words(workload)]))
        runs = f" on {workload.launch_type}" if workload.launch_type else ""
        rows.append(("Kind", [workload.kind.replace("_", " ") + runs]))
        rows.append(("Owner", [workload.owner or "not known"]))
        place = " ".join(part for part in (workload.account, workload.region) if part)
        if place:
            rows.append(("Account", [place]))
        if workload.task_definition:
            rows.append(("Task definition", [copyable(workload.task_definition)]))
        if workload.arn:
            rows.append(("ARN", [copyable(workload.arn)]))
        if workload.source:
            rows.append(("File", [copyable(workload.source)]))
        link_here = here(self._anchors.workloads[workload.id], "link to this workload")
        rows.append(("Link", [link_here]))
        pairs = [each for name, words in rows for each in (element("dt", name), element("dd", *words))]
        yield element("dl", *pairs, class_="facts")

    def _found(self, workload: WorkloadView) -> Iterator[Tree]:
        own = self._own.get(workload.id, [])
        ranked = [each for each in own if each.kind is Kind.READINESS]
        if ranked:
            yield element("h4", f"Findings ({len(ranked)})")
            yield from (self._finding(each) for each in ranked)
        shared = self._shared.get(workload.id, [])
        if shared:
            yield element("h4", f"Findings shared with others ({len(shared)})")
            yield listing(self._shared_line(each) for each in shared)
        if not own and not shared:
            yield element("p", "Nothing was found.")
        for kind, words in ((Kind.CONVERSION, "To convert"), (Kind.INVENTORY, "To know")):
            members = [each for each in own if each.kind is kind]
            if members:
                inner = [self._finding(each) for each in members]
                yield element("details", element("summary", f"{words} ({len(members)})"), *inner, class_="inner")

    def _shared_line(self, finding: Finding) -> Tree:
        words = title(self._assessment, finding.rule)
        kind = finding.subject.kind.value.replace("_", " ")
        return element(
            "li",
            severity_badge(finding),
            " ",
            here(self._anchors.finding(finding), words),
            f", on {kind} ",
            code(finding.subject.name),
        )

    def _finding(self, finding: Finding) -> Tree:
        notes = []
        if finding.confidence < 1:
            notes.append(f"{wording.percent(finding.confidence)} sure")
        notes.append(wording.EFFORTS[finding.effort])
        text = self._assessment.rules.get(finding.rule)
        fix: list[Tree] = []
        if text is None or wording.flowing(finding.remediation) != wording.flowing(text.fix):
            fix = [element("p", element("b", "Fix: "), *prose(wording.flowing(finding.remediation)))]
        why = here(anchors.rule(finding.rule), "why, and how to fix it") if text else code(finding.rule)
        name = finding.subject.name
        return element(
            "div",
            element(
                "p",
                severity_badge(finding),
                " ",
                element("b", title(self._assessment, finding.rule)),
                " ",
                code(finding.rule, 60),
                class_="title",
            ),
            element("p", code(name), ": ", *prose(finding.message)),
            *_waiver(finding),
            *_evidence(finding.evidence),
            *fix,
            element("p", f"{', '.join(notes)}; ", why, class_="quiet"),
            id=self._anchors.finding(finding),
            class_="finding waived" if finding.waived else "finding",
        )

    def _rest(self, workload: WorkloadView) -> Iterator[Tree]:
        yield from self._edges("Depends on", self._map.calls(workload.id), to=True)
        yield from self._edges("Is called, or started, by", self._map.called_by(workload.id), to=False)
        yield from self._fields(workload)
        yield from self._undecided(workload)

    def _edges(self, words: str, edges: Sequence[EdgeView], *, to: bool) -> Iterator[Tree]:
        if edges:
            items = [element("li", *prose(self._map.edge(each, to=to), 400)) for each in edges[:_EDGES]]
            items += _more(len(edges) - _EDGES)
            yield element("h4", f"{words} ({len(edges)})")
            yield listing(items)

    @staticmethod
    def _fields(workload: WorkloadView) -> Iterator[Tree]:
        used = [each for each in workload.fields if not each.idle]
        if not used:
            return
        order = list(FIELDS)
        rows = [
            element(
                "tr", element("td", code(each.path)), element("td", FIELDS[each.verdict]), element("td", each.target)
            )
            for each in sorted(used, key=lambda each: (order.index(each.verdict), each.path))
        ]
        counts = [(words, sum(1 for each in used if each.verdict == verdict)) for verdict, words in FIELDS.items()]
        told = ", ".join(f"{count} {words.partition(':')[0]}" for words, count in counts if count)
        idle = len(workload.fields) - len(used)
        head = element(
            "tr", *(element("th", name, scope="col") for name in ("Field", "What becomes of it", "Where to"))
        )
        body: list[Tree] = [element("table", element("thead", head), element("tbody", *rows))]
        if idle:
            body.append(element("p", f"{wording.plural(idle, 'more field')} ask for nothing.", class_="quiet"))
        yield element(
            "details",
            element("summary", f"Fields of ECS in use ({len(used)}): {told}"),
            element("div", *body, class_="scroll", tabindex="0", role="group", aria_label=f"Fields of {workload.name}"),
            class_="inner",
        )

    @cached_property
    def _unknown(self) -> dict[str, dict[Reason, list[str]]]:
        found: dict[str, dict[Reason, list[str]]] = defaultdict(lambda: defaultdict(list))
        for each in self._assessment.unknowns:
            if each.reason is not Reason.UNANSWERED:
                for id in each.subject.workloads:
                    found[id][each.reason].append(each.rule)
        return found

    def _undecided(self, workload: WorkloadView) -> Iterator[Tree]:
        reasons = self._unknown.get(workload.id)
        if not reasons:
            return
        items = []
        for reason, rules in sorted(reasons.items(), key=lambda each: each[0].rank):
            links: list[Tree] = []
            for rule in sorted(set(rules)):
                known = rule in self._assessment.rules
                links += [", ", here(anchors.rule(rule), rule) if known else code(rule, 60)]
            items.append(element("li", f"{wording.sentence(wording.REASONS[reason])[:-1]}: ", *links[1:]))
        count = len({rule for rules in reasons.values() for rule in rules})
        summary = element("summary", f"Undecided here ({wording.plural(count, 'rule')})")
        yield element("details", summary, listing(items), class_="inner")

    # --- rules --------------------------------------------------------------------------------------------------

    def rule(self, rule: str) -> Tree:
        """The card of a rule: why it matters, how to fix it, where it was found."""
        found = self.by_rule.get(rule, [])
        text = self._assessment.rules.get(rule)
        shared = [each for each in found if not self.stands_with(each)]
        count = wording.plural(len(found), "finding") if found else "no finding; undecided somewhere"
        first: list[Tree] = [severity_badge(found[0])] if found else []
        body: list[Tree] = []
        if text is not None:
            body += [*paragraphs(text.why), element("h4", "How to fix it"), *paragraphs(text.fix)]
            for heading, lines in (("Before, on ECS", text.before), ("After, on Kubernetes", text.after)):
                if lines:
                    body += [element("h4", heading), sample(lines)]
            body.append(element("p", "Reference: ", link(text.reference)))
        if shared:
            body.append(element("h4", "Found on what several workloads share, or none has"))
            body += [self._shared_finding(each) for each in shared]
        own = [each for each in found if self.stands_with(each)]
        if own:
            items = [self._own_line(each) for each in own[:_WORKLOADS]]
            body += [element("h4", "Found on"), listing([*items, *_more(len(own) - _WORKLOADS)])]
        if found:
            show = here("findings", "Show them in the table of findings", data_rule=rule, class_="only-js")
            body.append(element("p", show))
        summary = element(
            "summary",
            *first,
            element("span", title(self._assessment, rule), class_="name"),
            code(rule, 60),
            element("span", count, class_="quiet"),
        )
        return element("details", summary, element("div", *body, class_="body"), id=anchors.rule(rule), class_="entry")

    def _shared_finding(self, finding: Finding) -> Tree:
        touched = [each for each in finding.subject.workloads if each in self._names]
        links: list[Tree] = []
        for id in touched[:_WORKLOADS]:
            links += [", ", here(self._anchors.workloads[id], self._names[id])]
        more = len(touched) - _WORKLOADS
        told: list[Tree] = ["touches ", *links[1:]] if touched else ["touches no workload"]
        if more > 0:
            told.append(f" and {more:,} more")
        return element(
            "div",
            element("p", severity_badge(finding), " ", code(finding.subject.name), ": ", *prose(finding.message)),
            *_waiver(finding),
            *_evidence(finding.evidence),
            element("p", *told, class_="quiet"),
            id=self._anchors.finding(finding),
            class_="finding waived" if finding.waived else "finding",
        )

    def _own_line(self, finding: Finding) -> Tree:
        name = here(self._anchors.finding(finding), finding.subject.name)
        return element("li", name, ": ", *prose(finding.message, 400))


def badge(look: str, words: str) -> Tree:
    """A word in a coloured field; the colour repeats what the word says."""
    return element("span", words, class_=f"badge {look}")


def severity_badge(finding: Finding) -> Tree:
    """What a finding weighs."""
    look = finding.severity.value if finding.kind is Kind.READINESS else Severity.INFO.value
    return badge(look, wording.weight(finding))


def _waiver(finding: Finding) -> Iterator[Tree]:
    waiver = finding.waived
    if waiver is not None:
        words = f"Accepted by {waiver.owner} until {waiver.expires}: {waiver.reason}"
        yield element("p", words, class_="accepted")


def _evidence(evidence: Sequence[Evidence]) -> Iterator[Tree]:
    items = [element("li", *_place(each)) for each in evidence[:_EVIDENCE]]
    if items:
        yield listing([*items, *_more(len(evidence) - _EVIDENCE)], class_="evidence")


def _place(evidence: Evidence) -> Iterable[Tree]:
    line = "" if evidence.line is None else f":{evidence.line}"
    yield copyable(f"{evidence.source}{line}")
    if evidence.pointer:
        yield " "
        yield code(evidence.pointer, 300)
    if evidence.value is not None:
        yield " = "
        yield code(evidence.value, 300)


def _more(count: int) -> list[Tree]:
    return [element("li", f"and {count:,} more", class_="quiet")] if count > 0 else []
