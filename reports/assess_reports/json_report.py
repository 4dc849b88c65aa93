"""The JSON report: the assessment itself, byte for byte the same for the same assessment."""

import json
from dataclasses import dataclass
from typing import Any

from assess.assessment import Assessment
from assess.reporting import RenderOptions


@dataclass(frozen=True, slots=True)
class JsonReport:
    """Members in the model's order, mappings by key, two spaces of indent and pure ASCII.

    Pure ASCII keeps bidirectional and control characters escaped wherever the file is looked at.
    """

    name: str = "json"
    endings: tuple[str, ...] = (".json",)

    def render(self, assessment: Assessment, options: RenderOptions) -> str:  # noqa: ARG002 (Report's interface)
        """The assessment as JSON with a line break at its end."""
        content: dict[str, Any] = assessment.model_dump(mode="json")
        content["rules"] = dict(sorted(content["rules"].items()))
        content["scope"]["filters"] = dict(sorted(content["scope"]["filters"].items()))
        written = json.dumps(content, indent=2, ensure_ascii=True, allow_nan=False)
        return written.replace("\x7f", "\\u007f") + "\n"  # DEL is ASCII, and a control character all the same


json_report = JsonReport()
