"""Images that are known by name: datastores, and the agents and sidecars that stand beside applications."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from assess.estate.ecs import Container, TaskDefinition
from assess.estate.images import ImageReference, image_reference

AgentKind = Literal["proxy", "logs", "metrics", "traces", "security", "configuration", "management", "network"]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Agent(_Data):
    """A known agent or sidecar; ``data/agents.toml`` says what the fields mean."""

    name: str
    kind: AgentKind
    images: tuple[str, ...]
    socket_optional: bool = False
    privileged: bool = False
    traces_processes: bool = False
    chart: bool = False


class _Words(_Data):
    products: frozenset[str]
    parts: frozenset[str]
    duties: frozenset[str]
    exported: frozenset[str]
    applications: frozenset[str]


class _Agents(_Data):
    agent: tuple[Agent, ...]
    words: _Words


class _Clients(_Data):
    programs: frozenset[str]


class _ClientMode(_Data):
    words: frozenset[str]
    unless: tuple[str, ...]


class _Datastores(_Data):
    names: Mapping[str, str]
    paths: Mapping[str, str]
    data_folders: Mapping[str, str]
    clients: _Clients
    client_modes: Mapping[str, _ClientMode]


def data(name: str) -> dict[str, Any]:
    """A data file of this pack (``data/NAME.toml``), parsed."""
    return tomllib.loads(resources.files("assess_rules").joinpath("data", f"{name}.toml").read_text("utf-8"))


@cache
def _datastores() -> _Datastores:
    return _Datastores.model_validate(data("datastores"))


@cache
def _agent_data() -> _Agents:
    return _Agents.model_validate(data("agents"))


@cache
def _agents() -> Mapping[str, Agent]:
    return {image: agent for agent in _agent_data().agent for image in agent.images}


def image_of(container: Container) -> ImageReference:
    """The container's image, taken apart."""
    return image_reference(container.definition.image)


def datastore_of(container: Container) -> str | None:
    """The datastore that a container runs by its image's name (``MySQL``, ``Kafka``), if it is a known one."""
    image, known = image_of(container), _datastores()
    for tail in image.tails():
        if tail in known.paths:
            return known.paths[tail]
    return known.names.get(image.basename or "")


def datastore_of_folder(path: str) -> str | None:
    """The datastore that keeps its data in a folder (or above it), by the folder's usual place."""
    folders = _datastores().data_folders
    parts = path.rstrip("/").split("/")
    for end in range(len(parts), 1, -1):
        found = folders.get("/".join(parts[:end]))
        if found is not None:
            return found
    return None


def runs_client_of_datastore(container: Container) -> bool:
    """Whether a container of a datastore's image runs a client (``psql``, a Consul agent) and no server."""
    definition = container.definition
    words = [word for text in (*definition.entry_point, *definition.command) for word in text.split()]
    mode = _datastores().client_modes.get(datastore_of(container) or "")
    if mode is not None and mode.words & set(words) and not any(word.startswith(mode.unless) for word in words):
        return True
    for word in words:
        name = word.rpartition("/")[2]
        if name in _datastores().clients.programs:
            return True
        if name not in _SHELL_WORDS:
            return False
    return False


_SHELL_WORDS = frozenset(
    {"sh", "bash", "ash", "-c", "-e", "-ec", "-x", "-xc", "-l", "-lc", "-ce", "exec", "set", "env", "&&", ";"}
)


def agent_of(container: Container) -> Agent | None:
    """The known agent or sidecar that a container runs by its image's name."""
    agents = _agents()
    for tail in image_of(container).tails():
        if tail in agents:
            return agents[tail]
    return None


def presumed_agent_of(container: Container) -> Agent | None:
    """The known agent that a container runs by its image or, where that is a copy or open, by the container's name."""
    return agent_of(container) or _agents().get(container.name.lower())


def is_mesh_proxy(container: Container) -> bool:
    """Whether a container is the App Mesh proxy of its task, by the proxy configuration or by its image."""
    proxy = container.task.proxy_configuration
    if proxy is not None and proxy.type == "APPMESH" and proxy.container_name == container.name:
        return True
    return any(part in _APP_MESH for part in image_of(container).tail)


_APP_MESH = frozenset({"appmesh", "aws-appmesh-envoy", "aws-appmesh-proxy-route-manager"})


def _sounds_like_sidecar(name: str) -> bool:
    """Whether a name's words tell of a sidecar: ``observability-collector`` does, ``planner-agent`` does not."""
    if "sidecar" in name.lower():
        return True
    words, known = set(_WORDS.split(name.lower())), _agent_data().words
    if words & known.applications:
        return False
    if words & known.products or (words & known.parts and words & known.duties):
        return True
    return "exporter" in words and bool(words & known.exported)


_WORDS = re.compile(r"[^a-z0-9]+")


def is_sidecar(container: Container) -> bool:
    """Whether a container is no application: a known agent, a mesh proxy, a log router, or a sidecar by its name."""
    return (
        presumed_agent_of(container) is not None
        or is_mesh_proxy(container)
        or _sounds_like_sidecar(image_of(container).basename or "")
        or _sounds_like_sidecar(container.name)
        or (datastore_of(container) is not None and runs_client_of_datastore(container))
        or container.definition.firelens_configuration is not None
    )


def applications(task: TaskDefinition) -> tuple[Container, ...]:
    """The containers of a task without its known sidecars."""
    return tuple(each for each in task.containers() if not is_sidecar(each))
