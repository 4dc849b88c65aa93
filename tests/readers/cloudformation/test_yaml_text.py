"""YAML to nodes: short-form intrinsics, lines, YAML 1.1 words, and everything that is not read."""

from typing import Any

import pytest

from assess.readers.cloudformation.yaml_text import MAX_DEPTH, YamlError, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: !Ref X", {"a": {"Ref": "X"}}),
        ("a: !GetAtt X.Arn", {"a": {"Fn::GetAtt": "X.Arn"}}),
        ("a: !Sub 'x-${Y}'", {"a": {"Fn::Sub": "x-${Y}"}}),
        ("a: !Join [',', [b, !Ref X]]", {"a": {"Fn::Join": [",", ["b", {"Ref": "X"}]]}}),
        ("a: !Condition X", {"a": {"Condition": "X"}}),
        ("a: !If [C, {x: 1}, !Ref 'AWS::NoValue']", {"a": {"Fn::If": ["C", {"x": 1}, {"Ref": "AWS::NoValue"}]}}),
        ("a: !Unheard {x: 1}", {"a": {"Fn::Unheard": {"x": 1}}}),
        ("on: yes\noff: 'no'", {"on": True, "off": "no"}),
        ("1: a\nnull: b\n2012-10-17: c", {"1": "a", "null": "b", "2012-10-17": "c"}),
        (
            "a: 2012-10-17\nb: 012345678901\nc: 0x1F\nd: 22:22",
            {"a": "2012-10-17", "b": "012345678901", "c": "0x1F", "d": "22:22"},
        ),
        ("a: 1.10\nb: 15.4\nc: 1e3\nd: -7", {"a": "1.10", "b": 15.4, "c": "1e3", "d": -7}),
        ("a: ~\nb:\nc: ''\nd: null", {"a": None, "b": None, "c": "", "d": None}),
        ("a: !!str 5\nb: '5'\nc: 5", {"a": "5", "b": "5", "c": 5}),
        ("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_texts(text: str, expected: Any) -> None:
    assert parse(text).plain() == expected


def test_a_value_has_the_line_of_its_name() -> None:
    root = parse("a:\n  b: 1\n  c:\n    - x\n    - !Ref\n      Y\nd: !Sub |\n  text\n")
    a = root.members["a"]
    assert [a.line, a.members["b"].line, a.members["c"].line] == [1, 2, 3]
    assert [each.line for each in a.members["c"].items] == [4, 5]
    assert root.members["d"].line == 7


_BOMB = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"b{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: the key is here twice: it is on line 1 too"),
        ("x:\n  a: {b: 1, b: 2}", "line 2: the key is here twice: it is on line 2 too"),
        ("a: 1\n? [x]\n: 2", "line 2: the key is not text"),
        ("a: 1\n---\nb: 2", "line 2: there is more than one YAML document"),
        ("a: [1,\nb: 2", "line 2: it is not YAML that can be read"),
        ("a: b: c", "line 1: it is not YAML that can be read"),
        ("a: 1\n\tb: 2", "line 2: it is not YAML that can be read"),
        ("a: 1\nb: *x", "line 2: the alias cannot be read"),
        ("a: &x [*x]", "line 1: the alias cannot be read"),
        ("a: 1\nb: \x01", "line 2: it holds what YAML does not allow"),
        ("# nothing", "line 1: it is empty"),
        ("[" * 5000, f"line 1: it is nested deeper than {MAX_DEPTH} levels"),
        (_BOMB, "line 6: it holds more than 500000 values, its aliases written out"),
    ],
)
def test_what_is_not_read_is_one_line(text: str, expected: str) -> None:
    with pytest.raises(YamlError) as caught:
        parse(text)
    assert str(caught.value) == expected
