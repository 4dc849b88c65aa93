"""The names of places in the report: stable from one scan to the next, so that a link to one stays good."""

import hashlib
import re

from assess.assessment import Assessment, Finding

_PLAIN = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_LONGEST = 60


class Anchors:
    """Unique ids of workloads, findings and rules."""

    def __init__(self, assessment: Assessment) -> None:
        taken: set[str] = set()
        self.workloads = {each.id: _unique(_readable("w", each.name, each.id), taken) for each in assessment.workloads}
        self._findings: dict[int, str] = {}
        for each in assessment.findings:
            self._findings[id(each)] = _unique(plain("f", each.fingerprint), taken)

    def finding(self, finding: Finding) -> str:
        """The place of one of the assessment's findings."""
        return self._findings[id(finding)]


def plain(prefix: str, name: str) -> str:
    """The name behind a prefix where it is plain enough for a link, else a digest of it."""
    return f"{prefix}-{name if len(name) <= _LONGEST and _PLAIN.fullmatch(name) else _digest(name)}"


def rule(name: str) -> str:
    """The place of a rule's text."""
    return plain("r", name)


def _readable(prefix: str, name: str, full: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    return "-".join(part for part in (prefix, words, _digest(full)) if part)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]


def _unique(name: str, taken: set[str]) -> str:
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    taken.add(found)
    return found
