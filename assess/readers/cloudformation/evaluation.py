"""Works out the expressions of a template: what cannot be known is an explicit unknown, never a guess.

Intrinsics: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import base64
import ipaddress
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from assess.readers.cloudformation.placeholders import placeholder, reference
from assess.readers.cloudformation.template import Template
from assess.readers.cloudformation.values import (
    LONGEST_TEXT,
    NO_VALUE,
    Hidden,
    Piece,
    Reference,
    Text,
    Unknown,
    Value,
    equal,
    text,
    unknown,
)
from assess.readers.json_text import Node

MOST_TEXT = 32 * 1024 * 1024
"""Characters that a template's expressions may make together; what comes after is unknown."""

MOST_VALUES = 500_000
"""Values that they may make together; a template has 1 MB, and few thousands."""

LONGEST_PARAMETER = 4096
"""Bytes of a parameter's value
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html)."""

_DEEPEST = 50
"""Conditions that may stand on one another; what stands on more is not known."""

PSEUDO_PARAMETERS: Final = frozenset(
    f"AWS::{name}"
    for name in ("AccountId", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix")
)
"""Parameters that each template has: what is not given of them is not known."""

_PARTITIONS: Final = (
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("", "aws", "amazonaws.com"),
)
"""Partition and URL suffix by the beginning of the region's name."""

_WRITES_MEMBERS = ("Fn::Transform", "Fn::ForEach::")
"""What stands among the members of an object and is replaced by others."""

_VARIABLE = re.compile(r"\$\{([^{}$]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:[^{}]{1,500}\}\}")


class Outside(Protocol):
    """What other templates of the same run tell."""

    def passed(self, parameter: str, line: int) -> tuple[bool, Value | None]:
        """Whether a parent passes a value for a parameter, and which; none where that is not all known."""

    def output(self, logical_id: str, name: str, line: int) -> Value | None:
        """What a nested stack puts out under a name, where all of it is known."""

    def exported(self, name: str, line: int) -> Value | None:
        """What one other template exports under a name, where all of it is known."""


class Evaluator:
    """Evaluates expressions of one template; ``given`` are values of parameters, pseudo parameters too, by name."""

    def __init__(self, template: Template, given: Mapping[str, str], outside: Outside | None = None) -> None:
        self._parameters = template.parameters
        self._mappings = template.mappings
        self._conditions = template.conditions
        self._resources = template.resources
        self._given = given
        self._outside = outside
        self.aliases: dict[str, Reference] = {}
        """Resources of other templates by the parameter that stands for each, as far as parameters were asked for."""
        self._decided: dict[str, bool | None] = {}
        self._deciding: set[str] = set()
        self._lists: dict[str, list[Value]] = {}
        self._budget = MOST_TEXT
        self._values = MOST_VALUES

    # --- values -----------------------------------------------------------------------------------------------------

    def evaluate(self, node: Node) -> Value:
        """The value of an expression; members and items that are ``AWS::NoValue`` are left out."""
        if not self._afford(1):
            return unknown(placeholder("Text", "too-long"), node.line)
        if isinstance(node.value, dict):
            function = _function(node)
            if function is not None:
                return self._call(*function, node.line)
            if any(name.startswith(_WRITES_MEMBERS) for name in node.value):
                return unknown(placeholder("Object"), node.line)
            members = {name: self.evaluate(each) for name, each in node.value.items()}
            return Value({name: each for name, each in members.items() if each.value is not NO_VALUE}, node.line)
        if isinstance(node.value, list):
            items = [self.evaluate(each) for each in node.value]
            return Value([each for each in items if each.value is not NO_VALUE], node.line)
        if isinstance(node.value, str):
            if node.unquoted:  # a placeholder of whatever makes the template
                return unknown(node.value, node.line)
            return self._text(tuple(_dynamic(node.value)), node.line)
        return Value(node.value, node.line)

    def _afford(self, count: int) -> bool:
        """Whether so many values more may be made: a short template can ask for a great many."""
        self._values -= count
        return self._values >= 0

    def _text(self, pieces: Sequence[Piece], line: int) -> Value:
        length = sum(len(each) for each in pieces if isinstance(each, str))
        self._budget -= length
        if length > LONGEST_TEXT or self._budget < 0:
            return unknown(placeholder("Text", "too-long"), line)
        return text(pieces, line)

    def _call(self, name: str, given: Node, line: int) -> Value:
        if name == "Ref":
            return self._ref(str(given.value), line)
        function = _FUNCTIONS.get(name)
        found = function(self, given, line) if function is not None else None
        return found if found is not None else unknown(placeholder(name.removeprefix("Fn::")), line)

    # --- references -------------------------------------------------------------------------------------------------

    def _ref(self, name: str, line: int) -> Value:
        if name == "AWS::NoValue":
            return Value(NO_VALUE, line)
        if name in PSEUDO_PARAMETERS:
            return self.pseudo(name, line)
        if name in self._parameters:
            return self._parameter(name, line)
        if name in self._resources:
            return Value(Text((Reference(name),)), line)
        return unknown(placeholder(name), line)

    def pseudo(self, name: str, line: int = 0) -> Value:
        """A pseudo parameter (``AWS::Region``): what was given, or follows from the region that was."""
        given = self._given.get(name)
        region = self._given.get("AWS::Region")
        if given is None and region and name in ("AWS::Partition", "AWS::URLSuffix"):
            partition, suffix = next(rest for start, *rest in _PARTITIONS if region.startswith(start))
            given = partition if name == "AWS::Partition" else suffix
        return Value(given, line) if given is not None else unknown(placeholder(name), line)

    def _parameter(self, name: str, line: int) -> Value:
        declared = self._parameters[name].members
        kind = str(declared["Type"].value) if "Type" in declared else "String"
        given = self._given.get(name)
        is_passed, passed = False, None
        if given is None and self._outside is not None:
            is_passed, passed = self._outside.passed(name, line)
            given = passed.literal if passed is not None else None
        if given is None and not is_passed and "Default" in declared:
            given = _plain(declared["Default"])
        if "NoEcho" in declared and (_plain(declared["NoEcho"]) or "").lower() == "true":
            return Value(Text((Hidden(name, given if passed is None else passed.known),)), line)
        if kind.startswith("AWS::SSM::Parameter::"):
            return unknown(f"{{{{resolve:ssm:{given}}}}}" if given else reference(name), line)
        if passed is not None and given is None:  # it refers to resources of others, or is a secret of theirs
            if passed.reference is not None:
                self.aliases[name] = passed.reference
            is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
            return _listed(passed) if is_list else passed
        if given is None or len(given) > LONGEST_PARAMETER:
            return unknown(reference(name), line)
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            if name not in self._lists:
                self._lists[name] = [self._text(tuple(_dynamic(each.strip())), line) for each in given.split(",")]
            return Value(self._lists[name], line)
        return self._text(tuple(_dynamic(given)), line)

    def _get_att(self, given: Node, line: int) -> Value | None:
        if isinstance(given.value, str):
            name, _, attribute = given.value.partition(".")
        elif len(given.items) >= 2 and isinstance(given.items[0].value, str):
            name = given.items[0].value
            attribute = ".".join(self.evaluate(each).literal or "?" for each in given.items[1:])
        else:
            return None
        if name not in self._resources or "?" in attribute:
            return unknown(placeholder(f"{name}.{attribute}"), line)
        if attribute.startswith("Outputs.") and self._outside is not None:
            told = self._outside.output(name, attribute.removeprefix("Outputs."), line)
            if told is not None:
                return told
        return Value(Text((Reference(name, attribute),)), line)

    def _sub(self, given: Node, line: int) -> Value | None:
        template, variables = given, dict[str, Value]()
        if len(given.items) == 2:
            template = given.items[0]
            variables = {name: self.evaluate(each) for name, each in given.items[1].members.items()}
        if not isinstance(template.value, str):
            return None
        pieces: list[Piece] = []
        end = 0
        for match in _VARIABLE.finditer(template.value):
            pieces += _dynamic(template.value[end : match.start()])
            pieces += self._variable(match[1].strip(), variables, line)
            end = match.end()
        pieces += _dynamic(template.value[end:])
        return self._text(pieces, line)

    def _variable(self, name: str, variables: Mapping[str, Value], line: int) -> tuple[Piece, ...]:
        if name.startswith("!"):
            return ("${" + name[1:] + "}",)
        if name in variables:
            found = variables[name]
        elif "." in name:
            found = self._get_att(Node(name, line), line) or unknown(placeholder(name), line)
        else:
            found = self._ref(name, line)
        return found.pieces if found.pieces is not None else (Unknown(placeholder(name)),)

    # --- texts and lists --------------------------------------------------------------------------------------------

    def _join(self, given: Node, line: int) -> Value | None:
        if len(given.items) != 2:
            return None
        delimiter, listed = self.evaluate(given.items[0]), self.evaluate(given.items[1])
        if delimiter.literal is None or not isinstance(listed.value, list) or not self._afford(len(listed.value)):
            return _unknown_of("Join", (listed,), line)
        pieces: list[Piece] = []
        for index, each in enumerate(listed.value):
            if index:
                pieces.append(delimiter.literal)
            pieces += each.pieces if each.pieces is not None else (Unknown(placeholder("Join")),)
        return self._text(pieces, line)

    def _split(self, given: Node, line: int) -> Value | None:
        if len(given.items) != 2:
            return None
        delimiter, whole = self.evaluate(given.items[0]).literal, self.evaluate(given.items[1])
        if not delimiter or whole.literal is None:
            return _unknown_of("Split", (whole,), line)
        parts = whole.literal.split(delimiter)
        if not self._afford(len(parts)):
            return None
        return Value([self._text((each,), line) for each in parts], line)

    def _select(self, given: Node, line: int) -> Value | None:
        if len(given.items) != 2:
            return None
        index, listed = self.evaluate(given.items[0]).literal, self.evaluate(given.items[1])
        if index is None or not index.isdecimal() or not isinstance(listed.value, list):
            return _unknown_of("Select", (listed,), line, index or "")
        return listed.value[int(index)] if int(index) < len(listed.value) else None

    def _find_in_map(self, given: Node, line: int) -> Value | None:
        if len(given.items) < 3:
            return None
        name, *keys = (self.evaluate(each) for each in given.items[:3])
        mapping = self._mappings.get(name.literal or "")
        if mapping is None:
            return _unknown_of("FindInMap", (name, *keys), line)
        found = [mapping]
        for key in keys:
            if key.literal is None:  # whichever it is, the answer may be the same
                found = [each for node in found for each in node.members.values()]
            else:
                found = [node.members[key.literal] for node in found if key.literal in node.members]
        if not found and all(key.literal is not None for key in keys) and len(given.items) > 3:
            default = given.items[3].members.get("DefaultValue")
            return self.evaluate(default) if default is not None else None
        values = [self.evaluate(each) for each in found]
        if not values or any(equal(values[0], each) is not True for each in values[1:]):
            return _unknown_of("FindInMap", (name, *keys), line)
        return Value(values[0].value, line)

    def _import(self, given: Node, line: int) -> Value:
        named = self.evaluate(given)
        told = self._outside.exported(named.literal, line) if self._outside is not None and named.literal else None
        return told or _unknown_of("ImportValue", (named,), line)

    def _base64(self, given: Node, line: int) -> Value:
        whole = self.evaluate(given).literal
        if whole is None:
            return unknown(placeholder("Base64"), line)
        return self._text((base64.b64encode(whole.encode("utf-8", "surrogatepass")).decode(),), line)

    def _cidr(self, given: Node, line: int) -> Value:
        arguments = [self.evaluate(each).literal for each in given.items]
        try:
            block = ipaddress.ip_network(str(arguments[0]), strict=False)
            count = int(str(arguments[1]))
            bits = int(str(arguments[2])) if len(arguments) > 2 else block.max_prefixlen - 24
            blocks = block.subnets(new_prefix=block.max_prefixlen - bits)
        except (ValueError, IndexError):
            return unknown(placeholder("Cidr"), line)
        if not 1 <= count <= 256:
            return unknown(placeholder("Cidr"), line)
        return Value([Value(str(each), line) for each in itertools.islice(blocks, count)], line)

    def _zones(self, given: Node, line: int) -> Value:
        region = self.evaluate(given)
        if not region.literal and region.pieces == ("",):
            region = self.pseudo("AWS::Region", line)
        return _unknown_of("GetAZs", (region,), line)

    def _length(self, given: Node, line: int) -> Value | None:
        found = self.evaluate(given)
        return Value(len(found.value), line) if isinstance(found.value, list) else None

    def _json(self, given: Node, line: int) -> Value | None:
        try:
            return self._text((json.dumps(_literals(self.evaluate(given)), separators=(",", ":")),), line)
        except _NotLiteralError:
            return None

    # --- conditions -------------------------------------------------------------------------------------------------

    def _if(self, given: Node, line: int) -> Value | None:
        if len(given.items) != 3:
            return None
        name = str(given.items[0].value)
        holds = self.holds(name)
        if holds is not None:
            return self.evaluate(given.items[1 if holds else 2])
        first, second = (self.evaluate(each) for each in given.items[1:])
        if equal(first, second) is True:
            return first
        return unknown(placeholder("If", name), line)

    def holds(self, condition: str) -> bool | None:
        """Whether a condition of the template holds; none where that cannot be known."""
        if condition in self._decided:
            return self._decided[condition]
        if condition not in self._conditions or condition in self._deciding or len(self._deciding) >= _DEEPEST:
            return None
        self._deciding.add(condition)
        self._decided[condition] = self._decide(self._conditions[condition])
        self._deciding.discard(condition)
        return self._decided[condition]

    def _decide(self, node: Node) -> bool | None:
        function = _function(node)
        if function is None:
            return None
        name, given = function
        if name == "Condition":
            return self.holds(str(given.value))
        if name == "Fn::Equals" and len(given.items) == 2:
            return equal(self.evaluate(given.items[0]), self.evaluate(given.items[1]))
        if name == "Fn::Not" and len(given.items) == 1:
            inner = self._decide(given.items[0])
            return None if inner is None else not inner
        if name in ("Fn::And", "Fn::Or") and given.items:
            decides = name == "Fn::Or"
            found = [self._decide(each) for each in given.items]
            if decides in found:
                return decides
            return None if None in found else not decides
        return None


_FUNCTIONS: Mapping[str, Callable[[Evaluator, Node, int], Value | None]] = {
    "Fn::Base64": Evaluator._base64,
    "Fn::Cidr": Evaluator._cidr,
    "Fn::FindInMap": Evaluator._find_in_map,
    "Fn::GetAtt": Evaluator._get_att,
    "Fn::GetAZs": Evaluator._zones,
    "Fn::If": Evaluator._if,
    "Fn::ImportValue": Evaluator._import,
    "Fn::Join": Evaluator._join,
    "Fn::Length": Evaluator._length,
    "Fn::Select": Evaluator._select,
    "Fn::Split": Evaluator._split,
    "Fn::Sub": Evaluator._sub,
    "Fn::ToJsonString": Evaluator._json,
}


def _function(node: Node) -> tuple[str, Node] | None:
    """The intrinsic that an object is, with what is given to it."""
    if isinstance(node.value, dict) and len(node.value) == 1:
        ((name, given),) = node.value.items()
        if name.startswith("Fn::") or (name in ("Ref", "Condition") and isinstance(given.value, str)):
            return name, given
    return None


def _dynamic(whole: str) -> Iterator[Piece]:
    """A text with its dynamic references as pieces of their own: CloudFormation resolves them, and nobody sees."""
    end = 0
    for match in _DYNAMIC.finditer(whole):
        yield whole[end : match.start()]
        yield Unknown(match[0])
        end = match.end()
    yield whole[end:]


def _listed(joined: Value) -> Value:
    """A text of references with commas between them as the list that it is: neither names nor ARNs have commas."""
    if not isinstance(joined.value, Text):
        return joined
    items: list[list[Piece]] = [[]]
    for each in joined.value.pieces:
        first, *more = each.split(",") if isinstance(each, str) else (each,)
        items[-1].append(first)
        items += [[part] for part in more]
    return Value([text(item, joined.line) for item in items], joined.line)


def _unknown_of(function: str, arguments: Sequence[Value], line: int, *more: str) -> Value:
    parts = [str(piece) for each in arguments for piece in each.pieces or ()]
    return unknown(placeholder(function, *parts, *more), line)


def _plain(node: Node) -> str | None:
    match node.value:
        case bool():
            return "true" if node.value else "false"
        case str() | int() | float():
            return str(node.value)
    return None


class _NotLiteralError(Exception):
    pass


def _literals(value: Value) -> object:
    if isinstance(value.value, dict):
        return {name: _literals(each) for name, each in value.value.items()}
    if isinstance(value.value, list):
        return [_literals(each) for each in value.value]
    if value.literal is None and value.value is not None:
        raise _NotLiteralError
    return value.literal if isinstance(value.value, Text) else value.value
