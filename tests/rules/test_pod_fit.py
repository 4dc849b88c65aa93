"""What fits in a Pod: each rule in every situation that it tells apart."""

from typing import Any

import pytest

from assess.estate.gaps import Reason
from assess.rule import DAYS, HIGH, HOURS, INFO, LOW, MEDIUM
from tests.rules.harness import (
    ACCOUNT,
    REGION,
    Case,
    container,
    denied,
    fails,
    file,
    not_applicable,
    passes,
    service,
    target,
    task,
    task_arn,
    unknown,
)

UNDESCRIBED = (service(), denied("ecs.task_definitions", "ecs:DescribeTaskDefinition", resource=task_arn("orders")))
FARGATE: dict[str, Any] = {"requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc"}
WINDOWS: dict[str, Any] = {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}
DAEMON = service(schedulingStrategy="DAEMON")
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/orders/0123456789abcdef"
FALCO = "falcosecurity/falco:0.40.0"
ENVOY = "public.ecr.aws/appmesh/aws-appmesh-envoy:v1.29.12.1-prod"


def caps(*names: str) -> dict[str, Any]:
    return {"linuxParameters": {"capabilities": {"add": list(names)}}}


def devices(*paths: str) -> dict[str, Any]:
    return {"linuxParameters": {"devices": [{"hostPath": path} for path in paths]}}


def ports(*mappings: dict[str, Any]) -> dict[str, Any]:
    return {"portMappings": list(mappings)}


def sysctls(*names: str) -> dict[str, Any]:
    return {"systemControls": [{"namespace": name, "value": "1"} for name in names]}


def open_field(name: str) -> dict[str, Any]:
    return {"unresolved": {f"/containerDefinitions/0/{name}": "${X}"}}


def lost(*rules: str) -> tuple[Case, ...]:
    return tuple(
        unknown(rule, "the task definition could not be described", *UNDESCRIBED, reason=Reason.DENIED)
        for rule in rules
    )


PRIVILEGES = (
    fails(
        "POD-PRIVILEGED",
        "privileged",
        task(container(privileged=True)),
        says="container app runs privileged",
        at="/containerDefinitions/0/privileged",
        effort=DAYS,
    ),
    fails(
        "POD-PRIVILEGED",
        "a daemon's agent that is known to need it",
        task(container("falco", image=FALCO, privileged=True)),
        DAEMON,
        says="Falco in container falco runs privileged, as a daemon",
        severity=MEDIUM,
        effort=HOURS,
    ),
    fails(
        "POD-PRIVILEGED",
        "the same agent in a service that is no daemon",
        task(container("falco", image=FALCO, privileged=True)),
        says="container falco runs privileged",
    ),
    fails(
        "POD-PRIVILEGED",
        "a daemon that nobody knows",
        task(container(privileged=True)),
        DAEMON,
        says="container app runs privileged",
    ),
    fails(
        "POD-PRIVILEGED",
        "a file with the agent: it may be a daemon",
        file(container("falco", image=FALCO, privileged=True)),
        says="container falco runs privileged",
        softest=MEDIUM,
    ),
    fails(
        "POD-PRIVILEGED",
        "a file with an application: nothing could soften it",
        file(container(privileged=True)),
        says="container app runs privileged",
    ),
    passes("POD-PRIVILEGED", "absent", task()),
    passes("POD-PRIVILEGED", "false", task(container(privileged=False))),
    not_applicable("POD-PRIVILEGED", "Fargate", task(**FARGATE)),
    not_applicable("POD-PRIVILEGED", "Windows", task(**WINDOWS)),
    unknown("POD-PRIVILEGED", "a placeholder", file(**open_field("privileged")), reason=Reason.UNRESOLVED),
    fails(
        "POD-CAPS-ADD",
        "a capability beyond the usual set",
        task(container(**caps("SYS_TIME"))),
        says="container app is given the capability SYS_TIME",
        element="SYS_TIME",
        at="/containerDefinitions/0/linuxParameters/capabilities/add/0",
        effort=HOURS,
    ),
    *(
        fails(
            "POD-CAPS-ADD",
            f"{name} gives the node away",
            task(container(**caps("CHOWN", name))),
            says=f"container app is given the capability {name.removeprefix('CAP_')}",
            severity=HIGH,
            effort=DAYS,
        )
        for name in ("SYS_ADMIN", "NET_ADMIN", "SYS_MODULE", "ALL", "CAP_SYS_ADMIN")
    ),
    fails(
        "POD-CAPS-ADD",
        "SYS_PTRACE on an agent, on Fargate",
        task(container("dd", image="datadog/agent:7", **caps("SYS_PTRACE")), **FARGATE),
        says="container dd is given the capability SYS_PTRACE",
        severity=LOW,
    ),
    fails(
        "POD-CAPS-ADD",
        "SYS_PTRACE on an application",
        task(container(**caps("SYS_PTRACE"))),
        says="container app is given the capability SYS_PTRACE",
    ),
    fails(
        "POD-CAPS-ADD",
        "SYS_PTRACE on a container whose image is open",
        file(container(image="${IMAGE}", **caps("SYS_PTRACE"))),
        says="container app is given the capability SYS_PTRACE",
        softest=LOW,
    ),
    passes("POD-CAPS-ADD", "nothing is added", task()),
    passes("POD-CAPS-ADD", "what Docker grants anyway", task(container(**caps("CHOWN", "SETUID", "NET_BIND_SERVICE")))),
    not_applicable("POD-CAPS-ADD", "Windows", task(**WINDOWS)),
    not_applicable("POD-CAPS-ADD", "privileged, another rule's", task(container(privileged=True, **caps("SYS_ADMIN")))),
    *lost("POD-PRIVILEGED", "POD-CAPS-ADD"),
)

