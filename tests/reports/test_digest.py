import pytest

from assess.estate.gaps import Reason
from assess.rule import Severity
from assess_reports import digest
from tests.reports import examples


def test_workloads_stand_worst_first() -> None:
    names = [each.name for each in digest.worst_first(examples.shop().workloads)]
    assert names == [
        *("cart", "orders", "payments", "exporter"),
        *("api", "search", "session-store", "web"),
        *("mailer", "reports", "images", "catalogue-import"),
    ]


def test_a_finding_that_stands_explains_more_than_an_accepted_one() -> None:
    shop = examples.shop()
    waiver = next(each.waived for each in shop.findings if each.waived)
    accepted = examples.finding("SEC-ENV-PLAINTEXT", ["a"], "accepted", waived=waiver)
    standing = examples.finding("ECS-APP-MESH", ["a"], "standing", confidence=0.8)
    milder = examples.finding("IAM-WILDCARD", ["a"], "milder")
    reasons = digest.main_reasons(examples.assessment(["a"], [accepted, milder, standing]))
    assert [each.text for each in reasons.values()] == ["standing"]


def test_what_only_informs_explains_nothing() -> None:
    assert digest.main_reasons(examples.assessment(["a"], [examples.finding("MAN-RESTART", ["a"], "convert")])) == {}


def test_an_undetermined_workload_is_explained_by_the_gravest_rule_that_was_not_seen() -> None:
    shop = examples.shop()
    denied = next(each for each in shop.unknowns if each.reason is Reason.DENIED)
    graver = denied.model_copy(update={"rule": "ECS-APP-MESH", "worst": Severity.CRITICAL, "needs": ()})
    reason = digest.main_reasons(shop.model_copy(update={"unknowns": (graver, denied)}))[
        examples.workload_id("exporter")
    ]
    assert (reason.label, reason.text) == (
        "not seen, may be critical",
        "The service is part of an App Mesh mesh; access was denied",
    )


def test_a_workload_of_which_nothing_was_seen_says_so() -> None:
    reasons = digest.main_reasons(examples.shop().model_copy(update={"unknowns": ()}))
    assert reasons[examples.workload_id("exporter")].text == "no rule that carries points could be decided"


@pytest.mark.parametrize(
    ("error", "actions"),
    [
        ("AccessDeniedException", ["ecs:ListServices"]),
        ("UnauthorizedOperation", ["ecs:ListServices"]),
        ("AuthorizationError", ["ecs:ListServices"]),
        ("ThrottlingException", []),
    ],
)
def test_only_what_was_refused_is_to_be_granted(error: str, actions: list[str]) -> None:
    blind = examples.blind()
    gap = blind.gaps[0].model_copy(update={"error": error})
    assert digest.missing_actions(blind.model_copy(update={"gaps": (gap,)})) == actions


def test_gaps_of_one_call_are_told_together() -> None:
    gap = examples.shop().gaps[0]
    other = gap.model_copy(update={"resource": "arn:aws:iam::111122223333:role/other", "rules": ("A", "IAM-WILDCARD")})
    (group,) = digest.gap_groups([gap, other, examples.shop().gaps[1]])
    assert digest.gap_words(group) == "AccessDenied for 2 resources in 111122223333; leaves 2 rules undecided"


def test_one_rule_at_two_severities_is_told_apart() -> None:
    findings = [
        examples.finding("HLT-NONE", ["a"], "bad"),
        examples.finding("HLT-NONE", ["b"], "worse", severity="high"),
        examples.finding("LIF-STOP-TIMEOUT", ["b"], "short"),
    ]
    found = examples.assessment(["a", "b"], findings)
    rows = digest.fixes(found)
    assert [digest.fix_title(found, row, rows) for row in rows] == [
        "Nothing checks whether the container works (where it is high)",
        "Nothing checks whether the container works (where it is medium)",
        "The container has no time to finish",
    ]


def test_questions_without_a_text_are_asked_by_their_rule() -> None:
    shop = examples.shop()
    asked = [each.model_copy(update={"question": None}) for each in shop.unknowns if each.reason is Reason.UNANSWERED]
    questions = digest.questions(shop.model_copy(update={"unknowns": (*asked, *asked)}))
    assert questions == ["Is this so? Nobody has written Kubernetes manifests yet"]


def test_a_target_that_is_not_chosen_is_asked_for_once() -> None:
    shop = examples.shop()
    asked = shop.unknowns[1].model_copy(update={"question": None, "needs": ("policy.target",)})
    other = asked.model_copy(update={"rule": "MAN-RESTART"})
    questions = digest.questions(shop.model_copy(update={"unknowns": (asked, other)}))
    assert questions == ["Where are the workloads to run? It is chosen under [target] in assess.toml"]


def test_needs_stand_in_the_order_that_people_count_in() -> None:
    shop = examples.shop()
    unknown = shop.unknowns[1].model_copy(update={"needs": ("survey.T10", "survey.T9", "iam:B", "iam:A")})
    (group,) = digest.unknown_groups([unknown])
    assert group.needs == ("iam:A", "iam:B", "survey.T9", "survey.T10")
    assert group.workloads == 12
