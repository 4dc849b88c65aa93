"""Secrets of our own making, each planted in one place only, and the search for what became of them.

Formats of vendors are put together from pieces, so that scanners of code hosts have nothing to find in this file.
"""

import base64
import itertools
import json
import random
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"

FORMATS: Mapping[str, tuple[str, int, str]] = {
    "github": ("gh" + "p_", 36, LETTERS),
    "github of an app": ("gh" + "s_", 36, LETTERS),
    "github fine-grained": ("github" + "_pat_", 59, LETTERS),
    "gitlab": ("gl" + "pat-", 20, LETTERS),
    "slack": ("xo" + "xb-123456789012-1234567890123-", 24, LETTERS),
    "slack webhook": ("https://hooks." + "slack.com/services/T0AAAAAAA/B0BBBBBBB/", 24, LETTERS),
    "stripe": ("sk" + "_live_", 24, LETTERS),
    "google": ("AI" + "za", 35, LETTERS),
    "google oauth": ("GOC" + "SPX-", 28, LETTERS),
    "npm": ("np" + "m_", 36, LETTERS),
    "pypi": ("py" + "pi-AgEIcHlwaS5vcmc", 70, LETTERS),
    "anthropic": ("sk-" + "ant-api03-", 90, LETTERS),
    "openai": ("sk-" + "proj-", 48, LETTERS),
    "vault": ("hv" + "s.", 24, LETTERS),
    "digitalocean": ("do" + "p_v1_", 64, HEX),
    "shopify": ("shp" + "at_", 32, HEX),
    "docker hub": ("dckr" + "_pat_", 27, LETTERS),
    "hugging face": ("h" + "f_", 34, LETTERS),
    "new relic": ("NR" + "AK-", 27, string.ascii_uppercase + string.digits),
    "databricks": ("da" + "pi", 32, HEX),
    "postman": ("PM" + "AK-" + "0123456789abcdef01234567-", 34, HEX),
    "twilio": ("S" + "K", 32, HEX),
    "telegram": ("123456789:" + "AA", 33, LETTERS),
    "square": ("sq0" + "csp-", 43, LETTERS),
    "azure storage": ("DefaultEndpointsProtocol=https;AccountName=shop;Account" + "Key=", 86, LETTERS),
    "sentry": ("sntry" + "s_", 60, LETTERS),
}
"""Tokens that are known by their format: what they begin with, how many characters follow, and which."""

WORDS = (
    "sunshine", "dragonfly", "butterscotch", "honeysuckle", "marigold", "gingerbread", "periwinkle", "buttercup",
    "snowdrop", "peppermint", "tangerine", "nightingale", "dandelion", "pomegranate", "hummingbird", "jellyfish",
    "watermelon", "chandelier", "tambourine", "marshmallow", "cauliflower", "salamander", "xylophone", "zeppelin",
    "trombone", "cinnamon", "caterpillar", "porcupine",
)  # fmt: skip
"""Passwords that look like any other word."""

NAMES = (
    "DB_PASSWORD", "dbPassword", "DbPassword", "db-password", "db.password", "DBPASSWORD", "Db_Passwd", "MYSQL_PWD",
    "API_KEY", "apiKey", "ApiKey", "api-key", "X-Api-Key", "CLIENT_SECRET", "clientSecret", "AUTH_TOKEN", "authToken",
    "PRIVATE_KEY", "PASSPHRASE", "AWS_SECRET_ACCESS_KEY", "secretAccessKey", "APP_CREDENTIALS", "SIGNING_KEY",
    "ENCRYPTION_KEY", "SESSION_SECRET", "spring.datasource.password", "ConnectionStrings__Password", "PGPASSWORD",
)  # fmt: skip
"""Names of credentials in every style of writing."""