NAMESPACES = (
    fails(
        "POD-HOST-NETWORK",
        "host",
        task(networkMode="host"),
        says="the task uses the network of its instance",
        at="/networkMode",
    ),
    fails(
        "POD-HOST-NETWORK",
        "a daemon's agent",
        task(networkMode="host"),
        DAEMON,
        says="the daemon uses the network of its instance",
        severity=MEDIUM,
    ),
    fails(
        "POD-HOST-NETWORK",
        "a daemon and a service run it",
        task(networkMode="host"),
        DAEMON,
        service("second", family="orders"),
        says="the task uses the network of its instance",
    ),
    fails(
        "POD-HOST-NETWORK",
        "a file: it may be a daemon",
        file(networkMode="host"),
        says="the task uses the network of its instance",
        softest=MEDIUM,
    ),
    *(passes("POD-HOST-NETWORK", mode, task(networkMode=mode)) for mode in ("awsvpc", "bridge", "none")),
    passes("POD-HOST-NETWORK", "absent", task()),
    not_applicable("POD-HOST-NETWORK", "Fargate", task(**FARGATE)),
    not_applicable("POD-HOST-NETWORK", "Windows", task(**WINDOWS)),
    unknown("POD-HOST-NETWORK", "a placeholder", file(unresolved={"/networkMode": "${M}"}), reason=Reason.UNRESOLVED),
    fails(
        "POD-HOST-PID",
        "host",
        task(pidMode="host"),
        says="containers see every process of the instance (pidMode host)",
        at="/pidMode",
        effort=DAYS,
    ),
    fails(
        "POD-HOST-PID",
        "task, on Fargate",
        task(pidMode="task", **FARGATE),
        says="the containers of the task see each other's processes (pidMode task)",
        severity=LOW,
        effort=HOURS,
    ),
    passes("POD-HOST-PID", "absent", task()),
    not_applicable("POD-HOST-PID", "Windows", task(**WINDOWS)),
    fails(
        "POD-HOST-IPC",
        "host",
        task(ipcMode="host"),
        says="containers reach the shared memory of the instance (ipcMode host)",
        at="/ipcMode",
    ),
    fails(
        "POD-HOST-IPC",
        "none with several containers",
        task(container(), container("side"), ipcMode="none"),
        says="the containers of the task must not share memory (ipcMode none), in a Pod they do",
        severity=LOW,
        effort=HOURS,
    ),
    passes("POD-HOST-IPC", "absent", task()),
    passes("POD-HOST-IPC", "task", task(container(), container("side"), ipcMode="task")),
    passes("POD-HOST-IPC", "none with a single container", task(ipcMode="none")),
    not_applicable("POD-HOST-IPC", "Fargate", task(**FARGATE)),
    not_applicable("POD-HOST-IPC", "Windows", task(**WINDOWS)),
    *lost("POD-HOST-NETWORK", "POD-HOST-PID", "POD-HOST-IPC"),
)

HTTP = {"containerPort": 80}

