"""The questions that only people can answer, in the words in which they are asked."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

__all__ = ["question", "questions"]


class _Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, Field(min_length=10)]


_Id = Annotated[str, Field(pattern=r"^[ARTO][1-9][0-9]?$")]
"""``A`` application, ``R`` rollback, ``T`` team skill, ``O`` ownership."""

_FILE = TypeAdapter(dict[_Id, _Question])


@cache
def questions() -> Mapping[str, str]:
    """The text of every question by its id, such as ``T1``, in the order in which they are asked.

    Raises:
        pydantic.ValidationError: the data file is broken.
    """
    text = resources.files(__name__).joinpath("questions.toml").read_text("utf-8")
    parsed = _FILE.validate_python(tomllib.loads(text))
    return MappingProxyType({id: each.text for id, each in parsed.items()})


def question(id: str) -> str | None:
    """The text of a question by its id (``T1``) or by the fact that it answers (``survey.T1``), if there is one."""
    return questions().get(id.removeprefix("survey."))
