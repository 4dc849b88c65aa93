"""Load balancers and ingress: how requests reach the workloads, and what of it the new entry must take over."""

from collections.abc import Iterator, Mapping
from typing import Any

from assess.estate.balancing import Action, Condition, Listener, ListenerRule, LoadBalancer, TargetGroup
from assess.estate.dns import host_name, names_of
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.workloads import Workload
from assess.graph import DependencyGraph, HintKind
from assess.rule import (
    DAYS,
    HIGH,
    HOURS,
    LOW,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    Reason,
    Threshold,
    fail,
    not_applicable,
    rule,
    unknown,
)

_NOT_AN_ALB = "it is not an Application Load Balancer"
_SIMPLE = ("host-header", "path-pattern")


@rule(
    "ING-CLB",
    Checklist.INGRESS,
    severity=HIGH,
    effort=DAYS,
    needs=("ecs.services", "elb.load_balancers"),
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/migrate-classic-load-balancer.html",
)
def classic_load_balancer(balancer: LoadBalancer) -> Iterator[Outcome]:
    """Requests come through a Classic Load Balancer.

    A Classic Load Balancer knows instances only: it cannot send requests to the addresses of Pods, the AWS Load
    Balancer Controller does not manage it, and it has no weights with which traffic could move step by step. The
    cut-over would be a change of DNS for everybody at once.

    Fix: put an Application or Network Load Balancer in front of the ECS service first, move the DNS record over to
    it, and shift traffic to EKS from there by weighted target groups.
    """
    if balancer.type == "classic":
        yield fail(
            f"requests come through the Classic Load Balancer {balancer.name}",
            balancer.evidence("LoadBalancerName"),
        )


@rule(
    "ING-ALB-RULES",
    Checklist.INGRESS,
    severity=MEDIUM,
    effort=DAYS,
    needs=("elb.listeners",),
    # an Application Load Balancer takes 100 rules unless the quota is raised
    thresholds=(Threshold("rules", 50, 1, 1000, "rules of a load balancer that are still few", whole=True),),
    reference="https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/l7gateway/",
)
def complex_rules(balancer: LoadBalancer, estate: Estate, thresholds: Mapping[str, float]) -> Iterator[Outcome]:
    """The load balancer's rules do more than tell hosts and paths apart.

    An Ingress knows hosts and paths. Conditions on headers, methods, query strings or source addresses, regular
    expressions, rewrites, redirects and fixed answers all become annotations in JSON, one per backend, which nobody
    checks before they are applied. Sending plain HTTP on to HTTPS and a default answer of 404 are not counted: one
    annotation does the first, the controller the second.

    Fix: use the Gateway API, whose HTTPRoutes have filters and matches for most of this, and the controller's own
    resources for the rest; drop rules that no request has matched for a month.
    """
    if balancer.type != "application":
        yield not_applicable(_NOT_AN_ALB, reads=())
        return
    found: dict[str, Evidence] = {}
    count = 0
    for listener in estate.listeners_by_load_balancer.get(balancer.identity, ()):
        rules = estate.rules_by_listener.get(listener.identity, ())
        count += sum(not _is_default(each) for each in rules)
        for what, evidence in _beyond_hosts_and_paths(listener, rules):
            found.setdefault(what, evidence)
    if found:
        yield fail(
            f"rules of load balancer {balancer.name} use {', '.join(found)}", *found.values(), element="conditions"
        )
    limit = int(thresholds["rules"])
    if count > limit:
        yield fail(
            f"load balancer {balancer.name} has {count} rules, more than {limit}",
            balancer.evidence("LoadBalancerName"),
            element="rules",
        )


def _beyond_hosts_and_paths(listener: Listener, rules: tuple[ListenerRule, ...]) -> Iterator[tuple[str, Evidence]]:
    for index, action in enumerate(listener.default_actions):
        what = _special_action(action, is_default=True)
        if what is not None:
            yield what, listener.evidence("DefaultActions", index, "Type")
    for rule_ in rules:
        if _is_default(rule_):
            continue  # the listener's own default actions, once more
        for index, condition in enumerate(rule_.conditions):
            what = _special_condition(condition)
            if what is not None:
                yield what, rule_.evidence("Conditions", index, "Field")
        for index, action in enumerate(rule_.actions):
            what = _special_action(action, is_default=False)
            if what is not None:
                yield what, rule_.evidence("Actions", index, "Type")
        transforms = rule_.unknown_fields.get("Transforms")
        if transforms:
            yield "rewrites", rule_.evidence("Transforms", value="rewrite")


