"""The door keeps of an address what tells whom a workload calls, and never the password in it."""

import base64

import pytest

from assess.estate.redaction import MARKER
from assess.graph.endpoints import Endpoint, endpoints_in
from tests.estate.test_door import variable

PASSWORD = "gravel" + "-path-" + "77"

# Each value, with ``()`` where something goes; ``{}`` stands for the password before it passes.
ADDRESSES = (
    # DSN
    ("postgres://db.shop.internal/orders", None),
    (
        "postgresql://u:{}@db.shop.internal:5432/orders?sslmode=require",
        "postgresql://u:()@db.shop.internal:5432/orders?sslmode=require",
    ),
    ("postgresql+asyncpg://u:{}@db/orders", "postgresql+asyncpg://u:()@db/orders"),
    (
        "mysql://u:{}@m1.shop.internal:3306,m2.shop.internal:3306/orders",
        "mysql://u:()@m1.shop.internal:3306,m2.shop.internal:3306/orders",
    ),
    ("mysql2://u:{}@orders-db:3306/orders?pool=5", "mysql2://u:()@orders-db:3306/orders?pool=5"),
    ("mariadb://u:{}@quokka:3306/orders", "mariadb://u:()@quokka:3306/orders"),
    (
        "mongodb://u:{}@m1:27017,m2:27017,m3:27017/orders?replicaSet=rs0",
        "mongodb://u:()@m1:27017,m2:27017,m3:27017/orders?replicaSet=()",
    ),
    (
        "mongodb+srv://u:{}@cluster0.ab1cd.mongodb.net/orders?retryWrites=true&w=majority",
        "mongodb+srv://u:()@cluster0.ab1cd.mongodb.net/orders?retryWrites=true&w=majority",
    ),
    ("redis://:{}@quokka:6379/0", "redis://:()@quokka:6379/0"),
    ("rediss://master.shop-redis.ab1cde.euw1.cache.amazonaws.com:6379", None),
    ("redis-sentinel://:{}@s1:26379,s2:26379/0", "redis-sentinel://:()@s1:26379,s2:26379/0"),
    ("amqp://u:{}@quokka/orders", "amqp://u:()@quokka/orders"),
    ("amqps://b-0f2b5c1e-77aa-4c3d-9e1f-1234567890ab-1.mq.eu-west-1.amazonaws.com:5671", None),
    ("nats://n1:4222,nats://u:{}@n2:4222", "nats://n1:4222,nats://u:()@n2:4222"),
    ("kafka://b1:9092", None),
    ("SASL_SSL://b1.shop.internal:9096,SASL_SSL://b2.shop.internal:9096", None),
    ("http://quokka:8080/v1/orders", None),
    ("https://u:{}@api.shop.io:8443/v1/orders?page=2", "https://u:()@api.shop.io:8443/v1/orders?page=2"),
    ("grpc://orders.local:50051", None),
    ("ws://push.shop.io/socket", None),
    ("wss://push.shop.io/socket", None),
    ("tcp://172.17.0.5:2375", None),
    ("udp://statsd:8125", None),
    ("ldap://ldap.shop.io/dc=shop,dc=io", None),
    ("ldaps://ldap.shop.io:636", None),
    ("smtp://u:{}@mail.shop.io:587", "smtp://u:()@mail.shop.io:587"),
    ("smtps://mail.shop.io", None),
    ("s3://quokka-invoices/2024/in", None),
    ("dax://quokka.ab12cd.dax-clusters.eu-west-1.amazonaws.com", None),
    ("cassandra://c1:9042/orders_ks", None),
    ("clickhouse://u:{}@ch:9000/orders", "clickhouse://u:()@ch:9000/orders"),
    ("memcached://quokka:11211", None),
    ("mqtt://iot.shop.io:1883", None),
    ("mqtts://iot.shop.io:8883", None),
    ("sftp://u:{}@files.shop.io:22/in", "sftp://u:()@files.shop.io:22/in"),
    ("https://9f3a4b5c6d7e8f90a1b2c3d4e5f60718.eu-west-1.aws.found.io:9243", None),
    ("https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/orders", None),
    # JDBC
    (
        "jdbc:postgresql://h1:5432,h2:5432/orders?targetServerType=primary&password={}",
        "jdbc:postgresql://h1:5432,h2:5432/orders?targetServerType=primary&password=()",
    ),
    ("jdbc:mysql://quokka:3306/orders?useSSL=true", None),
    ("jdbc:mariadb:sequential://h1:3306,h2:3306/orders", None),
    ("jdbc:mysql:aws://db.shop.internal:3306/orders", None),
    ("jdbc:postgresql:aws://db.shop.internal:5432/orders", None),
    ("jdbc:aws-wrapper:postgresql://orders.cluster-abc123def456.eu-west-1.rds.amazonaws.com:5432/orders", None),
    ("jdbc:redshift://wg.123456789012.eu-west-1.redshift-serverless.amazonaws.com:5439/dev", None),
    ("jdbc:oracle:thin:@//ora.shop.internal:1521/QUOKKA", None),
    ("jdbc:oracle:thin:@ora.shop.internal:1521:QUOKKA", None),
    (
        "jdbc:oracle:thin:app/{}@//ora.shop.internal:1521/ORDERS",
        "jdbc:oracle:thin:app/()@//ora.shop.internal:1521/ORDERS",
    ),
    ("jdbc:oracle:thin:app/{}@ora.shop.internal:1521:ORCL", "jdbc:oracle:thin:app/()@ora.shop.internal:1521:ORCL"),
    (
        "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=ora.shop.internal)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=ORDERS)))",
        None,
    ),
    (
        "jdbc:sqlserver://sql.shop.internal:1433;databaseName=orders;encrypt=true;password={}",
        "jdbc:sqlserver://sql.shop.internal:1433;databaseName=orders;encrypt=true;password=()",
    ),
    ("jdbc:sqlserver://;serverName=sql.shop.internal;port=1433;databaseName=orders", None),
    ("jdbc:sqlserver://sql.shop.internal\\QUOKKA;databaseName=orders", None),
    # .NET, libpq, Go, StackExchange.Redis
    (
        "Server=tcp:sql.shop.internal,1433;Database=quokka;Password={};Encrypt=True",
        "Server=tcp:sql.shop.internal,1433;Database=quokka;Password=();Encrypt=True",
    ),
    ("Server=quokka\\SQLEXPRESS;Database=orders;Trusted_Connection=True", None),
    ("Data Source=sql.shop.internal;Initial Catalog=orders;Integrated Security=SSPI", None),
    (
        "Host=pg.shop.internal;Port=5432;Database=orders;Password={}",
        "Host=pg.shop.internal;Port=5432;Database=orders;Password=()",
    ),
    ("Server=quokka;Database=orders;Pwd={};", "Server=quokka;Database=orders;Pwd=();"),
    (
        "host=quokka port=5432 dbname=orders password={} sslmode=require",
        "host=quokka port=5432 dbname=orders password=() sslmode=require",
    ),
    ("root:{}@tcp(quokka:3306)/orders?parseTime=true", "root:()@tcp(quokka:3306)/orders?parseTime=true"),
    ("quokka.shop.internal:6379,password={},ssl=True", "quokka.shop.internal:6379,password=(),ssl=True"),
    # lists, ARNs, queues, bare addresses
    (
        "b-1.shop.ab12cd.c4.kafka.eu-west-1.amazonaws.com:9098,b-2.shop.ab12cd.c4.kafka.eu-west-1.amazonaws.com:9098",
        None,
    ),
    ("quokka-1:9092,quokka-2:9092,quokka-3:9092", None),
    ("hosts=[es-1:9200,es-2:9200]", None),
    ('["http://es-1:9200","http://es-2:9200"]', None),
    ("https://sqs.eu-west-1.amazonaws.com/123456789012/quokka.fifo", None),
    ("https://eu-west-1.queue.amazonaws.com/123456789012/quokka", None),
    ("arn:aws:sqs:eu-west-1:123456789012:quokka", None),
    ("arn:aws-cn:sns:cn-north-1:123456789012:quokka", None),
    ("arn:aws-us-gov:dynamodb:us-gov-west-1:123456789012:table/quokka", None),
    ("arn:aws:s3:::quokka-invoices", None),
    ("orders.local", None),
    ("quokka.shop.internal", None),
    ("quokka.shop.internal:8080", None),
    ("quokka:8080", None),
    ("10.0.3.7:5432", None),
    ("[2a05:d018::17]:8080", None),
    ("k8s-quokka-ab12cd34ef-0123456789.eu-west-1.elb.amazonaws.com", None),
    # escaped and encoded
    ("postgresql%3A%2F%2Fdb.shop.internal%3A5432%2Forders", None),
    ("https://id.shop.io/start?next=https%3A%2F%2Fquokka.shop.io%2Forders", None),
    (
        "postgresql%3A%2F%2Fu%3A{}%40db.shop.internal%3A5432%2Forders",
        "postgresql%3A%2F%2Fu%3A()%40db.shop.internal%3A5432%2Forders",
    ),
    (base64.b64encode(b"url: http://api.shop.internal:8080/orders").decode(), None),
)


