"""The facts that the graph is drawn from: where one of them was not seen, the whole graph is not known."""

GRAPH = "graph"
"""What a rule ``needs`` that says something of the whole graph."""

FACTS: tuple[str, ...] = (
    *("ecs.services", "ecs.task_definitions", "cloudmap", "elb.load_balancers", "elb.listeners", "elb.target_groups"),
    *("iam.roles", "vpc.security_groups", "schedules", "workflows", "pipes", "route53", "edge"),
    *("datastores", "messaging", "lambda", "secrets.metadata"),
)
"""Facts of the estate that edges are read from."""
