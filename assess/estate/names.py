"""What a name says about the value that stands under it: a credential, a resource, or nothing."""

import re
from enum import Enum

from assess.estate.redaction import MARKER
from assess.estate.wordlists import WORD_LISTS


class NameKind(Enum):
    """What a variable, option, field or tag with this name holds."""

    SECRET = "secret"  # noqa: S105 - a kind of name
    """A credential by its name: ``DB_PASSWORD``, ``apiKey``, ``spring.datasource.password``."""
    AUTH = "auth"
    """Something about authentication, which may or may not be a credential: ``AUTH_MODULE``."""
    KEY = "key"
    """A key of some kind, or something about a credential; only a value that a machine made is a credential:
    ``STRIPE_KEY``, ``API_TOKEN_STAGE``."""
    RESOURCE = "resource"
    """The name or address of a resource: ``ORDERS_QUEUE``, ``DB_HOST``, ``awslogs-group``."""
    PLAIN = "plain"
    """Nothing that matters here."""


def name_kind(name: str) -> NameKind:
    """What a name in any case style (camelCase, SNAKE_CASE, kebab-case, dotted) says by its whole words.

    A name whose last word says that the value only describes a credential (``_ARN``, ``_FILE``, ``_TTL``, ...) is no
    credential's.
    """
    words = words_of(name)
    if not words:
        return NameKind.PLAIN
    secret = _secret_by(words)
    if secret is not None and words[0] in _ORDERS and len(words) > 1:
        return NameKind.KEY
    if secret is NameKind.AUTH and _says_resource(words):
        return NameKind.RESOURCE
    if secret is not None and not _describes(words):
        return secret
    if secret is NameKind.SECRET:  # `PASSWORD_HOST=x` is not worth trusting a bare word for
        is_open = _last(words) in _IDENTIFIES and not (words[-2:] == ("secret", "id") and "vault" in words)
        return NameKind.PLAIN if is_open else NameKind.KEY
    if _says_resource(words):
        return NameKind.RESOURCE
    return NameKind.KEY if _may_be_key(words) else NameKind.PLAIN


def is_secret_name(name: str) -> bool:
    """Whether a name says that its value is a credential."""
    return name_kind(name) in (NameKind.SECRET, NameKind.AUTH)


def is_identifying_name(name: str) -> bool:
    """Whether a name says that its value, random as it may look, is only an identifier: ``kid``, ``digest``, ``n``."""
    words = words_of(name)
    return len(name) == 1 or (bool(words) and _last(words) in _IDENTIFIES)


def is_credential_word(word: str) -> bool:
    """Whether a word of a name, in lower case, stands for a credential itself: ``password``, ``dbpass``, ``key``."""
    return word in _CREDENTIALS or (word.endswith(_SECRET_ENDS) and word not in _NOT_SECRET_ENDS)


