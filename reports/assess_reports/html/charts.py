"""The report's charts: inline SVG whose colours come from the style sheet, each with its numbers in words."""

from collections.abc import Sequence

from markupsafe import Markup

from assess.assessment import Distribution, Score
from assess_reports import wording


def shares(counts: Distribution) -> Markup:
    """Workloads by verdict as one bar, best first; the words beside it say the same."""
    total = sum(getattr(counts, verdict) for verdict in wording.VERDICTS)
    parts, at = [], 0.0
    for verdict in reversed(wording.VERDICTS):
        width = 100 * getattr(counts, verdict) / total if total else 0
        if width:
            parts.append(
                Markup('<rect class="fill-{}" x="{}%" y="0" width="{}%" height="100%"/>').format(
                    verdict, f"{at:.3f}", f"{width:.3f}"
                )
            )
            at += width
    words = ", ".join(f"{getattr(counts, verdict)} {words}" for verdict, words in reversed(wording.VERDICTS.items()))
    return _svg("shares", f"Workloads by verdict: {words}", parts)


def score_range(low: Score, score: Score, high: Score) -> Markup:
    """A score on 0 to 100: strong up to the lowest it can be, pale up to the highest, a stroke where it is."""
    return _svg("range", f"Score {wording.interval(score, low, high)} of 100", _range(low, score, high))


def bare_range(low: Score, score: Score, high: Score) -> Markup:
    """The same for tables whose next cell says the numbers."""
    return Markup('<svg class="range" aria-hidden="true" focusable="false">{}</svg>').format(
        Markup().join(_range(low, score, high))
    )


def _range(low: Score, score: Score, high: Score) -> list[Markup]:
    start, end = low or 0, high or 0
    parts = [
        Markup('<rect class="track" x="0" y="25%" width="100%" height="50%"/>'),
        Markup('<rect class="sure" x="0" y="25%" width="{}%" height="50%"/>').format(start),
        Markup('<rect class="unsure" x="{}%" y="25%" width="{}%" height="50%"/>').format(start, max(0, end - start)),
    ]
    if score is not None:
        parts.append(Markup('<rect class="mark" x="{}%" y="0" width="3" height="100%"/>').format(min(score, 99)))
    return parts


def _svg(name: str, words: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="{}" role="img" aria-label="{}" focusable="false">{}</svg>').format(
        name, words, Markup().join(parts)
    )
