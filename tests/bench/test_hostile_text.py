"""The time that hostile texts take grows with their length, and not faster."""

import time
from contextlib import suppress

import pytest

from assess.readers.json_text import JsonError, parse


@pytest.mark.parametrize(
    "unit",
    [
        '"${",',
        "{{ ",
        "<% ",
        "{% ",
        "/* ",
        '"\\\\',
        "${${",
        '"${x"',
        "//\n",
        '{"a":1}, ',
        '"<%" ',
        "[] ",
        "%{ if ",
        "...",
    ],
)
@pytest.mark.parametrize("opening", ["[", '["', '{"a": ', '{"a": "'])
def test_time_is_linear_in_the_length_of_hostile_text(opening: str, unit: str) -> None:
    def seconds(count: int) -> float:
        begun = time.process_time()
        with suppress(JsonError):
            parse(opening + unit * count + "]x")
        return time.process_time() - begun

    small, large = seconds(2_000), seconds(16_000)
    assert large < max(small, 0.01) * 8 * 6  # eight times the length; six-fold slack for a busy machine
