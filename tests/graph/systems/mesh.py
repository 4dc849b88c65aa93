"""Four services in a Consul mesh, as AWS describes what is deployed of them."""

from tests.graph.systems.documents import Account, Documents, allow

ACCOUNT, REGION = "111122223333", "ap-southeast-2"
_PORTS = {"portal": 5000, "checkout": 5001, "payments": 5002, "gateway": 8080}
_AGENT = (21000, 8500, 8502, 8301, 8302)


def documents() -> Documents:
    """The account's documents."""
    aws = Account(ACCOUNT, REGION, "vpc-0mesh")
    cluster = aws.cluster("mesh-demo")
    everyone = "0.0.0.0/0"
    shared = aws.group("mesh", *((port, everyone) for port in (8300, 8301, 8302, 8500, 8502, 80, 443, 8080)))
    pages = aws.group("mesh-portal", (5000, everyone))
    machine = allow(["ecs:StartTask", "ecs:Poll", "ec2:DescribeInstances", "ecr:BatchGetImage", "logs:PutLogEvents"])
    task = aws.role("mesh-task", machine)
    execution = aws.role("mesh-execution")
    for name, port in _PORTS.items():
        proxy = aws.container(
            f"{name}-sidecar" if name != "gateway" else name,
            "mesh-demo",
            environment={
                "CONSUL_GRPC_ADDR": "127.0.0.1:8502",
                "SERVICE_CONFIG": f"opt/consul/services/{name}-service.json",
            },
            portMappings=[{"containerPort": each, "hostPort": each} for each in (*_AGENT, *_own(name, port))],
        )
        program = aws.container(name, "mesh-demo", portMappings=[{"containerPort": port, "hostPort": port}])
        aws.service(
            cluster,
            f"{name}-svc",
            name,
            [proxy] if name == "gateway" else [program, proxy],
            groups=[shared, pages] if name == "portal" else [shared],
            task={"taskRoleArn": task, "executionRoleArn": execution},
        )
    return aws.documents


def _own(name: str, port: int) -> tuple[int, ...]:
    return (port,) if name == "gateway" else ()
