"""The README shows what the program really prints."""

import os
import re
import subprocess

import pytest

from tests.support.readme import PICTURE, README, ROOT, picture, readme


def test_the_readme_shows_what_the_commands_print() -> None:
    text = README.read_text("utf-8")
    assert readme(text) == text, "run `python -m tests.support.readme`"


def test_the_picture_is_that_of_the_report() -> None:
    assert picture() == PICTURE.read_text("utf-8"), "run `python -m tests.support.readme`"


def test_the_picture_loads_nothing() -> None:
    assert not re.search(r"url\((?!#)|(href|src)=", PICTURE.read_text("utf-8"))


@pytest.mark.parametrize("target", ["demo", "test", "lint", "format", "bench"])
def test_make_knows_the_targets_that_the_readme_names(target: str) -> None:
    assert re.search(rf"make {target}\b", README.read_text("utf-8"))
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, env=os.environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_files_that_the_readme_links_to_are_there() -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text("utf-8")):
        assert (ROOT / link).is_file(), link


def test_the_rule_that_the_readme_shows_works() -> None:
    code = re.search(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert code is not None
    names: dict[str, object] = {"__name__": "acme_rules"}
    exec(compile(code[1], "README.md", "exec"), names)  # the reader's own first rule
    from assess.estate.ecs import TaskDefinition
    from assess.estate.estate import Estate
    from assess.graph import DependencyGraph
    from assess.rule import Fail, Pass, Policy, Rule

    rule = names["cost_centre"]
    assert isinstance(rule, Rule)
    estate = Estate.model_validate({"detectors_version": 1, "collected_at": "2026-11-23T00:00:00Z"})
    tagged = TaskDefinition.model_validate({"family": "web", "tags": [{"key": "acme:cost-centre", "value": "42"}]})
    bare = TaskDefinition.model_validate({"family": "web"})
    assert [type(each) for each in rule.judge(tagged, estate, DependencyGraph(), Policy())] == [Pass]
    said = rule.judge(bare, estate, DependencyGraph(), Policy())
    assert [each.message for each in said if isinstance(each, Fail)] == ["web has no tag acme:cost-centre"]
