"""What each command prints, writes and ends with."""

import gzip
import json
import stat
from pathlib import Path

import jsonschema
import pytest

from assess import __version__
from assess.collectors.permissions import FORMS
from assess.packs import load_rules
from tests.cli.conftest import SECRET, Command, task

# --- scan -------------------------------------------------------------------------------------------------------


def test_scan_prints_the_report_and_nothing_else(command: Command) -> None:
    ran = command("scan", "--from", "orders.json")
    assert ran.code == 0
    assert "orders" in ran.out
    assert "\x1b" not in ran.out
    assert ran.err == ""


def test_scan_writes_every_output_and_the_estate(command: Command, here: Path) -> None:
    ran = command(
        "scan", "--from", "orders.json", "--save", "estate.json.gz", "-o", "a.json", "-o", "a.md", "--format", "json"
    )
    assert ran.code == 0
    assessment = json.loads(ran.out)
    assert json.loads((here / "a.json").read_text()) == assessment
    assert assessment["generated_at"] == "2026-01-01T00:00:00Z"
    assert assessment["as_of"] == "2026-01-01"
    assert (here / "a.md").read_text().startswith("#")
    assert json.loads(gzip.decompress((here / "estate.json.gz").read_bytes()))["task_definitions"]
    assert stat.S_IMODE((here / "estate.json.gz").stat().st_mode) == 0o600
    assert sorted(each.name for each in here.iterdir()) == sorted(
        ["a.json", "a.md", "estate.json.gz", "orders.json", "payments.json", "template.json"]
    )


def test_a_saved_estate_gives_the_same_bytes_as_the_files(command: Command) -> None:
    first = command("scan", "--from", ".", "--save", "estate.json", "--format", "json", "--as-of", "2026-01-01")
    again = command("scan", "--from", "estate.json", "--format", "json", "--as-of", "2026-01-01")
    assert again.out == first.out


def test_no_output_holds_a_secret(command: Command, here: Path) -> None:
    ran = command("scan", "--from", ".", "-vvv", "--save", "e.json", "-o", "a.json", "-o", "a.md", "--fail-on", "low")
    written = [ran.out, ran.err, *((here / name).read_text() for name in ("e.json", "a.json", "a.md"))]
    assert not [text for text in written if SECRET in text]


def test_as_of_is_the_day_that_is_said(command: Command) -> None:
    ran = command("scan", "--from", "orders.json", "--format", "json", "--as-of", "2027-05-04")
    assert json.loads(ran.out)["as_of"] == "2027-05-04"


def test_verbose_shows_evidence(command: Command) -> None:
    short = command("scan", "--from", "payments.json")
    long = command("scan", "--from", "payments.json", "-v")
    assert "payments.json:" not in short.out
    assert "payments.json:" in long.out


# --- the gate ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["payments.json"], 0, ""),
        (["payments.json", "--fail-on", "never"], 0, ""),
        (["payments.json", "--fail-on", "critical"], 1, "gate failed: "),
        (["orders.json", "--fail-on", "critical", "--allow-incomplete"], 0, ""),
        (["orders.json", "--fail-on", "low"], 1, "gate failed: "),
        (["template.json", "--min-coverage", "100"], 3, "at least 100 % is asked for"),
        (
            ["payments.json", "--fail-on", "critical", "--min-coverage", "100", "--from", "template.json"],
            1,
            "gate failed: ",
        ),
    ],
)
def test_the_gate_of_a_scan(command: Command, arguments: list[str], code: int, said: str) -> None:
    ran = command("scan", "--from", *arguments)
    assert ran.code == code
    assert said in ran.err
    assert ran.out


def test_quiet_keeps_the_reasons_of_the_gate(command: Command) -> None:
    ran = command("scan", "--from", "payments.json", "--fail-on", "critical", "-q")
    assert ran.code == 1
    assert ran.err.startswith("gate failed: ")


def test_the_policy_decides_where_no_option_does(command: Command, here: Path) -> None:
    (here / "assess.toml").write_text('fail_on = "critical"\n')
    assert command("scan", "--from", "payments.json").code == 1
    assert command("scan", "--from", "payments.json", "--fail-on", "never").code == 0


def test_a_waiver_lets_the_gate_pass_until_it_expires(command: Command, here: Path) -> None:
    (here / "assess.toml").write_text(
        '[[waiver]]\nrule = "*"\nworkload = "payments"\nreason = "r"\nowner = "o"\nexpires = 2026-03-01\n'
    )
    gate = ["scan", "--from", "payments.json", "--fail-on", "critical", "--allow-incomplete"]
    assert command(*gate).code == 0
    expired = command(*gate, "--as-of", "2026-03-02")
    assert expired.code == 1
    assert "has expired and does not count" in expired.err


