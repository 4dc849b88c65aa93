"""Escapes text for GitHub's Markdown: whatever is not plainly a word becomes a code span, in which nothing is markup.

GitHub acts on more than Markdown's own syntax: @mentions, #123, commit ids and bare addresses become links after the
text is rendered, where a backslash helps no more. None of these work inside a code span, and a code span shows and
copies a name as it is.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from markupsafe import Markup

from assess_reports.visible import shorten

T = TypeVar("T")

NAME = 160
"""Most characters of a name, an ARN or a pointer."""
TEXT = 1000
"""Most characters of a message, a reason or a fix."""

_PIECES = re.compile(r"`+|\s+|[^`\s]+")
_QUOTED = re.compile(r"(`+)([^`]+)\1")
_BEFORE, _AFTER = "(\"'", ")\"',.;:!?…"
_PLAIN = re.compile(r"(?:[A-Za-z0-9./'%,=+-]|[^\x00-\x7f])+|[0-9]{1,2}:[0-9]{2}")
"""Characters without a meaning in Markdown where a line does not begin with them; and a time of day."""
_LINKED = re.compile(r"www\.|(?<![a-z0-9])(?:gh-[0-9]|[0-9a-f]{7,}(?![a-z0-9]))", re.IGNORECASE)
"""What GitHub makes links of without further signs: issues, addresses, commits."""
_OPENS_BLOCK = re.compile(r"[0-9]+[.)]+|[-+=.]+")
"""Words that make a list or a heading where a line begins with them."""
_ADDRESS = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:/[A-Za-z0-9./_#?=%~+-]*)?")


def text(words: str | Markup, most: int = TEXT) -> Markup:
    """Words of a sentence, at most ``most`` characters; what stands between backticks stays a code span."""
    if isinstance(words, Markup):
        return words
    chunks = _chunks(shorten(words, most))
    return Markup(" ".join(_word(chunk, first=not place) for place, chunk in enumerate(chunks)))  # noqa: S704 (escaped)


def code(name: str, most: int = NAME) -> Markup:
    """A name, an address or a value as a code span of at most ``most`` characters."""
    return Markup(_span(shorten(name, most)))  # noqa: S704 (escaped)


def link(address: str) -> Markup:
    """A link that shows where it leads; anything but a plain https address is only shown."""
    match = _ADDRESS.fullmatch(address)
    return Markup(f"[{match.group(1)}]({address})") if match else code(address)  # noqa: S704 (escaped)


def row(*cells: str | Markup) -> Markup:
    """A row of a table: no cell can end itself, whatever it holds."""
    return Markup("| " + " | ".join(_PIPE.sub(_cell_pipe, text(cell)) for cell in cells) + " |")  # noqa: S704 (escaped)


def bullet(*parts: str | Markup, depth: int = 0) -> Markup:
    """An entry of a list."""
    return Markup("  " * depth + "- " + " ".join(text(part) for part in parts if part))  # noqa: S704 (escaped)


def within(items: Sequence[T], show: Callable[[T], Markup], budget: int) -> tuple[list[Markup], int]:
    """The first items, as shown, that fit into ``budget`` bytes of UTF-8, and how many do not; none is cut."""
    taken: list[Markup] = []
    for each in items:
        shown = show(each)
        budget -= len(shown.encode()) + 1
        if budget < 0:
            break
        taken.append(shown)
    return taken, len(items) - len(taken)


_PIPE = re.compile(r"(\\*+)\|")


def _cell_pipe(match: re.Match[str]) -> str:
    """A pipe that stays in its cell; backslashes before it would be read as escaping each other."""
    return match.group(1).replace("\\", "\\x5c") + "\\|"


def _chunks(shown: str) -> list[str]:
    """The words of a text; what stands between backticks stays together, in time linear in the text's length."""
    pieces = _PIECES.findall(shown)
    closing: dict[int, int] = {}
    later: dict[str, int] = {}
    for at in reversed(range(len(pieces))):
        if pieces[at].startswith("`"):
            if pieces[at] in later:
                closing[at] = later[pieces[at]]
            later[pieces[at]] = at
    chunks = [""]
    at = 0
    while at < len(pieces):
        end = closing.get(at, at)
        if pieces[at].isspace():
            chunks.append("")
        else:
            chunks[-1] += "".join(pieces[at : end + 1])
        at = end + 1
    return [chunk for chunk in chunks if chunk]


def _word(chunk: str, *, first: bool) -> str:
    if chunk in ("-", "=", "+", "/", "&", "%") and not first:
        return chunk
    if first and _OPENS_BLOCK.fullmatch(chunk):
        return _span(chunk)
    rest = chunk.lstrip(_BEFORE)
    core = rest.rstrip(_AFTER)
    before, after = chunk[: len(chunk) - len(rest)], rest[len(core) :]
    if not core:
        return chunk
    quoted = _QUOTED.fullmatch(core)
    if quoted:
        return before + _span(quoted.group(2).strip() or quoted.group(2)) + after
    worded = any(map(str.isalnum, core)) or not core.isascii()
    harmless = worded and _PLAIN.fullmatch(core) and not _LINKED.search(core)
    return before + (core if harmless else _span(core)) + after


def _span(shown: str) -> str:
    if not shown.strip():
        return "(empty)"
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    space = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{space}{shown}{space}{fence}"
