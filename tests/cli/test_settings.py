"""The policy file: where it is found, and that every mistake in it is one line with file, line and key."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assess.config import Policy
from assess.settings import SettingsError, load_policy

_WAIVER = (
    '[[waiver]]\nrule = "SEC-*"\nworkload = "prod/orders*"\nreason = "soon"\nowner = "pay"\nexpires = 2027-03-31\n'
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "team" / "service"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def test_without_a_file_the_policy_holds_its_defaults(here: Path) -> None:
    assert load_policy() == Policy()


def test_the_whole_of_it(here: Path) -> None:
    (here / "assess.toml").write_text(
        'fail_on = "high"\nmin_coverage = 70\nmax_waiver_days = 90\nrules = ["platform/rules"]\ndisabled = ["RUN-*"]\n'
        + _WAIVER
        + '[target]\ncompute = "karpenter"\nipv6 = true\n[thresholds]\n"VPC-X.factor" = 2\n'
        'VPC-Y.addresses = 30\n[severity]\nSEC-X = "low"\n'
    )
    policy = load_policy()
    assert (policy.fail_on, policy.min_coverage, policy.max_waiver_days) == ("high", 70, 90)
    assert policy.waivers[0].expires == date(2027, 3, 31)
    assert (policy.target.compute, policy.target.ipv6) == ("karpenter", True)
    assert policy.thresholds == {"VPC-X.factor": 2, "VPC-Y.addresses": 30}
    assert policy.severity == {"SEC-X": "low"}
    assert policy.disabled == ("RUN-*",)
    assert policy.rules == ("platform/rules",)


def test_the_nearest_file_upwards_counts(here: Path) -> None:
    (here.parent / "assess.toml").write_text('fail_on = "low"\n')
    assert load_policy().fail_on == "low"
    (here / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert load_policy().fail_on == "low"
    (here / "pyproject.toml").write_text('[tool.assess]\nfail_on = "medium"\n')
    assert load_policy().fail_on == "medium"
    (here / "assess.toml").write_text('fail_on = "high"\n')
    assert load_policy().fail_on == "high"


def test_a_named_file_counts_whatever_lies_around(here: Path) -> None:
    (here / "assess.toml").write_text('fail_on = "high"\n')
    (here / "other.toml").write_text('fail_on = "never"\n')
    assert load_policy("other.toml").fail_on == "never"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('fail_on = "hihg"\n', "x.toml:1: fail_on: it must be 'critical', 'high', 'medium', 'low' or 'never'"),
        ('\nfail_onn = "high"\n', "x.toml:2: fail_onn: there is no such key; did you mean fail_on?"),
        (
            "[target]\ncolour = 1\n",
            "x.toml:2: target.colour: there is no such key; known are compute, secrets, ingress, ipv6, instance_types",
        ),
        ("min_coverage = 101\n", "x.toml:1: min_coverage: it must be less than or equal to 100"),
        ('min_coverage = "lots"\n', "x.toml:1: min_coverage: it must be a number"),
        ("max_waiver_days = 0\n", "x.toml:1: max_waiver_days: it must be greater than 0"),
        ("max_waiver_days = 1.5\n", "x.toml:1: max_waiver_days: it must be a whole number"),
        ("target = 1\n", "x.toml:1: target: it must be a table"),
        ("waiver = 1\n", "x.toml:1: waiver: it must be written as [[waiver]]"),
        ("[target]\nipv6 = 'maybe'\n", "x.toml:2: target.ipv6: it must be true or false"),
        (
            '[target]\ninstance_types = ["m7i.large", "large"]\n',
            "x.toml:2: target.instance_types[1]: it must be an instance type, such as m7g.2xlarge",
        ),
        (_WAIVER.replace("2027-03-31", '"soon"'), "x.toml:6: waiver[0].expires: it must be a day, such as 2027-03-31"),
        (
            _WAIVER.replace("2027-03-31", "3"),
            "x.toml:6: waiver[0].expires: it must be a day without a time, such as 2027-03-31",
        ),
        (_WAIVER.replace("expires = 2027-03-31\n", ""), "x.toml:1: waiver[0].expires: it is missing"),
        (_WAIVER.replace('owner = "pay"\n', ""), "x.toml:1: waiver[0].owner: it is missing"),
        (_WAIVER + _WAIVER.replace('reason = "soon"\n', ""), "x.toml:7: waiver[1].reason: it is missing"),
        (_WAIVER.replace('"soon"', '" "'), "x.toml:4: waiver[0].reason: it is empty"),
        (
            _WAIVER.replace('workload = "prod/orders*"\n', ""),
            "x.toml:1: waiver[0]: a waiver names either a workload or a subject",
        ),
        (
            _WAIVER + 'subject = "role:*"\n',
            "x.toml:1: waiver[0]: a waiver names either a workload or a subject",
        ),
        (_WAIVER.replace("owner", "onwer"), "x.toml:1: waiver[0].owner: it is missing"),
        ('[thresholds]\n"A-B.c" = "many"\n', "x.toml:2: thresholds.A-B.c: it must be a number"),
        ('[thresholds]\nA-B.c = "many"\n', "x.toml:2: thresholds.A-B.c: it must be a number"),
        ('disabled = "RUN-*"\n', "x.toml:1: disabled: it must be a list of texts"),
        ('\nrules = [\n  "a",\n  3,\n]\n', "x.toml:2: rules[1]: it must be a text"),
        ('severity = "low"\n', "x.toml:1: severity: it must be a table"),
        (
            '[severity]\n"A-B" = "mild"\n',
            "x.toml:2: severity.A-B: it must be 'critical', 'high', 'medium', 'low' or 'info'",
        ),
        ('a = "\n', "x.toml:1: it is not TOML: illegal character '\\n'"),
        ("a = 1\n\n[b\n", "x.toml:3: it is not TOML: expected ']' at the end of a table declaration"),
        ("a = 1\na = 2\n", "x.toml:2: it is not TOML: cannot overwrite a value"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_file_line_and_key(here: Path, text: str, expected: str) -> None:
    (here / "x.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_policy("x.toml")
    assert str(caught.value) == expected
    assert caught.value.exit_code == 2


def test_lines_within_pyproject(here: Path) -> None:
    (here / "pyproject.toml").write_text('[project]\nname = "x"\n\n[tool.assess]\nfail_on = 3\n')
    with pytest.raises(SettingsError, match=r"pyproject\.toml:5: fail_on: "):
        load_policy()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda path: None, "x.toml: no such file or directory"),
        (lambda path: path.mkdir(), "x.toml: is a directory"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "x.toml: it is not UTF-8 text"),
        (lambda path: path.write_text("a = " + "9" * 5000), "x.toml: it is not a TOML document that can be read"),
        (lambda path: path.write_text("a = " + "[" * 5000), "x.toml: it is not a TOML document that can be read"),
    ],
)
def test_a_file_that_cannot_be_read(here: Path, make: Callable[[Path], object], expected: str) -> None:
    make(here / "x.toml")
    with pytest.raises(SettingsError) as caught:
        load_policy("x.toml")
    assert str(caught.value) == expected


def test_a_named_pyproject_must_have_the_section(here: Path) -> None:
    (here / "pyproject.toml").write_text('[project]\nname = "x"\n')
    with pytest.raises(SettingsError, match=r"there is no \[tool\.assess\] in it"):
        load_policy("pyproject.toml")


def test_messages_quote_no_value(here: Path) -> None:
    (here / "x.toml").write_text('fail_on = "hunter2hunter2"\n')
    with pytest.raises(SettingsError) as caught:
        load_policy("x.toml")
    assert "hunter2" not in str(caught.value)
