"""Replaces what stands in a text for something else by single characters, so that addresses can be read round it."""

import re

from assess.estate.redaction import MARKER

REDACTED = "\ue000"
"""Stands for what the door replaced."""

_FIRST = 0xE100
_LAST = 0xF8FF
_HOLE = re.compile(r"\$\{[^{}$\s]{1,200}\}|<[A-Za-z][^<>\s/]{0,60}>")
_REFERENCE = re.compile(r"\$\{(?:[A-Za-z0-9_]+(?:\[[^\]]*\])?(?:\.[A-Za-z0-9_-]+(?:\[[^\]]*\])?)+|AWS::[A-Za-z]+)\}")
_PRIVATE = re.compile("[\ue000-\uf8ff]")


class Masked:
    """A text in which markers, ``${...}`` and ``<...>`` are one character each; knows what they were."""

    __slots__ = ("_holes", "text")

    def __init__(self, text: str) -> None:
        self._holes: list[str] = []
        if not text.isascii():
            text = _PRIVATE.sub("?", text)
        text = MARKER.sub(REDACTED, text)
        self.text = _HOLE.sub(self._hole, text) if "${" in text or "<" in text else text

    def _hole(self, match: re.Match[str]) -> str:
        if _FIRST + len(self._holes) > _LAST:
            return REDACTED
        self._holes.append(match[0])
        return chr(_FIRST + len(self._holes) - 1)

    def has_hole(self, text: str) -> bool:
        """Whether something stands in a piece of the text for something else."""
        return not text.isascii() and _PRIVATE.search(text) is not None

    def is_reference(self, text: str) -> bool:
        """Whether a piece of the text has holes, all of which refer to something: ``${Logical.Attribute}``."""
        holes = _PRIVATE.findall(text)
        return bool(holes) and all(
            each != REDACTED and _REFERENCE.fullmatch(self._holes[ord(each) - _FIRST]) is not None for each in holes
        )

    def written(self, text: str) -> str:
        """A piece of the text as it was written; what the door replaced is a question mark."""
        return _PRIVATE.sub(lambda hole: "?" if hole[0] == REDACTED else self._holes[ord(hole[0]) - _FIRST], text)
