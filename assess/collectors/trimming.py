"""Cuts an answer down to what a model of the estate names, where the rest of it is nobody's business."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from assess.collectors.interface import Document


def trimmed(model: type[BaseModel], document: Mapping[str, Any]) -> Document:
    """The members of a document that a model has fields for, at every depth at which it does."""
    return {key: _value(document[key], part) for key, part in _members(model).items() if document.get(key) is not None}


def _value(value: Any, part: type[BaseModel] | None) -> Any:
    if part is None:
        return value
    if isinstance(value, Mapping):
        return trimmed(part, value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [trimmed(part, each) for each in value if isinstance(each, Mapping)]
    return value


@cache
def _members(model: type[BaseModel]) -> Mapping[str, type[BaseModel] | None]:
    """The model of each member, by AWS's name of it; none where the member is no object that has one."""
    return {
        field.alias or name: next(_models(field.annotation), None)
        for name, field in model.model_fields.items()
        if name != "origin"
    }


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models(each)
