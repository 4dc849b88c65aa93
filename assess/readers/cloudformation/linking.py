"""Links the templates of one run: what a parent passes to a nested stack, what that puts out, what stacks export."""

import posixpath
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from assess.readers.cloudformation.evaluation import Evaluator
from assess.readers.cloudformation.template import Template
from assess.readers.cloudformation.values import Value, seen_from_outside

_LONGEST_WAY = 20
"""Templates that a value may come through."""


class Links:
    """The evaluators of several templates, each of which may ask for values of the others.

    A template that two stacks nest is linked to neither: its parameters have two values.
    """

    def __init__(self, templates: Sequence[Template], given: Mapping[str, str]) -> None:
        self._templates = {each.path: each for each in templates}
        self._asked: set[tuple[str, str, str]] = set()
        self._exports: dict[str, tuple[str, str] | None] | None = None
        self._nested = {
            (each.path, hidden.logical_id): found
            for each in templates
            for hidden in each.hidden
            if hidden.template is not None and (found := self._file(each.path, hidden.template)) is not None
        }
        self._parents: dict[str, tuple[str, str]] = {}
        users = list(self._nested.values())
        for (parent, logical_id), child in self._nested.items():
            if users.count(child) == 1 and child != parent:
                self._parents[child] = (parent, logical_id)
        self.evaluators = {path: Evaluator(each, given, _Outside(self, path)) for path, each in self._templates.items()}

    def _file(self, parent: str, location: str) -> str | None:
        """The template that was read from where a nested stack's is; of an address, the one of its name beside it."""
        folder = posixpath.dirname(parent)
        if "://" in location:
            place = posixpath.join(folder, PurePosixPath(location.partition("?")[0]).name)
        else:
            place = posixpath.join(folder, location)
        wanted = posixpath.normpath(place)
        return next((path for path in self._templates if posixpath.normpath(path) == wanted), None)

    def is_read(self, parent: str, logical_id: str) -> bool:
        """Whether the template of a nested stack was read."""
        return (parent, logical_id) in self._nested

    def passed(self, path: str, parameter: str, line: int) -> tuple[bool, Value | None]:
        """Whether a parent passes a value for a parameter, and which; none where that is not all known."""
        parent, logical_id = self._parents.get(path, ("", ""))
        if not parent:
            return False, None
        resource = self._templates[parent].resources[logical_id].members
        properties = resource["Properties"].members if "Properties" in resource else {}
        node = properties["Parameters"].members.get(parameter) if "Parameters" in properties else None
        if node is None:
            return False, None
        key = (path, "parameter", parameter)
        if key in self._asked or len(self._asked) >= _LONGEST_WAY:
            return True, None
        self._asked.add(key)
        found = seen_from_outside(self.evaluators[parent].evaluate(node), parent, parameter, line)
        self._asked.discard(key)
        return True, found

    def output(self, path: str, logical_id: str, name: str, line: int) -> Value | None:
        """What a nested stack puts out under a name, where all of it is known."""
        child = self._nested.get((path, logical_id))
        return self._output(child, name, f"{logical_id}.Outputs.{name}", line) if child in self._parents else None

    def exported(self, path: str, name: str, line: int) -> Value | None:
        """What one other template exports under a name, where all of it is known."""
        if self._exports is None:
            self._exports = {}
            for of, template in self._templates.items():
                for output, node in template.outputs.items():
                    export = node.members["Export"].members.get("Name") if "Export" in node.members else None
                    told = self.evaluators[of].evaluate(export).literal if export is not None else None
                    if told is not None:
                        self._exports[told] = None if told in self._exports else (of, output)
        place = self._exports.get(name)
        return self._output(*place, f"ImportValue:{name}", line) if place is not None and place[0] != path else None

    def _output(self, path: str | None, name: str, local: str, line: int) -> Value | None:
        outputs = self._templates[path].outputs if path is not None else {}
        if path is None or name not in outputs or "Value" not in outputs[name].members:
            return None
        key = (path, "output", name)
        if key in self._asked or len(self._asked) >= _LONGEST_WAY:
            return None
        self._asked.add(key)
        found = seen_from_outside(self.evaluators[path].evaluate(outputs[name].members["Value"]), path, local, line)
        self._asked.discard(key)
        return found


class _Outside:
    """The other templates, as one of them asks for their values."""

    def __init__(self, links: Links, path: str) -> None:
        self._links = links
        self._path = path

    def passed(self, parameter: str, line: int) -> tuple[bool, Value | None]:
        return self._links.passed(self._path, parameter, line)

    def output(self, logical_id: str, name: str, line: int) -> Value | None:
        return self._links.output(self._path, logical_id, name, line)

    def exported(self, name: str, line: int) -> Value | None:
        return self._links.exported(self._path, name, line)
