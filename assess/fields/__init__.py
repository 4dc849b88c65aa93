"""What each field of Amazon ECS becomes on Kubernetes, and which fields a workload uses."""
