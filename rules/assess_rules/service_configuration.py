"""Service configuration: rollouts, replicas and scaling that ECS does and a Deployment does otherwise."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from assess.estate.ecs import Service
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.scaling import ScalingPolicy, ScheduledScaling
from assess.estate.workloads import Workload
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    LOW,
    MEDIUM,
    WEEKS,
    Checklist,
    Kind,
    Outcome,
    Reason,
    fail,
    not_applicable,
    rule,
    unknown,
)

_ROLLING = "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment"
_NO_SERVICE = "a task outside a service has no rollout"


@rule(
    "SVC-NATIVE-BLUEGREEN",
    Checklist.SERVICE_CONFIGURATION,
    severity=HIGH,
    effort=WEEKS,
    needs=("ecs.services",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-blue-green.html",
)
def native_blue_green(workload: Workload) -> Iterator[Outcome]:
    """The service is deployed blue/green, linearly or as a canary.

    ECS starts the new revision beside the old one, moves the traffic step by step, waits, and goes back by itself.
    A Deployment replaces Pods one after another and knows nothing of traffic, so the safety that the team is used to
    is gone unless something else provides it. Express services, which always deploy as a canary, are a finding of
    their own.

    Fix: install Argo Rollouts (or Flagger) with the traffic router of the ingress you choose, turn steps, bake time
    and alarms into a Rollout with an AnalysisTemplate, and rehearse an aborted rollout before the first wave.
    """
    service = workload.service
    if service is None:
        yield not_applicable(_NO_SERVICE)
        return
    strategy = _native_strategy(service)
    if strategy and not _is_express(service):
        yield fail(
            f"service {workload.name} is deployed by the {strategy.lower().replace('_', '/')} strategy of ECS",
            service.evidence("deploymentConfiguration", "strategy"),
        )


@rule(
    "SVC-STOP-BEFORE-START",
    Checklist.SERVICE_CONFIGURATION,
    severity=MEDIUM,
    softest=LOW,
    effort=HOURS,
    needs=("ecs.services",),
    reference=_ROLLING,
)
def stop_before_start(workload: Workload) -> Iterator[Outcome]:
    """The service stops its old tasks before it starts new ones.

    With a minimum of 0 and a maximum of 100 percent two revisions never run at once. That is often meant: a single
    writer, a lock, a licence. A Deployment starts the new Pod first unless it is told otherwise, and then two
    versions work side by side for a while.

    Fix: ask the owner whether two copies may ever run; if not, use strategy Recreate (or a StatefulSet of one
    replica), else give the service a rolling update.

    Before:

        {"desiredCount": 1, "deploymentConfiguration": {
          "minimumHealthyPercent": 0, "maximumPercent": 100}}

    After:

        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: orders
        spec:
          replicas: 1
          strategy: {type: Recreate}
          selector:
            matchLabels: {app: orders}
          template:
            metadata:
              labels: {app: orders}
            spec:
              containers:
                - name: app
                  image: registry.example/orders:2.3.0
    """
    service = workload.service
    if service is None:
        yield not_applicable(_NO_SERVICE)
        return
    if workload.kind == "daemon":
        yield not_applicable("a daemon always stops its task before it starts the next one")
        return
    if _stops_first(service):
        several = (service.desired_count or 0) > 1
        yield fail(
            f"service {workload.name} stops its old tasks before it starts new ones"
            " (minimum 0 percent, maximum 100 percent)",
            service.evidence("deploymentConfiguration", "minimumHealthyPercent"),
            service.evidence("deploymentConfiguration", "maximumPercent"),
            severity=LOW if several else MEDIUM,
        )


@rule(
    "SVC-SINGLE-REPLICA",
    Checklist.SERVICE_CONFIGURATION,
    severity=MEDIUM,
    effort=HOURS,
    confidence=0.8,
    needs=("ecs.services", "autoscaling", "tags"),
    also_uses=("survey",),
    reference="https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
)
def single_replica(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """A production service that takes traffic may run as one task.

    Nodes of a cluster are replaced all the time: upgrades, consolidation, Spot. Each replacement evicts the Pods on
    the node, and for a service of one replica that is an outage. A PodDisruptionBudget cannot help: it either lets
    the only Pod go or holds up the node's replacement.

    Fix: run two replicas or more, spread over zones by a topology spread constraint, with a PodDisruptionBudget; or
    accept the outage in writing.

    Before:

        {"serviceName": "orders", "desiredCount": 1}

    After:

        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata:
          name: orders
        spec:
          maxUnavailable: 1
          selector:
            matchLabels: {app: orders}
        ---
        # of a Deployment with two replicas or more
        spec:
          topologySpreadConstraints:
            - maxSkew: 1
              topologyKey: topology.kubernetes.io/zone
              whenUnsatisfiable: ScheduleAnyway
              labelSelector:
                matchLabels: {app: orders}
    """
    service = workload.service
    if service is None:
        yield not_applicable("a task outside a service has no replicas")
        return
    reason = _not_judged(workload, service, estate)
    if reason is not None:
        yield not_applicable(reason)
        return
    found = _single(workload, service, estate)
    if found is None:
        return
    if workload.environment is None:
        yield unknown(Reason.UNANSWERED, "survey", worst=MEDIUM)
        return
    message, evidence = found
    yield fail(message, evidence, confidence=0.8)


def _not_judged(workload: Workload, service: Service, estate: Estate) -> str | None:
    if workload.environment == "other":
        return "the workload is not a production one"
    if workload.kind == "daemon":
        return "a daemon runs one task on each instance"
    if not workload.takes_requests:
        return "no load balancer or discovery leads traffic to it"
    if _stops_first(service):
        return "its rollout stops the only task first, which is a finding of its own"
    if service.desired_count == 0:
        return "no task is wanted at this time"
    if any(_to_zero(each) for each in _scheduled(workload, estate)):
        return "a schedule scales it to zero"
    return None


def _single(workload: Workload, service: Service, estate: Estate) -> tuple[str, Evidence] | None:
    origin = workload.origin
    target = estate.scalable_target_by_resource.get((origin.account, origin.region, _resource(workload)))
    if service.desired_count == 1:
        return f"production service {workload.name} runs as one task", service.evidence("desiredCount")
    if target is not None and target.min_capacity == 1:
        return f"production service {workload.name} may be scaled in to one task", target.evidence("MinCapacity")
    return None


@rule(
    "SVC-AUTO-ROLLBACK",
    Checklist.SERVICE_CONFIGURATION,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.services",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html",
)
def automatic_rollback(workload: Workload) -> Iterator[Outcome]:
    """ECS rolls a failed deployment of the service back by itself.

    A Deployment never goes back: when its new Pods do not become ready it stops half way, marks itself as not
    progressing, and leaves the rest to whoever watches. A team that relies on the circuit breaker finds bad releases
    standing for hours.

    Fix: let the pipeline wait for ``kubectl rollout status`` and undo on failure, or use Argo Rollouts or Flagger,
    and set ``progressDeadlineSeconds`` to what ECS took to give up.
    """
    service = workload.service
    if service is None:
        yield not_applicable(_NO_SERVICE)
        return
    if _native_strategy(service):
        yield not_applicable("its deployment strategy, which rolls back too, is a finding of its own")
        return
    configuration = service.deployment_configuration
    breaker = configuration.deployment_circuit_breaker if configuration else None
    if breaker is not None and breaker.enable and breaker.rollback:
        yield fail(
            f"ECS rolls failed deployments of service {workload.name} back by itself",
            service.evidence("deploymentConfiguration", "deploymentCircuitBreaker", "rollback"),
        )


@rule(
    "SVC-ALARM-ROLLBACK",
    Checklist.SERVICE_CONFIGURATION,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.services",),
    also_uses=("cloudwatch.alarms",),
    reference="https://argo-rollouts.readthedocs.io/en/stable/analysis/cloudwatch/",
)
def rollback_by_alarm(workload: Workload) -> Iterator[Outcome]:
    """CloudWatch alarms roll a deployment of the service back.

    The alarms are what the team has learned about bad releases: error rates, latencies, business figures. A
    Deployment looks at nothing but readiness, so a release that starts well and then fails its users stays.

    Fix: let Argo Rollouts or Flagger query the same CloudWatch metrics in an analysis while traffic moves, with the
    alarms' thresholds, and abort on failure.
    """
    service = workload.service
    if service is None:
        yield not_applicable(_NO_SERVICE)
        return
    alarms = service.deployment_configuration.alarms if service.deployment_configuration else None
    if alarms is not None and alarms.enable and alarms.rollback:
        yield fail(
            f"alarms roll deployments of service {workload.name} back: {', '.join(alarms.alarm_names) or 'none named'}",
            service.evidence("deploymentConfiguration", "alarms", "rollback"),
        )


@rule(
    "SVC-DEPLOY-HOOKS",
    Checklist.SERVICE_CONFIGURATION,
    severity=MEDIUM,
    softest=LOW,
    effort=DAYS,
    needs=("ecs.services",),
    also_uses=("lambda",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-implementation.html",
)
def deployment_hooks(workload: Workload) -> Iterator[Outcome]:
    """Deployments of the service call hooks.

    ECS calls a Lambda function (or waits for somebody) at stages of a deployment: smoke tests, schema checks,
    approvals. A Deployment has no stages and calls nobody, so whatever the hooks stopped goes through. A hook that
    only pauses is replaced more easily than one that runs code.

    Fix: move the code into an AnalysisTemplate or a Job that the rollout waits for, and pauses into the rollout's
    steps.
    """
    service = workload.service
    if service is None:
        yield not_applicable(_NO_SERVICE)
        return
    hooks = service.deployment_configuration.lifecycle_hooks if service.deployment_configuration else ()
    if hooks:
        only_pauses = all(each.get("targetType") == "PAUSE" for each in hooks)
        yield fail(
            f"deployments of service {workload.name} {'pause for somebody' if only_pauses else 'call hooks'}",
            *(service.evidence("deploymentConfiguration", "lifecycleHooks", index) for index in range(len(hooks))),
            severity=LOW if only_pauses else MEDIUM,
        )


@rule(
    "SVC-ROLLOUT-PERCENT",
    Checklist.SERVICE_CONFIGURATION,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.services",),
    reference=_ROLLING,
)
def rollout_percentages(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """The service's rollout percentages become maxUnavailable and maxSurge.

    ECS and Kubernetes round in opposite directions: ECS rounds the tasks it keeps up and those it may add down, a
    Deployment rounds the Pods it may lose down and those it may add up. The same percentages therefore behave
    differently for small services, so whole numbers are carried over instead. They are worked out here for the
    desired count of the scan, with ECS's defaults of 100 and 200 percent where the service says nothing.

    Fix: write maxUnavailable and maxSurge as the whole numbers given, and check them again where the replica count
    is scaled far away from today's.

    Before:

        {"desiredCount": 5, "deploymentConfiguration": {
          "minimumHealthyPercent": 50, "maximumPercent": 150}}

    After:

        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: orders
        spec:
          replicas: 5
          strategy:
            rollingUpdate:
              maxUnavailable: 2  # ECS keeps 3 of 5: half, rounded up
              maxSurge: 2  # ECS adds up to 7: half more, rounded down
          selector:
            matchLabels: {app: orders}
          template:
            metadata:
              labels: {app: orders}
            spec:
              containers:
                - name: app
                  image: registry.example/orders:2.3.0
    """
    service = workload.service
    controller = service.deployment_controller.type if service and service.deployment_controller else "ECS"
    if service is None or workload.kind == "daemon" or controller != "ECS":
        return
    if estate.missing("ecs.services", workload.origin, workload.related) is not None:
        return  # what was not read is not the default
    lowest, highest, is_default = _percentages(service)
    desired = service.desired_count or 0
    lost = desired - math.ceil(desired * lowest / 100)
    added = math.floor(desired * highest / 100) - desired
    source = ", the defaults," if is_default else ""
    tasks = "one task" if desired == 1 else f"{desired} tasks"
    yield fail(
        f"service {workload.name} keeps between {lowest} and {highest} percent of {tasks}{source} in a rollout:"
        f" maxUnavailable {max(lost, 0)}, maxSurge {max(added, 0)}",
        service.evidence("deploymentConfiguration"),
    )


@rule(
    "SVC-SCALING-HPA",
    Checklist.SERVICE_CONFIGURATION,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("autoscaling",),
    reference="https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/",
)
def scales_on_utilisation(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """The service is scaled by its CPU or memory, as a HorizontalPodAutoscaler does.

    The policy has a direct equivalent. What differs is the base of the percentage: ECS measures against what the
    task reserves, Kubernetes against the container's request, so requests that change with the move change the
    scaling too. The cluster needs metrics-server, and cooldowns become stabilisation windows.

    Fix: write a HorizontalPodAutoscaler (autoscaling/v2) with the same minimum, maximum and target, set
    ``behavior.scaleDown.stabilizationWindowSeconds`` to the scale-in cooldown, and compare both under load.

    Before:

        {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": {
          "TargetValue": 60, "ScaleInCooldown": 300,
          "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}}

    After:

        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata:
          name: orders
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: orders}
          minReplicas: 2
          maxReplicas: 10
          metrics:
            - type: Resource
              resource:
                name: cpu
                target: {type: Utilization, averageUtilization: 60}
          behavior:
            scaleDown:
              stabilizationWindowSeconds: 300
    """
    for policy in _policies(workload, estate):
        metric = _predefined_metric(policy)
        if metric is not None and metric in _UTILISATION:
            target = (policy.target_tracking_scaling_policy_configuration or {}).get("TargetValue")
            goal = f" at {target:g} percent" if isinstance(target, int | float) else ""
            yield fail(
                f"policy {policy.policy_name} scales service {workload.name} by {_UTILISATION[metric]}{goal}",
                policy.evidence("TargetTrackingScalingPolicyConfiguration", "PredefinedMetricSpecification"),
                element=policy.policy_name,
            )


@rule(
    "SVC-SCALING-KEDA",
    Checklist.SERVICE_CONFIGURATION,
    severity=MEDIUM,
    softest=LOW,
    effort=DAYS,
    needs=("autoscaling",),
    reference="https://keda.sh/docs/latest/scalers/",
)
def scales_on_other_metrics(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """The service is scaled by requests, a queue, a custom metric, steps or a schedule.

    A HorizontalPodAutoscaler on its own knows the CPU and memory of Pods. Every other signal needs something that
    brings it into the cluster, usually KEDA, with an identity that may read it. Queue lengths and schedules have
    scalers that fit; step scaling and load balancer counts must be thought through again.

    Fix: install KEDA with a Pod Identity of its own, use the scalers aws-sqs-queue, cron and aws-cloudwatch, and
    keep the ECS minimum as a floor until the new scaling has seen a peak.

    Before:

        {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": {
          "TargetValue": 20, "CustomizedMetricSpecification": {
            "Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{"Name": "QueueName", "Value": "orders"}], "Statistic": "Average"}}}

    After:

        apiVersion: keda.sh/v1alpha1
        kind: TriggerAuthentication
        metadata:
          name: orders
        spec:
          podIdentity: {provider: aws}
        ---
        apiVersion: keda.sh/v1alpha1
        kind: ScaledObject
        metadata:
          name: orders
        spec:
          scaleTargetRef: {name: orders}
          minReplicaCount: 2
          maxReplicaCount: 10
          triggers:
            - type: aws-sqs-queue
              authenticationRef: {name: orders}
              metadata:
                queueURL: https://sqs.eu-west-1.amazonaws.com/123456789012/orders
                awsRegion: eu-west-1
                queueLength: "20"  # for each Pod
    """
    policies, scheduled = _policies(workload, estate), _scheduled(workload, estate)
    origin = workload.origin
    resource = (origin.account, origin.region, _resource(workload))
    if not policies and not scheduled and resource not in estate.scalable_target_by_resource:
        yield not_applicable("nothing scales it")
        return
    found = [each for policy in policies if (each := _foreign_policy(policy)) is not None]
    found += [
        (f"scheduled action {each.scheduled_action_name}", True, each.evidence("Schedule"), each.scheduled_action_name)
        for each in scheduled
    ]
    severity = LOW if all(is_ready for _, is_ready, _, _ in found) else MEDIUM
    for what, _, evidence, name in found:
        yield fail(f"service {workload.name} is scaled by {what}", evidence, element=name, severity=severity)


_UTILISATION: Mapping[str, str] = {
    "ECSServiceAverageCPUUtilization": "CPU",
    "ECSServiceAverageCPUUtilizationHighResolution": "CPU",
    "ECSServiceAverageMemoryUtilization": "memory",
    "ECSServiceAverageMemoryUtilizationHighResolution": "memory",
}


def _foreign_policy(policy: ScalingPolicy) -> tuple[str, bool, Evidence, str] | None:
    """What a policy that is no CPU or memory tracking scales by, and whether a KEDA scaler fits as it is."""
    name = policy.policy_name
    if policy.policy_type != "TargetTrackingScaling":
        kind = {"StepScaling": "the steps", "PredictiveScaling": "the forecast"}.get(policy.policy_type or "", "rules")
        return f"{kind} of policy {name}", False, policy.evidence("PolicyType"), name
    metric = _predefined_metric(policy)
    if metric in _UTILISATION:
        return None
    place = ("TargetTrackingScalingPolicyConfiguration",)
    if metric is not None:
        return f"{metric} (policy {name})", False, policy.evidence(*place, "PredefinedMetricSpecification"), name
    custom = (policy.target_tracking_scaling_policy_configuration or {}).get("CustomizedMetricSpecification")
    is_queue = isinstance(custom, Mapping) and _is_queue_length(custom)
    what = f"a queue's length (policy {name})" if is_queue else f"a custom metric (policy {name})"
    return what, is_queue, policy.evidence(*place, "CustomizedMetricSpecification"), name


def _is_queue_length(metric: Mapping[str, Any]) -> bool:
    return metric.get("Namespace") == "AWS/SQS" and str(metric.get("MetricName", "")).startswith(
        "ApproximateNumberOfMessages"
    )


def _predefined_metric(policy: ScalingPolicy) -> str | None:
    given = (policy.target_tracking_scaling_policy_configuration or {}).get("PredefinedMetricSpecification")
    return str(given.get("PredefinedMetricType")) if isinstance(given, Mapping) else None


def _policies(workload: Workload, estate: Estate) -> tuple[ScalingPolicy, ...]:
    origin = workload.origin
    return estate.scaling_policies_by_resource.get((origin.account, origin.region, _resource(workload)), ())


def _scheduled(workload: Workload, estate: Estate) -> tuple[ScheduledScaling, ...]:
    origin = workload.origin
    return estate.scheduled_scalings_by_resource.get((origin.account, origin.region, _resource(workload)), ())


def _resource(workload: Workload) -> str:
    return f"service/{workload.cluster}/{workload.name}" if workload.is_service else ""


def _to_zero(action: ScheduledScaling) -> bool:
    return 0 in (action.scalable_target_action or {}).values()


def _native_strategy(service: Service) -> str | None:
    configuration = service.deployment_configuration
    strategy = configuration.strategy if configuration else None
    return None if strategy in (None, "", "ROLLING") else strategy


def _is_express(service: Service) -> bool:
    """Whether ECS itself manages the service's resources (Express Mode)."""
    return service.resource_management_type == "ECS"


def _percentages(service: Service) -> tuple[int, int, bool]:
    """Lowest and highest share of the desired count in a rollout, and whether both are ECS's defaults."""
    given = service.deployment_configuration
    lowest = given.minimum_healthy_percent if given else None
    highest = given.maximum_percent if given else None
    return (
        100 if lowest is None else lowest,
        200 if highest is None else highest,
        lowest is None and highest is None,
    )


def _stops_first(service: Service) -> bool:
    lowest, highest, _ = _percentages(service)
    return lowest == 0 and highest <= 100


@rule(
    "SVC-AZ-SPREAD",
    Checklist.SERVICE_CONFIGURATION,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.services", "vpc.subnets"),
    reference="https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/",
)
def spread_over_zones(workload: Workload, estate: Estate) -> Iterator[Outcome]:
    """ECS spreads the service's tasks over zones.

    ECS spreads tasks over the zones of their subnets and, with Availability Zone rebalancing, moves them back after a
    disturbance. The scheduler of Kubernetes prefers to spread Pods when it places them, but gives way when a zone is
    full, and never moves a Pod that runs.

    Fix: write a topologySpreadConstraint over topology.kubernetes.io/zone into the Pod template, and run the
    descheduler where an even spread matters.
    """
    service = workload.service
    if service is None or workload.kind == "daemon":
        return
    subnets = [estate.subnet_by_id.get(id) for id in sorted(estate.subnet_ids(workload))]
    zones = {each.availability_zone or each.availability_zone_id for each in subnets if each is not None} - {None}
    if len(zones) > 1:
        again = service.availability_zone_rebalancing == "ENABLED"
        yield fail(
            f"tasks of service {workload.name} are spread over {len(zones)} zones{', and moved back' if again else ''}",
            service.evidence("availabilityZoneRebalancing", value=None if again else "default spread"),
        )


@rule(
    "SVC-MULTI-TG",
    Checklist.SERVICE_CONFIGURATION,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.services",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/register-multiple-targetgroups.html",
)
def several_target_groups(workload: Workload) -> Iterator[Outcome]:
    """The service registers its tasks with several target groups.

    Several load balancers or ports lead to the same tasks. One Kubernetes Service can stand behind several routes, but
    each target group needs a TargetGroupBinding or a route of its own, and a Pod is ready for traffic only when all of
    them find it healthy. The second group of a blue/green deployment does not count.

    Fix: make one Service with all ports, and one route or TargetGroupBinding for each target group.
    """
    service = workload.service
    attached = service.all_load_balancers if service is not None else ()
    groups = {each.target_group_arn or each.load_balancer_name or "" for each in attached} - {""}
    if service is not None and len(groups) > 1:
        yield fail(
            f"service {workload.name} registers its tasks with {len(groups)} target groups",
            service.evidence("loadBalancers", value=f"{len(groups)} target groups"),
        )


@rule(
    "SVC-NO-PDB-EQUIV",
    Checklist.SERVICE_CONFIGURATION,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.services",),
    reference="https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
)
def kept_up_while_draining(workload: Workload) -> Iterator[Outcome]:
    """ECS keeps tasks of the service running while instances are drained.

    The minimum healthy percentage of a service also holds when an instance is drained. A Deployment's maxUnavailable
    counts in its own rollouts only: a drained node may take all Pods at once unless a PodDisruptionBudget forbids it,
    and nobody makes one by default.

    Fix: write a PodDisruptionBudget with minAvailable of the same percentage, which leaves room for one Pod to go.
    """
    service = workload.service
    if service is None or workload.kind == "daemon" or workload.environment != "production":
        return
    lowest, _, _ = _percentages(service)
    if lowest >= 50 and (service.desired_count or 0) > 1:
        yield fail(
            f"ECS keeps {lowest} percent of the tasks of production service {workload.name} running",
            service.evidence("deploymentConfiguration", "minimumHealthyPercent", value=str(lowest)),
        )