def _is_default(rule_: ListenerRule) -> bool:
    return bool(rule_.is_default) or rule_.priority == "default"


_CONDITIONS = {
    "http-header": "headers",
    "http-request-method": "request methods",
    "query-string": "query strings",
    "source-ip": "source addresses",
}


def _special_condition(condition: Condition) -> str | None:
    if condition.field not in _SIMPLE:
        return _CONDITIONS.get(condition.field, f"conditions of kind {condition.field}")
    for given in (condition.unknown_fields, *condition.unknown_fields.values()):
        if isinstance(given, Mapping) and given.get("RegexValues"):
            return "regular expressions"
    return None


def _special_action(action: Action, *, is_default: bool) -> str | None:
    if action.type == "redirect":
        return None if is_default and _is_to_https(action) else "redirects"
    if action.type == "fixed-response":
        answer = action.unknown_fields.get("FixedResponseConfig")
        is_404 = isinstance(answer, Mapping) and str(answer.get("StatusCode")) == "404"
        return None if is_default and is_404 else "fixed answers"
    return None


def _is_to_https(action: Action) -> bool:
    """Whether a redirect only turns HTTP into HTTPS (``#{host}`` and the like stand for what was asked for)."""
    to: Any = action.unknown_fields.get("RedirectConfig")
    if not isinstance(to, Mapping) or to.get("Protocol") != "HTTPS":
        return False
    return (to.get("Host", "#{host}"), to.get("Path", "/#{path}")) == ("#{host}", "/#{path}")


@rule(
    "ING-ALB-AUTH",
    Checklist.INGRESS,
    severity=MEDIUM,
    effort=DAYS,
    needs=("elb.listeners",),
    reference="https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/",
)
def load_balancer_authenticates(balancer: LoadBalancer, estate: Estate) -> Iterator[Outcome]:
    """The load balancer signs users in.

    Sign-in is part of the listener, not of the service, so a new load balancer without it is open to everybody. The
    client secret must lie in a Kubernetes Secret that the controller may read, and users sign in again when they
    meet a listener that does not know their cookie.

    Fix: carry the sign-in over by the controller's authentication annotations (or its Gateway API resources) and test
    that an anonymous request is turned away; or keep this listener and let a TargetGroupBinding register the Pods.
    """
    if balancer.type != "application":
        yield not_applicable(_NOT_AN_ALB, reads=())
        return
    found: dict[str, Evidence] = {}
    for listener in estate.listeners_by_load_balancer.get(balancer.identity, ()):
        for kind, evidence in _sign_ins(listener, estate.rules_by_listener.get(listener.identity, ())):
            found.setdefault(kind, evidence)
    if found:
        kinds = " and ".join(_SIGN_INS[kind] for kind in sorted(found))
        yield fail(f"load balancer {balancer.name} checks who the user is by {kinds}", *found.values())


_SIGN_INS = {
    "authenticate-cognito": "Amazon Cognito",
    "authenticate-oidc": "OpenID Connect",
    "jwt-validation": "tokens (JWT)",
}


def _sign_ins(listener: Listener, rules: tuple[ListenerRule, ...]) -> Iterator[tuple[str, Evidence]]:
    for index, action in enumerate(listener.default_actions):
        if action.type in _SIGN_INS:
            yield action.type, listener.evidence("DefaultActions", index, "Type")
    for rule_ in rules:
        for index, action in enumerate(rule_.actions):
            if action.type in _SIGN_INS:
                yield action.type, rule_.evidence("Actions", index, "Type")


_DATAGRAMS = ("UDP", "TCP_UDP", "QUIC", "TCP_QUIC")


