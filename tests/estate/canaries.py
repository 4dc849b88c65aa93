"""Secrets of our own making, in every shape that people have put them into task definitions.

Each is put together from pieces, so that scanners of code hosts have nothing to find in this file.
"""

import base64
import json

WORD = "sun" + "shine"
LITERAL = "v9Xq" + "tR2m" + "Lw7z"
PHRASE = "correct-" + "horse-" + "battery"
KEY_ID = "AK" + "IA" + "QZ7TBNWX4LPD2M6K"
AWS_SECRET = "kP3v" + "8Zq1Lm/W7xTy" + "+Rb5NcJd2FhG6sUa" + "9QeXwYz0"
GITHUB = "gh" + "p_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
GITHUB_FINE = "github" + "_pat_" + "11ABCDEFG0aB3dE5fG7hJ9_kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9"
GITLAB = "gl" + "pat-" + "aB3dE5fG7hJ9kL1mN3pQ"
SLACK = "xo" + "xb-" + "123456789012-1234567890123-aB3dE5fG7hJ9kL1mN3pQ5rS7"
STRIPE = "sk" + "_live_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7"
GOOGLE = "AI" + "za" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA"
SENDGRID = "S" + "G." + "aB3dE5fG7hJ9kL1mN3pQ5r" + "." + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7dE9f"
NPM = "np" + "m_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
ANTHROPIC = "sk-" + "ant-" + "api03-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
PEM_BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
PEM = "-----BEGIN " + "PRIVATE KEY-----\n" + PEM_BODY + "\n-----END " + "PRIVATE KEY-----\n"


def jwt(claims: dict[str, object]) -> str:
    """An unsigned JWT with these claims and a signature of filler."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return ".".join((part({"alg": "HS256", "typ": "JWT"}), part(claims), "c2lnbmF0dXJlLW9mLWZpbGxlcg"))


JWT = jwt({"sub": "orders", "exp": 4102444800})

TOKENS = {
    "github-token": GITHUB,
    "github-fine": GITHUB_FINE,
    "gitlab-token": GITLAB,
    "slack-token": SLACK,
    "stripe-key": STRIPE,
    "google-api-key": GOOGLE,
    "sendgrid-key": SENDGRID,
    "npm-token": NPM,
    "anthropic-key": ANTHROPIC,
    "jwt": JWT,
    "private-key": PEM,
}
"""Texts that a detector knows by their format, whatever stands beside them."""

SECRETS = (WORD, LITERAL, PHRASE, AWS_SECRET, *TOKENS.values())
"""What must never be found behind the door."""


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
