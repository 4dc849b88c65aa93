"""How busy ECS services were, as Amazon CloudWatch kept it: statistics of each metric, not its datapoints."""

from typing import ClassVar

from assess.estate.facts import Fact, Identifier, Part

SHORT, LONG = 14, 30
"""Days before the scan that are read hour by hour, and day by day."""


class Statistics(Part):
    """Statistics of one metric of a service.

    ``mean``, ``p95`` and ``peak`` are over the values of hours in the last :data:`SHORT` days: of use, the average
    over all tasks in percent of what the task definition reserves; of requests, their number. They are absent where
    no hour has a value.
    """

    hours: int = 0
    """Hours with a value; of requests every hour since the first one that had any, for an hour without has no value."""
    days: int = 0
    """How many days back the first value of those lies, :data:`SHORT` at most."""
    mean: float | None = None
    p95: float | None = None
    """The 95th percentile by nearest rank: in 95 of 100 hours it was no more."""
    peak: float | None = None
    """The busiest hour."""
    long_days: int = 0
    """How many days back the first value of the last :data:`LONG` days lies, :data:`LONG` at most."""
    busiest_day: float | None = None
    """The highest value of a day in the last :data:`LONG` days: of use the day's average, of requests their number."""
    maximum: float | None = None
    """The highest value of a single task in the last :data:`LONG` days, in percent of its reservation."""


class ServiceMetrics(Fact):
    """How busy a service was before the scan; ``requests`` only where Application Load Balancers serve it."""

    identity_field: ClassVar[str] = "service_arn"

    service_arn: Identifier = ""
    cpu: Statistics = Statistics()
    memory: Statistics = Statistics()
    requests: Statistics | None = None
