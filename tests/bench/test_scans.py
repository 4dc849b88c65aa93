"""What a scan of the simulated demo estate takes; its answers come from loopback and the simulation, not from AWS."""

from pathlib import Path

from tests.bench.budgets import Figure, hold, measured
from tests.support import shop
from tests.support.aws import SimulatedAws
from tests.support.seeding import REGION


def test_scan_of_the_demo_estate(aws: SimulatedAws, tmp_path: Path) -> None:
    shop.seed(aws)
    run = measured(["scan", "--region", REGION, "--save", "e.json"], tmp_path, aws.environment())
    hold(
        Figure("scan of the demo estate, processor time of assess", run.processor, 8),
        # two in five of them read the roles one by one, since the demo denies reading them at once
        Figure("scan of the demo estate, calls", len(aws.calls), 400, ""),
        Figure("scan of the demo estate, memory", run.peak, 400, "MiB"),
    )