PORTS = (
    fails(
        "POD-PORT-COLLISION",
        "two containers on one port, in bridge mode by default",
        task(container("web", **ports(HTTP)), container("admin", **ports({"containerPort": 80, "hostPort": 8080}))),
        says="containers web and admin listen on the same port 80/tcp",
        element="80/tcp",
        at="/containerDefinitions/0/portMappings/0/containerPort",
    ),
    fails(
        "POD-PORT-COLLISION",
        "two Windows containers on one port",
        task(container("web", **ports(HTTP)), container("admin", **ports(HTTP)), networkMode="default", **WINDOWS),
        says="containers web and admin listen on the same port 80/tcp",
    ),
    passes(
        "POD-PORT-COLLISION",
        "one port, two protocols",
        task(
            container("a", **ports({"containerPort": 53, "protocol": "udp"})),
            container("b", **ports({"containerPort": 53, "protocol": "tcp"})),
        ),
    ),
    passes(
        "POD-PORT-COLLISION",
        "one container publishes its port twice",
        task(container("a", **ports({**HTTP, "hostPort": 1}, {**HTTP, "hostPort": 2})), container("b")),
    ),
    passes(
        "POD-PORT-COLLISION",
        "the other container goes away with the move",
        task(container("web", **ports(HTTP)), container("envoy", image=ENVOY, **ports(HTTP))),
    ),
    not_applicable("POD-PORT-COLLISION", "a single container", task(container(**ports(HTTP)))),
    *(
        not_applicable(
            "POD-PORT-COLLISION",
            f"{mode} would fail today",
            task(container("web", **ports(HTTP)), container("admin", **ports(HTTP)), networkMode=mode),
        )
        for mode in ("awsvpc", "host")
    ),
    unknown(
        "POD-PORT-COLLISION",
        "a placeholder stands for the network mode",
        file(container("a"), container("b"), unresolved={"/networkMode": "${MODE}"}),
        reason=Reason.UNRESOLVED,
    ),
    fails(
        "POD-STATIC-HOSTPORT",
        "a fixed port",
        task(container(**ports({"containerPort": 80, "hostPort": 8080}))),
        says="container app takes port 8080 of its instance",
        element="8080",
        at="/containerDefinitions/0/portMappings/0/hostPort",
    ),
    fails(
        "POD-STATIC-HOSTPORT",
        "a load balancer is the only way in",
        task(container(**ports({"containerPort": 80, "hostPort": 8080}))),
        service(loadBalancers=[{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 80}]),
        says="container app takes port 8080 of its instance, which a load balancer leads to",
        severity=LOW,
    ),
    fails(
        "POD-STATIC-HOSTPORT",
        "a load balancer leads to another port",
        task(container(**ports({"containerPort": 80}, {"containerPort": 9000, "hostPort": 9000}))),
        service(loadBalancers=[{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 80}]),
        says="container app takes port 9000 of its instance",
    ),
    fails(
        "POD-STATIC-HOSTPORT",
        "a load balancer and Cloud Map lead to it",
        task(container(**ports({"containerPort": 80, "hostPort": 8080}))),
        service(
            loadBalancers=[{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 80}],
            serviceRegistries=[{"registryArn": "arn:aws:servicediscovery:eu-west-1:111122223333:service/srv-1"}],
        ),
        says="container app takes port 8080 of its instance",
    ),
    fails(
        "POD-STATIC-HOSTPORT",
        "a file: a load balancer may be the only way in",
        file(container(**ports({"containerPort": 80, "hostPort": 80}))),
        says="container app takes port 80 of its instance",
        softest=LOW,
    ),
    unknown(
        "POD-STATIC-HOSTPORT",
        "a file that leaves the network mode open",
        file(container(**ports({"containerPort": 80, "hostPort": 80})), unresolved={"/networkMode": ""}),
        reason=Reason.UNRESOLVED,
    ),
    passes("POD-STATIC-HOSTPORT", "a dynamic port", task(container(**ports({"containerPort": 80, "hostPort": 0})))),
    passes("POD-STATIC-HOSTPORT", "no host port", task(container(**ports(HTTP)))),
    not_applicable(
        "POD-STATIC-HOSTPORT",
        "awsvpc, where both ports are equal",
        task(container(**ports({"containerPort": 80, "hostPort": 80})), networkMode="awsvpc"),
    ),
    not_applicable(
        "POD-STATIC-HOSTPORT", "a daemon", task(container(**ports({"containerPort": 80, "hostPort": 80}))), DAEMON
    ),
    fails(
        "POD-PORT-RANGE",
        "a range",
        task(container(**ports(HTTP, {"containerPortRange": "5000-5100"}))),
        says="container app publishes the ports 5000-5100",
        element="5000-5100",
        at="/containerDefinitions/0/portMappings/1/containerPortRange",
    ),
    passes("POD-PORT-RANGE", "a port", task(container(**ports(HTTP)))),
    not_applicable("POD-PORT-RANGE", "no port", task()),
    unknown("POD-PORT-RANGE", "a placeholder", file(**open_field("portMappings")), reason=Reason.UNRESOLVED),
    *lost("POD-PORT-COLLISION", "POD-STATIC-HOSTPORT", "POD-PORT-RANGE"),
)

