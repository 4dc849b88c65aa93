"""Expressions of a template: what they come to, and what stands where that cannot be known."""

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.readers.cloudformation.reading import evaluated

_SECTIONS = """
Parameters:
  Name: { Type: String, Default: orders }
  Open: { Type: String }
  Count: { Type: Number, Default: 3 }
  Names: { Type: CommaDelimitedList, Default: "a, b,c" }
  OpenList: { Type: "List<AWS::EC2::Subnet::Id>" }
  Password: { Type: String, NoEcho: true, Default: hunter2 }
  Hidden: { Type: String, NoEcho: "true" }
  Stored: { Type: "AWS::SSM::Parameter::Value<String>", Default: /shop/image }
  StoredOpen: { Type: "AWS::SSM::Parameter::Value<String>" }
Mappings:
  Regions:
    eu-west-1: { Size: 4, Tier: gold }
    us-east-1: { Size: 8, Tier: gold }
Conditions:
  Holds: !Equals [!Ref Name, orders]
  Fails: !Not [!Condition Holds]
  Maybe: !Equals [!Ref Open, x]
  Circle: !Not [!Condition Circle]
"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # parameters
        ("!Ref Name", "orders"),
        ("Ref: Count", "3"),
        ("!Ref Names", ["a", "b", "c"]),
        ("!Ref Open", "${Open}"),
        ("!Ref OpenList", "${OpenList}"),
        ("!Ref Password", "(hidden hunter2)"),
        ("!Ref Hidden", "(hidden probe Hidden)"),
        ("!Ref Stored", "{{resolve:ssm:/shop/image}}"),
        ("!Ref StoredOpen", "${StoredOpen}"),
        ("!Ref Nothing", "${Nothing}"),
        ("!Ref AWS::Region", "${AWS::Region}"),
        ("!Ref AWS::NoValue", None),
        # resources
        ("!Ref Database", "${Database}"),
        ("!Ref Table", "products"),
        ("!GetAtt Database.Endpoint.Address", "${Database.Endpoint.Address}"),
        ("Fn::GetAtt: [Database, Endpoint.Port]", "${Database.Endpoint.Port}"),
        ("!GetAtt Elsewhere.Arn", "${Elsewhere.Arn}"),
        # texts
        ("!Sub '${Name}-${Count}-${!Kept}'", "orders-3-${Kept}"),
        (
            "!Sub 'redis://${Database.Endpoint.Address}:6379/${Table}'",
            "redis://${Database.Endpoint.Address}:6379/products",
        ),
        ("!Sub ['${A}/${B}/${AWS::Region}', {A: !Ref Name, B: !Ref Open}]", "orders/${Open}/${AWS::Region}"),
        ("!Sub 'p=${Password}'", "p=(hidden hunter2)"),
        ("!Join ['-', [a, !Ref Name, !Ref AWS::NoValue, 3]]", "a-orders-3"),
        ("!Join [',', !Ref Names]", "a,b,c"),
        ("!Join [',', !Ref OpenList]", "${Join:OpenList}"),
        ("!Select [1, !Ref Names]", "b"),
        ("!Select [7, !Ref Names]", "${Select}"),
        ("!Select [0, !Ref OpenList]", "${Select:OpenList:0}"),
        ("!Select [0, !GetAZs '']", "${Select:GetAZs:AWS::Region:0}"),
        ("!Split ['/', a/b]", ["a", "b"]),
        ("!Select [0, !Split ['/', !Sub 'x/${Open}']]", "${Select:Split:x-:Open:0}"),
        ("Fn::Base64: abc", "YWJj"),
        ("Fn::Base64: !Ref Open", "${Base64}"),
        ("!Cidr [10.0.0.0/16, 2, 8]", ["10.0.0.0/24", "10.0.1.0/24"]),
        ("!Cidr [!Ref Open, 2, 8]", "${Cidr}"),
        ("Fn::Length: !Ref Names", "3"),
        ("Fn::ToJsonString: {a: [1, !Ref Name]}", '{"a":[1,"orders"]}'),
        ("Fn::ToJsonString: {a: !Ref Open}", "${ToJsonString}"),
        ("!ImportValue shop-VpcId", "${ImportValue:shop-VpcId}"),
        ("Fn::ImportValue: !Sub '${Open}-VpcId'", "${ImportValue:Open:-VpcId}"),
        (
            "'{{resolve:secretsmanager:shop/db:SecretString:password}}'",
            "{{resolve:secretsmanager:shop/db:SecretString:password}}",
        ),
        ("Fn::Transform: {Name: AWS::Include}", "${Transform}"),
        ("!Unheard x", "${Unheard}"),
        ("{a: 1, Fn::Transform: {Name: AWS::Include}}", "${Object}"),
        ("{a: 1, 'Fn::ForEach::Names': [N, [x], {'${N}': 1}]}", "${Object}"),
        # maps
        ("!FindInMap [Regions, eu-west-1, Size]", "4"),
        ("!FindInMap [Regions, !Ref AWS::Region, Tier]", "gold"),
        ("!FindInMap [Regions, !Ref AWS::Region, Size]", "${FindInMap:Regions:AWS::Region:Size}"),
        ("!FindInMap [Regions, mars-1, Size, {DefaultValue: 2}]", "2"),
        ("!FindInMap [Elsewhere, a, b]", "${FindInMap:Elsewhere:a:b}"),
        # conditions
        ("!If [Holds, a, b]", "a"),
        ("!If [Fails, a, b]", "b"),
        ("!If [Maybe, a, b]", "${If:Maybe}"),
        ("!If [Maybe, a, a]", "a"),
        ("!If [Circle, a, b]", "${If:Circle}"),
        ("!If [Nowhere, a, b]", "${If:Nowhere}"),
        ("[x, !If [Fails, a, !Ref AWS::NoValue]]", ["x"]),
        ("{x: 1, y: !If [Fails, a, !Ref AWS::NoValue]}", {"x": "1"}),
        ("[x, !If [Maybe, a, !Ref AWS::NoValue]]", ["x", "${If:Maybe}"]),
        # slips
        ("!Join [',']", "${Join}"),
        ("!Sub [a]", "${Sub}"),
        ("!Select x", "${Select}"),
        ("!If [Holds]", "${If}"),
        ("!GetAtt [Database]", "${GetAtt}"),
        ("!FindInMap x", "${FindInMap}"),
    ],
)
def test_expressions(expression: str, expected: Any) -> None:
    assert evaluated(expression, _SECTIONS) == expected


@pytest.mark.parametrize(
    ("expression", "region", "expected"),
    [
        ("!Ref AWS::Partition", "eu-west-1", "aws"),
        ("!Ref AWS::Partition", "cn-north-1", "aws-cn"),
        ("!Sub 'sqs.${AWS::Region}.${AWS::URLSuffix}'", "cn-north-1", "sqs.cn-north-1.amazonaws.com.cn"),
        ("!FindInMap [Regions, !Ref AWS::Region, Size]", "us-east-1", "8"),
    ],
)
def test_a_region_that_is_given_tells_more(expression: str, region: str, expected: str) -> None:
    assert evaluated(expression, _SECTIONS, {"AWS::Region": region}) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("!Equals [!Ref Name, orders]", "yes"),
        ("!Equals [!Ref Count, 3]", "yes"),
        ("!Equals ['true', true]", "yes"),
        ("!Equals [!Ref Password, hunter2]", "yes"),
        ("!Equals [!Ref Open, !Ref Open]", "yes"),
        ("!Equals [!Ref Open, '']", "${If:C}"),
        ("!Equals [!Sub 'x${Open}', y]", "${If:C}"),
        ("!Not [!Equals [!Ref Open, x]]", "${If:C}"),
        ("!And [!Equals [a, b], !Equals [!Ref Open, x]]", "no"),
        ("!And [!Equals [a, a], !Equals [!Ref Open, x]]", "${If:C}"),
        ("!And [!Equals [a, a], !Not [!Equals [a, b]]]", "yes"),
        ("!Or [!Equals [a, a], !Equals [!Ref Open, x]]", "yes"),
        ("!Or [!Equals [a, b], !Equals [!Ref Open, x]]", "${If:C}"),
        ("!Or [!Equals [a, b], !Equals [b, a]]", "no"),
        ("{Condition: Other}", "no"),
        ("text", "${If:C}"),
    ],
)
def test_conditions(condition: str, expected: str) -> None:
    sections = _SECTIONS.partition("Conditions:")[0] + f"Conditions:\n  Other: !Equals [a, b]\n  C: {condition}\n"
    assert evaluated("!If [C, 'yes', 'no']", sections) == expected


def test_a_value_that_is_given_wins_over_the_default() -> None:
    assert evaluated("!Sub '${Name}-${Open}'", _SECTIONS, {"Name": "web", "Open": "x"}) == "web-x"
    assert evaluated("!Select [1, !Ref OpenList]", _SECTIONS, {"OpenList": "subnet-1,subnet-2"}) == "subnet-2"


def test_a_text_that_grows_beyond_bounds_is_not_made() -> None:
    big = "x" * 4096
    sections = f"Parameters:\n  Big: {{ Type: String, Default: {big} }}\n"
    assert evaluated("!Sub '" + "${Big}" * 500 + "'", sections) == "${Text:too-long}"


_WORD = st.text(string.ascii_lowercase, min_size=1, max_size=6)
_OPEN = st.sampled_from(["!Ref Open", "!Ref AWS::Region", "!ImportValue x", "!Ref OpenList", "!Ref StoredOpen"])
_WRAP = st.sampled_from(
    [
        "!Sub ['a-${{X}}', {{X: {0}}}]",
        "!Join ['-', [a, {0}]]",
        "!Join ['-', {0}]",
        "!Select [0, !Split [',', {0}]]",
        "!Select [0, {0}]",
        "!FindInMap [Regions, {0}, Size]",
        "!FindInMap [{0}, eu-west-1, Size]",
        "!If [Maybe, a, {0}]",
        "!If [Maybe, {0}, b]",
        "Fn::Base64: {0}",
        "!Cidr [{0}, 2, 8]",
        "Fn::GetAZs: {0}",
        "Fn::ToJsonString: {{a: {0}}}",
        "Fn::ImportValue: {0}",
    ]
)


@settings(max_examples=150, deadline=None)
@given(inner=_OPEN, outer=st.lists(_WRAP, max_size=3))
def test_what_is_unknown_never_becomes_a_guess(inner: str, outer: list[str]) -> None:
    expression = inner
    for each in outer:
        if expression.startswith("Fn::"):
            expression = "{" + expression + "}"
        expression = each.format(expression)
    found = evaluated(expression, _SECTIONS)
    assert isinstance(found, str)
    assert "${" in found


@settings(max_examples=60, deadline=None)
@given(words=st.lists(_WORD, min_size=1, max_size=5), at=st.integers(0, 4))
def test_join_split_and_select_undo_each_other(words: list[str], at: int) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    expression = f"!Select [{at % len(words)}, !Split ['/', !Join ['/', [{listed}]]]]"
    assert evaluated(expression) == words[at % len(words)]
