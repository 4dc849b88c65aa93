"""For the tests of own rules: what a rule says of a task definition, or of an estate that a scan saved."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assess.config import Policy
from assess.judging import Judgement, judge
from assess.readers import read
from assess.rule import Rule, Severity

OutcomeName = Literal["pass", "fail", "not_applicable", "unknown"]


class RuleError(Exception):
    """The rule raised an error; its text says which, and the file and line."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a rule says of one subject."""

    subject: str
    """The name of the container, workload, role, ... that it looked at."""
    outcome: OutcomeName
    messages: tuple[str, ...] = ()
    """The sentences of its findings."""
    severities: tuple[Severity, ...] = ()
    """Those of its findings, in the same order."""
    needs: tuple[str, ...] = ()
    """Facts or IAM actions that would decide it, where it is unknown or could be worse than it was seen to be."""


def results(rule: Rule, source: Mapping[str, Any] | str | Path, policy: Policy | None = None) -> tuple[Result, ...]:
    """One result for each subject, in order of their ids.

    Args:
        rule: the rule to try.
        source: a task definition in the field names of ECS; or the path of a file or folder, as ``assess scan --from``
            takes it, such as an estate that ``assess scan --save`` wrote.
        policy: what assess.toml would say; default: nothing.

    Raises:
        RuleError: the rule raised an error.
        InputError: the source cannot be read.
    """
    if isinstance(source, Mapping):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, f"{source.get('family', 'task')}.json")
            file.write_text(json.dumps(source), "utf-8")
            estate = read([str(file)])
    else:
        estate = read([str(source)])
    return tuple(_result(each) for each in judge(estate, [rule], policy or Policy()))


def _result(judgement: Judgement) -> Result:
    if judgement.broken is not None:
        raise RuleError(f"{judgement.rule.id} on {judgement.subject.name}: {judgement.broken}")
    return Result(
        subject=judgement.subject.name,
        outcome=_outcome(judgement),
        messages=tuple(each.message for each in judgement.fails),
        severities=tuple(each.severity or judgement.rule.severity for each in judgement.fails),
        needs=judgement.unknown.needs if judgement.unknown is not None else (),
    )


def _outcome(judgement: Judgement) -> OutcomeName:
    if judgement.fails:
        return "fail"
    if judgement.unknown is not None:
        return "unknown"
    return "pass" if judgement.applicable else "not_applicable"
