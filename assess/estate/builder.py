"""Builds an estate: every document passes the door here, on its way in, and nowhere else."""

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assess.estate.door import DETECTORS_VERSION, Door
from assess.estate.estate import FACT_KINDS, Estate, Scope
from assess.estate.facts import Fact, Origin
from assess.estate.gaps import Gap, Seen


class EstateBuilder:
    """Takes documents as AWS or a file gave them, from several threads, and makes the estate of them."""

    def __init__(self, door: Door | None = None) -> None:
        self._door = door or Door()
        self._lock = threading.Lock()
        self._facts: dict[str, dict[tuple[str, ...], Fact]] = {}
        self._gaps: list[Gap] = []
        self._seen: set[tuple[str, str, str]] = set()

    def add(self, kind: str, document: Mapping[str, Any], origin: Origin) -> Fact:
        """Admits one document as a member of the estate's list ``kind`` and returns it as it is kept.

        A leaf whose type the model cannot take (a placeholder for a number) is kept in ``origin.unresolved``.
        """
        raise NotImplementedError((FACT_KINDS[kind], DETECTORS_VERSION))

    def gap(self, gap: Gap) -> None:
        """Notes something that could not be read; its message passes the door too."""
        raise NotImplementedError

    def saw(self, fact: str, account: str, region: str) -> None:
        """Notes that a fact was read in an account and region (empty region: everywhere)."""
        with self._lock:
            self._seen.add((fact, account, region))

    def build(self, *, collected_at: datetime, scope: Scope) -> Estate:
        """The estate: facts sorted, redaction groups numbered in order of first appearance."""
        raise NotImplementedError((collected_at, scope, Seen))
