"""AWS's own IAM policies: moto holds all of them or none, and reading all of them takes a client seconds; here each
appears when somebody attaches it.
"""

import functools
import json
import re
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from tests.support.wire import Call

_ARN = re.compile(r"arn:aws:iam::aws:policy/(?:.*/)?([^/]+)")


def hold_managed_policy(call: Call) -> None:
    """Makes the AWS-managed policy known to moto that a call names, if it names one."""
    for member in ("PolicyArn", "PermissionsBoundary"):
        named = _ARN.fullmatch(str(call.parameters.get(member) or ""))
        data = _published().get(named[1]) if named else None
        if named is None or data is None:
            continue
        backend = iam_backends[call.account]["aws"]
        if named[0] not in backend.managed_policies:
            policy = AWSManagedPolicy.from_data(named[1], call.account, call.region, data)
            backend.managed_policies[policy.arn] = policy
            backend.aws_managed_policies.append(policy)


@functools.cache
def _published() -> dict[str, dict[str, Any]]:
    """Policies by name, as AWS had published them when moto was released."""
    return dict(json.loads(aws_managed_policies_data))