@rule(
    "ING-NLB-UDP",
    Checklist.INGRESS,
    severity=MEDIUM,
    effort=HOURS,
    needs=("elb.listeners", "ecs.task_definitions"),
    reference="https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/gateway/l4gateway/",
)
def datagrams(balancer: LoadBalancer, estate: Estate) -> Iterator[Outcome]:
    """A listener takes datagrams.

    An Ingress knows HTTP only. UDP needs a Service of type LoadBalancer or a UDPRoute, which is still experimental in
    the Gateway API, and a port that takes TCP and UDP at once needs a controller that joins both. Health checks and
    client addresses behave differently as well.

    Fix: publish the ports by a Service of type LoadBalancer with the AWS Load Balancer Controller and targets of type
    ip, and test that answers leave by the address that was asked.
    """
    if balancer.type != "network":
        yield not_applicable("it is not a Network Load Balancer", reads=())
        return
    for listener in estate.listeners_by_load_balancer.get(balancer.identity, ()):
        if listener.protocol in _DATAGRAMS:
            yield fail(
                f"listener {listener.port} of load balancer {balancer.name} takes {listener.protocol}",
                listener.evidence("Protocol"),
                element=f"{listener.protocol} {listener.port}",
            )


@rule(
    "ING-TG-STRATEGY",
    Checklist.INGRESS,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.services", "elb.target_groups"),
    reference="https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/",
)
def target_group(group: TargetGroup) -> Iterator[Outcome]:
    """A service registers its tasks with a target group.

    ECS and the AWS Load Balancer Controller each take a target group for their own and deregister what they do not
    know. If both write to one, they throw out each other's targets. Each platform gets a target group, and the
    listener splits the traffic by weight.

    Fix: make a second target group of type ip, bind it to the Kubernetes Service by a TargetGroupBinding, and move
    the weights of the listener's forward action step by step; going back is a change of weights.

    Before:

        {"loadBalancers": [
          {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/orders-ecs/1",
           "containerName": "app", "containerPort": 8080}]}

    After:

        apiVersion: elbv2.k8s.aws/v1beta1
        kind: TargetGroupBinding
        metadata:
          name: orders
        spec:
          serviceRef: {name: orders, port: 8080}
          targetType: ip
          # a second target group: never the one that ECS registers with
          targetGroupARN: arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/orders-eks/2
    """
    yield fail(
        f"an ECS service registers with target group {group.name}, so the Pods need one of their own",
        group.evidence("TargetGroupName"),
    )


@rule(
    "ING-INSTANCE-TARGETS",
    Checklist.INGRESS,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("elb.target_groups",),
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html",
)
def instance_targets(group: TargetGroup) -> Iterator[Outcome]:
    """A target group sends requests to instances, not to tasks.

    The type of a target group cannot be changed. On EKS an instance target needs a NodePort and takes a second hop
    through a node that may not run the Pod at all, with health checks that look at the node. Targets of type ip reach
    the Pod itself.

    Fix: make the new target group with type ip, and let the security group of the load balancer into the Pods.
    """
    if group.target_type == "instance":
        yield fail(f"target group {group.name} sends requests to instances", group.evidence("TargetType"))


@rule(
    "ING-SHARED-LB",
    Checklist.INGRESS,
    severity=MEDIUM,
    effort=HOURS,
    needs=("elb.listeners", "elb.target_groups", "ecs.services"),
    across=("ecs.services",),
    reference="https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/",
)
def shared_load_balancer(balancer: LoadBalancer, estate: Estate) -> Iterator[Outcome]:
    """The load balancer also leads to targets that are no workloads of this scan.

    A controller that owns a load balancer removes the listeners and rules that it did not make. Where functions,
    instances or services of others stand behind it too, that takes their traffic away.

    Passes: the second target group of a blue/green deployment; load balancers with a service whose deployments
    CodeDeploy or somebody else controls are not judged by it.

    Fix: leave the load balancer to whoever owns it now, and bind the Pods to a target group of their own by a
    TargetGroupBinding; or give the workloads a load balancer of their own first.
    """
    if balancer.type not in ("application", "network"):
        yield not_applicable("its listeners have no target groups", reads=())
        return
    own, alternates, foreign_controller = _groups_of_workloads(estate)
    named: dict[str, Evidence] = {}
    for listener in estate.listeners_by_load_balancer.get(balancer.identity, ()):
        for arn, evidence in _forwards(listener, estate.rules_by_listener.get(listener.identity, ())):
            named.setdefault(arn, evidence)
    if not own & named.keys():
        yield not_applicable("no rule leads to a workload of this scan")
        return
    for arn in sorted(named.keys() - own - alternates):
        group = estate.target_group_by_arn.get(arn)
        kind = group.target_type if group is not None else None
        if foreign_controller & named.keys() and kind != "lambda":
            continue  # it may be the group that the next deployment goes to
        name = group.name if group is not None else arn.rpartition(":targetgroup/")[2].partition("/")[0]
        what = "a function" if kind == "lambda" else "targets that are no workloads of this scan"
        message = f"load balancer {balancer.name} also leads to {what}, by target group {name}"
        yield fail(message, named[arn], element=name)


