"""The reports of an estate that the built-in rules have judged and the scoring has scored."""

import json
import re
from datetime import date
from functools import cache

import jsonschema
import pytest
from rich.cells import cell_len

from assess.assessment import Assessment, schema
from assess.assessor import assess
from assess.config import Policy, Waiver
from assess.packs import load_reports, load_rules
from assess.reporting import RenderOptions
from tests.rules.harness import container, denied, estate, task

AS_OF = date(2026, 11, 23)
SECRET = {"name": "DB_PASSWORD", "value": "(redacted:named:keyword:9-16:g1)"}


@cache
def judged() -> Assessment:
    """Three services: one with a secret, one with an accepted secret, one on a host path; and a denial."""
    waiver = Waiver(
        rule="SEC-*", workload="shop/web", reason="rotated weekly", owner="payments", expires=date(2027, 1, 1)
    )
    facts = estate(
        task(container(environment=[SECRET]), family="orders"),
        task(container(environment=[SECRET]), family="web"),
        task(
            container(mountPoints=[{"sourceVolume": "data", "containerPath": "/data"}]),
            family="files",
            volumes=[{"name": "data", "host": {"sourcePath": "/srv/data"}}],
        ),
        denied("iam.roles", "iam:GetRolePolicy"),
    )
    return assess(facts, policy=Policy(waiver=(waiver,)), rules=load_rules(), as_of=AS_OF)


def render(name: str, *, width: int = 80, verbosity: int = 0) -> str:
    report = next(each for each in load_reports() if each.name == name)
    return report.render(judged(), RenderOptions(width=width, verbosity=verbosity))


def test_every_format_is_found() -> None:
    assert {"json", "markdown", "markdown-summary", "terminal"} <= {each.name for each in load_reports()}


def test_json_validates() -> None:
    jsonschema.Draft202012Validator(schema()).validate(json.loads(render("json")))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_terminal_report_fits(width: int) -> None:
    lines = render("terminal", width=width, verbosity=1).split("\n")
    assert max(map(cell_len, lines)) <= width
    assert lines[0].startswith("Undetermined, for too little was seen:")


def test_the_score_line_is_that_of_the_summary() -> None:
    summary = judged().summary
    line = f"Score {summary.score} ({summary.score_low}-{summary.score_high}), "
    assert line in render("terminal", width=200)
    assert line.replace("Score", "Score:") in render("markdown")


def test_the_ledger_can_be_redone_by_hand() -> None:
    section = render("markdown").split("\n## How the score is made\n")[1].split("\n## ")[0]
    count = int(re.findall(r"÷ (\d+) workloads", section)[0])
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in section.splitlines() if line.startswith("| `")]
    assert any("not seen" in row[1] for row in rows)
    for _, _, penalty, workloads, lost, _, _ in rows:
        assert float(lost) == pytest.approx(int(penalty) * int(workloads) / count, abs=0.0005)
    below = re.findall(r"^\| given back: .*?\| (-[0-9.]+) \|", section, re.MULTILINE)
    uncapped = judged().summary.score_uncapped
    assert uncapped is not None
    assert 100 - sum(float(row[4]) for row in rows) - sum(map(float, below)) == pytest.approx(
        uncapped, abs=0.0005 * len(rows)
    )


def test_the_accepted_secret_is_shown_with_its_reason() -> None:
    accepted = render("markdown").split("\n## Accepted findings\n")[1].split("\n## ")[0]
    assert "| critical | `SEC-ENV-PLAINTEXT` |" in accepted
    assert "| rotated weekly | payments | 2027-01-01 |" in accepted
