"""What a text itself says: formats of tokens and keys, passwords inside URLs, and what kind of value a text is."""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector

from assess.estate.names import (
    NameKind,
    is_credential_word,
    is_identifying_name,
    name_kind,
    names_more_than_credential,
    words_of,
)
from assess.estate.redaction import MARKER, RedactionClass
from assess.estate.wordlists import HARMLESS_WORDS, WORD_LISTS


class Span(NamedTuple):
    """A piece of a text that must go: from ``start`` up to, not including, ``end``."""

    start: int
    end: int
    of: RedactionClass
    detector: str


def spans(text: str, *, now: float, paired: bool = False) -> list[Span]:
    """The pieces of a text that are secret by their format, in order and apart from each other.

    ``now`` (seconds since 1970) tells live JWTs from expired ones. ``paired`` says that an AWS key id and its
    40-character secret stand beside each other in the values around this text.
    """
    found = _spans(text, now, paired)
    if "%" in text and _ESCAPE.search(text) is not None:
        plain, starts = _unescaped(text)
        hidden = (*_spans(plain, now, paired), *_escaped_fields(plain, starts))
        found += [Span(starts[each.start], starts[each.end], each.of, each.detector) for each in hidden]
    return _apart(found) if found else found


_PARAMETER = re.compile(r"(?<![\w.-])([A-Za-z_][\w.-]{0,100})=([^\s,;&=?#\"'<>{}\[\]]{1,512})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_MOST_ESCAPED = 3
"""How often a text may be escaped over and over (``%2540``) and still be read."""


def _unescaped(text: str) -> tuple[str, list[int]]:
    """A text with its percent escapes resolved, and where each of its characters, and its end, begins in ``text``."""
    starts = list(range(len(text) + 1))
    for _ in range(_MOST_ESCAPED):
        pieces: list[str] = []
        kept: list[int] = []
        at = 0
        for match in _ESCAPE.finditer(text):
            pieces += [text[at : match.start()], chr(int(match.group()[1:], 16))]
            kept += [*starts[at : match.start()], starts[match.start()]]
            at = match.end()
        if not pieces:
            break
        starts = [*kept, *starts[at:]]
        text = "".join((*pieces, text[at:]))
    return text, starts


def _escaped_fields(plain: str, starts: Sequence[int]) -> Iterator[Span]:
    """Literals under credentials' names whose ``=`` was escaped; the others are found when the text is read."""
    for match in _PARAMETER.finditer(plain):
        if starts[match.start(2)] - starts[match.start()] == match.start(2) - match.start():
            continue  # nothing was escaped
        name, value = match.groups()
        if name_kind(name) is NameKind.SECRET:
            of, detector = _plain_class(name, value)
            if of is not RedactionClass.HARMLESS:
                yield Span(match.start(2), match.end(2), of, detector)


def _spans(text: str, now: float, paired: bool) -> list[Span]:
    found: list[Span] = []
    if paired or _SUSPECT.search(text) is not None:
        found.extend(_tokens(text, now, paired))
    if "@" in text or "=" in text or _SPOKEN.search(text) is not None:
        found.extend(_userinfo(text))
    if _ENCODED.search(text) is not None:
        found.extend(_encoded(text, now))
    return found


def value_class(name: str, value: str, *, now: float, paired: bool = False) -> tuple[RedactionClass, str]:
    """What a value under a credential's name is, and by which detector; the value itself always goes.

    Where the name speaks of authentication only, no more than a text of a credential's shape is taken for one.
    """
    text = value.strip()
    default = _DEFAULT.fullmatch(text)
    if default is not None:
        text = default.group(1)
    hits = [each for each in spans(text, now=now, paired=paired) if each.of is not RedactionClass.TEXT]
    if hits:
        gravest = min(hits, key=lambda each: _ORDER.index(each.of))
        return gravest.of, gravest.detector
    if _JWT.fullmatch(text):  # it would have been among the hits, were it neither public nor expired
        return RedactionClass.TEXT, "jwt"
    inside = _inside_json(text, now)
    return inside if inside is not None else _plain_class(name, text)


def _plain_class(name: str, text: str) -> tuple[RedactionClass, str]:
    """What a text that no format betrays is by the name it stands under."""
    words = words_of(name)
    is_open = name_kind(name) is NameKind.AUTH
    kind = _harmless_kind(text)
    if words[-1:] in _TOKENS_LAST and _SYMBOLS.fullmatch(text):
        kind = "symbol"
    if kind in ("template", "symbol", "reference"):
        return RedactionClass.HARMLESS, kind
    if "/" in text and _names_a_secret(words, text):
        return RedactionClass.HARMLESS, "secret-name"
    if _PLACEHOLDER.search(text) or _is_name(name, text):
        return RedactionClass.PLACEHOLDER, "placeholder"
    if is_weak(text, words):
        return (RedactionClass.TEXT, "name") if is_open else (RedactionClass.WEAK, "common-default")
    if is_aws_secret(text) and _AWS_WORDS.intersection(words):
        return RedactionClass.TOKEN, "aws-secret-access-key"
    if kind == "number" and _is_numeric_password(words, text):
        kind = None
    if kind is None and _names_a_secret(words, text):
        kind = "secret-name"
    if kind is None and not is_open and _is_setting(words, text):
        kind = "setting"
    if kind is not None:
        return RedactionClass.HARMLESS, kind
    if is_open and not (looks_made(text) or _USER_AND_PASSWORD.fullmatch(text)):
        return RedactionClass.TEXT, "name"
    return RedactionClass.NAMED, "name"


def _is_name(name: str, text: str) -> bool:
    """Whether a text only names what belongs in its place: ``DB_PASSWORD_HERE``, ``PROD_DB_PASSWORD``."""
    if _CONSTANT.fullmatch(text) and name_kind(text) is name_kind(name) is NameKind.SECRET:
        return True
    said = tuple(word for word in words_of(text) if word not in _FILLING)
    return bool(said) and said == words_of(name)


_CONSTANT = re.compile(r"[A-Z]{2,20}(?:_[A-Z]{1,20}){1,8}")
_FILLING = frozenset({"here", "value", "my", "the", "a", "enter", "put", "set", "goes", "real", "actual", "some"})


def _inside_json(text: str, now: float) -> tuple[RedactionClass, str] | None:
    """What the gravest text in a JSON document is; none where the text is no document."""
    if text[:1] not in ("{", "["):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found: list[tuple[RedactionClass, str]] = []
    for name, leaf in _leaves(document):
        kind = name_kind(name)
        hits = spans(leaf, now=now)
        found += [(each.of, each.detector) for each in hits]
        is_key_of_document = looks_made(leaf) and not is_identifying_name(name)
        if not hits and (kind in (NameKind.SECRET, NameKind.AUTH) or is_key_of_document):
            found.append(_plain_class(name, leaf))
    return min(found, key=lambda each: _ORDER.index(each[0]), default=(RedactionClass.HARMLESS, "json"))


def _leaves(document: Any) -> Iterator[tuple[str, str]]:
    """The texts of a document with the names that they stand under."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting.extend((str(key), each) for key, each in value.items())
        elif isinstance(value, Sequence) and not isinstance(value, str):
            waiting.extend((name, each) for each in value)
        elif isinstance(value, str) and value:
            yield name, value


def is_weak(text: str, names: Sequence[str] = ()) -> bool:
    """Whether a password is a common default (``postgres``, ``admin123``, ``my-secret-password``) or says its name."""
    if text in _WEAK_NUMBERS:
        return True
    if _meets_policy(text):
        return False  # `SuperSecret-2024!` was made for a real account, however little it takes to guess it
    half = len(text) // 2
    undisguised = text.lower().translate(_DISGUISES) if any(map(str.isalpha, text)) else text
    return any(_is_default(each, names) for each in (text, undisguised)) or (
        half >= 3 and text[:half] == text[half:] and _is_default(text[:half], names)
    )


def _is_default(text: str, names: Sequence[str]) -> bool:
    digits = "".join(filter(str.isdigit, text))
    if len(digits) > 4 and digits not in _WEAK_NUMBERS:
        return False
    words = _LETTERS.findall(text.lower())
    if digits in _WEAK_NUMBERS and sum(map(len, words)) <= 3:
        return True  # `abc123`, `sk-1234`
    return 0 < len(words) <= _MOST_WEAK_WORDS and all(_is_of_defaults(word, names) for word in words)


def _is_of_defaults(word: str, names: Sequence[str]) -> bool:
    """Whether a run of letters is a word of a default, or a few of them written together: ``rootpassword``."""
    if word in _WEAK or word in names:
        return True
    if len(word) > _LONGEST_JOINED:
        return False
    reached = {0: 0}  # how few words make up the letters until there
    for end in range(2, len(word) + 1):
        fewest = [
            reached[at] + 1 for at in reached if end - at >= 2 and (word[at:end] in _WEAK or word[at:end] in names)
        ]
        if fewest:
            reached[end] = min(fewest)
    return reached.get(len(word), _MOST_JOINED + 1) <= _MOST_JOINED


_LETTERS = re.compile(r"[a-z]+")
_MOST_WEAK_WORDS = 8
_MOST_JOINED = 3
_LONGEST_JOINED = 24


_DISGUISES = str.maketrans("@013457$", "aoieasts")
"""Digits and signs that people put in the place of letters, as every list of passwords to try has them."""


def _meets_policy(text: str) -> bool:
    """Whether a password is of the kind that rules for passwords ask for: long, of small, large, digits and signs."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda each: not each.isalnum())
    found = sum(any(map(kind, text)) for kind in kinds)
    return found == len(kinds) and len(text) >= 10


def looks_random(text: str) -> bool:
    """Whether a piece of a name or path looks made by a machine: long runs that mix letters, cases and digits."""
    if len(text) < _SHORTEST_RANDOM:
        return False
    total = 0
    for piece in _PIECE.findall(text):
        if len(piece) < _SHORTEST_RANDOM:
            total += _switches(piece) if len(piece) > 4 else 0
            continue
        switches = _switches(piece)
        has_digit = _DIGIT.search(piece) is not None
        if (has_digit and switches >= 4) or (len(piece) >= 20 and switches * 5 >= len(piece)):
            return True
        if len(piece) >= 20 and has_digit and _HEX.fullmatch(piece) and not piece.isdigit():
            return True
        total += switches
    return total >= 7 and total * 5 >= len(text)


def looks_made(text: str) -> bool:
    """Whether a whole text looks like a key that a machine made: a UUID, a long hexadecimal number, base64."""
    bare = text.removeprefix("base64:").rstrip("=")
    if not 16 <= len(bare) <= _LONGEST_MADE or not _MADE.fullmatch(bare) or _harmless_kind(text) is not None:
        return False
    if _UUID.search(bare) or any(map(_is_hex_key, _MADE_PIECES.split(bare))):
        return True
    return looks_random(bare)


def is_key(name: str, text: str) -> bool:
    """Whether a text is a credential under a name that does not settle it (:attr:`NameKind.KEY`)."""
    return looks_made(text) or (words_of(name)[-1:] == ("users",) and _ACCOUNT.fullmatch(text) is not None)


def _is_hex_key(piece: str) -> bool:
    return len(piece) >= 16 and _HEX.fullmatch(piece) is not None and not piece.isdigit() and not piece.isalpha()


# --- formats of tokens --------------------------------------------------------------------------------------------


def _plugin(detector: type, name: str) -> list[tuple[str, re.Pattern[str]]]:
    return [(name, pattern) for pattern in detector.denylist]  # type: ignore[attr-defined]  # untyped library


_START = r"(?<![A-Za-z0-9])"
_TOKENS: tuple[tuple[str, re.Pattern[str]], ...] = (
    # The pages that give each format are those of the services named; quantifiers are bounded on purpose.
    ("github-token", re.compile(_START + r"(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255})")),
    ("slack-token", re.compile(_START + r"(?:xox[a-z]{1,2}-|xapp-)[A-Za-z0-9-]{10,255}")),
    ("stripe-key", re.compile(_START + r"(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=]{16,255}")),
    ("google-api-key", re.compile(_START + r"AIza[A-Za-z0-9_-]{35}")),
    ("google-oauth-secret", re.compile(_START + r"(?:GOCSPX-[A-Za-z0-9_-]{20,64}|ya29\.[A-Za-z0-9_-]{20,512})")),
    ("sendgrid-key", re.compile(_START + r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}")),
    ("npm-token", re.compile(_START + r"npm_[A-Za-z0-9]{36}")),
    ("npm-token", re.compile(r":_(?:authToken|password|auth)=\s{0,8}[^\s\"']{1,512}")),
    ("anthropic-key", re.compile(_START + r"sk-ant-[A-Za-z0-9_-]{20,255}")),
    ("openai-key", re.compile(_START + r"sk-(?:proj-|svcacct-|admin-)[A-Za-z0-9_-]{20,255}")),
    ("openai-key", re.compile(_START + r"sk-[A-Za-z0-9]{32,64}(?![A-Za-z0-9])")),
    ("vault-token", re.compile(_START + r"hv[sbr]\.[A-Za-z0-9_-]{20,255}")),
    ("digitalocean-token", re.compile(_START + r"do[opr]_v1_[a-f0-9]{64}")),
    ("shopify-token", re.compile(_START + r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}")),
    ("docker-token", re.compile(_START + r"dckr_[po]at_[A-Za-z0-9_-]{20,64}")),
    ("huggingface-token", re.compile(_START + r"hf_[A-Za-z0-9]{30,64}")),
    ("new-relic-key", re.compile(_START + r"(?:NRAK-[A-Z0-9]{27}|NRJS-[a-f0-9]{19}|[a-f0-9]{36}NRAL)")),
    ("grafana-token", re.compile(_START + r"gl(?:sa|c)_[A-Za-z0-9_+/=]{32,255}")),
    ("databricks-token", re.compile(_START + r"dapi[a-f0-9]{32}")),
    ("terraform-token", re.compile(_START + r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{40,128}")),
    ("atlassian-token", re.compile(_START + r"ATATT3[A-Za-z0-9_=-]{40,255}")),
    ("linear-key", re.compile(_START + r"lin_(?:api|oauth)_[A-Za-z0-9]{30,64}")),
    ("sentry-token", re.compile(_START + r"sntry[su]_[A-Za-z0-9_+/=-]{32,255}")),
    ("rubygems-key", re.compile(_START + r"rubygems_[a-f0-9]{48}")),
    ("postman-key", re.compile(_START + r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}")),
    ("age-key", re.compile(_START + r"AGE-SECRET-KEY-1[A-Z0-9]{58}")),
    ("telegram-token", re.compile(_START + r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])")),
    ("twilio-key", re.compile(_START + r"SK[a-f0-9]{32}(?![A-Za-z0-9])")),
    ("mailgun-key", re.compile(_START + r"key-[a-f0-9]{32}(?![A-Za-z0-9])")),
    ("discord-webhook", re.compile(r"discord(?:app)?\.com/api/webhooks/[0-9]{1,24}/[A-Za-z0-9_-]{20,128}")),
    ("slack-webhook", re.compile(r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9_/-]{8,255}")),
    ("telegram-token", re.compile(r"/bot[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])")),
    (
        "secret-address",  # who knows the address may use it: Sumo Logic, Loggly, Zapier, Make, Infura, Alchemy
        re.compile(
            r"(?:sumologic\.com/receiver/v1/http/|loggly\.com/(?:inputs|bulk)/|zapier\.com/hooks/catch/[0-9]{1,12}/"
            r"|hook\.[a-z0-9.]{1,20}make\.com/|infura\.io/(?:ws/)?v3/|alchemy\.com/v2/)[A-Za-z0-9_=-]{7,255}"
        ),
    ),
    ("teams-webhook", re.compile(r"webhook\.office\.com/webhookb2/[A-Za-z0-9@_/-]{20,255}")),
    ("azure-connection", re.compile(r"(?:SharedAccessKey|AccountKey|SharedAccessSignature)=[^;\s\"']{16,512}")),
    ("signed-url", re.compile(r"(?:X-Amz-Signature=[a-f0-9]{64}|[?&]sig=[A-Za-z0-9%+/=]{30,128})")),
    ("bitbucket-token", re.compile(_START + r"AT(?:BB|CTT3)[A-Za-z0-9_=-]{24,255}")),
    ("azure-client-secret", re.compile(_START + r"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])")),
    ("dynatrace-token", re.compile(_START + r"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}")),
    ("airtable-token", re.compile(_START + r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}")),
    ("sonar-token", re.compile(_START + r"sq[apu]_[a-f0-9]{40}")),
    ("sendinblue-key", re.compile(_START + r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}")),
    ("artifactory-token", re.compile(_START + r"(?:AKCp[A-Za-z0-9]{60,90}|cmVmdGtu[A-Za-z0-9]{56})(?![A-Za-z0-9])")),
    ("bedrock-key", re.compile(_START + r"ABSK[A-Za-z0-9+/]{100,200}={0,2}")),
    (
        "vendor-key",
        re.compile(
            _START
            + r"(?:pul-[a-f0-9]{40}|dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9_.-]{40,80}|pscale_(?:tkn|pw|oauth)_[\w.=-]{32,64}"
            r"|fm2_[A-Za-z0-9+/=]{100,500}|ntn_[A-Za-z0-9]{43,64}|secret_[A-Za-z0-9]{43}(?![A-Za-z0-9])|figd_[\w-]{40}"
            r"|gsk_[A-Za-z0-9]{52}|r8_[A-Za-z0-9]{37}|pplx-[A-Za-z0-9]{48}|xai-[A-Za-z0-9]{70,90}|pcsk_[\w-]{60,80}"
            r"|lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}|phx_[A-Za-z0-9]{40,50}|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}"
            r"|sbp_[a-f0-9]{40}|sb_secret_[\w-]{31}|bku[a-z]_[a-f0-9]{40}|CCIPAT_[A-Za-z0-9]{22}_[a-f0-9]{40}"
            r"|HRKU-[A-Za-z0-9_-]{36,64}|tskey-[a-z]{3,8}-[A-Za-z0-9-]{20,60}|ops_eyJ[A-Za-z0-9_=-]{100,1000}"
            r"|CFPAT-[A-Za-z0-9_-]{43}|EZ[AT]K[a-z0-9]{54}|shippo_(?:live|test)_[a-f0-9]{40}|tfp_[\w.=-]{59}"
            r"|hc[a-z]{2,4}_[a-z0-9]{56,64}|LTAI[A-Za-z0-9]{20}(?![A-Za-z0-9])|EAA[A-Za-z0-9]{100,250}"
            r"|sk\.eyJ[A-Za-z0-9_-]{20,200}\.[A-Za-z0-9_-]{20,40}|access_token\$production\$[a-z0-9]{16}\$[a-f0-9]{32})"
        ),
    ),
    (
        "password-hash",  # crypt(5), htpasswd, LDAP (RFC 2307), Django; Compose files double the dollar signs
        re.compile(
            r"\${1,2}apr1\${1,2}[./A-Za-z0-9]{1,8}\${1,2}[./A-Za-z0-9]{22}|\${1,2}2[abxy]?\${1,2}[0-9]{2}\${1,2}[./A-Za-z0-9]{53}"
            r"|\${1,2}argon2(?:id?|d)\${1,2}[^\s:\"']{20,200}|\${1,2}[156]\${1,2}(?:rounds=[0-9]{1,9}\${1,2})?[./A-Za-z0-9]{1,16}"
            r"\${1,2}[./A-Za-z0-9]{22,86}|\{S?SHA(?:256|512)?\}[A-Za-z0-9+/]{24,120}={0,2}"
            r"|(?:pbkdf2_sha(?:1|256|512)|scrypt)\$[0-9]{1,9}\$[A-Za-z0-9]{1,64}\$[A-Za-z0-9+/$]{24,128}={0,2}"
        ),
    ),
    *_plugin(AzureStorageKeyDetector, "azure-storage-key"),
    *_plugin(DiscordBotTokenDetector, "discord-token"),
    *_plugin(GitLabTokenDetector, "gitlab-token"),
    *_plugin(MailchimpDetector, "mailchimp-key"),
    *_plugin(PypiTokenDetector, "pypi-token"),
    *_plugin(SlackDetector, "slack-token"),
    *_plugin(SquareOAuthDetector, "square-secret"),
)

_SUSPECT = re.compile(
    r"AKIA|ASIA|ABIA|ACCA|PRIVATE KEY|PuTTY-User|gh[pousr]_|github_pat_|xox|xapp-|hooks\.|webhook"
    r"|k_(?:live|test)_|whsec_|AIza|GOCSPX|ya29\.|SG\.|gl[a-z]{1,6}[-_]|GR1348941|npm_|:_auth|:_password|sk-|hv[sbr]\.|_v1_|shp[a-z]{2}_|dckr_"
    r"|hf_|NRAK|NRJS|NRAL|dapi|atlasv1|ATATT3|lin_|sntry|rubygems_|PMAK|AGE-SECRET|SK[a-f0-9]{8}|key-[a-f0-9]{8}|-us[0-9]"
    r"|AT(?:BB|CTT3)|[0-9]Q~|dt0[a-z]|pat[A-Za-z0-9]{14}\.|sq[apu]_|xkeysib|AKCp|cmVmdGtu|sumologic|loggly|zapier|make\.com|infura|alchemy|ABSK|pul-|dp\.[psc]|pscale_|fm2_"
    r"|ntn_|secret_|figd_|gsk_|r8_|pplx-|xai-|pcsk_|lsv2_|phx_|re_|sbp_|sb_secret|bku[a-z]_|CCIPAT|HRKU|tskey|ops_|CFPAT"
    r"|EZ[AT]K|shippo_|tfp_|hc[a-z]{2,4}_|LTAI|EAA[A-Za-z0-9]{20}|access_token\$|apr1|\$2[abxy]?\$|argon2|\$[156]\$"
    r"|SHA(?:256|512)?\}|pbkdf2_|scrypt\$|(?i:authorization)"
    r"|pypi-|sq0csp|[0-9]{8}:|[MNO][A-Za-z0-9_-]{23}|AccountKey|SharedAccess|X-Amz-Sig|sig=|eyJ"
)
"""What must stand somewhere in a text for a format of tokens to be in it."""

_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{24}")
"""What must stand somewhere in a text for base64 to be worth a look."""

_AWS_KEY_ID = re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])")
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[0-9]")
_PRIVATE_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,2048}\.(eyJ[A-Za-z0-9_-]{2,8192})(?:\.[A-Za-z0-9_-]{0,2048})?")
_AUTHORIZATION = re.compile(
    r"(?i)authorization[\"']?[\s:=,]{1,4}[\"']?(?:bearer|basic|token|apikey|splunk|genie_?key|sso-key)(?:\s{1,4}|%20)"
    r"([^\s\"',;|&<>()`]{6,2048})"
)
_FILLER = re.compile(r"EXAMPLE|(?i:x{5}|\*{4}|your|changeme|placeholder|dummy|redacted)|(.)\1{11}")


def _tokens(text: str, now: float, paired: bool) -> Iterator[Span]:
    for begin in _PRIVATE_KEY.finditer(text):
        end = _PRIVATE_KEY_END.search(text, begin.end())
        yield Span(begin.start(), end.end() if end else len(text), RedactionClass.TOKEN, "private-key")
        break  # what follows the first key of a bundle goes with it
    yield from _aws(text, paired)
    for match in _JWT.finditer(text):
        of, name = _jwt(match.group(1), now)
        yield Span(match.start(), match.end(), of, name)
    for match in _AUTHORIZATION.finditer(text):
        if not _JWT.match(match.group(1)):
            yield from _password(text, match.start(1), match.end(1), RedactionClass.NAMED)
    for name, pattern in _TOKENS:
        for match in pattern.finditer(text):
            of = RedactionClass.PLACEHOLDER if _FILLER.search(match.group()) else RedactionClass.TOKEN
            yield Span(match.start(), match.end(), of, name)


def _aws(text: str, paired: bool) -> Iterator[Span]:
    ids = list(_AWS_KEY_ID.finditer(text))
    secrets = [each for each in _AWS_SECRET.finditer(text) if _is_mixed(each.group())] if ids or paired else []
    for match in (*ids, *secrets):
        name = "aws-secret-access-key" if match in secrets else "aws-access-key-id"
        of = RedactionClass.TOKEN if secrets or paired else RedactionClass.TEXT
        if _FILLER.search(match.group()):
            of = RedactionClass.PLACEHOLDER
        yield Span(match.start(), match.end(), of, name)


def has_aws_key_id(text: str) -> bool:
    """Whether a text holds an AWS access key id."""
    return _AWS_KEY_ID.search(text) is not None


def is_aws_secret(text: str) -> bool:
    """Whether a text has the shape of an AWS secret access key: 40 mixed characters."""
    return _AWS_SECRET.fullmatch(text) is not None and _is_mixed(text)


def _is_mixed(text: str) -> bool:
    return any(map(str.isupper, text)) and any(map(str.islower, text)) and any(map(str.isdigit, text))


def _jwt(payload: str, now: float) -> tuple[RedactionClass, str]:
    """Live unless its payload gives an ``exp`` that has passed (RFC 7519, section 4.1.4)."""
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return RedactionClass.TOKEN, "jwt"
    if not isinstance(claims, dict):
        return RedactionClass.TOKEN, "jwt"
    if claims.get("role") == "anon":  # PostgREST's key for everybody, which Supabase and others put into web pages
        return RedactionClass.TEXT, "jwt-public"
    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires < now:
        return RedactionClass.TEXT, "jwt-expired"
    return RedactionClass.TOKEN, "jwt"


# --- passwords in URLs and connection strings -----------------------------------------------------------------------

_RUN = re.compile(r"[^\s\"'<>`]+")
_PORT_AND_PATH = re.compile(r"[^\s:@/]*:[0-9]{1,5}(?:[/?#,]|$)")
_AUTHORITY_END = re.compile(r"[/?#]")
_HOST_AFTER = re.compile(r"@(?:\[|[A-Za-z0-9.-])")
_SPOKEN = re.compile(r"(?i)password(?:\s|-stdin)|auth\(")
"""What must stand in a text for a password to be named without ``=``."""
_NO_SCHEME = (
    re.compile(
        r"(?<!\$\{)(?<![\w/.:@-])(?!(?:sips?|mailto|xmpp|acct|im|pres|matrix|jabber):)[\w.+-]{1,64}:([^\s@\"'<>/:]{1,256})"
        r"@(?!sha256:)[A-Za-z0-9-]{1,63}[.:]"
    ),
    re.compile(r"(?<!\$\{)(?<![\w/.:@-])[\w.+-]{1,64}:([^\s@\"'<>]{1,256})@(?:tcp|udp|unix)\("),
    re.compile(r"jdbc:oracle:[a-z0-9]{2,5}:[\w.$#-]{1,64}/([^\s@\"'<>]{1,256})@"),
)
"""``user:password@host``, Go's ``user:password@tcp(host)``, Oracle's ``user/password@//host``.

``${SENDER:-post@host}`` is none of them: what stands before the colon there is the name of a variable.
"""
_CALLED = (
    re.compile(r"machine\s{1,9}\S{1,253}\s{1,9}login\s{1,9}\S{1,253}\s{1,9}password\s{1,9}(\S{1,512})"),
    re.compile(
        r"echo\s{1,4}(?:-n\s{1,4})?(\"[^\"]{1,256}\"|'[^']{1,256}'|[^\s|;&\"']{1,256})\s{0,4}\|[^|;&\n]{1,80}--password-stdin"
    ),
    re.compile(r"\bauth\(\s{0,3}(?:\"[^\"]{1,80}\"|'[^']{1,80}')\s{0,3},\s{0,3}(\"[^\"]{1,256}\"|'[^']{1,256}')"),
)
"""A line of ``.netrc``, ``echo password | docker login --password-stdin``, MongoDB's ``db.auth("user", "secret")``."""
_TOKEN_HOST = re.compile(r"@(?:[\w-]{1,63}\.){0,3}(?:github\.com|gitlab\.com|bitbucket\.org|dev\.azure\.com)\b")
"""Hosts that take a token where others take a user's name."""
_KEY_VALUE = re.compile(
    r"(?i)(?<![A-Za-z0-9])(?:password|passwd|pwd|pass)\s{0,3}(?:=[=~]?|!=)\s{0,3}"
    r"(\"[^\"]{0,512}\"|'[^']{0,512}'|[^\s;&,\"'|<>)]{1,512})"
)


def _userinfo(text: str) -> Iterator[Span]:
    masked = MARKER.sub(_mask, text)
    if "@" in text:
        if "://" in text:
            for run in _RUN.finditer(masked):
                yield from _urls_userinfo(text, run.start(), run.group())
        for pattern in _NO_SCHEME:
            for match in pattern.finditer(masked):
                yield from _password(text, match.start(1), match.end(1))
    if "=" in text:
        for match in _KEY_VALUE.finditer(masked):
            yield from _password(text, match.start(1), match.end(1), keyed=True)
    if _SPOKEN.search(text) is not None:
        for pattern in _CALLED:
            for match in pattern.finditer(masked):
                yield from _password(text, match.start(1), match.end(1))


def _mask(marker: re.Match[str]) -> str:
    """As many characters that stand for nothing: what separates the parts of a marker separates nothing else."""
    return "\0" * len(marker.group())


def _urls_userinfo(text: str, at: int, run: str) -> Iterator[Span]:
    """Passwords of the URLs in a run without spaces; each goes from its ``://`` to the next."""
    scheme, *rest = run.split("://")
    at += len(scheme)
    for each in rest:
        at += len("://")
        yield from _url_userinfo(text, at, each)
        at += len(each)


def _url_userinfo(text: str, start: int, rest: str) -> Iterator[Span]:
    authority = len(rest) - len(rest.lstrip("/"))
    ends = _AUTHORITY_END.search(rest, authority)
    end = ends.start() if ends else len(rest)
    at = rest.rfind("@", 0, end)
    if at < 0:  # a password may hold a slash that nobody encoded
        if _PORT_AND_PATH.match(rest) or ":" not in rest[:end]:
            return
        at = max((each.start() for each in _HOST_AFTER.finditer(rest)), default=-1)
        if at < 0:
            return
    user, colon, password = rest[:at].partition(":")
    if colon and password:
        first = start + len(user) + 1
        yield from _password(text, first, start + at)
    if looks_random(user):
        is_token = not colon and _TOKEN_HOST.match(rest, at) is not None
        of = RedactionClass.USERINFO if is_token else RedactionClass.TEXT
        yield Span(start, start + len(user), of, "userinfo-name")


def _password(
    text: str, start: int, end: int, of: RedactionClass = RedactionClass.USERINFO, *, keyed: bool = False
) -> Iterator[Span]:
    """The password between ``start`` and ``end``; ``keyed`` where a mere name says that it is one."""
    if end - start >= 2 and text[start] in "\"'" and text[end - 1] == text[start]:
        start, end = start + 1, end - 1
    value = text[start:end]
    if (
        not value
        or REFERENCE.fullmatch(value)
        or (MARKER.match(value) and not _ALPHANUMERIC.search(MARKER.sub("", value)))
    ):
        return
    kind = _harmless_kind(value)
    if kind == "template" or (keyed and kind in _HARMLESS_KEYED):
        yield Span(start, end, RedactionClass.HARMLESS, kind)
    elif _PLACEHOLDER.search(value):
        yield Span(start, end, RedactionClass.PLACEHOLDER, "placeholder")
    elif is_weak(value):
        yield Span(start, end, RedactionClass.WEAK, "common-default")
    else:
        yield Span(start, end, of, "password")


_ALPHANUMERIC = re.compile(r"[^\W_]")
_HARMLESS_KEYED = frozenset({"boolean", "arn", "reference", "path", "encrypted"})
"""Kinds of values that are no password where only a name says so; before the ``@`` of a URL they could be one."""


# --- base64 ---------------------------------------------------------------------------------------------------------

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{24,87384}={0,2}(?![A-Za-z0-9+/_=-])")
_URL_SAFE = str.maketrans("-_", "+/")
_NOT_PRINTABLE = re.compile(rb"[^\t\n\r\x20-\x7e]")


def _encoded(text: str, now: float) -> Iterator[Span]:
    for match in _BASE64.finditer(text):
        decoded = decoded_base64(match.group())
        if decoded is None:
            continue
        hits = [*_tokens(decoded, now, False), *_userinfo(decoded)]
        if hits:
            worst = min(hits, key=lambda each: _ORDER.index(each.of))
            yield Span(match.start(), match.end(), worst.of, worst.detector)
        elif _holds_named(decoded):
            yield Span(match.start(), match.end(), RedactionClass.NAMED, "base64")


def decoded_base64(text: str) -> str | None:
    """The printable ASCII text that a base64 text (either alphabet) stands for, or none."""
    bare = text.rstrip("=").translate(_URL_SAFE)
    try:
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return None if not decoded or _NOT_PRINTABLE.search(decoded) else decoded.decode("ascii")


def _holds_named(decoded: str) -> bool:
    """Whether a decoded text gives a literal to a credential's name."""
    for match in _FIELD.finditer(decoded):
        name, value = match.group(1), match.group(2).strip("\"'")
        if name_kind(name) is NameKind.SECRET and _plain_class(name, value)[0] is RedactionClass.NAMED:
            return True
    return False


_FIELD = re.compile(
    r"(?<![\w.-])([A-Za-z_][\w.-]{0,100})[\"']?\s{0,3}[:=]\s{0,3}(\"[^\"]{1,512}\"|'[^']{1,512}'|[^\s,;&{}\[\]]{1,512})"
)

_ORDER = tuple(RedactionClass)


def _apart(found: list[Span]) -> list[Span]:
    """Overlapping spans joined under the gravest class."""
    joined: list[Span] = []
    for each in sorted(found):
        if not joined or each.start >= joined[-1].end:
            joined.append(each)
            continue
        last = joined.pop()
        graver = min(last, each, key=lambda span: _ORDER.index(span.of))
        joined.append(Span(last.start, max(last.end, each.end), graver.of, graver.detector))
    return joined


# --- kinds of values ------------------------------------------------------------------------------------------------

REFERENCE = re.compile(
    r"\$\{\{[^{}]{0,200}\}\}|\$\{[^{}]{0,200}\}|\{\{[^{}]{0,200}\}\}|\$\([A-Za-z_][A-Za-z0-9_.]{0,80}\)|\${1,2}[A-Z_][A-Z0-9_]{0,80}"
    r"|%[A-Z_][A-Z0-9_]{0,80}%|<%[^%]{0,200}%>"
)
"""A variable that somebody else fills in; it holds nothing itself."""

_DEFAULT = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_.]{0,80}:?[-=]([^{}]{1,512})\}")
"""A variable with a default, which is what counts where nobody fills the variable in."""

_ABSENT = (
    "unused|unneeded|ignored?|hidden|masked|removed|omitted|missing|blank|void|mock(?:ed)?|stub(?:bed)?|nothing"
    "|unknown|not[-_ ]?(?:used|needed|required|applicable|available|defined|provided|configured|important|relevant)"
)
"""What people write where a program insists on a value."""

_PLACEHOLDER = re.compile(
    r"(?i)change[-_ ]?(?:me|this|it)|replace|to[-_ ]?be[-_ ]|example|dummy|your[-_ ]|\byour|insert|placeholder"
    r"|todo|fixme|fill[-_ ]?in|redacted|sample|fake|(?<![a-z0-9])x{3}|x{5}"
    r"|\*\*\*|\.\.\.|<[A-Za-z][\w .-]*>|[$#]\{|\{\{|%[A-Z_]+%|<%|\$\("
    r"|^(?:(?:to[-_ ]be|will[-_ ]be|is)[-_ ])?(?:set|stored?|provided|injected|supplied|managed|populated"
    r"|fetched|loaded|overridden|override|defined|configured|comes?|taken|read|see|use|get|from)[-_ ]"
    r"(?:in|by|via|from|at|with|through|on|aws|ssm|vault|secrets?|secretsmanager|param(?:eter)?s?|env|environment|console)(?![a-z0-9])"
    r"|(?:generate|create|choose|pick|add|paste|specify|provide|type|enter|put|supply|define)[-_ ]"
    r"(?:a|an|the|some|your|own|my|new|random|strong|secure|unique|real)(?![a-z0-9])"
    rf"|^[\[(<]?(?:{_ABSENT})[\])>]?$"
    r"|set[-_ ]?me|[-_ ]here$|^please[-_ ]|^`[^`]+`$|not[-_ ]?(?:set|a|the)[-_ ]?real"
    r"|^(?:none|null|nil|undefined|unset|empty|tbd|n/?a|-+|_+|x+)$"
    r"|^(?-i:\${1,2}[A-Z_][A-Z0-9_]*|@@?[A-Z_]+@@?|__[A-Z0-9_]+__)$"
)

_WEAK = WORD_LISTS["weak"]
_WEAK_NUMBERS = WORD_LISTS["weak_number"]

_HARMLESS_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("boolean", re.compile(r"(?i)true|false|yes|no|on|off|enabled?|disabled?|required?|optional|always|never|auto")),
    (
        "number",
        re.compile(
            r"(?i)[+-]?[0-9]{1,20}(?:\.[0-9]{1,10})? ?(?:%|ms|[smhdw]|[kmgt]i?b?|(?:second|minute|hour|day)s?)?"
        ),
    ),
    ("arn", re.compile(r"arn:aws[a-z-]{0,16}:[a-z0-9-]{1,64}:\S{1,2048}")),
    (
        "reference",
        re.compile(
            r"(?:(?:(?:aws|gcp|az|azure|hashicorp)[-_]?)?(?:ssm|sm|secretsmanager|vault|keyvault|kv)|op|doppler|infisical|file|classpath|env|ref\+\w{1,20}):(?://)?[\w./:#@-]{1,512}"
            r"|@Microsoft\.(?:KeyVault|AppConfiguration)\([^()]{1,512}\)|projects/[\w-]{1,64}/secrets/[\w/-]{1,255}"
        ),
    ),
    (
        "encrypted",  # Jasypt, SOPS, Spring Cloud Config, Vault's transit engine, KMS, Ansible
        re.compile(
            r"(?s)ENC[(\[][^()\[\]]{4,8192}[)\]]|\{cipher\}\S{8,8192}|vault:v[0-9]{1,4}:\S{8,8192}|AQICA[A-Za-z0-9+/]{60,8192}={0,2}"
            r"|\$ANSIBLE_VAULT;.{1,65536}"
        ),
    ),
    ("template", re.compile(r"\{[A-Za-z_]{1,40}\}|%s|%\([a-z_]{1,40}\)s|:[a-z_]{1,40}")),
    ("class-name", re.compile(r"(?:[a-z_][a-z0-9_]{0,40}\.){2,12}[A-Z][A-Za-z0-9]{1,80}")),
    ("header-name", re.compile(r"X(?:-[A-Z][A-Za-z]{1,16}){1,5}|Authorization")),
    (
        "reference-of-a-template",
        re.compile(r"!(?:Ref|Sub|GetAtt|ImportValue) \S{1,255}"),
    ),
    ("path", re.compile(r"(?:~|\.{1,2})?(?:/[\w.@+-]{1,64}){1,16}/?|[A-Za-z]:\\[\w.\\ -]{1,255}")),
    ("url", re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s@]{1,2048}")),
    ("host", re.compile(r"(?:[a-z0-9-]{1,63}\.){1,8}(?:com|net|org|io|dev|internal|local|aws)(?::[0-9]{1,5})?")),
    (
        "public-key",
        re.compile(
            r"(?s)-----BEGIN (?:[A-Z]{1,8} )?(?:PUBLIC KEY|CERTIFICATE)-----.{0,65536}"
            r"|(?:ssh-(?:rsa|ed25519|dss)|ecdsa-[a-z0-9-]{1,40}) .{1,16384}"
        ),
    ),
    (
        "publishable-key",  # Stripe and Clerk, Mapbox, PostHog, Datadog, Supabase: they are in web pages
        re.compile(
            r"pk_(?:live|test)_[A-Za-z0-9$=]{8,255}|pk\.eyJ[\w.-]{8,255}|phc_[A-Za-z0-9]{32,64}|pub[0-9a-f]{32}|sb_publishable_[\w-]{8,64}"
        ),
    ),
    (
        "algorithm",
        re.compile(
            r"(?i)(?:[HREP]S|SHA-?|SHA[123]-|A|AES-?)(?:128|192|224|256|384|512)(?:-?(?:GCM|CBC|CTR|KW|GCMKW))?"
            r"|SHA-?1|MD5|EdDSA|bcrypt|scrypt|argon2(?:id?)?|pbkdf2|rsa|ed25519|SCRAM-SHA-(?:256|512)"
        ),
    ),
    (
        "mode",
        re.compile(
            r"(?i)basic|bearer|plain|login|cram-md5|digest|oauth2?|oidc|saml|ldap|(?:aws[_-])?iam|aws-sigv4|jwt|ssl|m?tls"
            r"|kerberos|ntlm|cookie|session|header|anonymous|native|internal|external|trust|md5|scram"
            r"|sasl(?:_ssl|_plaintext)?|service_account|api_?key|query|prompt|file|env"
        ),
    ),
)


def _harmless_kind(text: str) -> str | None:
    for kind, pattern in _HARMLESS_KINDS:
        if pattern.fullmatch(text) and not (kind in ("path", "url") and looks_random(text)):
            return kind
    return None


_AWS_WORDS = frozenset({"aws", "access", "s", "iam", "ses", "sqs", "sns", "dynamodb"})
_ACCOUNT = re.compile(r"[\w.@+-]{1,64}:(?=[^:\s]*[0-9])(?=[^:\s]*[A-Za-z])[^\s:/,]{6,128}(?::[\w:,./-]{0,128})?")
_USER_AND_PASSWORD = re.compile(r"(?!https?:)[\w.@+-]{1,64}:(?![0-9]{1,5}$)[^\s:/@,]{4,128}")
_PASSWORD_LAST = frozenset({"password", "passwd", "pwd", "pass", "pw", "passphrase", "pswd"})


def _is_numeric_password(words: Sequence[str], text: str) -> bool:
    """A password may be all digits; a count or a time under such a name has fewer, or a unit."""
    shortest = 6 if words and words[-1] in _PASSWORD_LAST else 8
    return bool(words) and is_credential_word(words[-1]) and text.isdigit() and len(text) >= shortest


_TOKENS_LAST = (("token",), ("tokens",))
_SYMBOLS = re.compile(
    r"[A-Z]{2,6}(?:[,/-][A-Z]{2,6}){0,40}|</?s>|<(?:pad|bos|eos|unk|mask|cls|sep)>|<\|[a-z_]{2,30}\|>|\[[A-Z]{2,6}\]"
)
"""Of currencies (``USDC``) and of language models (``</s>``, ``<|endoftext|>``, ``[MASK]``)."""


_SECRETS_LAST = frozenset({"secret", "secrets", "credential", "credentials", "creds"})
_OWN_SECRETS = WORD_LISTS["own_secret"]
_SECRET_PATH = re.compile(r"[A-Za-z][\w.-]{0,63}(?:/[A-Za-z][\w.@-]{0,63}){1,8}")
_SECRET_TITLE = re.compile(
    r"(?i)[a-z][a-z0-9]*(?:[-_.][a-z0-9]+){0,10}[-_.](?:secrets?|credentials?|creds|password|token)"
)


def _names_a_secret(words: Sequence[str], text: str) -> bool:
    """Whether a text is the name of a secret in a store: ``prod/orders/db``, ``orders-db-credentials``."""
    is_store = bool(words) and words[-1] in _SECRETS_LAST
    if _SECRET_PATH.fullmatch(text) and not looks_random(text):
        return is_store or (text.count("/") >= 2 and text.islower())
    is_own = not is_store or bool(_OWN_SECRETS.intersection(words))
    return not is_own and _SECRET_TITLE.fullmatch(text) is not None and not looks_random(text)


def _is_setting(words: tuple[str, ...], text: str) -> bool:
    """Whether a name goes on after the credential's word, and a text is of words as settings are made of.

    ``PASSWORD_CLASSES=upper,lower`` says something about passwords; ``DB_PASSWORD_OLD=orange`` is one.
    """
    if not names_more_than_credential(words):
        return False
    said = _SETTING.findall(text.lower())
    return _NAME_OF_SETTING.fullmatch(text) is not None or (bool(said) and all(word in HARMLESS_WORDS for word in said))


_SETTING = re.compile(r"[^\W_]+")
_NAME_OF_SETTING = re.compile(r"[a-z]{2,30}(?:[-_./:,][a-z]{2,30}){0,6}")

_LONGEST_MADE = 1024
_MADE = re.compile(r"[A-Za-z0-9+/_.:~-]+")
_MADE_PIECES = re.compile(r"[-_.:~]")
_UUID = re.compile(r"(?i)(?<![0-9a-z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-z])")

# --- runs of machine-made characters --------------------------------------------------------------------------------

_SHORTEST_RANDOM = 8
_PIECE = re.compile(r"[A-Za-z0-9]+")
_DIGIT = re.compile(r"[0-9]")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_SWITCH = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")


def _switches(piece: str) -> int:
    """How often the kind of character changes, a capital at a word's start not counted twice."""
    return len(_SWITCH.findall(piece, 0, _LONGEST_PIECE))


_LONGEST_PIECE = 512
