"""Paths as text: what stands in an estate, in a message and in a report."""

import unicodedata


def as_text(path: str) -> str:
    """A path as Unicode text; bytes that are no UTF-8 are written ``\\xNN``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def printable(path: str) -> str:
    """A path on one line: control and format characters (terminal escapes, direction marks) are written out."""
    return "".join(
        each if unicodedata.category(each)[0] != "C" else each.encode("unicode_escape").decode()
        for each in as_text(path)
    )
