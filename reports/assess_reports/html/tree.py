"""Elements as plain lists, so that one description is written as HTML here and drawn by the report's script there.

Text and attributes are data: they are escaped when written, and reach the page only as text nodes when drawn.
"""

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from assess_reports.visible import shorten

Tree = str | list["Tree | dict[str, str]"]
"""Text, or ``[tag, {attributes}, child, ...]``; the attributes are left out where there are none."""

LONGEST = 1500
"""Most characters of one piece of text."""
NAME = 160
"""Most characters of a name, an ARN or a pointer."""

_CODE = re.compile(r"(`+)([^`]+)\1")
_ADDRESS = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:/[A-Za-z0-9./_#?=%~+&-]*)?")
_VOID = frozenset({"br", "hr"})


def element(tag: str, *children: Tree, **attributes: str) -> Tree:
    """An element; ``class_`` and ``data_rule`` are the attributes ``class`` and ``data-rule``."""
    named = {name.rstrip("_").replace("_", "-"): _shown(value) for name, value in attributes.items() if value}
    shown = [_shown(each) if isinstance(each, str) else each for each in children]
    return [tag, named, *shown] if named else [tag, *shown]


def _shown(text: str) -> str:
    plain = len(text) <= LONGEST and text.isascii() and text.isprintable()
    return text if plain else shorten(text, LONGEST)  # most texts are plain, and a large estate has millions


def html(tree: Tree) -> Markup:
    """The tree as HTML."""
    parts: list[str] = []
    _write(tree, parts)
    return Markup("".join(parts))  # noqa: S704 (every text and attribute is escaped below)


def _write(tree: Tree | dict[str, str], parts: list[str]) -> None:
    if isinstance(tree, str):
        parts.append(escape(tree))
    elif isinstance(tree, list):
        tag, *rest = tree
        attributes = rest.pop(0) if rest and isinstance(rest[0], dict) else {}
        named = attributes.items() if isinstance(attributes, dict) else ()
        parts.append(f"<{tag}")
        parts += [f' {name}="{escape(value)}"' for name, value in named]
        parts.append(">")
        for each in rest:
            _write(each, parts)
        if tag not in _VOID:
            parts.append(f"</{tag}>")


def code(name: str, most: int = NAME) -> Tree:
    """A name, an address or a value as it stands."""
    return element("code", shorten(name, most))


def copyable(name: str) -> Tree:
    """A name beside which the script puts a button that copies it."""
    return element("code", name, class_="copy")


def sample(lines: str) -> Tree:
    """Lines of a definition or a manifest, each as it stands."""
    shown = [element("code", line or "\N{NO-BREAK SPACE}") for line in lines.splitlines()]
    return element("div", *shown, class_="sample")


def prose(words: str, most: int = LONGEST) -> list[Tree]:
    """Words of a sentence; what stands between backticks is code."""
    words = shorten(words, most)
    parts: list[Tree] = []
    at = 0
    for match in _CODE.finditer(words):
        parts += [words[at : match.start()], ["code", match.group(2)]]
        at = match.end()
    return [each for each in (*parts, words[at:]) if each]


def paragraphs(words: str) -> list[Tree]:
    """A paragraph for each part between empty lines."""
    parts = (re.sub(r"[ \n]+", " ", part).strip() for part in re.split(r"\n[ \t]*\n", words))
    return [["p", *prose(part, 2 * LONGEST)] for part in parts if part]


def link(address: str) -> Tree:
    """A link that shows where it leads; anything but a plain https address is only shown."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return code(address)
    return element("a", match.group(1), href=address, rel="noopener noreferrer")


def here(anchor: str, *words: Tree, **attributes: str) -> Tree:
    """A link to a place in this file."""
    return element("a", *words, href=f"#{anchor}", **attributes)


def listing(items: Iterable[Tree], **attributes: str) -> Tree:
    """An unordered list of list items."""
    return element("ul", *items, **attributes)