KERNEL = (
    fails(
        "POD-DEVICES",
        "a device of the instance",
        task(container(**devices("/dev/kvm"))),
        says="container app uses device /dev/kvm of its instance",
        element="/dev/kvm",
        at="/containerDefinitions/0/linuxParameters/devices/0/hostPath",
    ),
    fails(
        "POD-DEVICES",
        "devices for which there is a plugin",
        task(container(**devices("/dev/fuse", "/dev/net/tun"))),
        says=(
            "container app uses device /dev/fuse of its instance; "
            "a device plugin for FUSE (smarter-device-manager) offers it to Pods",
            "container app uses device /dev/net/tun of its instance; "
            "a device plugin for TUN (smarter-device-manager) offers it to Pods",
        ),
    ),
    passes("POD-DEVICES", "none", task()),
    not_applicable("POD-DEVICES", "Fargate", task(**FARGATE)),
    not_applicable("POD-DEVICES", "Windows", task(**WINDOWS)),
    fails(
        "POD-SYSCTL-UNSAFE",
        "a sysctl outside of the safe set, on managed nodes",
        task(container(**sysctls("net.core.somaxconn"))),
        target(compute="managed_nodes"),
        says="container app sets the unsafe sysctl net.core.somaxconn",
        element="net.core.somaxconn",
        at="/containerDefinitions/0/systemControls/0/namespace",
    ),
    fails(
        "POD-SYSCTL-UNSAFE",
        "no target is chosen",
        task(container(**sysctls("net.core.somaxconn", "net.ipv4.tcp_syncookies"))),
        says="container app sets the unsafe sysctl net.core.somaxconn",
        may_be_worse=Reason.UNANSWERED,
    ),
    *(
        fails(
            "POD-SYSCTL-UNSAFE",
            f"the target is {name}",
            task(container(**sysctls("kernel.msgmax"))),
            target(compute=compute),
            says=f"container app sets the unsafe sysctl kernel.msgmax, which {name} does not allow",
            severity=HIGH,
        )
        for compute, name in (("fargate", "EKS Fargate"), ("auto_mode", "EKS Auto Mode"))
    ),
    passes(
        "POD-SYSCTL-UNSAFE",
        "the safe set",
        task(container(**sysctls("kernel.shm_rmid_forced", "net.ipv4.tcp_keepalive_time", "net/ipv4/tcp_rmem"))),
    ),
    not_applicable("POD-SYSCTL-UNSAFE", "none", task()),
    not_applicable("POD-SYSCTL-UNSAFE", "Windows", task(**WINDOWS)),
    unknown("POD-SYSCTL-UNSAFE", "a placeholder", file(**open_field("systemControls")), reason=Reason.UNRESOLVED),
    *lost("POD-DEVICES", "POD-SYSCTL-UNSAFE"),
)

