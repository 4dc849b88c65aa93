"""Values for the tables of this folder: credentials of a valid format that nothing ever accepted.

The machine-made parts come out of a hash of a label, so that they are the same in every run and stand in no file.
Prefixes by which code hosts know a live token are put together from pieces for the same reason.
"""

import base64
import hashlib
import json
from typing import NamedTuple

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ALPHANUMERIC = LETTERS + LETTERS.upper() + "0123456789"
CAPITAL = LETTERS.upper() + "0123456789"
HEX = "0123456789abcdef"


class Row(NamedTuple):
    """A variable, what the door should take it for, and the variables that stand beside it.

    ``expected`` is a class of :class:`~assess.estate.redaction.RedactionClass`, or ``quiet`` where neither
    SEC-ENV-PLAINTEXT nor SEC-ENV-SUSPECT should fire. ``token``, ``userinfo`` and ``named`` are positives.
    """

    name: str
    value: str
    expected: str
    beside: tuple[tuple[str, str], ...] = ()


class Line(NamedTuple):
    """Words of a command line, or the key and the value of an option, and whether they hold a credential."""

    words: tuple[str, ...]
    holds_credential: bool


def made(length: int, label: str, alphabet: str = ALPHANUMERIC) -> str:
    """Characters of ``alphabet`` as a generator would make them, always the same for a label."""
    drawn = hashlib.shake_256(label.encode()).digest(2 * length)
    numbers = (int.from_bytes(drawn[at : at + 2]) for at in range(0, 2 * length, 2))
    return "".join(alphabet[number % len(alphabet)] for number in numbers)


def uuid(label: str) -> str:
    """A random UUID (version 4)."""
    digits = made(32, label, HEX)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def encoded(text: str) -> str:
    """Base64 of a text."""
    return base64.b64encode(text.encode()).decode()


def random_base64(length: int, label: str) -> str:
    """Base64 of ``length`` random bytes."""
    return base64.b64encode(hashlib.shake_256(label.encode()).digest(length)).decode()


def jwt(label: str, **claims: object) -> str:
    """A JWT with these claims and a signature that no key made."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{made(43, label)}"


def pem(kind: str, label: str, newline: str = "\n") -> str:
    """A block of PEM."""
    body = random_base64(96, label)
    lines = (f"-----BEGIN {kind}-----", body[:64], body[64:], f"-----END {kind}-----")
    return newline.join(lines) + newline


PRIVATE = "PRIVATE" + " KEY"
KEY_ID = "AK" + "IA" + made(16, "key id", CAPITAL)
AWS_SECRET = made(18, "aws secret") + "/" + made(20, "aws secret 2") + "+"
GITHUB = "gh" + "p_" + made(36, "github")
SLACK = "xo" + "xb-" + "204857391026-2048573910264-" + made(24, "slack")
STRIPE = "sk" + "_live_" + made(24, "stripe")
STRIPE_TEST = "sk" + "_test_" + made(24, "stripe test")
GOOGLE = "AI" + "za" + made(35, "google")
SENDGRID = "S" + "G." + made(22, "sendgrid") + "." + made(43, "sendgrid 2")
FUTURE = 4102444800
"""1 January 2100."""
PAST = 1262304000
"""1 January 2010."""
