"""The word lists by which the door judges names, values and words: read from data files, once."""

import tomllib
from importlib.resources import files

_DATA = files("assess.estate") / "data"

WORD_LISTS: dict[str, frozenset[str]] = {
    name: frozenset(words.split()) for name, words in tomllib.loads((_DATA / "words.toml").read_text("utf-8")).items()
}
"""Lists by name, as ``data/words.toml`` explains them."""

HARMLESS_WORDS: frozenset[str] = frozenset(
    word
    for line in (_DATA / "harmless_words.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)
"""Words that hold no secret wherever they stand, in lower case."""
