"""Reads what one container is told of others: each address in its configuration, with the place where it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assess.estate.ecs import Container, TaskDefinition
from assess.estate.facts import Evidence
from assess.estate.redaction import MARKER
from assess.graph.endpoints import Endpoint, Form, Role, endpoints_in, in_words, joined, names_host, role_of


@dataclass(frozen=True, slots=True)
class Told:
    """An address that a container is told, and where it stands."""

    container: Container
    endpoint: Endpoint
    name: str
    """The variable, option or label; empty for a word of a command."""
    what: str
    """The place, for a sentence: ``DB_HOST (with DB_PORT)``, ``the command``."""
    evidence: Evidence
    by_proxy: bool = False
    is_label: bool = False

    @property
    def role(self) -> Role:
        """Whose address it is, by the name of the variable and of the option in it: the latter wins if it says more."""
        host = self.endpoint.host
        within = role_of(self.endpoint.option, host) if self.endpoint.option else Role.OUTBOUND
        return within if within is not Role.OUTBOUND else role_of(self.name, host)


def told_by(task: TaskDefinition, container: Container) -> Iterator[Told]:
    """The addresses in a container's variables, commands, health check, labels and hosts entries, in this order."""
    definition = container.definition
    at = {each.name: index for index, each in enumerate(definition.environment)}  # of equal names the last counts
    environment = {each.name: each.value for each in definition.environment}
    variables = joined(environment)
    by_proxy = any(role_of(each.endpoint.option or each.variables[0]) is Role.PROXY for each in variables)
    named: set[str] = set()
    for found in variables:
        name, *others = found.variables
        named.add(name)
        what = f"{name} (with {', '.join(others)})" if others else name
        evidence = task.evidence(*container.at("environment", at[name], "value"), value=environment[name])
        yield Told(container, found.endpoint, name, what, evidence, by_proxy)
    for name, value in sorted(environment.items()):
        if name not in named and role_of(name) is not Role.IGNORED:
            for endpoint in _left_open(name, value):
                evidence = task.evidence(*container.at("environment", at[name], "value"), value=environment[name])
                yield Told(container, endpoint, name, name, evidence)
    check = definition.health_check
    for what, steps, words in (
        ("the entry point", ("entryPoint",), definition.entry_point),
        ("the command", ("command",), definition.command),
        ("the health check", ("healthCheck", "command"), check.command if check is not None else ()),
    ):
        found_in = in_words(words)
        for index, endpoint in found_in:
            yield Told(
                container, endpoint, "", what, task.evidence(*container.at(*steps, index), value=words[index]), by_proxy
            )
        read = {index for index, _ in found_in}
        for index, word in enumerate(words):
            for endpoint in _left_open("", word) if index not in read else ():
                yield Told(container, endpoint, "", what, task.evidence(*container.at(*steps, index), value=word))
    for key, value in sorted(definition.docker_labels.items()):
        for endpoint in endpoints_in(value, key):
            evidence = task.evidence(*container.at("dockerLabels", key))
            yield Told(container, endpoint, key, f"label {key}", evidence, is_label=True)
    for index, entry in enumerate(definition.extra_hosts):
        for endpoint in endpoints_in(entry.ip_address, "host"):
            evidence = task.evidence(*container.at("extraHosts", index, "ipAddress"))
            yield Told(container, endpoint, "", f"the hosts entry of {entry.hostname}", evidence)


REFERENCE = re.compile(r"\$\{([A-Za-z0-9]{1,255})(?:\.[A-Za-z0-9_.:-]{1,200})?\}")
"""What CloudFormation's reader leaves for a `Ref` or a `Fn::GetAtt`; the group is the logical id."""


def _left_open(name: str, value: str) -> Iterator[Endpoint]:
    """What a text without an address may lead to: it refers to a resource of a template, or its value is hidden."""
    if REFERENCE.search(value) is not None:
        yield Endpoint(form=Form.NAME, placeholder=value, certain=False)
    elif names_host(name) and MARKER.fullmatch(value):
        yield Endpoint(form=Form.NAME, certain=False)