def _groups_of_workloads(estate: Estate) -> tuple[set[str], set[str], set[str]]:
    """ARNs of target groups: those of workloads, blue/green seconds, and those that ECS itself does not switch."""
    own: set[str] = set()
    alternates: set[str] = set()
    foreign: set[str] = set()
    for service in (each.service for each in estate.workloads if each.service is not None):
        attached = [*service.load_balancers, *(each for held in service.task_sets for each in held.load_balancers)]
        groups = {each.target_group_arn or "" for each in attached} - {""}
        own |= groups
        for each in attached:
            alternates.add(str((each.advanced_configuration or {}).get("alternateTargetGroupArn") or ""))
        controller = service.deployment_controller
        if controller is not None and controller.type in ("CODE_DEPLOY", "EXTERNAL"):
            foreign |= groups
    return own, alternates - {""}, foreign


def _forwards(listener: Listener, rules: tuple[ListenerRule, ...]) -> Iterator[tuple[str, Evidence]]:
    """Target groups that a listener leads to, each with the action that says so."""
    for index, action in enumerate(listener.default_actions):
        for arn in action.target_groups:
            yield arn, listener.evidence("DefaultActions", index, value=arn)
    for rule_ in rules:
        for index, action in enumerate(rule_.actions):
            for arn in action.target_groups:
                yield arn, rule_.evidence("Actions", index, value=arn)


_BALANCER_DEFAULTS = {"idle_timeout.timeout_seconds": "60", "client_keep_alive.seconds": "3600"}
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html"""

_GROUP_DEFAULTS = {"deregistration_delay.timeout_seconds": "300", "slow_start.duration_seconds": "0"}
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html"""


@rule(
    "ING-TIMEOUTS",
    Checklist.INGRESS,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("elb.attributes",),
    reference="https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/",
)
def times_of_its_own(balancer: LoadBalancer, estate: Estate) -> Iterator[Outcome]:
    """The load balancer or a target group behind it has times of its own.

    Somebody set them because the default broke something: long requests, connections that a server closes first, cold
    caches. A load balancer or target group that a controller makes has the defaults again unless each attribute is
    named.

    Fix: copy every attribute that differs into the annotations load-balancer-attributes and target-group-attributes
    (or the LoadBalancerConfiguration and TargetGroupConfiguration of the Gateway API).
    """
    for key, default in _BALANCER_DEFAULTS.items():
        value = (balancer.attributes or {}).get(key)
        if value not in (None, "", default):
            message = f"{key} of load balancer {balancer.name} is {value}, not {default}"
            yield fail(message, balancer.evidence("Attributes", key, value=value), element=key)
    for group in estate.target_groups:
        if balancer.identity not in group.load_balancer_arns:
            continue
        for key, default in _GROUP_DEFAULTS.items():
            value = (group.attributes or {}).get(key)
            if value not in (None, "", default):
                message = f"{key} of target group {group.name} is {value}, not {default}"
                yield fail(message, group.evidence("Attributes", key, value=value), element=f"{group.name} {key}")


