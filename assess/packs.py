"""Finds rule packs and report packs: the built-in ones, those a company installs, and folders that its policy names.

A pack is code of somebody else: whatever it does while it is loaded, the others are found all the same, and what is
wrong with it is a problem that is reported.
"""

import hashlib
import importlib
import importlib.util
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType, TracebackType

from assess.errors import UserError
from assess.reporting import Report
from assess.rule import Rule, rules_in

BUILT_IN = "built-in"
"""The origin of the rules that come with this program."""


class PackError(UserError):
    """A pack that cannot be used: which, and why."""


@dataclass(frozen=True, slots=True)
class PackProblem:
    """What is wrong with a pack: which rules are missing, and why."""

    pack: str
    """A distribution, or a folder as the policy names it."""
    file: str
    """The file of the pack that is wrong, as :attr:`assess.rule.Rule.source`; the pack itself where none is known."""
    line: int | None
    error: str
    """A short name, such as ``ImportError``."""
    message: str
    """One line, printable."""

    def __str__(self) -> str:
        """``FILE:LINE: what is wrong``."""
        return f"{self.file}:{self.line}: {self.message}" if self.line is not None else f"{self.file}: {self.message}"


@dataclass(frozen=True, slots=True)
class RuleFolder:
    """A folder of rules: where it lies, and what the policy calls it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class FoundRules:
    """Every rule that could be loaded, sorted by id, and what is wrong with the rest."""

    rules: tuple[Rule, ...]
    problems: tuple[PackProblem, ...]


def find_rules(folders: Sequence[RuleFolder] = ()) -> FoundRules:
    """The rules of the installed packs and of ``folders``; of two with one id the first counts, built-in ones first."""
    finder = _Finder()
    for point in _points("assess.rules"):
        finder.installed(point)
    for folder in folders:
        finder.folder(folder)
    return FoundRules(tuple(finder.rules[id] for id in sorted(finder.rules)), tuple(finder.problems))


def load_rules() -> tuple[Rule, ...]:
    """Every rule of every installed pack, sorted by id.

    Raises:
        PackError: something is wrong with a pack.
    """
    found = find_rules()
    if found.problems:
        raise PackError(str(found.problems[0]))
    return found.rules


def load_reports() -> tuple[Report, ...]:
    """Every report of every installed pack, sorted by name.

    Raises:
        PackError: a pack does not import.
    """
    found: dict[str, Report] = {}
    for point in _points("assess.reports"):
        try:
            members = [member for module in _modules(point.load()) for member in vars(module()).values()]
        except (Exception, SystemExit) as error:
            raise PackError(f"report pack {point.name} ({point.value}) cannot be loaded: {_words(error)}") from error
        for member in members:
            if isinstance(member, Report) and not isinstance(member, type):
                found.setdefault(member.name, member)
    return tuple(found[name] for name in sorted(found))


def _points(group: str) -> list[EntryPoint]:
    """Entry points, those of this program first."""
    return sorted(entry_points(group=group), key=lambda point: (not _is_own(point), point.name, point.value))


def _is_own(point: EntryPoint) -> bool:
    return point.name == "builtin" and point.value in ("assess_rules", "assess_reports")


def _modules(root: ModuleType) -> Iterator[Callable[[], ModuleType]]:
    """A way to import each module of a package, one after another, so that a broken one stops none of the others."""
    yield lambda: root
    yield from _below(getattr(root, "__path__", ()), root.__name__)


_TEST = re.compile(r"test_.*|.*_test|tests|conftest|setup")
"""Modules beside rules that are none of a pack's, and may import what is only there when tests run."""


def _below(path: Sequence[str], package: str) -> Iterator[Callable[[], ModuleType]]:
    for info in sorted(pkgutil.iter_modules(path), key=lambda each: each.name):
        if _TEST.fullmatch(info.name):
            continue
        name = f"{package}.{info.name}"
        yield partial(importlib.import_module, name)
        if info.ispkg and name in sys.modules:
            yield from _below(sys.modules[name].__path__, name)


