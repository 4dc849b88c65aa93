"""The files that a command writes: which format each gets, whether it can be written, and writing it."""

import difflib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from assess.assessment import Assessment
from assess.errors import UserError
from assess.estate.estate import Estate
from assess.estate.snapshot import save
from assess.reporting import RenderOptions, Report


@dataclass(frozen=True, slots=True)
class Output:
    """A file and the report that goes into it."""

    path: Path
    report: Report


_OF_COMPARISONS = "diff-"


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A report of what moved, under the names that it has where nothing else is reported."""

    report: Report

    @property
    def name(self) -> str:
        return self.report.name.removeprefix(_OF_COMPARISONS)

    @property
    def endings(self) -> tuple[str, ...]:
        return tuple(each.replace(".diff.", ".", 1) for each in self.report.endings)

    def render(self, assessment: Assessment, options: RenderOptions) -> str:
        return self.report.render(assessment, options)


def of_comparisons(reports: Sequence[Report]) -> tuple[Report, ...]:
    """The reports of what moved between two assessments: ``diff-markdown`` is ``markdown`` among them."""
    return tuple(_Comparison(each) for each in reports if each.name.startswith(_OF_COMPARISONS))


def report_named(name: str, reports: Sequence[Report]) -> Report:
    """The report of a name.

    Raises:
        UserError: there is none; near names, else all, are said.
    """
    by_name = {each.name: each for each in reports}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, by_name, n=3)
    said = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(sorted(by_name))}"
    raise UserError(f"--format {name}: there is no such format; {said}")


def outputs(paths: Sequence[str], reports: Sequence[Report]) -> tuple[Output, ...]:
    """The report for each file, by the longest ending that fits.

    Raises:
        UserError: an ending that no report has, a file named twice, or one that cannot be written.
    """
    found: list[Output] = []
    for path in paths:
        name = Path(path).name.lower()
        fitting = [(len(ending), each) for each in reports for ending in each.endings if name.endswith(ending)]
        if not fitting:
            endings = sorted({ending for each in reports for ending in each.endings})
            raise UserError(f"{path}: no format has this ending; known are {', '.join(endings)}")
        check_writable(path)
        if any(each.path == Path(path) for each in found):
            raise UserError(f"{path}: it is named twice")
        found.append(Output(Path(path), max(fitting, key=lambda each: each[0])[1]))
    return tuple(found)


def check_writable(path: str) -> None:
    """Says before the work starts what would keep a file from being written.

    Raises:
        UserError: its folder is missing, it is a folder, or it may not be written.
    """
    target = Path(path)
    try:
        if target.is_dir():
            raise UserError(f"{path}: this is a folder")
        if not target.parent.is_dir():
            raise UserError(f"{path}: there is no folder {target.parent}")
        if not os.access(target if target.exists() else target.parent, os.W_OK):
            raise UserError(f"{path}: permission denied")
    except (OSError, ValueError):
        raise UserError(f"{path}: this is not a path that can be written") from None


def save_estate(path: str, estate: Estate) -> None:
    """Saves an estate (redacted, readable by its owner only).

    Raises:
        UserError: it cannot be written.
    """
    try:
        save(estate, path)
    except OSError as error:
        raise UserError(f"{path}: {(error.strerror or 'it cannot be written').lower()}") from None


def write(path: Path, text: str) -> None:
    """Writes a whole file or nothing: what stood there stays until the new text is complete.

    Raises:
        UserError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():  # a device or a pipe: written as it is
            path.write_text(text, encoding="utf-8", newline="")
            return
        _replace(path, text)
    except OSError as error:
        raise UserError(f"{path}: {(error.strerror or 'it cannot be written').lower()}") from None


def _replace(path: Path, text: str) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    with NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8", newline=""
    ) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.close()
            temporary.chmod(mode)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
