"""What stands around the workloads: AWS services, what makes going back hard, who owns what, and what moved."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from assess.assessment import Assessment, WorkloadView
from assess.checklist import Checklist
from assess.rule import Kind
from assess_reports import wording
from assess_reports.digest import title
from assess_reports.html.anchors import Anchors
from assess_reports.html.lines import Lines
from assess_reports.html.sections import Sections, severity_badge
from assess_reports.map_words import MapWords, service_fate, services_by_use
from assess_reports.movement import groups, notes, sentences, since

_NAMED = 5

_FATES = {
    "stays": "stay",
    "replaced": "are replaced",
    "granted, no use seen": "are granted without a use that was seen",
}


def movement(assessment: Assessment) -> dict[str, Any] | None:
    """What moved since the assessment that this one was compared with; none where there was none."""
    moved = assessment.movement
    if moved is None:
        return None
    return {
        "since": since(moved),
        "sentences": list(sentences(moved)),
        "notes": notes(moved),
        "groups": [(each.heading, Lines.of(each.entries)) for each in groups(moved)],
    }


def around(assessment: Assessment, places: Anchors, sections: Sections) -> dict[str, Any]:
    """What the sections on services, risks and owners show."""
    named = _Named(assessment, places)
    return {
        **_services(assessment, named),
        "risks": _risks(assessment, sections, named),
        "owners": Lines.of(list(_owners(assessment.workloads))),
    }


class _Named:
    """Workloads as links: where each stands, and its name."""

    def __init__(self, assessment: Assessment, places: Anchors) -> None:
        self._names = {each.id: (places.workloads[each.id], each.name) for each in assessment.workloads}

    def lines(self, ids: Sequence[str]) -> Lines:
        """The first few of the workloads; what is none of them is not shown."""
        return Lines.of([self._names[id] for id in dict.fromkeys(ids) if id in self._names], _NAMED)


def _services(assessment: Assessment, named: _Named) -> dict[str, Any]:
    services = services_by_use(assessment)
    fates = Counter(service_fate(each) for each in services)
    looks = {"stays": "ready", "replaced": "not_ready"}
    return {
        "services": Lines.of(
            [
                {
                    "name": each.name,
                    "category": each.category.replace("_", " "),
                    "fate": service_fate(each),
                    "look": looks.get(service_fate(each), "info"),
                    "users": named.lines(each.workloads),
                    "resources": Lines.of(each.resources, _NAMED),
                    "changes": each.changes,
                }
                for each in services
            ]
        ),
        "services_words": wording.sentence(
            wording.listed([f"{fates[fate]} {words}" for fate, words in _FATES.items() if fates[fate]])
        ),
    }


def _risks(assessment: Assessment, sections: Sections, named: _Named) -> dict[str, Any]:
    item = next((each for each in assessment.checklist if each.id == Checklist.ROLLBACK.value), None)
    rules = [
        {
            "badge": severity_badge(found[0]),
            "rule": rule,
            "title": title(assessment, rule),
            "users": named.lines([id for each in found for id in each.subject.workloads]),
            "fix": wording.flowing(found[0].remediation),
        }
        for rule, found in sections.by_rule.items()
        if found[0].checklist == Checklist.ROLLBACK.value and found[0].kind is Kind.READINESS
    ]
    words = MapWords(assessment)
    reach = assessment.dependencies.reach[:_NAMED]
    felt = [f"If {words.name(each.node)} fails, {words.names(each.callers)} feel it." for each in reach if each.callers]
    return {
        "item": item,
        "score": wording.item_score(item) if item else "",
        "verdict": wording.VERDICTS[item.verdict] if item and item.verdict else "",
        "rules": Lines.of(rules),
        "sentences": Lines.of(felt),
    }


def _owners(workloads: Sequence[WorkloadView]) -> Iterator[dict[str, Any]]:
    """Owners with most workloads first, those without one last."""
    owned: dict[str, list[WorkloadView]] = defaultdict(list)
    for each in workloads:
        owned[each.owner or ""].append(each)
    for owner, members in sorted(owned.items(), key=lambda each: (not each[0], -len(each[1]), each[0])):
        scores = [each.score for each in members if each.score is not None]
        yield {
            "owner": owner,
            "workloads": len(members),
            "counts": Counter(each.verdict for each in members),
            "lowest": min(scores, default=None),
        }