def names_more_than_credential(words: tuple[str, ...]) -> bool:
    """Whether a name goes on after the credential's word and whose it is: ``PASSWORD_CLASSES``, ``TOKEN_BACKEND``."""
    return bool(words) and not is_credential_word(_last(words)) and _last(words) not in _QUALIFIERS


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name in lower case; names longer than 256 characters have none, nor have markers."""
    if len(name) > _LONGEST_NAME:
        return ()
    return tuple(word.lower() for word in _WORD.findall(MARKER.sub("x", name)))


def is_kept_tag(key: str) -> bool:
    """Whether a tag's key says that the value is an owner, team, environment or application, or a tool's mark."""
    if key.startswith(_MARKS) or key in ("Name", "name"):
        return True
    words = set(words_of(key))
    return bool(words & _OWNER_WORDS) or {"cost", "center"} <= words or {"cost", "centre"} <= words


_LONGEST_NAME = 256
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+")

_SECRET_WORDS = WORD_LISTS["secret"]
_CREDENTIALS = _SECRET_WORDS | {"key", "keys", "salt", "auth", "cookie"}
_SECRET_KEYS = WORD_LISTS["secret_key_before"]

_OPEN_KEYS = WORD_LISTS["open_key"]

_SECRET_ENDS = tuple(sorted(WORD_LISTS["secret_end"]))
_NOT_SECRET_ENDS = WORD_LISTS["not_secret_end"]
_IDENTIFIES = WORD_LISTS["identifying_last"]
_KEYS_LAST = frozenset(
    {"cookie", "users", "salt", "seed", "iv", "jwt", "bearer", "license", "licence", "api", "encrypt"}
)
_PASSWORDS = frozenset({"password", "passwd", "pwd", "credential", "credentials", "creds"})

_PROCESSES = WORD_LISTS["password_process"]
_BEGINS_PROCESS = frozenset((word,) for word in _PROCESSES)
_QUALIFIERS = WORD_LISTS["qualifier_last"]
_ORDERS = WORD_LISTS["order_first"]
_DESCRIBES = WORD_LISTS["describing_last"]

_RESOURCES_ANYWHERE = WORD_LISTS["resource_anywhere"]
_RESOURCES_LAST = WORD_LISTS["resource_last"]
_RESOURCE_ENDS = ("host", "hostname", "database", "dbname")
_AFTER_RESOURCE = WORD_LISTS["after_resource"]
_NOT_RESOURCE_LAST = WORD_LISTS["not_resource_last"]

_OWNER_WORDS = WORD_LISTS["owner_tag"]
_MARKS = ("aws:", "copilot-", "kubernetes.io/")


def _secret_by(words: tuple[str, ...]) -> NameKind | None:
    found: NameKind | None = None
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        if word in _PASSWORDS and (before in _PROCESSES or words[index + 1 : index + 2] in _BEGINS_PROCESS):
            continue
        if word in _SECRET_WORDS or (word.endswith(_SECRET_ENDS) and word not in _NOT_SECRET_ENDS):
            return NameKind.SECRET
        if word in ("key", "keys", "salt") and before in _SECRET_KEYS:
            return NameKind.SECRET
        if word == "cookie" and before == "erlang":
            return NameKind.SECRET
        if word == "auth":
            if index == len(words) - 1:
                return NameKind.SECRET
            found = NameKind.AUTH
    return found


def _last(words: tuple[str, ...]) -> str:
    """The last word that is no number."""
    return words[-2] if words[-1].isdigit() and len(words) > 1 else words[-1]


def _describes(words: tuple[str, ...]) -> bool:
    last = _last(words)
    if words[-2:] == ("erlang", "cookie") or words[-3:] == ("root", "token", "id"):
        return False  # Vault calls its root token so
    if last in ("secret", "key") and len(words) > 1 and words[-2] in _PASSWORDS:
        return True  # the secret of Secrets Manager, or the key of an object, that holds the password
    return last in _DESCRIBES or last.startswith("expir")


def _may_be_key(words: tuple[str, ...]) -> bool:
    if _last(words) in _IDENTIFIES or (words[-1] in _DESCRIBES and words[-1] != "cookie"):
        return False
    for index, word in enumerate(words):
        if word in ("key", "keys") and (index == 0 or words[index - 1] not in _OPEN_KEYS):
            return words[:2] != ("next", "public")  # Next.js writes such variables into the pages
    if words[-1] in _KEYS_LAST:
        return True
    return words[-1] != "key" and words[-1].endswith("key") and words[-1] not in _NOT_SECRET_ENDS


def _says_resource(words: tuple[str, ...]) -> bool:
    last = words[-1]
    if last in _NOT_RESOURCE_LAST:
        return False
    if last.isdigit() and len(words) > 1:
        words = words[:-1]
        last = words[-1]
    if last in _RESOURCES_LAST or (last in _AFTER_RESOURCE and len(words) > 1 and words[-2] in _RESOURCES_LAST):
        return True
    if last.endswith(_RESOURCE_ENDS) and last != "ghost":  # `PGHOST`
        return True
    return any(word in _RESOURCES_ANYWHERE for word in words) or words[-2:] == ("stream", "prefix")
