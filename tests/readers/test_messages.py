"""What is said of a broken file in a folder passes the door as it is: every message is of harmless words."""

from pathlib import Path

import pytest

from assess.readers import read

_START = '{"containerDefinitions": ['


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_START, "line 1: it ends within the array that starts on line 1"),
        (_START + '{"name": "', "line 1: it ends within the string that starts on line 1"),
        (_START + "]", "line 1: it ends within the object that starts on line 1"),
        (_START + '{"name"}]}', "line 1: there is no colon"),
        (_START + '{"name":}]}', "line 1: there is no value"),
        (_START + "{]}]}", "line 1: there is no name"),
        (_START + "${x ]", "line 1: the placeholder is not closed"),
        (_START + "[" * 300, "line 1: it is nested deeper than 200 levels"),
        (_START + "]} {}", "line 1: there is more after the end of the JSON document"),
        (_START + "]}\n\udcff", "line 2: the file is not UTF-8 text"),
    ],
)
def test_every_message_is_readable_in_the_gap(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "good.json").write_text('{"containerDefinitions": []}')
    (tmp_path / "x.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    (gap,) = read([str(tmp_path)]).gaps
    assert gap.message == said
