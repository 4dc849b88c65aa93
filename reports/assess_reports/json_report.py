"""The JSON report: the assessment itself, byte for byte the same for the same assessment."""

from dataclasses import dataclass

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
        scope = assessment.scope.model_copy(update={"filters": dict(sorted(assessment.scope.filters.items()))})
        ordered = assessment.model_copy(update={"rules": dict(sorted(assessment.rules.items())), "scope": scope})
        # written by pydantic itself: the standard library indents in Python, five times slower on a large estate
        written = ordered.model_dump_json(indent=2, ensure_ascii=True)
        return written.replace("\x7f", "\\u007f") + "\n"  # DEL is ASCII, and a control character all the same


json_report = JsonReport()
