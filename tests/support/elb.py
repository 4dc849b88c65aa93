"""Listener rules as AWS shows them: moto names the default rule by a place in memory, which differs every time, and
leaves a condition's ``Values`` out, which AWS sends beside the settings of its kind.
"""

import hashlib

from tests.support.wire import Document


def corrected_rules(answer: Document) -> Document:
    """The answer of DescribeRules with ids that are the same for the same listener, and with ``Values``."""
    for rule in answer["Rules"]:
        if rule.get("IsDefault"):
            listener = rule["RuleArn"].rpartition("/")[0]
            rule["RuleArn"] = f"{listener}/{hashlib.sha256(listener.encode()).hexdigest()[:16]}"
        for condition in rule.get("Conditions") or ():
            for settings in ("HostHeaderConfig", "PathPatternConfig"):
                if settings in condition:
                    condition.setdefault("Values", condition[settings].get("Values") or [])
    return answer