@rule(
    "ING-NLB-CLIENT-IP",
    Checklist.INGRESS,
    severity=MEDIUM,
    effort=DAYS,
    needs=("elb.attributes", "elb.target_groups"),
    also_uses=("survey.A12",),
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html",
)
def passes_client_addresses_on(balancer: LoadBalancer, estate: Estate) -> Iterator[Outcome]:
    """A Network Load Balancer passes the address of the client on.

    Applications, allow-lists and security groups behind it see who calls. A new target group of type ip does not pass
    the address on over TCP unless it is told to, so limits by address stop working, or block everybody at once. With
    the PROXY protocol the server expects a header that a new group does not send, and every connection fails.

    Fires: client address preservation or the PROXY protocol is on for a target group behind it. Endpoint services
    (PrivateLink) that point at the load balancer are not looked at.

    Fix: keep the load balancer, bind the Pods to a target group with the same attributes by a TargetGroupBinding, and
    test which address the application sees before traffic moves.
    """
    if balancer.type != "network":
        yield not_applicable("it is not a Network Load Balancer", reads=())
        return
    for group in estate.target_groups:
        if balancer.identity in group.load_balancer_arns:
            for key, what in _CLIENT_ADDRESS.items():
                if (group.attributes or {}).get(key) == "true":
                    message = f"target group {group.name} of load balancer {balancer.name} {what}"
                    evidence = group.evidence("Attributes", key, value="true")
                    yield fail(message, evidence, element=f"{group.name} {key}")


_CLIENT_ADDRESS = {
    "preserve_client_ip.enabled": "keeps the address of the client",
    "proxy_protocol_v2.enabled": "sends the PROXY protocol",
}


@rule(
    "ING-INTERNAL-HAIRPIN",
    Checklist.INGRESS,
    severity=LOW,
    effort=HOURS,
    confidence=0.8,
    needs=("graph", "elb.load_balancers"),
    reference="https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html",
)
def calls_itself(workload: Workload, estate: Estate, graph: DependencyGraph) -> Iterator[Outcome]:
    """The workload calls itself through its own load balancer.

    Each such call leaves the Pod, passes the load balancer and may come back to the same Pod. Where a Network Load
    Balancer passes the client's address on, a packet that returns to its sender is dropped, and the call hangs now
    and then. While both platforms run, half of such calls change sides.

    Fix: let it call itself by localhost or by the Service's name inside the cluster.
    """
    hosts = _hosts_of_balancers(workload, estate)
    if hosts is None:
        yield not_applicable("it has no load balancer", reads=("ecs.services",))
        return
    found = [each for each in graph.hints_of.get(workload.id, ()) if each.kind is HintKind.OWN_ADDRESS]
    for host in dict.fromkeys(each.text for each in found):
        balancer = hosts.get(host_name(host))
        if balancer is not None:
            yield fail(
                f"workload {workload.name} calls itself through its load balancer {balancer.name}, by {host}",
                *(each.evidence for each in found if each.text == host),
                element=host,
                confidence=0.8,
            )


def _hosts_of_balancers(workload: Workload, estate: Estate) -> Mapping[str, LoadBalancer] | None:
    """The names that lead to a workload's own load balancers; none where it has no load balancer."""
    attached = workload.service.all_load_balancers if workload.service is not None else ()
    if not attached:
        return None
    groups = (estate.target_group_by_arn.get(each.target_group_arn or "") for each in attached)
    ids = {id for group in groups if group is not None for id in group.load_balancer_arns}
    ids |= {each.load_balancer_name for each in attached if each.load_balancer_name}
    found: dict[str, LoadBalancer] = {}
    for balancer in filter(None, (estate.load_balancer_by_arn.get(id) for id in sorted(ids))):
        host = balancer.dns_name or ""
        names = [way[0].host for way in names_of(host, estate.dns_records_to)] if host else []
        found |= {name: balancer for name in (host_name(host), *names) if name}
    return found


@rule(
    "ING-NGINX-RETIRED",
    Checklist.INGRESS,
    severity=HIGH,
    effort=DAYS,
    confidence=0.8,
    needs=("iac",),
    also_uses=("policy.target", "survey"),
    reference="https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/",
)
def retired_controller(_estate: Estate) -> Iterator[Outcome]:
    """The target may be built on the retired ingress-nginx controller.

    The community's ingress-nginx was retired in March 2026: no releases, no fixes for faults of security. A platform
    that is built on it now has its next migration before it. The controllers of F5 (nginx.org) and others with
    similar names are not meant. Manifests and charts show it, and no account does.

    Fix: use the AWS Load Balancer Controller or an implementation of the Gateway API; ingress2gateway turns Ingress
    objects with annotations into routes.
    """
    yield unknown(Reason.NOT_IN_SOURCE, "iac")
