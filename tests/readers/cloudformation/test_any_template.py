"""Whatever a template lacks or gets wrong: it is read or refused in one line, and no rule falls over it."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assess.estate.estate import Estate
from assess.judging import judge
from assess.readers import InputError, read
from assess.readers.cloudformation.yaml_text import parse
from assess.rulebook import load_rulebook
from assess.settings import load_settings
from tests.readers.cloudformation.reading import SHOP


@cache
def _shop() -> dict[str, Any]:
    plain: dict[str, Any] = parse(SHOP.read_text()).plain()
    return plain


def _copy() -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(_shop()))
    return copied


def _places(at: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(at, dict | list):
        for step, each in at.items() if isinstance(at, dict) else enumerate(at):
            yield (*steps, step)
            yield from _places(each, (*steps, step))


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Estate]:
    """Reads a document as a template and judges it by every rule, none of which may break."""
    folder = tmp_path_factory.mktemp("templates")
    configured = load_settings(None)
    rules = load_rulebook(configured).rules

    def read_and_judge(document: Any) -> Estate:
        path = folder / "shop.json"
        path.write_text(json.dumps(document))
        estate = read([str(path)])
        broken = [(each.rule.id, each.broken) for each in judge(estate, rules, configured.policy) if each.broken]
        assert broken == []
        return estate

    return read_and_judge


_SETTINGS = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_SETTINGS
@given(data=st.data())
def test_any_resources_may_be_missing(data: st.DataObject, judged: Callable[[Any], Estate]) -> None:
    document = _copy()
    for name in data.draw(st.sets(st.sampled_from(sorted(document["Resources"])), max_size=30)):
        del document["Resources"][name]
    estate = judged(document)
    assert len(estate.services) == ("Orders" in document["Resources"])


_WRONG: st.SearchStrategy[Any] = st.sampled_from(
    [
        *({"Ref": "Image"}, {"Ref": "AWS::NoValue"}, {"Fn::If": ["HasCertificate", "a", "b"]}, {"Ref": "Orders"}),
        *({"Fn::GetAtt": ["Database", "Endpoint.Address"]}, {"Fn::Sub": "${Image}-${Cluster}"}, {"Ref": "ApiKey"}),
        *("", "text", 7, -1.5, True, None, [], {}, [[]], [None], {"x": {"y": "z"}}, ["a", {"b": "c"}], {"Ref": ["a"]}),
    ]
)


@_SETTINGS
@given(data=st.data())
def test_any_value_may_be_another(data: st.DataObject, judged: Callable[[Any], Estate]) -> None:
    document = _copy()
    places = list(_places(document["Resources"], ("Resources",)))
    for _ in range(data.draw(st.integers(1, 6))):
        *steps, last = data.draw(st.sampled_from(places))
        at: Any = document
        try:
            for step in steps:
                at = at[step]
            at[last] = data.draw(_WRONG)
        except (KeyError, IndexError, TypeError):
            continue  # something around it was replaced before
    try:
        judged(document)
    except InputError as error:
        assert "\n" not in str(error)


@settings(max_examples=60, deadline=None)
@given(
    cut=st.integers(0, len(SHOP.read_text())),
    noise=st.sampled_from(["", "\t", "{", "- ", "\x00", "*a", "!X ", "\ud800"]),
)
def test_any_text_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, cut: int, noise: str
) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "any.yaml"
    path.write_bytes((SHOP.read_text()[:cut] + noise).encode("utf-8", "surrogatepass"))
    try:
        read([str(path)])
    except InputError as error:
        assert "\n" not in str(error)
        assert str(error).startswith(str(path))
