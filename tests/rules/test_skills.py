import pytest

from assess.estate.gaps import Reason
from assess.rule import (
    HIGH,
    MEDIUM,
)
from tests.rules.harness import (
    Case,
    Never,
    container,
    file,
    never,
    not_applicable,
    primary,
    service,
    task,
    undescribed,
    unknown,
)

RULES = {
    "SKL-MANIFESTS": ("survey.T1", "survey.T6", HIGH),
    "SKL-DEBUG": ("survey.T7", "survey.T11", HIGH),
    "SKL-PLATFORM": ("survey.T17", "survey.T22", HIGH),
    "SKL-SCHEDULING": ("survey.T12", "survey.T16", MEDIUM),
    "SKL-SECURITY": ("survey.T23", "survey.T26", MEDIUM),
}

BLUE_GREEN = service(deploymentConfiguration={"strategy": "BLUE_GREEN"})
CODE_DEPLOY = service(deploymentController={"type": "CODE_DEPLOY"})
CONNECTED = service(deployments=primary(serviceConnectConfiguration={"enabled": True}))
MESH = task(proxyConfiguration={"type": "APPMESH", "containerName": "envoy"})
GPU = task(container(resourceRequirements=[{"type": "GPU", "value": "1"}]))
WINDOWS = task(runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"})

SKILLS = tuple(
    unknown(rule, situation, piece, reason=Reason.UNANSWERED, needs=(first, last), worst=worst)
    for rule, (first, last, worst) in RULES.items()
    for situation, piece in (("nobody was asked", task()), ("nobody was asked about a file", file()))
)

CASES = (
    *SKILLS,
    *(
        unknown("SKL-FEATURE-MATCH", situation, *pieces, reason=Reason.UNANSWERED, needs=question)
        for situation, question, pieces in (
            ("a blue/green deployment", "survey.T27", (task(), BLUE_GREEN)),
            ("CodeDeploy", "survey.T27", (task(), CODE_DEPLOY)),
            ("Service Connect", "survey.T28", (task(), CONNECTED)),
            ("App Mesh", "survey.T28", (MESH,)),
            ("a GPU", "survey.T29", (GPU,)),
            ("Windows", "survey.T29", (WINDOWS,)),
        )
    ),
    not_applicable("SKL-FEATURE-MATCH", "nothing of the kind", task()),
    unknown(
        "SKL-FEATURE-MATCH",
        "a service could not be described",
        *undescribed(),
        reason=Reason.DENIED,
    ),
)

NEVER: tuple[Never, ...] = tuple(
    never(rule, outcome, "answers are not read yet")
    for rule in (*RULES, "SKL-FEATURE-MATCH")
    for outcome in ("pass", "fail", "not_applicable")
    if (rule, outcome) != ("SKL-FEATURE-MATCH", "not_applicable")
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rule(case: Case) -> None:
    case.check()
