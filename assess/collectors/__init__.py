"""Reads AWS: one declared module per API, behind a guard that lets only declared, reading calls through."""

from assess.collectors.aws import EXPIRED, ScanError
from assess.collectors.interface import Operation, Progress
from assess.collectors.scanning import EVERYWHERE, ScanInterrupted, ScanRequest, operations, scan

__all__ = [
    "EVERYWHERE",
    "EXPIRED",
    "Operation",
    "Progress",
    "ScanError",
    "ScanInterrupted",
    "ScanRequest",
    "operations",
    "scan",
]
