"""The wheel, installed into an empty environment beside a package that is called ``rules``."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("installed wheel")  # one worker builds and installs it, not each
_ROOT = Path(__file__).parent.parent


def checked(command: list[str], folder: Path) -> str:
    """Standard output of a command that must end with 0, in ``folder``, with nobody's settings and no AWS."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment that holds the wheel, what it needs, and PyPI's ``rules``."""
    folder = tmp_path_factory.mktemp("installed")
    checked([sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(_ROOT)], _ROOT)
    (wheel,) = folder.glob("assess_ecs-*.whl")
    venv.create(folder / "environment", with_pip=True)
    commands = folder / "environment" / "bin"
    pip = [str(commands / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    checked([*pip, str(wheel), "rules"], folder)
    return commands


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder whose own packages are called like ours might be, and fail when they are imported."""
    for name in ("rules", "reports", "assess_rules_local", "tests"):
        package = tmp_path / name
        package.mkdir()
        (package / "__init__.py").write_text("raise RuntimeError('this package is somebody else\\'s')\n")
    return tmp_path


def test_the_package_called_rules_is_really_there(installed: Path) -> None:
    script = "import importlib.metadata as m; print(m.version('rules'), m.version('assess-ecs'))"
    assert len(checked([str(installed / "python"), "-c", script], installed).split()) == 2


@pytest.mark.parametrize("start", [["assess"], ["python", "-m", "assess"]])
def test_demo_runs_beside_other_packages_of_our_names(installed: Path, project: Path, start: list[str]) -> None:
    command = [str(installed / start[0]), *start[1:]]
    assessment = json.loads(checked([*command, "demo", "--format", "json"], project))
    assert assessment["workloads"]
    assert assessment["findings"]
    assert checked([*command, "demo"], project)


@pytest.mark.parametrize("start", [["assess"], ["python", "-m", "assess"]])
def test_every_built_in_rule_and_report_is_found(installed: Path, project: Path, start: list[str]) -> None:
    command = [str(installed / start[0]), *start[1:]]
    rules = json.loads(checked([*command, "rules", "--format", "json"], project))
    here = json.loads(checked([sys.executable, "-m", "assess", "rules", "--format", "json"], _ROOT))
    assert rules == here
    (project / "task.json").write_text('{"containerDefinitions": [{"name": "a", "image": "b"}]}')
    for form in ("terminal", "json", "markdown", "markdown-summary"):
        assert checked([*command, "scan", "--from", "task.json", "--format", form], project)


def test_the_command_names_its_version(installed: Path, project: Path) -> None:
    assert checked([str(installed / "assess"), "--version"], project).startswith("assess ")