def test_a_broken_file_in_a_folder_is_incomplete_only_when_the_gate_is_asked(command: Command, here: Path) -> None:
    (here / "search.json").write_text(task("search")[:-12])
    (here / "payments.json").unlink()
    assert command("scan", "--from", ".").code == 0
    gated = command("scan", "--from", ".", "--fail-on", "critical")
    assert gated.code == 3
    assert "search.json" in gated.err


@pytest.mark.parametrize("made_by", [["--save", "x.json"], ["-o", "x.json"]])
def test_gate_takes_estates_and_assessments_and_fails_on_critical(
    command: Command, here: Path, made_by: list[str]
) -> None:
    assert command("scan", "--from", "payments.json", *made_by, "-q").code == 0
    ran = command("gate", "x.json")
    assert ran.code == 1
    assert ran.out == ""
    assert "gate failed: " in ran.err
    assert command("gate", "x.json", "--fail-on", "never").code == 0


# --- report and demo --------------------------------------------------------------------------------------------


def test_report_of_an_assessment_is_what_was_saved(command: Command, here: Path) -> None:
    scanned = command("scan", "--from", ".", "-o", "a.json")
    ran = command("report", "a.json", "-o", "again.json")
    assert (ran.code, ran.out, ran.err) == (0, scanned.out, "")
    assert (here / "again.json").read_bytes() == (here / "a.json").read_bytes()


def test_report_of_an_estate_says_that_it_is_scored_anew(command: Command) -> None:
    command("scan", "--from", ".", "--save", "e.json.gz")
    ran = command("report", "e.json.gz", "--format", "markdown")
    assert ran.code == 0
    assert ran.out.startswith("#")
    assert ran.err == f"e.json.gz is a saved estate: scored anew with the rules of assess {__version__}\n"
    assert command("report", "e.json.gz", "-q").err == ""


def test_demo_needs_no_account(command: Command) -> None:
    ran = command("demo", "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    assessment = json.loads(ran.out)
    assert assessment["workloads"]
    assert assessment["as_of"] == assessment["generated_at"][:10]


# --- rules, schema, permissions ---------------------------------------------------------------------------------


def test_rules_are_listed_in_80_columns(command: Command) -> None:
    ran = command("rules")
    assert ran.code == 0
    assert max(len(line) for line in ran.out.splitlines()) <= 80
    words = ran.out.split()
    assert all(rule.id in words for rule in load_rules())


def test_rules_as_json(command: Command) -> None:
    listed = json.loads(command("rules", "--format", "json").out)
    assert [each["id"] for each in listed] == [rule.id for rule in load_rules()]
    assert set(listed[0]) == {
        *("id", "checklist", "kind", "severity", "worst", "declared_severity", "title", "reference"),
        *("origin", "disabled"),
    }


def test_every_rule_can_be_explained(command: Command) -> None:
    for rule in load_rules():
        page = command("explain", rule.id).out
        words = " ".join(page.split())
        assert page.startswith(f"{rule.id}: ")
        assert all(" ".join(text.split()) in words for text in (rule.title, rule.why, rule.fix, rule.reference))


def test_an_unknown_rule_names_those_that_are_near(command: Command) -> None:
    known = load_rules()[0].id
    ran = command("explain", known[:-1])
    assert ran.code == 2
    assert ran.out == ""
    assert f"did you mean {known}" in ran.err
    assert command("explain", "?").err == "error: there is no rule ?; assess rules lists them\n"


def test_an_assessment_fits_the_schema(command: Command) -> None:
    schema = json.loads(command("schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(command("scan", "--from", ".", "--format", "json").out), schema)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_permissions_in_every_form(command: Command, form: str) -> None:
    ran = command("permissions", "--format", form)
    assert ran.code == 0
    assert "ecs:DescribeServices" in ran.out


def test_permissions_for_the_gaps_of_a_complete_scan_are_none(command: Command) -> None:
    command("scan", "--from", "orders.json", "--save", "e.json", "-o", "a.json", "-q")
    for file in ("e.json", "a.json"):
        ran = command("permissions", "--for-gaps", file)
        assert (ran.code, ran.out, ran.err) == (0, "", "no permission was lacking: there is nothing to allow\n")
