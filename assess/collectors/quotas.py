"""Reads Service Quotas: the few quotas that a move to EKS can meet, and how much of each is used."""

from datetime import timedelta
from typing import Any

from assess.collectors.cloudwatch import GET_METRIC_DATA
from assess.collectors.interface import Collector, Document, Operation, Reader, Unreadable, members
from assess.estate import quotas
from assess.estate.ecs import Cluster
from assess.estate.gaps import Reason

GET_SERVICE_QUOTA = Operation("service-quotas", "GetServiceQuota", "servicequotas:GetServiceQuota", answers=("Quota",))
GET_DEFAULT_QUOTA = Operation(
    "service-quotas", "GetAWSDefaultServiceQuota", "servicequotas:GetAWSDefaultServiceQuota", answers=("Quota",)
)

_FACTS = ("quotas",)
_ASKED = (
    ("eks", quotas.EKS_CLUSTERS),
    ("ec2", quotas.ON_DEMAND_VCPUS),
    ("ec2", quotas.SPOT_VCPUS),
    ("fargate", quotas.FARGATE_VCPUS),
    ("fargate", quotas.FARGATE_SPOT_VCPUS),
    ("vpc", quotas.NETWORK_INTERFACES),
    ("elasticloadbalancing", quotas.TARGET_GROUPS),
    ("elasticloadbalancing", quotas.RULES_OF_A_LOAD_BALANCER),
)
_NO_SUCH = "NoSuchResourceException"
_KEPT = ("QuotaArn", "ServiceCode", "QuotaCode", "QuotaName", "Value", "Unit")


def _read(reader: Reader) -> None:
    if not reader.facts(Cluster):
        return
    found = [each for each in reader.each(lambda asked: _quota(reader, *asked), _ASKED) if each is not None]
    used = _used(reader, [each["UsageMetric"] for each in found if _has_metric(each)])
    for quota in found:
        use = used.get(str(quota["UsageMetric"])) if _has_metric(quota) else None
        reader.add(
            "quotas", {key: quota[key] for key in _KEPT if key in quota} | ({} if use is None else {"Used": use})
        )


def _quota(reader: Reader, service: str, code: str) -> Document | None:
    parameters = {"ServiceCode": service, "QuotaCode": code}
    try:
        try:
            found: Document = reader.call(GET_SERVICE_QUOTA, **parameters)["Quota"]
        except Unreadable as error:
            if error.code != _NO_SUCH:
                raise
            # nothing was ever applied to the account
            found = reader.call(GET_DEFAULT_QUOTA, **parameters)["Quota"]
    except Unreadable as error:
        if error.code != _NO_SUCH:  # else the region does not have the service
            reader.lose(error, _FACTS)
        return None
    if found.get("Value") is None:
        code = str((found.get("ErrorReason") or {}).get("ErrorCode") or "NoValue")
        reader.lose(Unreadable(GET_SERVICE_QUOTA, Reason.ERROR, code, "the quota has no value"), _FACTS)
        return None
    return found


def _has_metric(quota: Document) -> bool:
    return bool((quota.get("UsageMetric") or {}).get("MetricName"))


def _used(reader: Reader, metrics: list[Document]) -> dict[str, float]:
    """The most of the last day of each metric that has a value, by the metric as it is written."""
    if not metrics:
        return {}
    day = timedelta(days=1)
    queries: list[Any] = []
    for at, metric in enumerate(metrics):
        named = (metric.get("MetricDimensions") or {}).items()
        asked = {
            "Namespace": metric.get("MetricNamespace"),
            "MetricName": metric["MetricName"],
            "Dimensions": [{"Name": name, "Value": value} for name, value in named],
        }
        statistic = str(metric.get("MetricStatisticRecommendation") or "Maximum")
        period = int(day.total_seconds())
        queries.append({"Id": f"m{at}", "MetricStat": {"Metric": asked, "Period": period, "Stat": statistic}})
    end = reader.collected_at.replace(minute=0, second=0, microsecond=0)
    found: dict[str, float] = {}
    try:
        for page in reader.pages(GET_METRIC_DATA, MetricDataQueries=queries, StartTime=end - day, EndTime=end):
            for result in members(page, "MetricDataResults"):
                values = members(result, "Values")
                if values:
                    found[str(metrics[int(str(result["Id"])[1:])])] = max(values)
    except Unreadable as error:
        reader.lose(error, _FACTS)
    return found


QUOTAS = Collector(
    name="quotas",
    title="quotas",
    facts=_FACTS,
    operations=(GET_SERVICE_QUOTA, GET_DEFAULT_QUOTA, GET_METRIC_DATA),
    collect=_read,
    after=("ecs.clusters",),
)

COLLECTORS = (QUOTAS,)