NETWORK = (
    fails(
        "POD-LINKS",
        "a link with an alias, and one without",
        task(container("web", links=["db:database", "cache"]), container("db"), container("cache")),
        says=(
            "container web reaches container db as database by a Docker link",
            "container web reaches container cache by a Docker link",
        ),
        element=("db", "cache"),
        at=("/containerDefinitions/0/links/0", "/containerDefinitions/0/links/1"),
        subject="orders/web",
    ),
    passes("POD-LINKS", "none", task()),
    not_applicable("POD-LINKS", "awsvpc", task(networkMode="awsvpc")),
    fails(
        "POD-LINKS",
        "the mode is left open, and links exist in one only",
        file(container("web", links=["db"]), container("db"), unresolved={"/networkMode": ""}),
        says="container web reaches container db by a Docker link",
        subject="orders/web",
    ),
    unknown("POD-LINKS", "the mode is left open", file(unresolved={"/networkMode": "${M}"}), reason=Reason.UNRESOLVED),
    fails(
        "POD-CUSTOM-DNS",
        "a name server and a search domain",
        task(container(dnsServers=["10.0.0.53"], dnsSearchDomains=["corp.example"])),
        says=(
            "container app uses the name server 10.0.0.53",
            "container app uses the search domain corp.example",
        ),
        element=("10.0.0.53", "corp.example"),
        at=("/containerDefinitions/0/dnsServers/0", "/containerDefinitions/0/dnsSearchDomains/0"),
    ),
    passes("POD-CUSTOM-DNS", "none", task()),
    not_applicable("POD-CUSTOM-DNS", "awsvpc refuses them", task(networkMode="awsvpc")),
    unknown("POD-CUSTOM-DNS", "a placeholder", file(**open_field("dnsServers")), reason=Reason.UNRESOLVED),
    fails(
        "POD-NO-NETWORK",
        "the task",
        task(networkMode="none"),
        says="the task runs without a network",
        at="/networkMode",
    ),
    fails(
        "POD-NO-NETWORK",
        "a container",
        task(container("scan", disableNetworking=True)),
        says="container scan runs without a network",
        element="scan",
        at="/containerDefinitions/0/disableNetworking",
    ),
    passes("POD-NO-NETWORK", "both have one", task(container(disableNetworking=False))),
    not_applicable("POD-NO-NETWORK", "Fargate", task(**FARGATE)),
    not_applicable("POD-NO-NETWORK", "Windows", task(**WINDOWS)),
    *lost("POD-LINKS", "POD-CUSTOM-DNS", "POD-NO-NETWORK"),
)

OPTIONS = (
    fails(
        "POD-SWAP",
        "swap space",
        task(container(linuxParameters={"maxSwap": 512, "swappiness": 60})),
        says="container app may use 512 MiB of swap space",
        at="/containerDefinitions/0/linuxParameters/maxSwap",
    ),
    passes("POD-SWAP", "0", task(container(linuxParameters={"maxSwap": 0}))),
    passes("POD-SWAP", "absent", task()),
    not_applicable("POD-SWAP", "Fargate", task(**FARGATE)),
    not_applicable("POD-SWAP", "Windows", task(**WINDOWS)),
    fails(
        "POD-SECURITY-OPTS",
        "an AppArmor profile",
        task(container(dockerSecurityOptions=["apparmor:docker-default"])),
        says="container app runs under the Docker security option apparmor:docker-default",
        element="apparmor",
        at="/containerDefinitions/0/dockerSecurityOptions/0",
        effort=DAYS,
    ),
    fails(
        "POD-SECURITY-OPTS",
        "no new privileges, which maps as it is",
        task(container(dockerSecurityOptions=["no-new-privileges"])),
        says="container app runs under the Docker security option no-new-privileges",
        severity=INFO,
        effort=HOURS,
    ),
    passes("POD-SECURITY-OPTS", "none", task()),
    passes(
        "POD-SECURITY-OPTS",
        "a credential spec, another rule's",
        task(container(dockerSecurityOptions=["credentialspec:file://web.json"])),
    ),
    not_applicable("POD-SECURITY-OPTS", "Fargate", task(**FARGATE)),
    *lost("POD-SWAP", "POD-SECURITY-OPTS"),
)


def limits(*given: tuple[str, int, int]) -> dict[str, Any]:
    return {"ulimits": [{"name": name, "softLimit": soft, "hardLimit": hard} for name, soft, hard in given]}


