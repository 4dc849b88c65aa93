"""Tells whether an Amazon ECS estate is ready to move to Kubernetes, and what stands in the way."""

__version__ = "0.1.0"
