"""How sure each source of evidence is by itself; :func:`assess.graph.model.combined` takes several together."""

from typing import Final

CONFIGURED: Final = 0.95
"""AWS itself acts on it: a target group's service, a registry, a mounted file system, an event's target."""

RESOLVED: Final = 0.85
"""An exact endpoint, ARN or name in configuration that is a resource we found."""

PATTERN: Final = 0.7
"""An endpoint of the shape that an AWS service gives, whose resource we did not find."""

GRANTED: Final = 0.6
"""An IAM statement allows data-plane actions on exactly this resource."""

ALIAS: Final = 0.5
"""A client of the namespace whose configuration holds a Service Connect alias."""

GRANTED_PART: Final = 0.4
"""An IAM statement whose resource holds one wildcard, and which this resource matches."""

ADMITTED: Final = 0.35
"""A security group admits another's members on a port."""

NAMED_ALIKE: Final = 0.3
"""The names are alike; never above :data:`ALIAS` without another family."""

WEAK: Final = 0.2
"""A grant on everything of a service."""