NAMES_AND_LIMITS = (
    fails(
        "POD-ULIMITS",
        "locked memory",
        task(container(**limits(("memlock", -1, -1)))),
        target(compute="auto_mode"),
        says="container app sets the limit memlock to -1 and -1",
        element="memlock",
        at="/containerDefinitions/0/ulimits/0",
    ),
    fails(
        "POD-ULIMITS",
        "few open files, for nodes",
        task(container(**limits(("nofile", 1024, 65535)))),
        target(compute="managed_nodes"),
        says="container app sets the limit nofile to 1024 and 65535",
        severity=LOW,
    ),
    fails(
        "POD-ULIMITS",
        "few open files, for EKS Fargate",
        task(container(**limits(("nofile", 1024, 65535)))),
        target(compute="fargate"),
        says="container app sets the limit nofile to 1024 and 65535",
    ),
    fails(
        "POD-ULIMITS",
        "few open files, no target chosen",
        task(container(**limits(("nofile", 1024, 65535)))),
        says="container app sets the limit nofile to 1024 and 65535",
        severity=LOW,
        may_be_worse=Reason.UNANSWERED,
    ),
    fails(
        "POD-ULIMITS",
        "as many open files as nodes give",
        task(container(**limits(("nofile", 65536, 1048576)))),
        target(compute="auto_mode"),
        says="container app sets the limit nofile to 65536 and 1048576",
        severity=LOW,
    ),
    fails(
        "POD-ULIMITS",
        "more open files than nodes give at first",
        task(container(**limits(("nofile", 65537, 1048576)))),
        says="container app sets the limit nofile to 65537 and 1048576",
    ),
    fails(
        "POD-ULIMITS",
        "more open files than nodes ever give",
        task(container(**limits(("nofile", 1024, 1048577)))),
        says="container app sets the limit nofile to 1024 and 1048577",
    ),
    passes("POD-ULIMITS", "none", task()),
    passes("POD-ULIMITS", "what Fargate sets anyway", task(container(**limits(("nofile", 65535, 65535))), **FARGATE)),
    not_applicable("POD-ULIMITS", "Windows", task(**WINDOWS)),
    *(
        fails(
            "POD-RUN-AS-ROOT",
            f"user {user}",
            task(container(user=user)),
            says=f"container app runs as {user}",
            severity=MEDIUM,
            at="/containerDefinitions/0/user",
        )
        for user in ("0", "root", "0:0", "root:root", "0:1000")
    ),
    *(
        passes("POD-RUN-AS-ROOT", f"user {user}", task(container(user=user)))
        for user in ("1000", "1000:0", "node", "rooted")
    ),
    not_applicable("POD-RUN-AS-ROOT", "Windows", task(container(user="0"), **WINDOWS)),
    unknown(
        "POD-RUN-AS-ROOT",
        "the image says who it runs as",
        task(),
        reason=Reason.NOT_COLLECTED,
        needs="ecr.images",
        worst=MEDIUM,
    ),
    unknown("POD-RUN-AS-ROOT", "a file that leaves it to the image", file(), reason=Reason.NOT_IN_SOURCE),
    unknown(
        "POD-RUN-AS-ROOT",
        "a placeholder",
        file(container(), unresolved={"/containerDefinitions/0/user": "${USER}"}),
        reason=Reason.UNRESOLVED,
    ),
    unknown(
        "POD-RUN-AS-ROOT",
        "the task definition could not be described",
        *UNDESCRIBED,
        reason=Reason.DENIED,
    ),
    *(
        fails(
            "POD-USER-NAME",
            f"user {user}",
            task(container(user=user)),
            says=f"container app runs as {user}, not as a number",
            at="/containerDefinitions/0/user",
        )
        for user in ("node", "www-data:www-data", "1000:staff")
    ),
    *(
        not_applicable("POD-USER-NAME", f"user {user}", task(container(user=user)))
        for user in ("1000", "1000:1000", "0")
    ),
    not_applicable("POD-USER-NAME", "absent", task()),
    fails(
        "POD-EXTRA-HOSTS",
        "a name for an address",
        task(container(extraHosts=[{"hostname": "erp.internal", "ipAddress": "10.0.0.9"}])),
        says="container app has the host name erp.internal for itself",
        element="erp.internal",
        at="/containerDefinitions/0/extraHosts/0",
    ),
    not_applicable("POD-EXTRA-HOSTS", "none", task()),
    fails(
        "POD-HOSTNAME",
        "a host name",
        task(container(hostname="worker")),
        says="container app has the host name worker",
        at="/containerDefinitions/0/hostname",
    ),
    not_applicable("POD-HOSTNAME", "none", task()),
    *lost("POD-ULIMITS", "POD-USER-NAME", "POD-EXTRA-HOSTS", "POD-HOSTNAME"),
)

CASES: tuple[Case, ...] = (*NAMES_AND_LIMITS, *PRIVILEGES, *NAMESPACES, *PORTS, *KERNEL, *NETWORK, *OPTIONS)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
