"""Service Quotas: applied values, defaults and use of the quotas that a scan asks for."""

import threading
from typing import Any

from tests.support.cloudwatch import Load, SimulatedMetrics
from tests.support.wire import AwsError, Call, Document

_NAMES = {
    ("eks", "L-1194D53C"): ("Clusters", 100),
    ("ec2", "L-1216C47A"): ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 640),
    ("ec2", "L-34B43A08"): ("All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 640),
    ("fargate", "L-3032A538"): ("Fargate On-Demand vCPU resource count", 1000),
    ("fargate", "L-36FBB829"): ("Fargate Spot vCPU resource count", 1000),
    ("vpc", "L-DF5E4CA3"): ("Network interfaces per Region", 5000),
    ("elasticloadbalancing", "L-B22855CB"): ("Target Groups per Region", 3000),
    ("elasticloadbalancing", "L-7EED9B64"): ("Rules per Application Load Balancer", 100),
}
"""Name and value of each, as an account that has been used for a while has them."""

_WITHOUT_METRIC = {"L-1194D53C", "L-7EED9B64"}


class SimulatedQuotas:
    """The quotas of all regions."""

    def __init__(self, metrics: SimulatedMetrics) -> None:
        self._lock = threading.Lock()
        self._metrics = metrics
        self._applied: dict[tuple[str, str], float] = {}
        self._never_applied: set[str] = set()

    def clear(self) -> None:
        """Gives every quota back its value."""
        with self._lock:
            self._applied.clear()
            self._never_applied.clear()

    def put(self, region: str, code: str, value: float, *, used: float | None = None) -> None:
        """Gives a quota another value, of which so much is used."""
        with self._lock:
            self._applied[region, code] = value
        if used is not None:
            self._metrics.put(region, "AWS/Usage", "ResourceCount", Load(used, used), Resource=code)

    def never_apply(self, code: str) -> None:
        """Has a quota be known by AWS's default only."""
        with self._lock:
            self._never_applied.add(code)

    def answer(self, call: Call) -> Document:
        """What GetServiceQuota and GetAWSDefaultServiceQuota say.

        Raises:
            AwsError: there is no such quota, or it was never applied.
        """
        service, code = call.parameters["ServiceCode"], call.parameters["QuotaCode"]
        known = _NAMES.get((service, code))
        default = call.operation == "GetAWSDefaultServiceQuota"
        with self._lock:
            if known is None or (code in self._never_applied and not default):
                raise AwsError(
                    "NoSuchResourceException", "The request failed because the specified quota is not there."
                )
            name, value = known
            account = "" if default else call.account
            quota: dict[str, Any] = {
                "QuotaArn": f"arn:aws:servicequotas:{call.region}:{account}:{service}/{code}",
                "ServiceCode": service,
                "ServiceName": service,
                "QuotaCode": code,
                "QuotaName": name,
                "Value": float(value if default else self._applied.get((call.region, code), value)),
                "Unit": "None",
                "Adjustable": True,
                "GlobalQuota": False,
            }
        if code not in _WITHOUT_METRIC:
            quota["UsageMetric"] = {
                "MetricNamespace": "AWS/Usage",
                "MetricName": "ResourceCount",
                "MetricDimensions": {"Resource": code},
                "MetricStatisticRecommendation": "Maximum",
            }
        return {"Quota": quota}
