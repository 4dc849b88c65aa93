"""Makes text from AWS and files safe to look at: what cannot be seen is written out as an escape."""

import re
import unicodedata

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}

_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U0001d159\U000e0100-\U000e01ef]"
)
"""Characters that count as printable and yet show nothing: fillers, joiners and variation selectors (Unicode's
Default_Ignorable_Code_Point, the blank Braille pattern and the null notehead)."""

_STACK = 4
"""Combining marks that may stand on one letter: more than any language writes, and they climb into other lines."""


def visible(text: str) -> str:
    """The text with every character that steers a terminal, reorders a line or shows nothing written as an escape.

    Control characters (line breaks and tabs too), bidirectional and zero-width marks, unusual spaces, unassigned and
    private characters become ``\\x1b``, ``\\u202e`` or ``\\U000e0041``; letters of every script stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = _STACK  # a mark at the very start would sit on what the report wrote before it
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        hidden = not character.isprintable() or marks > _STACK or _BLANK.match(character)
        shown.append(_escape(character) if hidden else character)
    return "".join(shown)


def shorten(text: str, most: int) -> str:
    """The visible text, cut in its middle to at most ``most`` characters; both ends of a name tell it apart."""
    if len(text) > 2 * most:
        text = text[:most] + text[-most:]  # what lies between cannot show, and may be megabytes
    shown = visible(text)
    if len(shown) <= most:
        return shown
    tail = (most - 1) // 2
    return f"{shown[: most - 1 - tail]}…{shown[len(shown) - tail :]}"


def _escape(character: str) -> str:
    number = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
