"""Image references: every part that is known is read, every part that is not is left open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assess.estate.images import image_reference

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag", "digest"),
    [
        ("nginx", "docker.io", "nginx", None, None),
        ("nginx:1.27", "docker.io", "nginx", "1.27", None),
        ("library/nginx", "docker.io", "nginx", None, None),
        ("docker.io/library/redis:7", "docker.io", "redis", "7", None),
        ("index.docker.io/acme/web", "index.docker.io", "acme/web", None, None),
        ("acme/web:latest", "docker.io", "acme/web", "latest", None),
        ("localhost/web:1", "localhost", "web", "1", None),
        ("localhost:5000/web", "localhost:5000", "web", None, None),
        ("registry:5000/team/web:2", "registry:5000", "team/web", "2", None),
        (f"{ECR}/team/web:1.4.2@{DIGEST}", ECR, "team/web", "1.4.2", DIGEST),
        (f"quay.io/acme/web@{DIGEST}", "quay.io", "acme/web", None, DIGEST),
        ("Registry.Example/team__a/web-b:V1", "registry.example", "team__a/web-b", "V1", None),
    ],
)
def test_whole_reference(text: str, registry: str, repository: str, tag: str | None, digest: str | None) -> None:
    image = image_reference(text)
    assert (image.registry, image.repository, image.tag, image.digest) == (registry, repository, tag, digest)
    assert image.tail == tuple(repository.split("/"))
    assert not image.is_open
    assert not image.has_open_tag


@pytest.mark.parametrize(
    "placeholder",
    [
        "${X}",
        "$X",
        "$(X)",
        "${{ steps.build.outputs.x }}",
        "{{ x }}",
        "{{x.y | default('z')}}",
        "<%= x %>",
        "<X>",
        "<your-image>",
        "%X%",
        "__IMAGE__",
        "@IMAGE@",
        "[[x]]",
        "{x}",
        "${AWS::AccountId}",
        "IMAGE_NAME",
        "(redacted:text:unknown:9-16:g4)",
    ],
)
def test_placeholder_leaves_open_what_it_stands_for(placeholder: str) -> None:
    whole = image_reference(placeholder)
    assert whole.is_open
    assert whole.has_open_tag
    assert whole.registry is None
    tagged = image_reference(f"acme/web:{placeholder}")
    assert (tagged.repository, tagged.tag, tagged.has_open_tag) == ("acme/web", None, True)
    below = image_reference(f"{placeholder}/team/web:1")
    assert (below.registry, below.repository, below.tail, below.tag) == (None, None, ("team", "web"), "1")
    assert not below.has_open_tag
    named = image_reference(f"{ECR}/team/{placeholder}:1")
    assert (named.registry, named.basename, named.tag) == (ECR, None, "1")


@pytest.mark.parametrize("tag", ["IMAGE_TAG", "v1-BUILD_NUMBER"])
def test_tag_in_capitals_with_underscores_is_open(tag: str) -> None:
    assert image_reference(f"acme/web:{tag}").has_open_tag


@pytest.mark.parametrize("tag", ["RELEASE", "1.0-SNAPSHOT", "v1_2", "BUILD_2", "Bookworm"])
def test_tag_with_capitals_is_a_tag(tag: str) -> None:
    assert image_reference(f"acme/web:{tag}").tag == tag


@pytest.mark.parametrize(
    ("host", "account", "region"),
    [
        (ECR, "111122223333", "eu-west-1"),
        ("111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com", "111122223333", "us-gov-west-1"),
        ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn", "111122223333", "cn-north-1"),
        ("111122223333.dkr-ecr.eu-west-1.on.aws", "111122223333", "eu-west-1"),
        ("${AWS_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com", None, "eu-west-1"),
        ("111122223333.dkr.ecr.{{ region }}.amazonaws.com", "111122223333", None),
        ("ACCOUNT_ID.dkr.ecr.REGION.amazonaws.com", None, None),
    ],
)
def test_private_ecr(host: str, account: str | None, region: str | None) -> None:
    image = image_reference(f"{host}/web:1")
    assert image.is_ecr
    assert (image.ecr_account, image.ecr_region, image.basename) == (account, region, "web")
    assert not image.is_docker_hub


@pytest.mark.parametrize(
    "text", ["public.ecr.aws/x/web", "ecr.amazonaws.com/web", "1.dkr.ecr.eu-west-1.amazonaws.com/w"]
)
def test_other_registries_are_no_private_ecr(text: str) -> None:
    assert not image_reference(text).is_ecr


@pytest.mark.parametrize("text", ["", " "])
def test_empty_reference_is_open(text: str) -> None:
    image = image_reference(text)
    assert image.is_open
    assert image.has_open_tag
    assert image.registry is None
    assert not image.is_docker_hub


def test_public_registries() -> None:
    assert image_reference("public.ecr.aws/nginx/nginx").is_public_ecr
    assert image_reference("nginx").is_docker_hub
    assert not image_reference("quay.io/acme/web").is_docker_hub


def test_paths_that_the_repository_ends_with() -> None:
    image = image_reference("public.ecr.aws/datadog/agent:7")
    assert list(image.tails()) == ["datadog/agent", "agent"]


@given(st.text(max_size=80))
def test_any_text_is_taken_apart(text: str) -> None:
    image = image_reference(text)
    assert image.text == text
    assert image.is_open == (image.basename is None)
    assert all("\x00" not in part for part in (image.registry or "", image.tag or "", image.digest or "", *image.tail))


_NAMES = st.from_regex(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", fullmatch=True)
_TAGS = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)


@given(st.sampled_from(["", "quay.io/", "localhost:5000/", f"{ECR}/"]), st.lists(_NAMES, min_size=1, max_size=3), _TAGS)
def test_reference_is_put_together_again(host: str, path: list[str], tag: str) -> None:
    if not host and ("." in path[0] or path[0] in ("localhost", "library")):
        path = ["acme", *path]
    image = image_reference(f"{host}{'/'.join(path)}:{tag}")
    assert image.registry == (host.removesuffix("/") or "docker.io")
    assert image.repository == "/".join(path)
    assert image.tag == tag
