"""Rule packs: where rules come from, that a broken pack is told in one line, and what a policy changes."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from assess.assessment import Assessment
from assess.assessor import assess
from assess.config import Policy
from assess.packs import BUILT_IN, PackProblem, RuleFolder, find_rules, load_rules
from assess.readers import read
from assess.rule import CRITICAL, HIGH, INFO, LOW, MEDIUM, Rule, Severity
from assess.rulebook import Rulebook, load_rulebook
from assess.settings import SettingsError, load_settings
from assess.testing import RuleError, results
from tests.cli.conftest import Command, command, here, task

__all__ = ["command", "here"]  # fixtures

DOCUMENT = Path(__file__).parents[1] / "docs" / "own-rules.md"

HEAD = """
from assess.estate.ecs import Container
from assess.rule import *
from assess.rule import Threshold

"""
RULE = '''
@rule("{id}", Checklist.OBSERVABILITY, severity={severity}, effort=HOURS, needs=("ecs.task_definitions",),
      reference="https://acme.example/rules"{more})
def {name}(container: Container):
    """A container is one of ours

    It says something that is long enough to be read, and why it matters on Kubernetes.

    Fix: do something about it.
    """
    {body}
'''
FAILS = 'yield fail("container " + container.name, container.task.evidence(*container.at("name")))'


def rule_text(id: str, body: str = FAILS, *, severity: str = "MEDIUM", more: str = "") -> str:
    name = id.lower().replace("-", "_")
    return RULE.format(id=id, name=name, body=body, severity=severity, more=more)


@pytest.fixture
def rules(here: Path) -> Path:
    """A folder of rules that assess.toml of the current folder names."""
    folder = here / "platform" / "rules"
    folder.mkdir(parents=True)
    (here / "assess.toml").write_text('rules = ["platform/rules"]\n')
    return folder


def own(found: tuple[Rule, ...]) -> list[str]:
    return [each.id for each in found if each.origin != BUILT_IN]


def assessed(book: Rulebook, policy: Policy | None = None) -> Assessment:
    return assess(
        read(["orders.json"]),
        policy=policy or Policy(),
        rules=book.rules,
        as_of=date(2026, 1, 1),
        disabled=book.disabled,
        problems=book.problems,
    )


# --- where rules come from --------------------------------------------------------------------------------------


def test_built_in_rules_know_where_they_come_from() -> None:
    found = find_rules()
    assert not found.problems
    assert found.rules == load_rules()
    assert {each.origin for each in found.rules} == {BUILT_IN}
    root = Path(__file__).parents[1] / "rules"
    assert all((root / each.source).is_file() for each in found.rules)


def test_a_folder_is_imported_beside_whatever_else_is_called_so(rules: Path) -> None:
    (rules / "json.py").write_text(
        "from .names import ID\n" + HEAD + rule_text("OBS-ACME-A").replace('"OBS-ACME-A"', "ID")
    )
    (rules / "names.py").write_text('ID = "OBS-ACME-A"\n')
    (rules / "nested").mkdir()
    (rules / "nested" / "__init__.py").write_text("")
    (rules / "nested" / "deep.py").write_text(HEAD + rule_text("OBS-ACME-B"))
    (rules / "loose").mkdir()
    (rules / "loose" / "unseen.py").write_text("raise RuntimeError\n")
    (rules / "test_names.py").write_text("import what_only_tests_have\n")
    (rules / "conftest.py").write_text("import what_only_tests_have\n")
    path = list(sys.path)
    book = load_rulebook(load_settings())
    assert not book.problems
    assert own(book.rules) == ["OBS-ACME-A", "OBS-ACME-B"]
    assert {each.id: each.source for each in book.rules if each.origin == "platform/rules"} == {
        "OBS-ACME-A": "platform/rules/json.py",
        "OBS-ACME-B": "platform/rules/nested/deep.py",
    }
    assert sys.path == path
    assert sys.modules["json"] is json
    assert "names" not in sys.modules
    assert not list(rules.rglob("__pycache__"))


def test_a_folder_is_read_anew_each_time_and_two_of_one_name_stay_apart(rules: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "rules"
    other.mkdir(parents=True)
    (rules / "a.py").write_text(HEAD + rule_text("OBS-ACME-A"))
    (other / "a.py").write_text(HEAD + rule_text("OBS-ACME-B"))
    folders = (RuleFolder(rules, "platform/rules"), RuleFolder(other, "other/rules"))
    assert own(find_rules(folders).rules) == ["OBS-ACME-A", "OBS-ACME-B"]
    (rules / "a.py").write_text(HEAD + rule_text("OBS-ACME-LONGER-NAME"))
    assert own(find_rules(folders).rules) == ["OBS-ACME-B", "OBS-ACME-LONGER-NAME"]


def test_an_imported_rule_is_no_second_one(rules: Path) -> None:
    (rules / "a.py").write_text(HEAD + rule_text("OBS-ACME-A"))
    (rules / "b.py").write_text("from .a import obs_acme_a\nfrom assess_rules.secrets import *\n")
    found = find_rules((RuleFolder(rules, "r"),))
    assert not found.problems
    assert own(found.rules) == ["OBS-ACME-A"]


# --- a broken pack ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "error", "said"),
    [
        ("\nimport nowhere_to_be_found\n", 2, "ModuleNotFoundError", "No module named 'nowhere_to_be_found'"),
        ("\n\ndef x(:\n", 3, "SyntaxError", "SyntaxError: "),
        ("raise SystemExit(3)\n", 1, "SystemExit", "SystemExit: 3"),
        ("x = {}\nx['a']\n", 2, "KeyError", "KeyError: 'a'"),
        ("raise ValueError('a\\nb\\x1b[31m')\n", 1, "ValueError", "ValueError: a b\\x1b[31m"),
        (HEAD + rule_text("XYZ-ACME"), 7, "ValueError", "the rules of observability start with OBS-"),
        (HEAD + rule_text("OBS-ACME", severity='"grave"'), 7, "AttributeError", "'str' object has no attribute"),
        (
            HEAD + rule_text("OBS-ACME", more=', thresholds=(Threshold("n", 9, 0, 5, "x"),)'),
            7,
            "ValueError",
            "threshold n: it must lie between 0 and 5",
        ),
        (HEAD + rule_text("OBS-ACME").replace("Fix:", "Do:"), 7, "ValueError", "a paragraph that starts with Fix:"),
    ],
)  # fmt: skip
def test_a_broken_module_is_told_in_one_line_and_the_others_count(
    rules: Path, text: str, line: int, error: str, said: str
) -> None:
    (rules / "broken.py").write_text(text)
    (rules / "fine.py").write_text(HEAD + rule_text("OBS-ACME-FINE"))
    book = load_rulebook(load_settings())
    (problem,) = book.problems
    assert (problem.pack, problem.file, problem.error) == ("platform/rules", "platform/rules/broken.py", error)
    assert problem.line == line
    assert said in problem.message
    assert str(problem).isprintable()
    assert own(book.rules) == ["OBS-ACME-FINE"]
    assert len(book.rules) == len(load_rules()) + 1
    (gap,) = assessed(book).gaps
    assert (gap.api, gap.resource, gap.error, gap.message) == ("rule pack", "platform/rules", error, str(problem))


def test_of_two_rules_with_one_id_the_built_in_counts(rules: Path) -> None:
    (rules / "a.py").write_text(HEAD + rule_text("OBS-NO-LOGS") + rule_text("OBS-ACME-A"))
    (rules / "b.py").write_text(HEAD + rule_text("OBS-ACME-A"))
    book = load_rulebook(load_settings())
    assert [str(each) for each in book.problems] == [
        "platform/rules/a.py:7: there is already a rule OBS-NO-LOGS (built-in, assess_rules/observability.py);"
        " this one is left out",
        "platform/rules/b.py:7: there is already a rule OBS-ACME-A (platform/rules, platform/rules/a.py);"
        " this one is left out",
    ]
    assert next(each for each in book.rules if each.id == "OBS-NO-LOGS").origin == BUILT_IN
    assert own(book.rules) == ["OBS-ACME-A"]


@pytest.mark.parametrize(
    "body",
    [
        "yield 1 / 0",
        "return [0][1]",
        "raise SystemExit",
        "return 5",
        'yield "a sentence"',
        "yield fail(5, container.task.evidence())",
        'yield fail("x", "evidence")',
        'yield fail("x", container.task.evidence(), confidence=3)',
        'yield fail("x", container.task.evidence(), severity="grave")',
        'yield fail("x", container.task.evidence(), severity=CRITICAL)',
        'yield fail("x", container.task.evidence(), workloads=["nobody"])',
    ],
)
def test_a_rule_that_raises_is_told_with_its_line_and_unknown(command: Command, rules: Path, body: str) -> None:
    (rules / "a.py").write_text(HEAD + rule_text("OBS-ACME-A", body))
    ran = command("scan", "--from", "orders.json", "--format", "json")
    assert ran.code == 0
    (gap,) = json.loads(ran.out)["gaps"]
    assert (gap["api"], gap["resource"], gap["rules"]) == ("rule", "OBS-ACME-A", ["OBS-ACME-A"])
    assert re.fullmatch(r"the rule could not run: \w+ at platform/rules/a.py:\d+", gap["message"])
    assert ran.err == f"OBS-ACME-A: {gap['message']}\n"
    assert command("scan", "--from", "orders.json", "--fail-on", "medium").code in (1, 3)
    assert command("scan", "--from", "orders.json").code == 0


def test_the_line_of_a_rule_that_raises_is_the_one_in_its_file(command: Command, rules: Path) -> None:
    (rules / "a.py").write_text(HEAD + rule_text("OBS-ACME-A", "yield sum(len(each) for each in [1])"))
    (gap,) = json.loads(command("scan", "--from", "orders.json", "--format", "json").out)["gaps"]
    assert gap["message"] == "the rule could not run: TypeError at platform/rules/a.py:16"


def test_a_broken_pack_is_named_and_the_gate_is_incomplete(command: Command, rules: Path) -> None:
    (rules / "broken.py").write_text("import nowhere_to_be_found\n")
    line = "rule pack platform/rules: platform/rules/broken.py:1: none of the rules of this file are used: "
    ran = command("scan", "--from", "orders.json")
    assert ran.code == 0
    assert ran.err.startswith(line)
    assert ran.err.count("\n") == 1
    assert "platform/rules/broken.py:1" in ran.out
    gated = command("scan", "--from", "orders.json", "--fail-on", "critical")
    assert gated.code == 3
    assert "incomplete: rules may be missing: " in gated.err
    assert command("scan", "--from", "orders.json", "--fail-on", "critical", "--allow-incomplete").code == 0
    assert command("rules").err.startswith(line)


# --- an installed pack ------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if name.startswith("acme"):
            del sys.modules[name]


def install(site: Path, distribution: str, points: dict[str, str]) -> None:
    info = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    listed = "\n".join(f"{name} = {value}" for name, value in points.items())
    (info / "entry_points.txt").write_text(f"[assess.rules]\n{listed}\n")


def test_an_installed_pack_is_found_and_a_broken_module_of_it_is_told(site: Path) -> None:
    package = site / "acme_rules"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "a.py").write_text(HEAD + rule_text("OBS-ACME-A"))
    (package / "b.py").write_text("\nfrom . import missing\n")
    install(site, "acme-rules", {"acme": "acme_rules"})
    found = find_rules()
    assert own(found.rules) == ["OBS-ACME-A"]
    rule = next(each for each in found.rules if each.id == "OBS-ACME-A")
    assert (rule.origin, rule.source) == ("acme-rules", "acme_rules/a.py")
    (problem,) = found.problems
    assert (problem.pack, problem.file, problem.line) == ("acme-rules", "acme_rules/b.py", 2)


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("acme_gone", "", ("acme_gone", None, "ModuleNotFoundError")),
        ("acme_rules:nothing", "", ("acme_rules", None, "AttributeError")),
        ("acme_rules:VALUE", "VALUE = 3\n", ("acme_rules", None, "NoModule")),
        ("acme_rules", "x = 1\ny = x / 0\n", ("acme_rules/__init__.py", 2, "ZeroDivisionError")),
    ],
)
def test_a_pack_that_cannot_be_loaded(site: Path, value: str, text: str, expected: tuple[str, int | None, str]) -> None:
    (site / "acme_rules").mkdir()
    (site / "acme_rules" / "__init__.py").write_text(text)
    install(site, "acme-rules", {"acme": value})
    found = find_rules()
    (problem,) = found.problems
    assert (problem.file, problem.line, problem.error) == expected
    assert len(found.rules) == len([each for each in found.rules if each.origin == BUILT_IN]) > 100


# --- the policy -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'disabled = [\n  "RUN-ARM65",\n]\n',
            "assess.toml:1: disabled[0]: no rule is called so; did you mean RUN-ARM64",
        ),
        ('disabled = ["RUN-*", "NOPE-*"]\n', "assess.toml:1: disabled[1]: no rule is called so"),
        (
            '[severity]\nobs-no-logs = "low"\n',
            "assess.toml:2: severity.obs-no-logs: there is no such rule; did you mean OBS-NO-LOGS",
        ),
        (
            '[severity]\nLIF-STOP-TIMEOUT = "low"\n',
            "assess.toml:2: severity.LIF-STOP-TIMEOUT: LIF-STOP-TIMEOUT is conversion work, which is always info",
        ),
        (
            '[thresholds]\n"VPC-IP-CAPACITY.surges" = 1\n',
            "assess.toml:2: thresholds.VPC-IP-CAPACITY.surges: there is no such threshold; did you mean"
            " VPC-IP-CAPACITY.surge",
        ),
        (
            "[thresholds.VPC-IP-CAPACITY]\n\nsurge = 25\n",
            "assess.toml:3: thresholds.VPC-IP-CAPACITY.surge: it must lie between 0 and 1",
        ),
        ("[thresholds]\nVPC-IP-CAPACITY.surge = nan\n", "assess.toml:2: thresholds.VPC-IP-CAPACITY.surge: it must lie"),
        (
            "[thresholds]\nLIF-UNSTABLE.failed_tasks = 2.5\n",
            "assess.toml:2: thresholds.LIF-UNSTABLE.failed_tasks: it must be a whole number",
        ),
        ('rules = ["here", "nowhere"]\n', "assess.toml:1: rules[0]: there is no such folder"),
    ],
)  # fmt: skip
def test_what_a_policy_says_of_rules_is_held_against_them(command: Command, here: Path, text: str, said: str) -> None:
    (here / "assess.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_rulebook(load_settings())
    assert str(caught.value).removeprefix(f"{here}/").startswith(said)
    for arguments in (("scan", "--from", "orders.json"), ("rules",), ("explain", "OBS-NO-LOGS")):
        ran = command(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err


def test_names_that_a_broken_pack_may_have_break_no_scan(rules: Path) -> None:
    (rules / "broken.py").write_text("import nowhere_to_be_found\n")
    with (rules.parents[1] / "assess.toml").open("a") as file:
        file.write('disabled = ["OBS-ACME-*"]\n[severity]\nOBS-ACME-A = "low"\n[thresholds]\nOBS-ACME-A.labels = 3\n')
    book = load_rulebook(load_settings())
    assert [(each.file, each.line, each.error) for each in book.problems] == [
        ("platform/rules/broken.py", 1, "ModuleNotFoundError"),
        ("assess.toml", 2, "UnknownRule"),
        ("assess.toml", 4, "UnknownRule"),
        ("assess.toml", 6, "UnknownRule"),
    ]


def test_disabled_rules_do_not_run_and_are_named(command: Command, here: Path) -> None:
    plain = json.loads(command("scan", "--from", "orders.json", "--format", "json").out)
    (here / "assess.toml").write_text('disabled = ["RUN-*", "CAP-CPU-ZERO"]\n')
    off = json.loads(command("scan", "--from", "orders.json", "--format", "json").out)
    expected = sorted(each for each in plain["rules"] if each.startswith("RUN-") or each == "CAP-CPU-ZERO")
    assert len(expected) > 5
    assert off["policy"]["disabled"] == expected
    assert sorted(off["rules"]) == sorted(set(plain["rules"]) - set(expected))
    assert not [each for each in (*off["findings"], *off["unknowns"]) if each["rule"] in expected]
    item = next(each for each in off["checklist"] if each["id"] == "runtime")
    assert (item["score"], item["coverage"], item["note"], item["rules"]) == (None, None, "disabled", [])
    listed = {each["id"]: each["disabled"] for each in json.loads(command("rules", "--format", "json").out)}
    assert sorted(id for id, is_off in listed.items() if is_off) == expected
    assert "Disabled:  by the policy" in command("explain", "CAP-CPU-ZERO").out
    assert "Disabled:" not in command("explain", "OBS-NO-LOGS").out
    for form in ("terminal", "markdown"):
        report = " ".join(command("scan", "--from", "orders.json", "--format", form).out.split())
        assert f"{len(expected)} rules disabled" in report


def test_severities_and_thresholds_in_force_are_recorded_and_shown(command: Command, here: Path) -> None:
    (here / "assess.toml").write_text(
        '[severity]\nCAP-CPU-ZERO = "high"\nOBS-NO-LOGS = "high"\nSTO-HOST-PATH = "high"\n'
        "[thresholds]\nVPC-IP-CAPACITY.surge = 0.5\nING-ALB-RULES.rules = 50\n"
    )
    made = json.loads(command("scan", "--from", "orders.json", "--format", "json").out)
    assert made["policy"]["severities"] == [
        {"rule": "CAP-CPU-ZERO", "declared": "low", "severity": "high"},
        {"rule": "STO-HOST-PATH", "declared": "high", "severity": "high"},
    ]
    (threshold,) = made["policy"]["thresholds"]
    assert (threshold["rule"], threshold["name"]) == ("VPC-IP-CAPACITY", "surge")
    assert (threshold["default"], threshold["value"]) == (0.25, 0.5)
    assert [each["severity"] for each in made["findings"] if each["rule"] == "CAP-CPU-ZERO"] == ["high"]
    report = " ".join(command("scan", "--from", "orders.json").out.split())
    assert "CAP-CPU-ZERO is high instead of low" in report
    assert "STO-HOST-PATH is high at most" in report
    assert "VPC-IP-CAPACITY.surge is 0.5 instead of 0.25" in report
    assert "high (by the policy; low by itself)" in command("explain", "CAP-CPU-ZERO").out


def test_a_policy_that_changes_nothing_is_recorded_as_such(command: Command) -> None:
    made = json.loads(command("scan", "--from", "orders.json", "--format", "json").out)
    assert made["policy"] == {"severities": [], "disabled": [], "thresholds": []}
    assert {each["origin"] for each in made["rules"].values()} == {BUILT_IN}
    assert "Changed by the policy" not in command("scan", "--from", "orders.json").out


def test_rules_of_other_packs_are_marked(command: Command, rules: Path) -> None:
    (rules / "a.py").write_text(HEAD + rule_text("OBS-ACME-A"))
    lines = command("rules").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "OBS-ACME-A medium A container is one of ours [from platform/rules]" in " ".join(" ".join(lines).split())
    assert "Pack:      platform/rules, platform/rules/a.py" in command("explain", "OBS-ACME-A").out
    ran = command("scan", "--from", "orders.json", "--format", "json")
    assert [each["message"] for each in json.loads(ran.out)["findings"] if each["rule"] == "OBS-ACME-A"] == [
        "container app"
    ]


# --- severities -------------------------------------------------------------------------------------------------

_READINESS = tuple(each for each in load_rules() if each.kind == "readiness")


def test_a_rule_with_another_severity_keeps_the_order_of_its_findings() -> None:
    for rule, wanted in product(_READINESS, Severity):
        if rule.confidence < 0.6 and wanted.rank < MEDIUM.rank:
            continue
        moved = rule.with_severity(wanted)
        if moved is rule:
            assert wanted is rule.severity is rule.worst
            continue
        assert moved.severity is wanted
        assert moved.declared is rule.severity
        assert moved.worst.rank <= moved.severity.rank <= moved.softest.rank
        if wanted.rank >= rule.severity.rank:
            assert moved.worst is wanted, "made milder, nothing is worse than what the team calls it"
        assert moved.softest.rank >= min(rule.softest.rank, wanted.rank)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (INFO, (INFO, INFO, INFO, INFO)),
        (LOW, (LOW, LOW, LOW, LOW)),
        (MEDIUM, (MEDIUM, MEDIUM, MEDIUM, LOW)),
        (HIGH, (HIGH, HIGH, MEDIUM, LOW)),
        (CRITICAL, (CRITICAL, CRITICAL, MEDIUM, LOW)),
    ],
)
def test_how_the_findings_of_a_rule_move(rules: Path, wanted: Severity, expected: tuple[Severity, ...]) -> None:
    body = "\n    ".join(
        f'yield fail("{each}", container.task.evidence(), element="{each}", severity={each})'
        for each in ("CRITICAL", "HIGH", "MEDIUM", "LOW")
    )
    more = ", worst=CRITICAL, softest=LOW"
    (rules / "a.py").write_text(HEAD + rule_text("OBS-ACME-A", body, severity="HIGH", more=more))
    found = next(each for each in find_rules((RuleFolder(rules, "r"),)).rules if each.id == "OBS-ACME-A")
    (result,) = results(found.with_severity(wanted), {"containerDefinitions": [{"name": "a", "image": "b"}]})
    assert result.severities == expected


def test_weak_evidence_stays_medium_at_most(rules: Path) -> None:
    (rules / "a.py").write_text(HEAD + rule_text("OBS-ACME-A", more=", confidence=0.5"))
    with (rules.parents[1] / "assess.toml").open("a") as file:
        file.write('[severity]\nOBS-ACME-A = "high"\n')
    with pytest.raises(SettingsError, match=r"assess\.toml:3: severity\.OBS-ACME-A: .* medium at most"):
        load_rulebook(load_settings())


# --- the documentation ------------------------------------------------------------------------------------------


def _files() -> dict[str, str]:
    """The files that the documentation shows, by name."""
    pattern = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```\n", re.DOTALL)
    return dict(pattern.findall(DOCUMENT.read_text("utf-8")))


def test_the_pack_of_the_documentation_passes_its_own_test(tmp_path: Path) -> None:
    files = _files()
    assert sorted(files) == [
        "acme_assess_rules/__init__.py",
        "acme_assess_rules/images.py",
        "pyproject.toml",
        "tests/test_images.py",
    ]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert f"{files['tests/test_images.py'].count('def test_')} passed" in done.stdout


def test_the_pack_of_the_documentation_is_found_once_installed(site: Path, command: Command) -> None:
    files = _files()
    project = tomllib.loads(files["pyproject.toml"])["project"]
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    install(site, project["name"], project["entry-points"]["assess.rules"])
    assert own(find_rules().rules) == ["OBS-ACME-LABELS", "RUN-ACME-REGISTRY"]
    assert "[from acme-assess-rules]" in " ".join(command("rules").out.split())
    page = command("explain", "RUN-ACME-REGISTRY").out
    for text in ("Does not fire\n  an image of another", "Before, on ECS\n  {", "After, on Kubernetes\n  containers:"):
        assert text in page
    situations = {"RUN-ACME-REGISTRY": {"Fires": ["an image of another registry"]}}
    (site / "acme_assess_rules" / "situations.json").write_text(json.dumps(situations))
    assert "Fires\n  - an image of another registry\n" in command("explain", "RUN-ACME-REGISTRY").out
    assert "OBS-ACME-LABELS.labels = 1 (1 to 10)" in " ".join(command("explain", "OBS-ACME-LABELS").out.split())


def test_the_policies_of_the_documentation_are_taken(here: Path) -> None:
    shown = re.findall(r"<!-- policy -->\n```toml\n(.*?)```\n", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert len(shown) == 2
    (here / "platform" / "rules").mkdir(parents=True)
    for text in shown:
        (here / "assess.toml").write_text(text)
        assert not load_rulebook(load_settings()).problems


# --- assess.testing ---------------------------------------------------------------------------------------------


def test_results_of_a_saved_estate(command: Command) -> None:
    command("scan", "--from", "orders.json", "--save", "e.json.gz", "-q")
    rule = next(each for each in load_rules() if each.id == "CAP-CPU-ZERO")
    (found,) = results(rule, "e.json.gz")
    assert (found.subject, found.outcome, found.severities) == ("orders/app", "fail", (LOW,))
    again = results(rule, json.loads(task("orders")))
    assert again == (found,)


def test_a_rule_that_raises_fails_its_test(rules: Path) -> None:
    (rules / "a.py").write_text(HEAD + rule_text("OBS-ACME-A", "yield 1 / 0"))
    found = next(each for each in find_rules((RuleFolder(rules, "r"),)).rules if each.id == "OBS-ACME-A")
    with pytest.raises(RuleError, match=r"OBS-ACME-A on task/a: ZeroDivisionError at r/a\.py:16"):
        results(found, {"containerDefinitions": [{"name": "a", "image": "b"}]})


def test_a_problem_reads_as_a_place_and_what_is_wrong() -> None:
    assert str(PackProblem("p", "p/a.py", 3, "E", "x")) == "p/a.py:3: x"
    assert str(PackProblem("p", "p", None, "E", "x")) == "p: x"
