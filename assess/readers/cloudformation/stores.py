"""Secrets, keys and image repositories as their stores describe them: never a value."""

from assess.readers.cloudformation.drafts import Draft, Drafts
from assess.readers.cloudformation.values import Value
from assess.readers.json_text import JsonError, parse

_SECRET, _KEY = "AWS::SecretsManager::Secret", "AWS::KMS::Key"


def complete(drafts: Drafts) -> None:
    """Adds rotation to secrets, aliases to keys, lifecycle and scanning to repositories."""
    for rotation in drafts.stack.of("AWS::SecretsManager::RotationSchedule"):
        secret = drafts.meant(rotation.properties.get("SecretId"), _SECRET)
        if secret is not None:
            secret.put("RotationEnabled", Value(True, rotation.line))
            secret.put("RotationRules", rotation.properties.get("RotationRules"))
    for key in drafts.of("encryption_keys"):
        line = key.resource.line
        enabled = key.resource.properties.get("Enabled")
        if enabled is None or enabled.literal is not None:
            is_disabled = enabled is not None and enabled.literal == "false"
            key.put("KeyState", Value("Disabled" if is_disabled else "Enabled", line))
        key.put("References", Value([Value(key.resource.arn, line), Value(key.resource.id, line)], line))
    for alias in drafts.stack.of("AWS::KMS::Alias"):
        aliased = drafts.meant(alias.properties.get("TargetKeyId"), _KEY)
        if aliased is not None:
            aliased.put("References/-", Value(alias.name, alias.line))
    for repository in drafts.of("repositories"):
        _repository(repository)


def _repository(draft: Draft) -> None:
    properties = draft.resource.properties
    scanning = properties.get("ImageScanningConfiguration")
    on_push = scanning.members.get("ScanOnPush") if scanning is not None else None
    if on_push is not None and on_push.literal == "true":
        # without it, the registry's own settings may scan all the same
        draft.put("scanning/scanOnPush", Value(True, on_push.line))
    policy = properties.get("LifecyclePolicy")
    draft.put(
        "hasLifecyclePolicy", Value(policy is not None, policy.line if policy is not None else draft.resource.line)
    )
    text = policy.members.get("LifecyclePolicyText") if policy is not None else None
    if text is not None and text.literal:
        try:
            document = parse(text.literal).plain()
        except JsonError:
            return
        draft.put("lifecyclePolicy", _value(document, text.line))


def _value(document: object, line: int) -> Value:
    if isinstance(document, dict):
        return Value({str(name): _value(each, line) for name, each in document.items()}, line)
    if isinstance(document, list):
        return Value([_value(each, line) for each in document], line)
    return Value(document if isinstance(document, str | int | float | bool) else None, line)
