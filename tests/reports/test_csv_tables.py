import csv
import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.assessment import Assessment
from assess.outputs import outputs
from assess.packs import load_reports
from assess.reporting import RenderOptions, Report
from assess_reports.csv_tables import BYTE_ORDER_MARK, cell, findings_csv, workloads_csv
from tests.reports import examples
from tests.reports.hostile import ATTACKS, texts

TABLES: tuple[Report, ...] = (findings_csv, workloads_csv)

FORMULAS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212")


def render(assessment: Assessment, report: Report) -> str:
    return report.render(assessment, RenderOptions())


def read(written: str, delimiter: str = ",") -> list[list[str]]:
    """The cells as a program reads them from the file's bytes."""
    text = written.encode("utf-8").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def rows(assessment: Assessment, report: Report) -> list[dict[str, str]]:
    header, *found = read(render(assessment, report))
    return [dict(zip(header, each, strict=True)) for each in found]


def safe(written: str) -> None:
    """What every spreadsheet may open: whatever parts its columns, none of them begins a formula."""
    assert written.startswith(BYTE_ORDER_MARK)
    for line in written[1:].removesuffix("\r\n").split("\r\n"):
        assert line.isprintable(), ascii(line)
    for delimiter in ",;":
        for row in read(written, delimiter):
            assert not [each for each in row if each.lstrip(" \"'").startswith(FORMULAS) and each[:1] != "'"]
    for row in read(written):
        assert not [each for each in row if each.startswith(FORMULAS)]
        assert max(map(len, row)) < 32_767


def test_the_ending_picks_the_table(tmp_path: Any) -> None:
    found = outputs([f"{tmp_path}/a.findings.csv", f"{tmp_path}/A.Workloads.CSV"], load_reports())
    assert [each.report.name for each in found] == ["findings-csv", "workloads-csv"]


def test_the_columns_of_findings_stay() -> None:
    assert read(render(examples.clean(), findings_csv)) == [
        [
            *("fingerprint", "rule", "title", "checklist", "kind", "severity", "confidence", "message"),
            *("subject_kind", "subject", "subject_id", "workload_count", "workloads", "clusters", "accounts"),
            *("regions", "owners", "evidence", "remediation", "effort", "reference"),
            *("waived", "waived_by", "waived_until", "waiver_reason"),
        ]
    ]


def test_the_columns_of_workloads_stay() -> None:
    header, *found = read(render(examples.clean(2), workloads_csv))
    assert len(found) == 2
    assert header == [
        *("id", "name", "kind", "cluster", "account", "region", "arn", "source", "task_definition", "launch_type"),
        *("owner", "verdict", "accepted_verdict", "score", "score_low", "score_high"),
        *("accepted_score", "accepted_low", "accepted_high", "coverage", "coverage_of_source", "main_reason"),
        *("critical", "high", "medium", "low", "info", "waived", "unknown_rules"),
        *("fields_copied", "fields_translated", "fields_to_decide", "fields_without_equivalent"),
    ]


def test_a_finding_of_several_workloads() -> None:
    shop = examples.shop()
    found = rows(shop, findings_csv)
    assert len(found) == len(shop.findings)
    assert [each["severity"] for each in found[:3]] == ["critical"] * 3
    shared = next(each for each in found if each["rule"] == "IAM-WILDCARD")
    assert (
        shared
        | {
            "title": "The task role may do anything",
            "kind": "readiness",
            "severity": "high",
            "confidence": "0.8",
            "subject_kind": "role",
            "workload_count": "3",
            "workloads": "shop-production/api | shop-production/search | shop-production/web",
            "clusters": "shop-production",
            "accounts": "111122223333",
            "regions": "eu-central-1",
            "evidence": "arn:aws:ecs:eu-central-1:111122223333:task-definition/shared-role:7"
            " /containerDefinitions/0/environment/3 = COMPLETE | deploy/shared-role.json:12 /containerDefinitions/0",
            "waived": "no",
        }
        == shared
    )


def test_a_waived_finding_is_there_with_its_reason() -> None:
    waived = [each for each in rows(examples.shop(), findings_csv) if each["waived"] == "yes"]
    assert [(each["subject"], each["waived_by"], each["waived_until"], each["waiver_reason"]) for each in waived] == [
        ("payments/app", "payments team", "2027-03-31", "rotated weekly until the vault lands")
    ]


def test_a_row_of_a_workload_counts_what_was_found_on_it() -> None:
    found = {each["name"]: each for each in rows(examples.shop(), workloads_csv)}
    assert len(found) == 12
    payments = found["payments"]
    assert (
        payments
        | {
            "verdict": "blocked",
            "accepted_verdict": "ready",
            "critical": "1",
            "info": "1",
            "waived": "1",
            "unknown_rules": "1",
            "main_reason": "critical, accepted until 2027-03-31: `API_TOKEN` of app holds a token",
            "fields_copied": "1",
            "fields_to_decide": "1",
        }
        == payments
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-v", "'-v"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\uff1d1", "'\uff1d1"),
        ("  =1", "  '=1"),
        ('"=1', "\"'=1"),
        ("\t=1", r"\t=1"),
        ("\r=1", r"\r=1"),
        ("a;=1", "a;'=1"),
        ("a; -b", "a; '-b"),
        ("a-b=c", "a-b=c"),
        ("orders", "orders"),
        (59, "59"),
        (0.872, "0.872"),
        (None, ""),
    ],
)
def test_a_cell_never_begins_a_formula(value: Any, written: str) -> None:
    assert cell(value) == written


@given(st.text())
def test_no_text_begins_a_formula(text: str) -> None:
    written = cell(text)
    assert not written.startswith(FORMULAS)
    assert written.isprintable()


@pytest.mark.parametrize("report", TABLES, ids=lambda report: report.name)
@pytest.mark.parametrize("attack", [*ATTACKS, '=cmd|"/c calc"!A1', '";=1;"', '","=1', "'=1", ';"=1+1";'], ids=ascii)
def test_known_attacks_in_every_field(report: Report, attack: str) -> None:
    shop = examples.shop()
    safe(render(examples.rewritten(shop, lambda text: f"{attack}{text}"), report))


@settings(max_examples=20, deadline=None)
@given(texts, texts)
def test_hostile_text_in_every_field_reads_back_as_the_same_cells(before: str, after: str) -> None:
    shop = examples.shop()
    hostile = examples.rewritten(shop, lambda text: before + text + after)
    for report in TABLES:
        written = render(hostile, report)
        safe(written)
        plain, found = read(render(shop, report)), read(written)
        assert [len(each) for each in found] == [len(each) for each in plain]
    names = {cell(each.name) for each in hostile.workloads}
    assert {each["name"] for each in rows(hostile, workloads_csv)} == names
    messages = sorted(cell(each.message) for each in hostile.findings)
    assert sorted(each["message"] for each in rows(hostile, findings_csv)) == messages


@pytest.mark.parametrize("report", TABLES, ids=lambda report: report.name)
def test_the_same_assessment_makes_the_same_bytes(report: Report) -> None:
    shop = examples.shop()
    turned = shop.model_copy(update={"findings": shop.findings[::-1], "workloads": shop.workloads[::-1]})
    assert render(turned, report) == render(shop, report)


def test_a_finding_on_very_many_workloads_names_some_and_counts_all() -> None:
    large = examples.large(300)
    shared = next(each for each in rows(large, findings_csv) if each["rule"] == "IAM-WILDCARD")
    assert shared["workload_count"] == "300"
    assert shared["workloads"].endswith(" | and 200 more")
