"""Everyday task definitions: the readiness rules say what was judged beforehand, and nothing else."""

import pytest

from assess.checklist import Checklist
from assess.config import Policy
from assess.judging import judge
from assess.rule import Kind
from tests.rules.everyday_tasks import EVERYDAY, Everyday
from tests.rules.harness import estate, every_rule

_ITEMS = frozenset(
    {
        *(Checklist.STATELESSNESS, Checklist.LIFECYCLE, Checklist.HEALTH, Checklist.POD_FIT, Checklist.RUNTIME),
        *(Checklist.ECS_COUPLING, Checklist.MANIFESTS, Checklist.OBSERVABILITY, Checklist.OWNERSHIP),
    }
)
_RULES = [each for each in every_rule() if each.kind is Kind.READINESS and each.checklist in _ITEMS]


@pytest.mark.parametrize("everyday", EVERYDAY, ids=str)
def test_everyday_task_definition(everyday: Everyday) -> None:
    found: dict[str, list[str]] = {}
    for judgement in judge(estate(everyday.task), _RULES, Policy()):
        assert judgement.broken is None, judgement.broken
        for each in judgement.fails:
            found.setdefault(judgement.rule.id, []).append((each.severity or judgement.rule.severity).value)
    order = ("critical", "high", "medium", "low", "info")
    assert {id: " ".join(sorted(each, key=order.index)) for id, each in found.items()} == dict(everyday.finds)


def test_every_situation_is_told_once() -> None:
    assert len({each.situation for each in EVERYDAY}) == len(EVERYDAY) >= 40
