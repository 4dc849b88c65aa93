"""Lays out lines for a terminal: fits, pads and wraps by the cells that characters take, and adds colour if asked to.

Everything that is put on a page is made visible here, so that no text of the estate can steer the terminal.
"""

from io import StringIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from assess_reports.visible import shorten

NARROWEST = 40
"""Columns below which a page is laid out as if it had as many."""

LONGEST = 1500
"""Most characters of one piece of text."""

Part = str | tuple[str, str]
"""Text, or text with a rich style."""


class Page:
    """Lines of at most ``width`` cells; equal with and without colour but for the escapes."""

    def __init__(self, width: int, *, color: bool) -> None:
        self.width = max(width, NARROWEST)
        self._file = StringIO()
        self._console = Console(
            file=self._file,
            width=self.width,
            force_terminal=color,
            color_system="standard" if color else None,
            force_jupyter=False,
            legacy_windows=False,
            markup=False,
            emoji=False,
            highlight=False,
            _environ={},  # what the terminal can do is the caller's to say
        )

    def __str__(self) -> str:
        return self._file.getvalue()

    def blank(self) -> None:
        """An empty line."""
        self._file.write("\n")

    def heading(self, words: str, note: str = "") -> None:
        """A heading after an empty line, and a note in small beside it."""
        self.blank()
        self.write((words, "bold"), (f"  {note}" if note else "", "dim"))

    def write(self, *parts: Part, indent: int = 0, lead: Part = "", most: int | None = None) -> None:
        """A paragraph behind ``lead``, under which its further lines are aligned; ``most`` lines of it are shown."""
        head = _text(lead)
        room = self.width - indent - head.cell_len
        lines = list(_text(*parts).wrap(self._console, room, overflow="fold")) or [Text()]
        if most is not None and len(lines) > most:
            lines = lines[:most]
            lines[-1].rstrip()
            lines[-1].truncate(room - 2, overflow="crop")
            lines[-1].append(" …")
        for number, line in enumerate(lines):
            before = Text(" " * (indent + head.cell_len)) if number else Text(" " * indent) + head
            before.append_text(line)
            before.rstrip()
            self._console.print(before, soft_wrap=True)

    def line(self, *parts: Part) -> None:
        """One line; what does not fit is cut at its end with an ellipsis."""
        text = _text(*parts)
        text.truncate(self.width, overflow="ellipsis")
        text.rstrip()
        self._console.print(text, soft_wrap=True)


def _text(*parts: Part) -> Text:
    text = Text()
    for part in parts:
        words, style = (part, "") if isinstance(part, str) else part
        text.append(shorten(words, LONGEST), style or None)
    return text


def fit(text: str, width: int) -> str:
    """The visible text in at most ``width`` cells, cut in its middle: both ends of a name tell it apart."""
    shown = shorten(text, 4 * width)
    if cell_len(shown) <= width:
        return shown
    head = (width - 1) - (width - 1) // 2
    start = set_cell_size(shown, head).rstrip()
    end = set_cell_size(shown[::-1], width - 1 - cell_len(start))[::-1].lstrip()
    while end and cell_len(end[0]) == 0:  # a mark whose letter was cut away
        end = end[1:]
    return f"{start}…{end}"


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly ``width`` cells, aligned left unless ``right``."""
    shown = fit(text, width)
    space = " " * (width - cell_len(shown))
    return space + shown if right else shown + space
