"""Reads JSON as repositories hold it: with placeholders, comments and slips, and with the line of every value.

What is strictly JSON is read as ``json.loads`` reads it. Only what is not is read a second time, and then these are
let pass: an unquoted placeholder as a value, an item, a member or a name (``${x}``, ``{{ x }}``, ``<X>``, ``%X%``,
``$X``, ``<%= x %>``, a bare word), template statements (``{% if %}``, ``<% if %>``, ``%{ if }``, ``{{ if }}``; all
branches are read), comments (``//``, ``/* */``, ``#``), missing and superfluous commas, quotes within a string's
placeholder, line breaks and unknown escapes in strings, and stray closing marks at the end. Time is linear in the
length of the text.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 200
"""Levels of nesting that are read; a task definition has about ten."""


class JsonError(Exception):
    """The text is not JSON, not even nearly; ``line`` is 1-based. The message quotes nothing of the text."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        self.message = message
        super().__init__(f"line {line}: {message}")


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place: ``line`` is 1-based, of an object's member the line of its name."""

    value: "str | int | float | bool | dict[str, Node] | list[Node] | None"
    line: int
    unquoted: bool = False
    """Whether it is a placeholder that stands without quotes."""

    @property
    def members(self) -> "dict[str, Node]":
        """The members of an object; nothing for any other value."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> "list[Node]":
        """The items of an array; nothing for any other value."""
        return self.value if isinstance(self.value, list) else []

    def plain(self) -> Any:
        """The value alone, as ``json.loads`` would give it."""
        if isinstance(self.value, dict):
            return {name: member.plain() for name, member in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def walk(self, steps: tuple[str | int, ...] = ()) -> "Iterator[tuple[tuple[str | int, ...], Node]]":
        """The node and everything in it, each with the steps that lead there."""
        yield steps, self
        for name, member in self.members.items():
            yield from member.walk((*steps, name))
        for index, item in enumerate(self.items):
            yield from item.walk((*steps, index))


def parse(text: str) -> Node:
    """Reads a text.

    Raises:
        JsonError: it is not JSON, ends too early, holds more than one document or is nested too deeply.
    """
    try:
        return _Parser(text, strict=True).document()
    except JsonError:
        return _Parser(text, strict=False).document()


_SPACE = re.compile(r"[ \t\n\r]*")
_FILLER = re.compile(
    r"""(?: [\s\ufeff]
      | //[^\n]*
      | /\*.*?\*/
      | \#(?![{])[^\n]*
      | \{%.*?%\}                                                            # Jinja statement
      | \{\#.*?\#\}                                                          # Jinja comment
      | <%(?!=).*?%>                                                         # ERB statement
      | %\{~?\s*(?:if|else|endif|for|endfor)\b.*?\}                          # Terraform directive
      | \{\{-?\s*(?:(?:if|else|end|range|with|define|block)\b|[\#/^!]|\$\w+\s*:?=).*?\}\}   # Go, Handlebars statement
      | \{\{-?\s*["'],["'].*?\}\}                                            # a comma between items of a loop
      | <%=\s*["'],["'].*?%>
    )+""",
    re.VERBOSE | re.DOTALL,
)
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_STRING_GOES_ON = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f]")
_ESCAPE = re.compile(r'(?P<known>\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt]))|\\|"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]+)?(?P<exponent>[eE][-+]?[0-9]+)?")
_LITERAL = re.compile(r"true|false|null")
_LITERALS = {"true": True, "false": False, "null": None}
_WORD_GOES_ON = re.compile(r"[\w.$%{<@#-]")
_PIECE = re.compile(
    r"""<%=.*?%> | <[\w\ ][^<>"\n]*> | %%?[A-Za-z_]\w*%%? | \$\([^()"\n]*\) | \$[A-Za-z_]\w* | \u2026 | \.\.\.
      | [\w@][\w.:/@+*\#-]*""",
    re.VERBOSE | re.DOTALL,
)
_BETWEEN_PIECES = re.compile(r"[.:/@+*\#-]*")
_WORD = re.compile(r"[\w@]")
_OPENING = re.compile(r"[$#%@]\{|\{\{")
_DOUBLE_BRACE = re.compile(r"\{\{(?!%)")
_BRACE = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|[{}\n]')
_UNCLOSED = re.compile(r"\$\{|\{\{|<%")
_STRAY = re.compile(r"[\]},;)\s]*\w{0,32}\s*\Z")
_IN_STRING = 500
"""Characters within which a placeholder in a string must close."""


class _Parser:
    def __init__(self, text: str, *, strict: bool) -> None:
        self.text = text
        self.strict = strict
        self.breaks = [match.start() for match in re.finditer("\n", text)]
        self.patience = len(text)
        """Characters that may be looked at in vain: it keeps the whole linear."""

    def document(self) -> Node:
        at = self.skip(0)
        if self.text[at : at + 1] not in ("{", "[") and not self.strict:
            raise self.error(at, "it is empty" if at == len(self.text) else "it is not JSON")
        node, at = self.value(at, self.line(at), 0)
        at = self.skip(at)
        if at < len(self.text) and (self.strict or not _STRAY.match(self.text, at)):
            raise self.error(at, "there is more after the end of the JSON document")
        return node

    def line(self, at: int) -> int:
        return bisect_right(self.breaks, at - 1) + 1

    def error(self, at: int, message: str) -> JsonError:
        if at >= len(self.text):
            at = len(self.text.rstrip())
        return JsonError(self.line(at), message)

    def ended(self, start: int, kind: str) -> JsonError:
        return self.error(len(self.text), f"it ends within the {kind} that starts on line {self.line(start)}")

    def skip(self, at: int) -> int:
        match = (_SPACE if self.strict else _FILLER).match(self.text, at)
        return match.end() if match else at

    # --- values ---

    def value(self, at: int, line: int, depth: int) -> tuple[Node, int]:
        mark = self.text[at : at + 1]
        if mark == '"':
            text, end = self.string(at)
            return Node(text, line), end
        if mark == "{" and (self.strict or not _DOUBLE_BRACE.match(self.text, at)):
            return self.object(at, line, depth + 1)
        if mark == "[":
            return self.array(at, line, depth + 1)
        return self.scalar(at, line)

    def scalar(self, at: int, line: int) -> tuple[Node, int]:
        if (match := _NUMBER.match(self.text, at)) and self.whole(match.end()):
            try:
                exact = match["fraction"] is None and match["exponent"] is None
                return Node(int(match[0]) if exact else float(match[0]), line), match.end()
            except ValueError:  # more digits than int() takes
                if self.strict:
                    raise self.error(at, "the number is too long") from None
        if (match := _LITERAL.match(self.text, at)) and self.whole(match.end()):
            return Node(_LITERALS[match[0]], line), match.end()
        end = at if self.strict else self.placeholder(at)
        if end == at:
            raise self.error(at, "there is no value")
        return Node(self.text[at:end], line, unquoted=True), end

    def whole(self, end: int) -> bool:
        return self.strict or not _WORD_GOES_ON.match(self.text, end) or self.skip(end) > end

    def object(self, start: int, line: int, depth: int) -> tuple[Node, int]:
        self.nest(start, depth)
        members: dict[str, Node] = {}
        at, first = self.skip(start + 1), True
        while True:
            at, first, ended = self.separator(start, at, "}", first)
            if ended:
                return Node(members, line), at
            name_line = self.line(at)
            name, at, quoted = self.name(at)
            after = self.skip(at)
            if self.text[after : after + 1] == ":":
                begin = self.skip(after + 1)
                if begin >= len(self.text):
                    raise self.ended(start, "object")
                members[name], at = self.value(begin, name_line, depth)
            elif not quoted and not _WORD.match(name):
                members[name] = Node(name, name_line, unquoted=True)
            else:
                raise (
                    self.ended(start, "object") if after >= len(self.text) else self.error(after, "there is no colon")
                )
            at = self.skip(at)

    def name(self, at: int) -> tuple[str, int, bool]:
        if self.text[at : at + 1] == '"':
            name, end = self.string(at)
            return name, end, True
        end = at if self.strict else self.placeholder(at)
        if end == at:
            raise self.error(at, "there is no name")
        name = self.text[at:end]
        return (name[:-1], end - 1, False) if name.endswith(":") else (name, end, False)

    def array(self, start: int, line: int, depth: int) -> tuple[Node, int]:
        self.nest(start, depth)
        items: list[Node] = []
        at, first = self.skip(start + 1), True
        while True:
            at, first, ended = self.separator(start, at, "]", first)
            if ended:
                return Node(items, line), at
            item, at = self.value(at, self.line(at), depth)
            items.append(item)
            at = self.skip(at)

    def separator(self, start: int, at: int, close: str, first: bool) -> tuple[int, bool, bool]:
        """Past what stands before the next member or item: its place, no longer the first, whether all is closed."""
        kind = "object" if close == "}" else "array"
        if self.text[at : at + 1] == close:
            return at + 1, False, True
        if not first:
            comma = self.text[at : at + 1] == ","
            if self.strict and not comma and at < len(self.text):
                raise self.error(at, f"there is no comma and no {close}")
            at = self.skip(at + 1) if comma else at
        while not self.strict and self.text[at : at + 1] == ",":
            at = self.skip(at + 1)
        if not self.strict and self.text[at : at + 1] == close:
            return at + 1, False, True
        if at >= len(self.text):
            raise self.ended(start, kind)
        return at, False, False

    def nest(self, at: int, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self.error(at, f"it is nested deeper than {MAX_DEPTH} levels")

    # --- strings and placeholders ---

    def string(self, start: int) -> tuple[str, int]:
        match = _STRING.match(self.text, start)
        if match is None:
            raise self.ended(start, "string")
        end = match.end()
        if not self.strict:
            end = self.templated(start, end)
        raw = self.text[start:end]
        if "\\" not in raw:
            if self.strict and _CONTROL.search(raw):
                raise self.error(start, "the string holds control characters")
            return raw[1:-1], end
        if not self.strict:
            raw = _quoted(raw)
        try:
            return str(json.loads(raw, strict=self.strict)), end
        except ValueError:
            raise self.error(start, "the string holds what JSON does not allow") from None

    def templated(self, start: int, end: int) -> int:
        """The end of a string, where a placeholder in it holds quotes: ``"${a != "" ? a : "b"}"``."""
        scanned = start + 1
        while self.patience > 0 and (opening := _UNCLOSED.search(self.text, scanned, end - 1)):
            closed = self.text.find("%>" if opening[0] == "<%" else "}", opening.end(), end - 1)
            if closed >= 0:
                scanned = closed + 1
                continue
            closing = self.closing(opening.start(), one_line=True)
            rest = closing and _STRING_GOES_ON.match(self.text, closing)
            if not closing or not rest:
                break
            scanned, end = closing, rest.end()
        return end

    def placeholder(self, at: int) -> int:
        """The end of the placeholder that starts here; ``at`` where there is none."""
        while True:
            if _OPENING.match(self.text, at):
                end = self.closing(at, one_line=False)
                if end is None:
                    raise self.error(at, "the placeholder is not closed")
                if self.text.startswith("#{", at) and self.text.startswith("#", end):
                    end += 1
            elif match := _PIECE.match(self.text, at):
                end = match.end()
            else:
                return at
            if self.skip(end) > end:
                return end
            match = _BETWEEN_PIECES.match(self.text, end)
            at = match.end() if match else end

    def closing(self, at: int, *, one_line: bool) -> int | None:
        """The end of a placeholder in braces; quoted text within it may hold braces."""
        if one_line and self.text.startswith("<%", at):
            end = self.text.find("%>", at, at + _IN_STRING)
            return end + 2 if end >= 0 else None
        depth = 0
        limit = at + _IN_STRING if one_line else len(self.text)
        for match in _BRACE.finditer(self.text, at, limit):
            if match[0] == "{":
                depth += 1
            elif match[0] == "}":
                depth -= 1
                if depth == 0:
                    return match.end()
            elif match[0] == "\n" and one_line:
                break
        self.patience -= _IN_STRING if one_line else 0
        return None


def _quoted(raw: str) -> str:
    """A string's source in which escapes that JSON does not know, and quotes within placeholders, are escaped."""
    return '"' + _ESCAPE.sub(lambda match: match["known"] or "\\" + match[0], raw[1:-1]) + '"'
