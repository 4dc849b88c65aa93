"""What is wrong with an input file, as one line for the person who named it."""

from assess.errors import UserError
from assess.readers.paths import printable


class InputError(UserError):
    """A named input that cannot be used; its text is one line, ``PATH[:LINE]: what is wrong``, without any value."""

    def __init__(self, path: str, problem: str, line: int | None = None) -> None:
        self.path = path
        self.line = line
        self.problem = problem
        place = printable(path) if line is None else f"{printable(path)}:{line}"
        super().__init__(f"{place}: {problem}")