# --- rules ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Finder:
    rules: dict[str, Rule] = field(default_factory=dict)
    problems: list[PackProblem] = field(default_factory=list)

    def installed(self, point: EntryPoint) -> None:
        """The rules of a package that an entry point names."""
        distribution = point.dist.name if point.dist is not None else point.name
        pack = BUILT_IN if _is_own(point) else distribution
        shown = point.module.replace(".", "/")
        try:
            root = point.load()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a pack may raise anything; the scan goes on
            self.wrong(pack, shown, _folder_of(point.module), error)
            return
        if not isinstance(root, ModuleType):
            told = PackProblem(pack, shown, None, "NoModule", f"the entry point {point.value} is no module")
            self.problems.append(told)
            return
        first = next(iter(getattr(root, "__path__", ())), None)
        place = Path(first) if first is not None else Path(root.__file__ or "").parent
        self.take(pack, shown if first is not None else shown.rpartition("/")[0], place, _modules(root))

    def folder(self, folder: RuleFolder) -> None:
        """The rules of a folder, imported as a package under a name that nothing else has."""
        name = f"assess_own_rules_{hashlib.sha256(str(folder.path).encode()).hexdigest()[:12]}"
        for known in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
            del sys.modules[known]
        importlib.invalidate_caches()
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder.path)]
        sys.modules[name] = package = importlib.util.module_from_spec(spec)
        with _no_bytecode():
            self.take(folder.name, folder.name, folder.path, _modules(package))

    def take(self, pack: str, shown: str, place: Path, modules: Iterator[Callable[[], ModuleType]]) -> None:
        for load in modules:
            try:
                for rule in rules_in(vars(load()).values()):
                    self.add(pack, shown, place, rule)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a pack may raise anything; the scan goes on
                self.wrong(pack, shown, place, error)

    def add(self, pack: str, shown: str, place: Path, rule: Rule) -> None:
        file, line = _declared(rule)
        source = _shown(Path(file), shown, place) or shown
        known = self.rules.get(rule.id)
        if known is None:
            self.rules[rule.id] = replace(rule, origin=pack, source=source)
        elif known.check is not rule.check:  # else a module imports what another one declares
            told = f"there is already a rule {rule.id} ({known.origin}, {known.source}); this one is left out"
            self.problems.append(PackProblem(pack, source, line, "DuplicateRule", told))

    def wrong(self, pack: str, shown: str, place: Path, error: BaseException) -> None:
        file, line = _place(error, shown, place)
        told = f"none of the rules of this file are used: {_words(error)}"
        self.problems.append(PackProblem(pack, file, line, type(error).__name__, told))


def _declared(rule: Rule) -> tuple[str, int | None]:
    """The file and line of a rule's function."""
    code = getattr(rule.check, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else ("", None)


def _place(error: BaseException, shown: str, place: Path) -> tuple[str, int | None]:
    """The file and line of a pack at which it broke: the last of its own in the traceback."""
    if isinstance(error, SyntaxError) and error.filename:
        file = _shown(Path(error.filename), shown, place)
        if file is not None:
            return file, error.lineno
    found: tuple[str, int | None] = (shown, None)
    for code, line in _frames(error.__traceback__):
        file = _shown(Path(code), shown, place)
        if file is not None:
            found = (file, line)
    return found


def _frames(at: TracebackType | None) -> Iterator[tuple[str, int]]:
    while at is not None:
        yield at.tb_frame.f_code.co_filename, at.tb_lineno
        at = at.tb_next


def _shown(file: Path, shown: str, place: Path) -> str | None:
    """A file of a pack, beginning with the pack's own name: the same on every machine."""
    try:
        inner = file.relative_to(place).as_posix()
    except ValueError:
        return None
    return f"{shown}/{inner}" if shown else inner


def _folder_of(module: str) -> Path:
    """Where a package lies that cannot be imported."""
    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        spec = None
    locations = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(*locations[:1], *module.split(".")[1:]) if locations else Path(module)


def _words(error: BaseException) -> str:
    """An exception on one printable line."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    line = " ".join(f"{type(error).__name__}: {text}".split())
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in line)[:300]


@contextmanager
def _no_bytecode() -> Iterator[None]:
    """Imports without leaving compiled files in a folder that is only to be read."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before
