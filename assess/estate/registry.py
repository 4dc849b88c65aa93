"""Repositories of Amazon ECR, in its own terms."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import ClassVar

from assess.estate.facts import Choice, Fact, Identifier, Part, Text


class MutabilityFilter(Part):
    """Tags that a repository's setting does not hold for: ``filter`` is a name with wildcards."""

    filter_type: Choice | None = None
    filter: Identifier = ""


class ScanningConfiguration(Part):
    """How the images of a repository are scanned, the settings of the whole registry applied."""

    scan_on_push: bool | None = None
    scan_frequency: Choice | None = None
    """SCAN_ON_PUSH, CONTINUOUS_SCAN or MANUAL."""


class LifecycleSelection(Part):
    """The images that a lifecycle rule is about."""

    tag_status: Choice | None = None
    """tagged, untagged or any."""
    tag_prefix_list: tuple[Identifier, ...] = ()
    tag_pattern_list: tuple[Identifier, ...] = ()
    count_type: Choice | None = None
    """imageCountMoreThan, sinceImagePushed, sinceImagePulled, ..."""
    count_unit: Choice | None = None
    count_number: int | None = None


class LifecycleAction(Part):
    """What happens to them; ``expire`` deletes."""

    type: Choice | None = None


class LifecycleRule(Part):
    """A rule of a lifecycle policy."""

    rule_priority: int | None = None
    description: Text | None = None
    selection: LifecycleSelection | None = None
    action: LifecycleAction | None = None


class LifecyclePolicy(Part):
    """What deletes images of a repository by itself."""

    rules: tuple[LifecycleRule, ...] = ()


class Repository(Fact):
    """A repository that workloads pull images from.

    ``scanning`` and ``lifecycle_policy`` come from calls of their own; ``has_lifecycle_policy`` is absent where that
    call was not answered.
    """

    identity_field: ClassVar[str] = "repository_arn"

    repository_arn: Identifier = ""
    repository_name: Identifier = ""
    repository_uri: Identifier | None = None
    registry_id: Identifier | None = None
    image_tag_mutability: Choice | None = None
    """MUTABLE or IMMUTABLE, each also with ``_WITH_EXCLUSION``."""
    image_tag_mutability_exclusion_filters: tuple[MutabilityFilter, ...] = ()
    scanning: ScanningConfiguration | None = None
    lifecycle_policy: LifecyclePolicy | None = None
    has_lifecycle_policy: bool | None = None

    def can_move(self, tag: str) -> bool | None:
        """Whether a tag can be given to another image; none where the repository does not say."""
        setting, _, exclusion = (self.image_tag_mutability or "").partition("_WITH_")
        if setting not in ("MUTABLE", "IMMUTABLE"):
            return None
        filters = self.image_tag_mutability_exclusion_filters if exclusion else ()
        excluded = any(fnmatchcase(tag, each.filter) for each in filters)
        return (setting == "MUTABLE") is not excluded

    def expiring(self, tag: str | None) -> Iterator[tuple[int, LifecycleSelection]]:
        """Index and selection of each lifecycle rule that may delete an image with this tag (none: not known)."""
        for index, rule in enumerate(self.lifecycle_policy.rules if self.lifecycle_policy else ()):
            selection = rule.selection
            if selection is None or rule.action is None or rule.action.type != "expire":
                continue
            wanted = [f"{prefix}*" for prefix in selection.tag_prefix_list] + list(selection.tag_pattern_list)
            if selection.tag_status == "untagged" or (
                tag is not None and wanted and not any(fnmatchcase(tag, each) for each in wanted)
            ):
                continue
            yield index, selection
