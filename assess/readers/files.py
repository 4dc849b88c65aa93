"""Opens the files that a person named and those of a folder, and says in one line why one cannot be used."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from assess.readers.errors import InputError

MAX_BYTES = 8 * 1024 * 1024
"""Largest file that is read as task definitions: 128 of the largest that ECS takes (64 KiB each)."""

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""What a text in UTF-16 begins with."""

SKIPPED_FOLDERS = frozenset({"node_modules", "vendor", "__pycache__"})
"""Folders of other people's files; hidden folders (``.git``, ``.terraform``, ``.venv``) are skipped as well."""


def reason(error: OSError | ValueError) -> str:
    """Why the system refused a path, in words."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "there is no such file or folder"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "this is not a path"


def status(path: str) -> os.stat_result:
    """What stands at a path, behind symbolic links.

    Raises:
        InputError: there is nothing, or it may not be looked at, or it is neither a file nor a folder.
    """
    try:
        found = Path(path).stat()
    except (OSError, ValueError) as error:
        raise InputError(path, reason(error)) from None
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise InputError(path, "this is neither a file nor a folder")
    return found


def content(path: str, size: int) -> bytes:
    """The bytes of a file.

    Raises:
        InputError: it is empty, too large or may not be read.
    """
    if size == 0:
        raise InputError(path, "the file is empty")
    if size > MAX_BYTES:
        raise InputError(path, f"the file has {_bytes(size)}; at most {_bytes(MAX_BYTES)} are read as task definitions")
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(path, reason(error)) from None


def text(path: str, data: bytes) -> str:
    """The text of a file in UTF-8, without a byte order mark.

    Raises:
        InputError: it is something else.
    """
    if data.startswith(UTF_16):
        raise InputError(path, "the file is UTF-16 text; save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(path, "the file is not UTF-8 text", line) from None


def walk(folder: str, unreadable: list[tuple[str, str]]) -> Iterator[str]:
    """The files of a folder, sorted; what may not be looked at goes to ``unreadable`` with the reason.

    Symbolic links to folders are not followed: what they lead to is either in the folder anyway, or outside of it.
    """

    def note(error: OSError) -> None:
        unreadable.append((str(error.filename), reason(error)))

    for root, folders, names in os.walk(folder, onerror=note):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in SKIPPED_FOLDERS)
        for name in sorted(names):
            yield os.path.join(root, name)  # noqa: PTH118 - Path would drop a leading "./" that the person gave


def _bytes(size: int) -> str:
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"
