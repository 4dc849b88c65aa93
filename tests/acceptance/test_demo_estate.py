"""The estate that ``assess demo`` shows is what a scan of the seeded shop gives."""

import re
from importlib.resources import as_file, files
from typing import Any

import pytest

from assess.collectors import ScanRequest, scan
from assess.estate.estate import Estate
from assess.readers.saved import read_estate
from tests.support import shop
from tests.support.aws import SimulatedAws

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def _without_times(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _without_times(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_times(each, key) for each in value]
    if isinstance(value, str):
        return _TIME.sub("TIME", value)
    is_time = isinstance(value, int | float) and key.lower().endswith(("at", "date", "time"))
    return "TIME" if is_time else value


def _facts(estate: Estate) -> dict[str, Any]:
    told: dict[str, Any] = _without_times(estate.model_dump(mode="json", by_alias=True))
    return told


def test_the_demo_is_a_scan_of_the_shop(aws: SimulatedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in aws.variables().items():
        monkeypatch.setenv(name, value)
    shop.seed(aws)
    scanned = _facts(scan(ScanRequest()))
    with as_file(files("assess") / "data" / "demo-estate.json.gz") as path:
        built_in = _facts(read_estate(str(path)))
    assert built_in.keys() == scanned.keys()
    for kind, facts in scanned.items():
        assert built_in[kind] == facts, f"{kind}: `python -m tests.support.demo --save` writes what is to be shipped"
