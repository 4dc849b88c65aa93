"""``python -m tests.support.vocabulary``: writes ``assess/data/vocabulary.txt``, the words that pseudonyms leave alone.

They are the words of this program's own sentences (the string literals of what writes messages), of its questions and
data files, and the names of fields and of closed lists in AWS's models. A word of a new message that is not in it is
replaced in pseudonymised reports until this is run again: nothing leaks, a sentence reads worse.
"""

import ast
import csv
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import botocore.session

from assess.estate.facts import Part
from assess.pseudonyms import WORD

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "assess" / "data" / "vocabulary.txt"

_SENTENCES = ("rules/assess_rules", "assess/graph", "assess/estate", "assess/collectors", "assess/readers")
_CLOSED_LISTS = ("ecs", "elbv2", "events", "application-autoscaling", "servicediscovery")
_HEADER = """\
# Words that stay in free text where names are replaced by aliases: made by `python -m tests.support.vocabulary`.
"""


def words() -> set[str]:
    """Every word of the vocabulary."""
    found: set[str] = set()
    for text in (*_literals(), *_questions(), *_tables(), *_of_aws(), *_fields(Part)):
        found.update(each for each in WORD.findall(text) if not each.isdecimal())
    return found


def _literals() -> Iterator[str]:
    for folder in _SENTENCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            notes = {
                id(node.value)
                for node in ast.walk(tree)
                if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
                    yield node.value


def _questions() -> Iterator[str]:
    yield from _leaves(tomllib.loads((ROOT / "assess/survey/questions.toml").read_text("utf-8")))
    yield from _leaves(tomllib.loads((ROOT / "assess/graph/data/aws_services.toml").read_text("utf-8")))


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)


def _tables() -> Iterator[str]:
    for path in sorted((ROOT / "assess/fields").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.reader(stream):
                yield from row


def _of_aws() -> Iterator[str]:
    session = botocore.session.Session()
    for service in _CLOSED_LISTS:
        model = session.get_service_model(service)
        yield from model.operation_names
        for name in model.shape_names:
            shape = model.shape_for(name)
            yield from getattr(shape, "enum", ())
            yield from getattr(shape, "members", {})


def _fields(model: type[Part]) -> Iterator[str]:
    for each in model.__subclasses__():
        for name, field in each.model_fields.items():
            yield field.alias or name
        yield from _fields(each)


def main() -> None:
    """Writes the file."""
    lines = [_HEADER.rstrip()]
    line = ""
    for word in sorted(words()):
        if len(line) + len(word) > 118:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    TARGET.write_text("\n".join([*lines, line]) + "\n", "utf-8")
    sys.stdout.write(f"{TARGET}: {len(words())} words\n")


if __name__ == "__main__":
    main()
