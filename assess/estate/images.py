"""Container image references taken apart: registry, repository, tag, digest, as far as templating leaves them known.

The grammar is that of https://pkg.go.dev/github.com/distribution/reference.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from assess.estate.redaction import MARKER

DOCKER_HUB = "docker.io"
"""The registry of a reference that names none."""

_HUB_HOSTS = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"})
_PUBLIC_ECR_HOSTS = frozenset({"public.ecr.aws", "ecr-public.aws.com"})

_PLACEHOLDER = re.compile(
    MARKER.pattern  # what the door replaced is as unknown as what a template leaves open
    + r"""|\$\{\{[^{}]*\}\}|\$\{[^{}]*\}|\$\([^()]*\)|\{\{[^{}]*\}\}|\{%[^%]*%\}|<%[^%]*%>|<[^<>]+>"""
    + r"""|%[A-Za-z_][A-Za-z0-9_]*%|@@?[A-Z_][A-Z0-9_]*@@?|\$[A-Za-z_][A-Za-z0-9_]*"""
    + r"""|\[\[[^\[\]]*\]\]|\{[A-Za-z_][A-Za-z0-9_.]*\}"""
)
_SHOUTED = re.compile(r"(?<![A-Za-z0-9])_*[A-Z][A-Z0-9_]{2,}(?![A-Za-z0-9])")
"""Names have no capital letters: ``IMAGE_NAME`` or ``ACCOUNT_ID`` is there to be replaced."""

_SHOUTED_TAG = re.compile(r"__[A-Z_]+__|(?<![A-Za-z0-9])[A-Z]+(?:_[A-Z]+)+(?![A-Za-z0-9])")
"""A tag may have capital letters; one like ``IMAGE_TAG`` is there to be replaced all the same."""

_HOLE = "\x00"

_ECR = re.compile(
    r"(?P<account>[0-9]{12}|\x00)\.dkr(?:\.ecr|-ecr)(?:-fips)?\.(?P<region>[a-z0-9-]+|\x00)"
    r"\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com\.cn|c2s\.ic\.gov|sc2s\.sgov\.gov)"
)


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image reference; a part that a template leaves open (or that the door replaced) is none."""

    text: str
    """The reference as written."""
    registry: str | None
    """Host (and port); ``docker.io`` where none is written."""
    repository: str | None
    """Path within the registry, without Docker Hub's ``library/``."""
    tail: tuple[str, ...]
    """The last known components of the repository's path: all of them where nothing is left open."""
    tag: str | None
    """None where there is none, too: see :attr:`has_open_tag`."""
    digest: str | None
    has_open_tag: bool
    """Whether tag or digest (or the whole reference) is left open."""
    is_ecr: bool
    """Whether the registry is a private Amazon ECR registry."""
    ecr_account: str | None
    ecr_region: str | None

    @property
    def basename(self) -> str | None:
        """The last component of the repository's path."""
        return self.tail[-1] if self.tail else None

    @property
    def is_open(self) -> bool:
        """Whether not even the repository's last component is known."""
        return not self.tail

    @property
    def is_docker_hub(self) -> bool:
        """Whether the image comes from Docker Hub."""
        return self.registry in _HUB_HOSTS

    @property
    def is_public_ecr(self) -> bool:
        """Whether the image comes from Amazon ECR Public."""
        return self.registry in _PUBLIC_ECR_HOSTS

    def tails(self) -> Iterator[str]:
        """Every path that the repository ends with, longest first."""
        for start in range(len(self.tail)):
            yield "/".join(self.tail[start:])


@lru_cache(maxsize=8192)
def image_reference(text: str) -> ImageReference:
    """Takes a reference apart; never fails: what does not fit the grammar ends up in the repository.

    An empty reference is left open: pipelines fill the image in.
    """
    masked = _PLACEHOLDER.sub(_HOLE, text.strip()) or _HOLE
    name, _, digest = masked.partition("@")
    head, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    head, last, tag = _SHOUTED.sub(_HOLE, head), _SHOUTED.sub(_HOLE, last), _SHOUTED_TAG.sub(_HOLE, tag)
    components = [*(head.split("/") if slash else ()), last]
    host: str | None = DOCKER_HUB
    if len(components) > 1:
        first = components[0]
        if _is_host(first):
            host = first
            del components[0]
        elif _HOLE in first:
            host = None  # a registry or a namespace: the placeholder may be either
    elif _HOLE in last:
        host = None
    if host in _HUB_HOSTS and components[0] == "library":
        del components[0]
    open_at = [index for index, each in enumerate(components) if _HOLE in each]
    tail = tuple(each.lower() for each in (components[open_at[-1] + 1 :] if open_at else components))
    ecr = _ECR.fullmatch(host) if host is not None else None
    # a placeholder at the end of the name may bring its own tag: "${IMAGE}"
    open_name = _HOLE in last and not colon and not digest
    return ImageReference(
        text=text,
        registry=None if host is None or _HOLE in host else host.lower(),
        repository=None if open_at else "/".join(components),
        tail=tuple(each for each in tail if each),
        tag=None if not tag or _HOLE in tag else tag,
        digest=None if not digest or _HOLE in digest else digest,
        has_open_tag=open_name or _HOLE in tag or _HOLE in digest,
        is_ecr=ecr is not None,
        ecr_account=_known(ecr["account"]) if ecr else None,
        ecr_region=_known(ecr["region"]) if ecr else None,
    )


def _is_host(component: str) -> bool:
    bare = component.replace(_HOLE, "")
    return "." in bare or ":" in component or component == "localhost"


def _known(part: str) -> str | None:
    return None if _HOLE in part else part