@dataclass
class Planted:
    """Makes secrets, none of them twice, and knows where each was planted."""

    seed: int
    found_by: dict[str, str] = field(default_factory=dict)
    """Where and in which shape each secret was planted, by what must not be found of it."""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        pairs = (f"{one}-{other}" for one, other in itertools.permutations(WORDS, 2))
        self._words = itertools.chain(WORDS, pairs)

    def text(self, count: int, of: str = LETTERS) -> str:
        """So many characters that mean nothing; digits and both cases are among letters."""
        made = "".join(self._chance.choice(of) for _ in range(count - 3))
        return f"{made}q7Z" if of is LETTERS else made + "".join(self._chance.choice(of) for _ in range(3))

    def _keep(self, secret: str, place: str, shape: str) -> str:
        self.found_by[secret] = f"{place}: {shape}"
        return secret

    def token(self, place: str, name: str) -> str:
        """A token of a vendor's format."""
        start, count, of = FORMATS[name]
        return start + self._keep(self.text(count, of), place, name)

    def word(self, place: str) -> str:
        """A word of a dictionary; two of them, once there are no more."""
        return self._keep(next(self._words), place, "word")

    def password(self, place: str, shape: str = "password") -> str:
        """A password of letters and digits."""
        return self._keep(self.text(12), place, shape)

    def shapes(self, place: str) -> Iterator[tuple[str, str]]:
        """A secret in each shape that gives it away whatever stands beside it: the shape's name, and the text."""
        for name in FORMATS:
            yield name, self.token(place, name)
        dsn = self.password(place, "DSN")
        yield "dsn", f"postgresql://app:{dsn}@db.internal:5432/orders?sslmode=require"
        yield "url", f"https://reports:{self.password(place, 'URL')}@files.example.com/in"
        yield "redis", f"redis://:{self.password(place, 'redis URL')}@cache.internal:6379/0"
        yield "ado", f"Server=db.internal;Database=shop;User Id=app;Password={self.password(place, 'ADO')};Encrypt=true"
        yield "jdbc", f"jdbc:mysql://db.internal/shop?user=app&password={self.password(place, 'JDBC')}"
        yield "query", f"https://api.example.com/v1?access_token={self.password(place, 'query')}&page=2"
        yield "bearer", f"Authorization: Bearer {self._keep(self.text(40), place, 'bearer')}"
        yield "basic", "Authorization: Basic " + _base64(f"app:{self.password(place, 'basic authorization')}")
        yield "jwt", self._jwt(place)
        yield "private key", self._private_key(place)
        yield "aws pair", self._aws_pair(place)
        yield "json", json.dumps({"db": {"user": "app", "password": self.password(place, "JSON")}, "port": 5432})
        yield "base64", _base64(f"password={self.password(place, 'base64')}")
        yield "base64 of json", _base64(json.dumps({"clientSecret": self.password(place, "base64 of JSON")}))
        yield "option", f"serve --port 8080 --password={self.password(place, 'option')}"
        yield "shell", f"export API_TOKEN='{self.password(place, 'shell')}' && exec serve"

    def _jwt(self, place: str) -> str:
        claims = {"sub": "orders", "jti": self._keep(self.text(20), place, "JWT"), "exp": 4_102_444_800}
        parts = (_base64(json.dumps({"alg": "HS256", "typ": "JWT"})), _base64(json.dumps(claims)))
        return ".".join(each.rstrip("=") for each in parts) + "." + self._keep(self.text(43), place, "JWT's signature")

    def _private_key(self, place: str) -> str:
        lines = [self._keep(self.text(64), place, "private key") for _ in range(3)]
        return "-----BEGIN " + "PRIVATE KEY-----\n" + "\n".join(lines) + "\n-----END " + "PRIVATE KEY-----\n"

    def _aws_pair(self, place: str) -> str:
        key_id = "AK" + "IA" + self._keep(self.text(16, string.ascii_uppercase + "234567"), place, "AWS key id")
        return f"{key_id}:{self._keep(self.text(40), place, 'AWS secret')}"

    # --- the search -------------------------------------------------------------------------------------------------

    def leaks(self, outputs: Mapping[str, str]) -> list[str]:
        """What of the secrets stands in an output: plain, in base64, for a URL, or as JSON escapes it."""
        by_start: dict[str, list[tuple[str, str]]] = {}
        for secret, place in self.found_by.items():
            for form in _forms(secret):
                by_start.setdefault(form[:_START], []).append((form, place))
        found = set()
        for text, name in {text: name for name, text in outputs.items()}.items():
            for at in range(len(text) - _START + 1):
                for form, place in by_start.get(text[at : at + _START], ()):
                    if text.startswith(form, at):
                        found.add(f"{place} in {name}: {text[max(0, at - 80) : at + len(form)]}")
        return sorted(found)


_START = 8
"""Characters by which the search knows where to look closer: the shortest secret has as many."""


def _forms(secret: str) -> set[str]:
    forms = {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}
    # within a longer text in base64, a secret starts at any of three places; its ends mix with what is around it
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret.encode()).decode()
        inside = encoded[(8 * before + 5) // 6 : (len(secret.encode()) + before) * 8 // 6]
        forms |= {inside, inside.replace("+", "-").replace("/", "_")}
    return forms


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
