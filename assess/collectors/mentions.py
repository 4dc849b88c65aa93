"""What workloads name: words of what their containers are told, and resources that their roles are granted.

Details of a queue, a table or a bucket are asked for only where a workload may use it. A word that is equal by chance
costs one call more, and nothing else.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from assess.collectors.interface import Reader
from assess.estate.ecs import TaskDefinition
from assess.estate.grants import Exactness, exactness_of, thing_of
from assess.estate.identity import Role

_WORD = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_MOST_LABELS = 6
"""Labels of a name of a bucket that stands in front of its endpoint's."""


class Mentions:
    """What the workloads of a place name, as far as it may be of one service."""

    def __init__(self, reader: Reader, service: str) -> None:
        self._service = service
        tasks = reader.facts(TaskDefinition)
        self._words = {word for task in tasks for word in _words(task)}
        used = {arn for task in tasks for arn in (task.task_role_arn, task.execution_role_arn) if arn}
        granted = {each for role in reader.facts_of_account(Role) if role.arn in used for each in self._granted(role)}
        self._things = {thing for thing, exactness in granted if exactness is Exactness.EXACT}
        self._patterns = sorted(thing for thing, exactness in granted if exactness is Exactness.PATTERN)

    def _granted(self, role: Role) -> Iterator[tuple[str, Exactness]]:
        for statement in role.statements():
            for resource in statement.resources if statement.allows else ():
                if f":{self._service}:" in resource:
                    yield thing_of(resource), exactness_of(self._service, resource)

    def hold(self, name: str, arn: str) -> bool:
        """Whether a workload names the resource of this name and ARN."""
        return name in self._words or arn in self._things or any(fnmatchcase(arn, each) for each in self._patterns)


def _words(task: TaskDefinition) -> Iterator[str]:
    for container in task.containers():
        for text in container.texts():
            for word in _WORD.findall(text.value):
                yield word
                # NAME.s3.REGION.amazonaws.com
                at = word.find(".")
                for _ in range(_MOST_LABELS):
                    if at < 0:
                        break
                    yield word[:at]
                    at = word.find(".", at + 1)
