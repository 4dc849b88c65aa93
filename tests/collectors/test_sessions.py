"""Who a scan reads as: profiles, roles, regions, and the one clear line for each way it cannot begin."""

import threading
from pathlib import Path

import pytest
from botocore.credentials import AssumeRoleProvider

from assess.collectors import ScanError, ScanRequest, scan
from tests.support.aws import REGION, SimulatedAws

_NOTHING = frozenset[str]()
_PROFILES = """
[default]
region = us-east-1

[profile production]
region = eu-west-1
aws_access_key_id = testing
aws_secret_access_key = testing

[profile guarded]
region = us-east-1
role_arn = arn:aws:iam::123456789012:role/reader
source_profile = production
mfa_serial = arn:aws:iam::123456789012:mfa/somebody

[profile nowhere]
region = us-esat-1
aws_access_key_id = testing
aws_secret_access_key = testing

[profile half]
region = us-east-1
aws_access_key_id = testing
"""


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration file with a few profiles, and no credentials in the environment."""
    path = tmp_path / "config"
    path.write_text(_PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)


def _error(request: ScanRequest) -> ScanError:
    with pytest.raises(ScanError) as raised:
        scan(request, facts=_NOTHING)
    assert "\n" not in raised.value.message
    return raised.value


# --- ways in ----------------------------------------------------------------------------------------------------


def test_region_is_that_of_the_profile(aws: SimulatedAws, profiles: None) -> None:
    assert scan(ScanRequest(profile="production"), facts=_NOTHING).scope.regions == ("eu-west-1",)
    assert {each.region for each in aws.calls} == {"eu-west-1"}


def test_region_is_that_of_the_environment(aws: SimulatedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    assert scan(ScanRequest(), facts=_NOTHING).scope.regions == ("ap-south-1",)


def test_role_is_taken_before_anything_is_read(aws: SimulatedAws) -> None:
    request = ScanRequest(role_arn="arn:aws:iam::210987654321:role/reader", external_id="shop-7")
    estate = scan(request, facts=_NOTHING)
    first = aws.calls[0]
    assert (first.service, first.operation) == ("sts", "AssumeRole")
    assert first.parameters["ExternalId"] == "shop-7"
    assert estate.scope.accounts == ("210987654321",)
    assert {each.account for each in aws.calls[1:]} == {"210987654321"}


def test_mfa_code_is_asked_for_once_before_any_thread(
    aws: SimulatedAws, profiles: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def code(_prompt: str) -> str:
        asked.append(threading.current_thread() is threading.main_thread())
        return "123456"

    original = AssumeRoleProvider.__init__
    monkeypatch.setattr(
        AssumeRoleProvider,
        "__init__",
        lambda self, *given, **named: original(self, *given, **(named | {"prompter": code})),
    )
    estate = scan(ScanRequest(profile="guarded"), facts=_NOTHING)
    assert asked == [True]
    assert estate.scope.accounts == ("123456789012",)


# --- no way in --------------------------------------------------------------------------------------------------


def test_no_credentials(aws: SimulatedAws, profiles: None) -> None:
    error = _error(ScanRequest())
    assert error.message == (
        "no credentials: run `aws sso login --profile NAME`, or set AWS_PROFILE or name one with --profile"
    )
    assert error.exit_code == 3
    assert aws.calls == ()


def test_half_of_the_credentials(profiles: None) -> None:
    error = _error(ScanRequest(profile="half"))
    assert "aws_secret_access_key" in error.message
    assert error.exit_code == 2


def test_unknown_profile_names_those_like_it(profiles: None) -> None:
    error = _error(ScanRequest(profile="prodction"))
    assert error.message == "unknown AWS profile prodction; did you mean production?"
    assert error.exit_code == 2


def test_unknown_region_names_those_like_it(aws: SimulatedAws) -> None:
    error = _error(ScanRequest(regions=(REGION, "us-esat-1")))
    assert error.message.startswith("unknown region us-esat-1; did you mean ")
    assert "us-east-1" in error.message
    assert error.exit_code == 2
    assert aws.calls == ()


def test_unknown_region_of_a_profile(profiles: None) -> None:
    error = _error(ScanRequest(profile="nowhere"))
    assert error.message.startswith("unknown region us-esat-1, of the environment or the profile; did you mean ")
    assert error.exit_code == 2


def test_no_region(profiles: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "absent"))
    error = _error(ScanRequest())
    assert error.message.startswith("no region: name one with --region")
    assert error.exit_code == 2


def test_control_characters_of_a_name_are_not_shown(profiles: None) -> None:
    error = _error(ScanRequest(profile="\x1b[31mred\u202e"))
    assert error.message.isprintable()


def test_configuration_file_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config"
    path.write_text("[profile\nregion")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    error = _error(ScanRequest())
    assert str(path) in error.message
    assert error.exit_code == 2


def test_unreachable_endpoint_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    error = _error(ScanRequest())
    assert error.message.startswith("cannot reach http://127.0.0.1:9")
    assert error.exit_code == 3


def test_endpoint_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "not a url")
    error = _error(ScanRequest())
    assert "not a url" in error.message
    assert error.exit_code == 2


def test_endpoint_that_is_not_aws(aws: SimulatedAws) -> None:
    aws.garble("sts")
    error = _error(ScanRequest())
    assert "does not answer as AWS does" in error.message
    assert error.exit_code == 3


def test_credentials_that_expired(aws: SimulatedAws) -> None:
    aws.expire_token()
    error = _error(ScanRequest())
    assert error.message == "AWS refuses the credentials (ExpiredToken): get new ones and run the scan again"
    assert error.exit_code == 3


def test_role_that_may_not_be_taken(aws: SimulatedAws) -> None:
    aws.deny("sts", "AssumeRole")
    error = _error(ScanRequest(role_arn="arn:aws:iam::210987654321:role/reader"))
    assert error.message.startswith("cannot take the role arn:aws:iam::210987654321:role/reader: AccessDenied: ")
    assert "the role must trust the caller" in error.message
    assert error.exit_code == 3


def test_role_that_is_none(aws: SimulatedAws) -> None:
    error = _error(ScanRequest(role_arn="reader"))
    assert error.message == "--role-arn reader: not the ARN of a role"
    assert error.exit_code == 2