@pytest.mark.parametrize(("value", "expected"), ADDRESSES)
@pytest.mark.parametrize("name", ["SETTING", "ORDERS_URL"])
def test_address_stays_and_its_password_goes(name: str, value: str, expected: str | None) -> None:
    passed = variable(name, value.replace("{}", PASSWORD))
    assert PASSWORD not in passed
    assert MARKER.sub("()", passed) == (value if expected is None else expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_HOST", "redis"),
        ("ORDERS_HOST", "orders"),
        ("ORDERS_HOST", "quokka"),
        ("PGHOST", "quokka"),
        ("dbHost", "quokka"),
        ("spring.data.redis.host", "quokka"),
        ("DB_HOSTNAME", "quokka_db"),
        ("ORDERS_SERVICE_HOST", "quokka-api"),
        ("ORDERS_SERVICE", "quokka"),
        ("MQ_SERVER", "quokka"),
        ("ORDERS_ENDPOINT", "quokka"),
        ("REDIS_ADDRESS", "quokka"),
        ("CACHE_NODE", "quokka"),
        ("UPSTREAM", "quokka"),
        ("KAFKA_BOOTSTRAP_SERVERS", "quokka"),
        ("CASSANDRA_CONTACT_POINTS", "quokka1,quokka2"),
        ("ELASTICSEARCH_HOSTS", "quokka1,quokka2"),
        ("ORDERS_URL", "quokka/v1"),
        ("DB_NAME", "quokka"),
        ("PGDATABASE", "quokka"),
        ("ORDERS_QUEUE", "quokka-events"),
        ("TABLE", "quokka"),
        ("BUCKET_NAME", "quokka-bucket"),
        ("STREAM_NAME", "quokka-stream"),
        ("EVENT_BUS_NAME", "quokka-bus"),
    ],
)
def test_bare_name_stays_where_its_variable_says_host_or_resource(name: str, value: str) -> None:
    assert variable(name, value) == value
    assert MARKER.fullmatch(variable("SETTING", "quokka"))


@pytest.mark.parametrize("value", [value for value, _ in ADDRESSES])
@pytest.mark.parametrize("name", ["SETTING", "KAFKA_BROKERS", "ConnectionStrings__Orders"])
def test_the_same_addresses_are_read_before_and_behind_the_door(name: str, value: str) -> None:
    raw = value.replace("{}", PASSWORD)
    assert whom(variable(name, raw), name) == whom(raw, name)


def whom(text: str, name: str) -> list[tuple[object, ...]]:
    return [told(each) for each in endpoints_in(text, name)]


def told(endpoint: Endpoint) -> tuple[object, ...]:
    return (
        endpoint.form,
        endpoint.host,
        endpoint.placeholder,
        endpoint.arn,
        endpoint.name,
        endpoint.port,
        endpoint.database,
    )
