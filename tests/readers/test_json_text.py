"""The tolerant JSON reader: exact where the text is JSON, forgiving where a template or a slip makes it nearly so."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.estate.facts import pointer
from assess.readers.json_text import MAX_DEPTH, JsonError, Node, parse

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_NAMES = st.text(max_size=5) | st.sampled_from(["${x}", "{{ x }}", "a//b", "#", "/*", '"', "\\", "<%", "%}"])
_VALUES = st.recursive(
    _SCALARS | _NAMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(_VALUES, st.booleans(), st.sampled_from([None, 0, 2]))
def test_json_is_read_as_the_standard_library_reads_it(value: Any, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert parse(text).plain() == json.loads(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='{}[]",:\\ \n/#*<>%$=0123456789-.eEtrufalsn\ud800x', max_size=40))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        expected = None
    try:
        found = parse(text)
    except JsonError as error:
        assert expected is None
        assert "\n" not in str(error)
        assert 1 <= error.line <= text.count("\n") + 1
    else:
        if expected is not None:
            assert found.plain() == expected


@settings(max_examples=100, deadline=None)
@given(_VALUES.filter(lambda value: isinstance(value, dict | list)))
def test_every_member_and_item_has_its_line(value: Any) -> None:
    text = json.dumps(value, indent=1)
    lines = text.splitlines()
    for steps, node in parse(text).walk():
        if steps and isinstance(steps[-1], str):
            assert lines[node.line - 1].lstrip().startswith(json.dumps(steps[-1]) + ":")
        elif steps:
            assert lines[node.line - 1].lstrip().startswith(_beginning(node))


def _beginning(node: Node) -> str:
    return json.dumps(node.plain())[:1]


def test_of_equal_names_the_last_counts_and_gives_the_line() -> None:
    document = parse('{"a": {"x": 1},\n "b": 2,\n "a": {"y": 3}}')
    assert document.plain() == {"a": {"y": 3}, "b": 2}
    assert {pointer(*steps): node.line for steps, node in document.walk()} == {"": 1, "/a": 3, "/a/y": 3, "/b": 2}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # placeholders without quotes
        ('{"memory": ${memory}}', {"memory": "${memory}"}),
        ('{"memory": ${memory - 250}, "cpu": 1}', {"memory": "${memory - 250}", "cpu": 1}),
        ('{"memory": {{ memory }}, "cpu": 1}', {"memory": "{{ memory }}", "cpu": 1}),
        ('{"memory": {{{memory}}}}', {"memory": "{{{memory}}}"}),
        ('{"memory": <MEMORY IN MIB>}', {"memory": "<MEMORY IN MIB>"}),
        ('{"memory": %MEMORY%}', {"memory": "%MEMORY%"}),
        ('{"memory": $MEMORY}', {"memory": "$MEMORY"}),
        ('{"memory": $(memory)}', {"memory": "$(memory)"}),
        ('{"memory": <%= memory %>}', {"memory": "<%= memory %>"}),
        ('{"memory": #{MEMORY}#}', {"memory": "#{MEMORY}#"}),
        ('{"memory": __MEMORY__}', {"memory": "__MEMORY__"}),
        ('{"memory": MEMORY}', {"memory": "MEMORY"}),
        ('{"memory": %%MEMORY%%}', {"memory": "%%MEMORY%%"}),
        ('{"memory": [[MEMORY]]}', {"memory": [["MEMORY"]]}),
        ('{"memory": ${base}00}', {"memory": "${base}00"}),
        ('{"memory": 5${rest}}', {"memory": "5${rest}"}),
        ('{"environment": ${environment}}', {"environment": "${environment}"}),
        ('{"environment": ${jsonencode({"a" = "}"})}}', {"environment": '${jsonencode({"a" = "}"})}'}),
        ('{"environment": ${jsonencode(\n  [1])}\n}', {"environment": "${jsonencode(\n  [1])}"}),
        ('{"command": [ {{command}} ]}', {"command": ["{{command}}"]}),
        ('[${a}, ${b}]', ["${a}", "${b}"]),
        ('{"options": { ${options} }}', {"options": {"${options}": "${options}"}}),
        ('{${NAME}: 1}', {"${NAME}": 1}),
        ('{"a": 1,\n  \u2026\n}', {"a": 1, "\u2026": "\u2026"}),
        # placeholders in strings
        ('{"a": "${x != "" ? x : "y"}-z", "b": <X>}', {"a": '${x != "" ? x : "y"}-z', "b": "<X>"}),
        ('{"a": "${join(",", list)}", "b": <X>}', {"a": '${join(",", list)}', "b": "<X>"}),
        ('{"a": "{{ env "TAG" }}\\n", "b": <X>}', {"a": '{{ env "TAG" }}\n', "b": "<X>"}),
        ('{"a": "<%= x["y"] %>", "b": <X>}', {"a": '<%= x["y"] %>', "b": "<X>"}),
        ('{"a": "${", "b": <X>}', {"a": "${", "b": "<X>"}),
        # template statements: all branches are read
        ('[{% if a %} 1 {% else %} 2 {% endif %}]', [1, 2]),
        ('[{{ if .A }}1{{ else }}2{{ end }}]', [1, 2]),
        ('[{{#each a}} {{this}} {{/each}}]', ["{{this}}"]),
        ('[<% if a %> 1, <% end %> 2]', [1, 2]),
        ('[%{ for x in y ~}\n ${x}%{ if last },%{ endif }\n%{ endfor }]', ["${x}"]),
        ('[{# note #} 1]', [1]),
        ('[{{range $i, $e := .A}}{{if $i}},{{end}}\n{"n": "{{$e.N}}"}{{end}}]', [{"n": "{{$e.N}}"}]),
        ('[{{#each a}} {"n": "{{n}}"}{{#unless @last}},{{/unless}} {{/each}}]', [{"n": "{{n}}"}]),
        ('{"a": 1\n{{if .E}}\n, "b": [{{$e := .E}}]{{end}}}', {"a": 1, "b": []}),
        ('{%{if x != null~}\n"a": ${x},\n%{~endif}\n"b": ${jsonencode([for s in y : s])}}',
         {"a": "${x}", "b": "${jsonencode([for s in y : s])}"}),
        ('{"a": 1\n%{ if x ~},\n"b": ${y}%{ endif ~},\n"c": ${z}\n}', {"a": 1, "b": "${y}", "c": "${z}"}),
        ('{"a": ${x ?\n jsonencode({}) :\n jsonencode({\n"k": "${v}"\n})}\n}',
         {"a": '${x ?\n jsonencode({}) :\n jsonencode({\n"k": "${v}"\n})}'}),
        ('{{% if a %} "b": 1 {% endif %}}', {"b": 1}),
        # comments
        ('{"a": 1, // one\n "b": 2 # two\n /* three */ }', {"a": 1, "b": 2}),
        ('// first\n{"url": "http://host/#x"}', {"url": "http://host/#x"}),
        # slips
        ('{"a": 1,}', {"a": 1}),
        ('[1, 2, ]', [1, 2]),
        ('{"a": 1,, "b": 2}', {"a": 1, "b": 2}),
        ('{"a": "1"\n "b": 2}', {"a": "1", "b": 2}),
        ('[{"a": 1} {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('{a: 1}', {"a": 1}),
        ('{"a": 1}}', {"a": 1}),
        ('{"a": 1},', {"a": 1}),
        ('{"a": 1}\nEOF\n', {"a": 1}),
        ('\ufeff{"a": 1}', {"a": 1}),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        ('{"a": "\\.\\$"}', {"a": "\\.\\$"}),
        ('{"a": 012}', {"a": "012"}),
    ],
)  # fmt: skip
def test_nearly_json(text: str, expected: Any) -> None:
    assert parse(text).plain() == expected


def test_an_unquoted_placeholder_is_marked() -> None:
    members = parse('{"a": ${x}, "b": "${x}", "c": 1}').members
    assert [members[name].unquoted for name in "abc"] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "it is empty"),
        (" \n ", 1, "it is empty"),
        ("hello", 1, "it is not JSON"),
        ("family: web\nimage: nginx", 1, "it is not JSON"),
        ('{"a": 1,\n "b": [1,\n', 2, "it ends within the array that starts on line 2"),
        ('{"a": 1', 1, "it ends within the object that starts on line 1"),
        ('{\n"a"', 2, "it ends within the object that starts on line 1"),
        ('{\n"a":', 2, "it ends within the object that starts on line 1"),
        ('{"a":\n "b', 2, "it ends within the string that starts on line 2"),
        ('{"a"\n 1}', 2, "there is no colon"),
        ('{"a": 1, hello}', 1, "there is no colon"),
        ('{"a":\n}', 2, "there is no value"),
        ('{"a": ]}', 1, "there is no value"),
        ('{"a": 1, ]', 1, "there is no name"),
        ('{"a": ${x}', 1, "it ends within the object that starts on line 1"),
        ('{"a": ${x, "b": 1', 1, "the placeholder is not closed"),
        ('{"a": 1}\n{"b": 2}', 2, "there is more after the end of the JSON document"),
        ("[" * 5000, 1, f"it is nested deeper than {MAX_DEPTH} levels"),
        ('{"a":' * 5000, 1, f"it is nested deeper than {MAX_DEPTH} levels"),
    ],
)
def test_what_is_refused_says_line_and_reason(text: str, line: int, message: str) -> None:
    with pytest.raises(JsonError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.message) == (line, message)


@pytest.mark.parametrize("text", ["[" * MAX_DEPTH + "]" * MAX_DEPTH, '{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH])
def test_nesting_up_to_the_limit_is_read(text: str) -> None:
    assert parse(text).plain() == json.loads(text)


def test_messages_quote_nothing_of_the_text() -> None:
    secret = "hunter2-" + "x" * 20
    for text in (f'{{"{secret}" 1}}', f'{{"a": "{secret}', f'{{"a": ${{{secret}', f'["{secret}"] {{"{secret}": 1}}'):
        with pytest.raises(JsonError) as caught:
            parse(text)
        assert secret not in str(caught.value)
