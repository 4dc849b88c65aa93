"""Fields of large estates: seconds of processor time for 5,000 workloads with 30 variables each, on one core."""

import time

from assess.fields.usage import WorkloadFields, strangers
from tests.support import generate

WORKLOADS, VARIABLES = 5_000, 30
BUDGET = 2.0


def test_fields_of_a_large_estate() -> None:
    made = generate.estate(WORKLOADS, VARIABLES)
    assert len(made.workloads) == WORKLOADS
    begun = time.process_time()
    fields = WorkloadFields()
    used = [fields.of(each) for each in made.workloads]
    listed = time.process_time()
    unknown = [found for each in made.task_definitions for found in strangers(each)]
    unknown += [found for each in made.services for found in strangers(each)]
    searched = time.process_time()
    print(f"fields: {listed - begun:.2f} s, unknown ones: {searched - listed:.2f} s (budget {BUDGET} s)")  # noqa: T201 - a benchmark tells its figure
    assert all(used) and not unknown
    assert searched - begun < BUDGET
