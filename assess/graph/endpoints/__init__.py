"""Reads the addresses of others out of the texts that a container runs with; pure, and knows no estate."""

from assess.graph.endpoints.hosts import HostKind, host_kind
from assess.graph.endpoints.model import Endpoint, Form
from assess.graph.endpoints.names import (
    Role,
    engine_of,
    flow_of,
    name_words,
    names_host,
    names_resource,
    observes,
    role_of,
)
from assess.graph.endpoints.text import endpoints_in
from assess.graph.endpoints.variables import Joined, in_words, joined

__all__ = [
    "Endpoint",
    "Form",
    "HostKind",
    "Joined",
    "Role",
    "endpoints_in",
    "engine_of",
    "flow_of",
    "host_kind",
    "in_words",
    "joined",
    "name_words",
    "names_host",
    "names_resource",
    "observes",
    "role_of",
]
