"""An address as a text gives it, before anybody knows whose it is."""

from dataclasses import dataclass
from enum import StrEnum

from assess.graph.model import Access


class Form(StrEnum):
    """How an address is written."""

    URL = "url"
    DSN = "dsn"
    JDBC = "jdbc"
    CONNECTION_STRING = "connection_string"
    HOST_LIST = "host_list"
    HOST_PORT = "host_port"
    HOST = "host"
    ARN = "arn"
    QUEUE_URL = "queue_url"
    BUCKET_URL = "bucket_url"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address; empty texts are what it does not say."""

    form: Form
    scheme: str = ""
    """In lower case, without a driver (``postgresql`` of ``postgresql+psycopg2``)."""
    host: str = ""
    """In lower case, without a trailing dot or the brackets of an IPv6 address; empty for ARNs, buckets and names."""
    port: int | None = None
    """1-65535: the written one, else the usual one of the scheme or engine; none where neither is known."""
    port_given: bool = False
    path: str = ""
    """What follows the host, without the query."""
    database: str = ""
    access: Access | None = None
    """READ where the address says that it is a reader's; none where it does not say."""
    engine: str = ""
    """Who answers there: ``postgres``, ``redis``, ``kafka``, ``http``; as ``data/endpoints.toml`` names them."""
    placeholder: str = ""
    """What a template left in place of the host, ARN or name, as written: ``${Database.Endpoint.Address}``."""
    arn: str = ""
    name: str = ""
    """Name of the bucket, queue, table or the like, where the address is or ends in one."""
    option: str = ""
    """The option, key or assignment within the text that holds it: ``http.proxyHost`` of ``-Dhttp.proxyHost=...``."""
    certain: bool = True
    """Whether its form alone makes it an address. What is not certain is one only if somebody is known by it."""
