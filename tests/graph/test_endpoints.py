"""Addresses in texts: every form, and what only looks like one."""

import json
import time
from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assess.graph.endpoints import Endpoint, HostKind, Role, endpoints_in, host_kind, in_words, joined, role_of
from assess.graph.endpoints.text import LONGEST_TEXT
from assess.graph.model import Access

MARKER = "(redacted:userinfo:url-password:9-16:g3)"


def told(endpoint: Endpoint) -> str:
    """``form who:port/database engine``, with what is not said left out."""
    who = endpoint.host or endpoint.placeholder or endpoint.arn or endpoint.name
    port = f":{endpoint.port}" if endpoint.port is not None else ""
    database = f"/{endpoint.database}" if endpoint.database else ""
    return f"{endpoint.form} {who}{port}{database} {endpoint.engine}".strip()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://api.acme-pay.io/v1", ["url api.acme-pay.io:443 http"]),
        ("http://orders.prod.internal:8080/", ["url orders.prod.internal:8080 http"]),
        ("HTTP://Orders.Prod.Internal.:8080", ["url orders.prod.internal:8080 http"]),
        ("http://[2a05:d018::17]:8080/x", ["url 2a05:d018::17:8080 http"]),
        ("grpc://ledger:50051", ["url ledger:50051 grpc"]),
        ("dns:///ledger.internal:50051", ["url ledger.internal:50051 grpc"]),
        ("psql://app@db.internal/shop", ["dsn db.internal:5432/shop postgres"]),
        (
            "failover:(ssl://b1.internal:61617,ssl://b2.internal:61617)?randomize=false",
            ["url b1.internal:61617 activemq", "url b2.internal:61617 activemq"],
        ),
        ("wss://push.acme-pay.io/socket", ["url push.acme-pay.io:443 http"]),
        ("tcp://10.1.2.3:9000", ["url 10.1.2.3:9000"]),
        ("udp://statsd.internal:8125", ["url statsd.internal:8125"]),
        ("postgres://app@db.prod.internal/orders", ["dsn db.prod.internal:5432/orders postgres"]),
        ("postgresql+psycopg2://a:b@db:5433/orders?sslmode=require", ["dsn db:5433/orders postgres"]),
        (f"postgres://app:{MARKER}@db.prod.internal:5432/orders", ["dsn db.prod.internal:5432/orders postgres"]),
        ("postgres:///orders?host=db.prod.internal", ["dsn db.prod.internal:5432/orders postgres"]),
        ("postgres://u:p/w#x@db.prod.internal:5432/orders", ["dsn db.prod.internal:5432/orders postgres"]),
        ("mysql://app@db.prod.internal/shop", ["dsn db.prod.internal:3306/shop mysql"]),
        ("mysql2://app@db.prod.internal/shop", ["dsn db.prod.internal:3306/shop mysql"]),
        ("mysql+pymysql://app@db.prod.internal/shop", ["dsn db.prod.internal:3306/shop mysql"]),
        ("mariadb://db.prod.internal", ["dsn db.prod.internal:3306 mysql"]),
        ("app:secret@tcp(db.prod.internal:3307)/shop", ["dsn db.prod.internal:3307/shop mysql"]),
        ("mysql://app:x@tcp(db.prod.internal:3306)/shop", ["dsn db.prod.internal:3306/shop mysql"]),
        ("sqlserver://sa@sql.corp:1433?database=x", ["dsn sql.corp:1433 mssql"]),
        (
            "mongodb://u@m1.internal:27017,m2.internal:27018/shop?replicaSet=rs0",
            ["dsn m1.internal:27017/shop mongo", "dsn m2.internal:27018/shop mongo"],
        ),
        ("mongodb+srv://u:p@shop.ab1cd.mongodb.net/shop", ["dsn shop.ab1cd.mongodb.net:27017/shop mongo"]),
        ("redis://cache.internal/0", ["dsn cache.internal:6379 redis"]),
        ("rediss://:x@cache.internal:6380/1", ["dsn cache.internal:6380 redis"]),
        (
            "redis-sentinel://s1.internal:26379,s2.internal:26379/mymaster",
            ["dsn s1.internal:26379 redis", "dsn s2.internal:26379 redis"],
        ),
        ("amqp://guest@mq.internal/vhost", ["dsn mq.internal:5672 amqp"]),
        ("amqps://mq.internal", ["dsn mq.internal:5671 amqp"]),
        ("nats://n1.internal:4222", ["dsn n1.internal:4222 nats"]),
        ("kafka://k1.internal:9092", ["dsn k1.internal:9092 kafka"]),
        ("SASL_SSL://k1.internal:9096", ["dsn k1.internal:9096 kafka"]),
        ("ldap://dir.corp", ["dsn dir.corp:389 ldap"]),
        ("ldaps://dir.corp", ["dsn dir.corp:636 ldap"]),
        ("smtp://user:p@mail.acme-pay.io:587", ["dsn mail.acme-pay.io:587 smtp"]),
        ("smtps://mail.acme-pay.io", ["dsn mail.acme-pay.io:465 smtp"]),
        ("cassandra://c1.internal/ks", ["dsn c1.internal:9042/ks cassandra"]),
        ("clickhouse://ch.internal/events", ["dsn ch.internal:9000/events clickhouse"]),
        ("memcached://mc.internal", ["dsn mc.internal:11211 memcached"]),
        ("mqtt://iot.internal", ["dsn iot.internal:1883 mqtt"]),
        ("mqtts://iot.internal", ["dsn iot.internal:8883 mqtt"]),
        ("sftp://files.partner.io", ["dsn files.partner.io:22 sftp"]),
        ("dax://my.cluster.internal", ["dsn my.cluster.internal:8111 dax"]),
        ("s3://shop-assets/images/", ["bucket_url shop-assets s3"]),
        ("s3a://shop-lake/raw", ["bucket_url shop-lake s3"]),
        (
            "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=x",
            ["dsn shop.servicebus.windows.net:5671 amqp"],
        ),
        (
            "https://a.acme-pay.io,https://b.acme-pay.io:8443",
            ["url a.acme-pay.io:443 http", "url b.acme-pay.io:8443 http"],
        ),
        ("https://login.acme-pay.io/?next=https://shop.acme-pay.io/", ["url login.acme-pay.io:443 http"]),
        ("optional:configserver:http://config.internal:8888/", ["url config.internal:8888 http"]),
        ("gopher+custom://thing.internal:7000", ["url thing.internal:7000"]),
    ],
)
def test_url_or_dsn(value: str, expected: list[str]) -> None:
    assert [told(each) for each in endpoints_in(value)] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("jdbc:postgresql://db.internal/orders", ["jdbc db.internal:5432/orders postgres"]),
        ("jdbc:postgresql://db.internal:5433/orders?ssl=true", ["jdbc db.internal:5433/orders postgres"]),
        (
            "jdbc:postgresql://h1.internal:5432,h2.internal:5433/orders",
            ["jdbc h1.internal:5432/orders postgres", "jdbc h2.internal:5433/orders postgres"],
        ),
        ("jdbc:mysql://db.internal/shop", ["jdbc db.internal:3306/shop mysql"]),
        ("jdbc:mysql:aws://db.internal/shop", ["jdbc db.internal:3306/shop mysql"]),
        ("jdbc:aws-wrapper:postgresql://db.internal/shop", ["jdbc db.internal:5432/shop postgres"]),
        ("jdbc:aws-wrapper:mysql://db.internal:3306/shop", ["jdbc db.internal:3306/shop mysql"]),
        (
            "jdbc:mariadb:sequential://m1.internal,m2.internal/shop",
            ["jdbc m1.internal:3306/shop mysql", "jdbc m2.internal:3306/shop mysql"],
        ),
        (
            "jdbc:mysql:replication://m1.internal,m2.internal/s",
            ["jdbc m1.internal:3306/s mysql", "jdbc m2.internal:3306/s mysql"],
        ),
        ("jdbc:mysql://address=(host=m1.internal)(port=3307)/shop", ["jdbc m1.internal:3307/shop mysql"]),
        (
            "jdbc:mysql://(host=m1.internal,port=3307),(host=m2.internal)/s",
            ["jdbc m1.internal:3307/s mysql", "jdbc m2.internal:3306/s mysql"],
        ),
        ("jdbc:sqlserver://sql.corp:1433;databaseName=shop;encrypt=true", ["jdbc sql.corp:1433/shop mssql"]),
        ("jdbc:sqlserver://sql.corp\\prod;databaseName=shop", ["jdbc sql.corp:1433/shop mssql"]),
        ("jdbc:sqlserver://;serverName=sql.corp;port=1444;databaseName=shop", ["jdbc sql.corp:1444/shop mssql"]),
        ("jdbc:jtds:sqlserver://sql.corp:1433/shop;instance=x", ["jdbc sql.corp:1433/shop mssql"]),
        ("jdbc:oracle:thin:@//ora.corp:1521/SHOP", ["jdbc ora.corp:1521/SHOP oracle"]),
        ("jdbc:oracle:thin:@ora.corp:1521:SHOP", ["jdbc ora.corp:1521/SHOP oracle"]),
        ("jdbc:oracle:thin:@tcps://ora.corp:2484/SHOP", ["jdbc ora.corp:2484/SHOP oracle"]),
        ("jdbc:oracle:thin:app/x@//ora.corp:1521/SHOP", ["jdbc ora.corp:1521/SHOP oracle"]),
        (
            "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS_LIST=(ADDRESS=(PROTOCOL=TCP)(HOST=o1.corp)(PORT=1521))"
            "(ADDRESS=(HOST=o2.corp)(PORT=1522)))(CONNECT_DATA=(SERVICE_NAME=SHOP)))",
            ["jdbc o1.corp:1521/SHOP oracle", "jdbc o2.corp:1522/SHOP oracle"],
        ),
        ("jdbc:oracle:thin:@( DESCRIPTION = (ADDRESS = (HOST = o1.corp)(PORT = 1521)))", ["jdbc o1.corp:1521 oracle"]),
        ("jdbc:redshift://wh.internal:5439/dev", ["jdbc wh.internal:5439/dev redshift"]),
        ("jdbc:redshift:iam://wh.internal:5439/dev", ["jdbc wh.internal:5439/dev redshift"]),
        ("jdbc:db2://db2.corp:50000/SHOP", ["jdbc db2.corp:50000/SHOP db2"]),
        ("jdbc:clickhouse://ch.internal:8123/events", ["jdbc ch.internal:8123/events clickhouse"]),
        ("jdbc-secretsmanager:postgresql://db.internal:5432/orders", ["jdbc db.internal:5432/orders postgres"]),
        ("jdbc:p6spy:postgresql://db.internal/orders", ["jdbc db.internal:5432/orders postgres"]),
        ("jdbc:h2:tcp://h2.internal:9092/x", ["jdbc h2.internal:9092 h2"]),
        ("jdbc:h2:mem:testdb", []),
        ("jdbc:h2:file:/data/x", []),
        ("jdbc:sqlite:/data/shop.db", []),
        ("jdbc:tc:postgresql:15:///orders", []),
        ("jdbc:postgresql:orders", []),
        ("jdbc:postgresql://localhost:5432/orders", []),
        ("jdbc:postgresql://${DB_HOST}:5432/orders", []),
    ],
)
def test_jdbc(value: str, expected: list[str]) -> None:
    assert [told(each) for each in endpoints_in(value, "SPRING_DATASOURCE_URL")] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Server=db.internal;Database=shop;Uid=app;Pwd=x", ["connection_string db.internal:3306/shop mysql"]),
        (
            "Server=tcp:shop.database.windows.net,1433;Initial Catalog=shop;Encrypt=True",
            ["connection_string shop.database.windows.net:1433/shop mssql"],
        ),
        (
            "Data Source=sql.corp\\prod;Initial Catalog=shop;Integrated Security=SSPI",
            ["connection_string sql.corp:1433/shop mssql"],
        ),
        (
            "Host=db.internal;Port=5433;Database=shop;Username=app;Password=x",
            ["connection_string db.internal:5433/shop postgres"],
        ),
        (
            "Host=h1.internal,h2.internal;Database=shop;Username=app",
            ["connection_string h1.internal:5432/shop postgres", "connection_string h2.internal:5432/shop postgres"],
        ),
        (
            "Driver={ODBC Driver 18 for SQL Server};Server=sql.corp;Database=shop",
            ["connection_string sql.corp:1433/shop mssql"],
        ),
        ("Data Source=ora.corp:1521/SHOP;User Id=app;Password=x", ["connection_string ora.corp:1521 oracle"]),
        ("host=db.internal port=5432 dbname=shop user=app", ["connection_string db.internal:5432/shop postgres"]),
        ("host=rabbit.internal:5672;virtualHost=/;username=x", ["connection_string rabbit.internal:5672 amqp"]),
        ("cache.internal:6379,password=x,ssl=True,abortConnect=False", ["host_port cache.internal:6379 redis"]),
        ("Server=db.internal;Database=shop;User Id=app", ["connection_string db.internal/shop"]),
        ("pgsql:host=db.internal;port=5433;dbname=shop", ["connection_string db.internal:5433/shop postgres"]),
        ("mysql:host=db.internal;dbname=shop", ["connection_string db.internal:3306/shop mysql"]),
        ("sqlsrv:Server=sql.corp,1433;Database=shop", ["connection_string sql.corp:1433/shop mssql"]),
        ("Server=localhost;Database=shop;User Id=sa", []),
        ("Server=(localdb)\\mssqllocaldb;Database=shop", []),
        ("Server=.;Database=shop;Trusted_Connection=True", []),
    ],
)
def test_connection_string(value: str, expected: list[str]) -> None:
    assert [told(each) for each in endpoints_in(value, "ConnectionStrings__Shop")] == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "KAFKA_BROKERS",
            "k1.internal:9092,k2.internal:9092",
            ["host_list k1.internal:9092 kafka", "host_list k2.internal:9092 kafka"],
        ),
        (
            "BOOTSTRAP_SERVERS",
            "['k1.internal:9094', 'k2.internal:9094']",
            ["host_list k1.internal:9094 kafka", "host_list k2.internal:9094 kafka"],
        ),
        (
            "ELASTIC_HOSTS",
            "[e1.internal, e2.internal]",
            ["host_list e1.internal:9200 elasticsearch", "host_list e2.internal:9200 elasticsearch"],
        ),
        ("ES_HOSTS", '["http://e1.internal:9200"]', ["url e1.internal:9200 http"]),
        (
            "CASSANDRA_CONTACT_POINTS",
            "c1.internal,c2.internal",
            ["host_list c1.internal:9042 cassandra", "host_list c2.internal:9042 cassandra"],
        ),
        (
            "ZOOKEEPER",
            "z1.internal:2181,z2.internal:2181/kafka",
            ["host_list z1.internal:2181 zookeeper", "host_list z2.internal:2181 zookeeper"],
        ),
        ("REDIS_HOST", "cache.internal", ["host cache.internal:6379 redis"]),
        ("REDIS_HOST", "redis", ["host redis:6379 redis"]),
        ("SMTP_SERVER", "mail.acme-pay.io", ["host mail.acme-pay.io:25 smtp"]),
        ("ANYTHING", "orders.prod.internal:8080", ["host_port orders.prod.internal:8080"]),
        ("ANYTHING", "orders.prod.internal", ["host orders.prod.internal"]),
        ("API", "10.20.30.40:8443", ["host_port 10.20.30.40:8443"]),
        ("API_HOST", "10.20.30.40", ["host 10.20.30.40"]),
        (
            "SCRAPE",
            "jobs:\n- static_configs:\n  - targets: [a.shop.local:9090,b.shop.local:9090]\n  host: db.internal\n",
            ["host_list a.shop.local:9090", "host_list b.shop.local:9090", "host db.internal"],
        ),
        ("JAVA_OPTS", '-Xmx1g -Dhttp.proxyHost="proxy.corp" -Dx=y', ["host proxy.corp"]),
        ("API_URL", "http://orders.internal:${PORT}/", ["url orders.internal http"]),
        ("DB_HOST_RO", "db.internal", ["host db.internal"]),
        ("UPSTREAM", "[2a05:d018::17]:8080", ["host_port 2a05:d018::17:8080"]),
        ("DATABASE", "app:pw@db.internal:5432/shop", ["host_port db.internal:5432/shop postgres"]),
        ("ORDERS_QUEUE", "orders.fifo", ["name orders.fifo"]),
        ("QUEUES", "orders,carts", ["name orders", "name carts"]),
        ("ORDERS_QUEUE", "mq.internal:5672", ["host_port mq.internal:5672 amqp"]),
        ("ORDERS_TABLE_NAME", "orders-prod", ["name orders-prod"]),
        ("ASSETS_BUCKET", "assets.acme-pay.io", ["name assets.acme-pay.io"]),
        (
            "QUEUE_URL",
            "https://sqs.eu-west-1.amazonaws.com/111122223333/orders.fifo",
            ["queue_url sqs.eu-west-1.amazonaws.com:443 sqs"],
        ),
        (
            "QUEUE_URL",
            "https://eu-west-1.queue.amazonaws.com/111122223333/orders",
            ["queue_url eu-west-1.queue.amazonaws.com:443 sqs"],
        ),
        ("TOPIC", "arn:aws:sns:eu-west-1:111122223333:orders", ["arn arn:aws:sns:eu-west-1:111122223333:orders"]),
        ("KEY", "arn:aws-cn:kms:cn-north-1:111122223333:key/1", ["arn arn:aws-cn:kms:cn-north-1:111122223333:key/1"]),
        ("X", "arn:aws-us-gov:s3:::shop/*", ["arn arn:aws-us-gov:s3:::shop/*"]),
        (
            "ARNS",
            "arn:aws:sqs:eu-west-1:111122223333:a,arn:aws:sqs:eu-west-1:111122223333:b",
            ["arn arn:aws:sqs:eu-west-1:111122223333:a", "arn arn:aws:sqs:eu-west-1:111122223333:b"],
        ),
        (
            "CONFIG",
            '{"db": {"host": "db.internal", "port": 5432}, "api": "http://api.internal"}',
            ["host db.internal", "url api.internal:80 http"],
        ),
        ("CONFIG", quote("https://api.acme-pay.io/x", safe=""), ["url api.acme-pay.io:443 http"]),
        ("CONFIG", b64encode(b"url: http://api.internal:8080/x").decode(), ["url api.internal:8080 http"]),
        ("DB_HOST", "${Database.Endpoint.Address}", ["host ${Database.Endpoint.Address}"]),
        ("API", "http://${Balancer.DNSName}:8080/x", ["url ${Balancer.DNSName}:8080 http"]),
        ("API", "http://orders.${Namespace.Name}:8080", ["url orders.${Namespace.Name}:8080 http"]),
        (
            "DB_URL",
            "postgres://u@${aws_db_instance.main.address}/shop",
            ["dsn ${aws_db_instance.main.address}:5432/shop postgres"],
        ),
        (
            "Q",
            "https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/orders",
            ["queue_url sqs.${AWS::Region}.amazonaws.com:443 sqs"],
        ),
        (
            "TOPIC_ARN",
            "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:orders",
            ["arn arn:aws:sns:${AWS::Region}:${AWS::AccountId}:orders"],
        ),
        ("ORDERS_TABLE", "${OrdersTable}", ["name ${OrdersTable}"]),
    ],
)
def test_value_under_a_name(name: str, value: str, expected: list[str]) -> None:
    assert [told(each) for each in endpoints_in(value, name)] == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_URL", "http://localhost:8080"),
        ("API_URL", "http://127.0.0.1"),
        ("API_URL", "http://127.8.9.1:80"),
        ("API_URL", "http://[::1]:8080"),
        ("API_URL", "http://[::ffff:127.0.0.1]:8080"),
        ("BIND", "0.0.0.0:8080"),
        ("BIND", "[::]:8080"),
        ("BIND", ":8080"),
        ("METADATA", "http://169.254.169.254/latest/meta-data"),
        ("CREDENTIALS", "http://169.254.170.2/v2/credentials"),
        ("METADATA", "http://[fd00:ec2::254]/latest"),
        ("DNS", "169.254.169.253:53"),
        ("API_URL", "https://api.example.com"),
        ("API_URL", "https://shop.example"),
        ("API_URL", "https://analytics.yourdomain.com"),
        ("API_URL", "http://192.0.2.10:8080"),
        ("DAEMON", "http://host.docker.internal:8080"),
        ("SCHEMA", "http://www.w3.org/2001/XMLSchema"),
        ("XML", "http://schemas.xmlsoap.org/soap/envelope/"),
        ("SPEC", "https://json-schema.org/draft/2020-12/schema"),
        ("RUNBOOK", "https://github.com/acme/shop/wiki"),
        ("HELP", "https://docs.acme-pay.io/start"),
        ("JWT_ISSUER", "https://login.acme-pay.io/"),
        ("TOKEN_AUDIENCE", "https://api.acme-pay.io"),
        ("NO_PROXY", "10.0.0.5,.internal,orders.internal:80"),
        ("APP_VERSION", "1.2.3.4"),
        ("LEVEL", "10.15.7"),
        ("APP", "app.jar"),
        ("CONFIG", "config.yaml"),
        ("CONFIG_HOST_FILE", "hosts.yaml"),
        ("NAME", "server.port"),
        ("CLASS", "com.acme.shop.OrderService"),
        ("DIALECT", "org.hibernate.dialect.PostgreSQLDialect"),
        ("PACKAGE", "com.acme.shop"),
        ("ACCEPT", "application/json"),
        ("FROM", "no-reply@acme-pay.io"),
        ("MAIL_TO", "ops@acme-pay.io"),
        ("IMAGE", "nginx:1.25"),
        ("IMAGE", "ghcr.io/acme/shop:1.2"),
        ("BASE", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:1"),
        ("TZ", "Europe/Paris"),
        ("PAIR", "key:value"),
        ("START", "12:30"),
        ("RATIO", "1:100"),
        ("RANGE", "10.0.0.0/16"),
        ("LEVELS", "root:1,app:2"),
        ("FLAG_URL", "false"),
        ("MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE", "health,prometheus"),
        ("NOTIFY_ADDR", "ops@acme-pay.io"),
        ("DNS_SERVER", "10.0.0.2"),
        ("ASPNETCORE_URLS", "http://+:80;http://*:8080"),
        ("KAFKA_LISTENERS", "PLAINTEXT://:9092"),
        ("LANG", "en_US.UTF-8"),
        ("JAVA_TOOL_OPTIONS", "-javaagent:/opt/agent.jar -Dfile.encoding=UTF-8"),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=orders,deployment.environment=prod"),
        ("PATH", "/usr/local/bin:/usr/bin"),
        ("QUEUE_CONNECTION", "redis"),
        ("ORDERS_QUEUE", "true"),
        ("DB_HOST", "${DB_HOST}"),
        ("DB_HOST", "$DB_HOST"),
        ("DB_HOST", "{{ db_host }}"),
        ("DB_HOST", "<db-host>"),
        ("DB_HOST", "%DB_HOST%"),
        ("DB_HOST", "RDS_ENDPOINT"),
        ("DB_URL", "postgres://u:p@RDS_ENDPOINT:5432/shop"),
        ("API", "https://api.${domain}/"),
        ("DB_HOST", MARKER),
        ("DB_URL", f"postgres://{MARKER}/shop"),
        ("UPLOADS_BUCKET", "REPLACE_ME"),
        ("FILE", "file:///etc/app.conf"),
        ("FILE", "classpath:/app.yaml"),
        ("FILE", "classpath://app"),
        ("SOCKET", "unix:///var/run/docker.sock"),
        ("DATA", "data:text/plain;base64,aGVsbG8="),
        ("PG", "postgres:///orders?host=/cloudsql/x"),
        ("ALL", "arn:aws:sqs:eu-west-1:111122223333:*"),
        ("SECRET", "arn:aws:secretsmanager:eu-west-1:xxxxx:secret:db"),
        ("TOPIC", "arn:aws:sns:REGION:ACCOUNT:orders"),
        ("PORT", "8080"),
        ("NODE_ENV", "production"),
        ("EMPTY", ""),
        ("JSON", "{"),
        ("JSON", "[1, 2, null, true]"),
        ("OFFSET", "+01:00"),
        ("MAC", "aa:bb:cc:dd:ee:ff"),
        ("CRON", "0 12 * * ?"),
    ],
)
def test_what_is_no_address(name: str, value: str) -> None:
    assert endpoints_in(value, name) == ()


@pytest.mark.parametrize(
    ("name", "host", "role"),
    [
        ("API_URL", "", Role.OUTBOUND),
        ("SCHEMA_REGISTRY_URL", "", Role.OUTBOUND),
        ("SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI", "", Role.OUTBOUND),
        ("EMAIL_HOST", "", Role.OUTBOUND),
        ("NAME_SERVER", "", Role.OUTBOUND),
        ("SAML_PROXY_HOST", "", Role.OUTBOUND),
        ("RDS_PROXY_ENDPOINT", "", Role.OUTBOUND),
        ("NEXT_PUBLIC_API_URL", "", Role.OUTBOUND),
        ("REACT_APP_API_URL", "", Role.OUTBOUND),
        ("", "", Role.OUTBOUND),
        ("CORS_ALLOWED_ORIGINS", "", Role.INBOUND),
        ("ALLOWED_HOSTS", "", Role.INBOUND),
        ("OAUTH_REDIRECT_URI", "", Role.INBOUND),
        ("OAUTH_CALLBACK_URL", "", Role.INBOUND),
        ("PUBLIC_URL", "", Role.INBOUND),
        ("NEXT_PUBLIC_SITE_URL", "", Role.INBOUND),
        ("CSRF_TRUSTED_ORIGINS", "", Role.INBOUND),
        ("KAFKA_ADVERTISED_LISTENERS", "", Role.INBOUND),
        ("FRONTEND_URL", "shop.acme-pay.io", Role.INBOUND),
        ("FRONTEND_URL", "frontend", Role.OUTBOUND),
        ("CORS_ORIGIN", "frontend", Role.INBOUND),
        ("BASE_URL", "", Role.INBOUND),
        ("API_BASE_URL", "", Role.OUTBOUND),
        ("ASSET_HOST", "", Role.INBOUND),
        ("HTTP_PROXY", "", Role.PROXY),
        ("https_proxy", "", Role.PROXY),
        ("http.proxyHost", "", Role.PROXY),
        ("EGRESS_PROXY_URL", "", Role.PROXY),
        ("NO_PROXY", "", Role.IGNORED),
        ("http.nonProxyHosts", "", Role.IGNORED),
        ("JWT_ISSUER", "", Role.IGNORED),
        ("APP_VERSION", "", Role.IGNORED),
        ("IMAGE_TAG", "", Role.IGNORED),
    ],
)
def test_role_of_a_name(name: str, host: str, role: Role) -> None:
    assert role_of(name, host) is role


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("orders", HostKind.SINGLE_LABEL),
        ("orders.internal", HostKind.PRIVATE_NAME),
        ("orders.shop.local", HostKind.PRIVATE_NAME),
        ("ip-10-0-0-1.ec2.internal", HostKind.PRIVATE_NAME),
        ("orders.mesh", HostKind.PRIVATE_NAME),
        ("orders.shop.internal.ecs", HostKind.PRIVATE_NAME),
        ("api.acme.co.uk", HostKind.PUBLIC_NAME),
        ("10.0.0.1", HostKind.PRIVATE_ADDRESS),
        ("100.64.0.1", HostKind.PRIVATE_ADDRESS),
        ("fd12:3456::1", HostKind.PRIVATE_ADDRESS),
        ("8.8.8.8", HostKind.PUBLIC_ADDRESS),
        ("api.stripe.com", HostKind.PUBLIC_NAME),
        ("api.github.com", HostKind.PUBLIC_NAME),
        ("github.com", HostKind.DOCUMENT),
        ("orders.shop.svc.cluster.local", HostKind.KUBERNETES),
        ("orders.shop.svc", HostKind.KUBERNETES),
        ("localhost", HostKind.OWN),
        ("app.localhost", HostKind.OWN),
        ("0.0.0.0", HostKind.OWN),
        ("169.254.170.2", HostKind.OWN),
        ("224.0.0.1", HostKind.RESERVED),
        ("www.example.org", HostKind.RESERVED),
    ],
)
def test_kind_of_a_host(host: str, kind: HostKind) -> None:
    assert host_kind(host) is kind


@pytest.mark.parametrize(
    ("value", "name", "access"),
    [
        ("shop.cluster-ro-abc.eu-west-1.rds.amazonaws.com", "DB_HOST", Access.READ),
        ("replica.shop.abc.euw1.cache.amazonaws.com:6379", "CACHE", Access.READ),
        ("db.internal", "DB_READER_HOST", Access.READ),
        ("db.internal", "DB_REPLICA_HOST", Access.READ),
        ("postgres://db-ro.internal/x", "URL", Access.READ),
        ("mongodb://m.internal/x?readPreference=secondaryPreferred", "URL", Access.READ),
        ("jdbc:postgresql://h.internal/x?targetServerType=secondary", "URL", Access.READ),
        ("Server=sql.corp;Database=x;ApplicationIntent=ReadOnly", "C", Access.READ),
        ("db.internal", "DB_HOST", None),
        ("mongodb://m.internal/x?readPreference=primary", "URL", None),
    ],
)
def test_reader(value: str, name: str, access: Access | None) -> None:
    assert [each.access for each in endpoints_in(value, name)] == [access]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            {"DB_HOST": "db.internal", "DB_PORT": "5432", "DB_NAME": "orders"},
            [("host db.internal:5432/orders postgres", ("DB_HOST", "DB_PORT", "DB_NAME"))],
        ),
        (
            {"DB_CONNECTION": "pgsql", "DB_HOST": "db.internal", "DB_DATABASE": "shop"},
            [("host db.internal:5432/shop postgres", ("DB_HOST", "DB_DATABASE"))],
        ),
        (
            {"DB_HOST": "w.internal", "DB_READ_HOST": "r.internal", "DB_PORT": "3306", "DB_NAME": "shop"},
            [
                ("host w.internal:3306/shop mysql", ("DB_HOST", "DB_PORT", "DB_NAME")),
                ("host r.internal:3306/shop mysql", ("DB_READ_HOST", "DB_PORT", "DB_NAME")),
            ],
        ),
        (
            {"PGHOST": "db.internal", "PGPORT": "5433", "PGDATABASE": "shop"},
            [("host db.internal:5433/shop postgres", ("PGHOST", "PGPORT", "PGDATABASE"))],
        ),
        (
            {"MYSQL_HOST": "db.internal", "MYSQL_DATABASE": "shop"},
            [("host db.internal:3306/shop mysql", ("MYSQL_HOST", "MYSQL_DATABASE"))],
        ),
        (
            {"POSTGRES_HOST": "db.internal", "POSTGRES_DB": "shop"},
            [("host db.internal:5432/shop postgres", ("POSTGRES_HOST", "POSTGRES_DB"))],
        ),
        (
            {"RDS_HOSTNAME": "db.internal", "RDS_PORT": "3306", "RDS_DB_NAME": "shop"},
            [("host db.internal:3306/shop mysql", ("RDS_HOSTNAME", "RDS_PORT", "RDS_DB_NAME"))],
        ),
        (
            {"MONGO_HOST": "m.internal", "MONGO_PORT": "27018"},
            [("host m.internal:27018 mongo", ("MONGO_HOST", "MONGO_PORT"))],
        ),
        (
            {"spring.redis.host": "r.internal", "spring.redis.port": "6380"},
            [("host r.internal:6380 redis", ("spring.redis.host", "spring.redis.port"))],
        ),
        (
            {"ORDERS_SERVICE_HOST": "orders.shop.local", "ORDERS_SERVICE_PORT": "8080"},
            [("host orders.shop.local:8080", ("ORDERS_SERVICE_HOST", "ORDERS_SERVICE_PORT"))],
        ),
        (
            {"SPRING_DATASOURCE_URL": "jdbc:mysql://db.internal:3306/shop"},
            [("jdbc db.internal:3306/shop mysql", ("SPRING_DATASOURCE_URL",))],
        ),
        (
            {"ConnectionStrings__Shop": "Server=db.internal;Database=shop;Uid=app"},
            [("connection_string db.internal:3306/shop mysql", ("ConnectionStrings__Shop",))],
        ),
        (
            {"RabbitMq__HostName": "mq.internal", "RabbitMq__Port": "5671"},
            [("host mq.internal:5671 amqp", ("RabbitMq__HostName", "RabbitMq__Port"))],
        ),
        (
            {"DB_HOST_1": "a.internal", "DB_PORT_1": "5432", "DB_HOST_2": "b.internal", "DB_PORT_2": "3306"},
            [
                ("host a.internal:5432 postgres", ("DB_HOST_1", "DB_PORT_1")),
                ("host b.internal:3306 mysql", ("DB_HOST_2", "DB_PORT_2")),
            ],
        ),
        (
            {"CONFIG": json.dumps({"database": {"host": "db.internal", "port": 5432, "dbname": "shop"}})},
            [("host db.internal:5432/shop postgres", ("CONFIG",))],
        ),
        (
            {"API_URL": "http://api.internal", "API_PORT": "9999"},
            [("url api.internal:80 http", ("API_URL",))],
        ),
        (
            {"CACHE_URL": "tls://cache.internal", "CACHE_PORT": "6379"},
            [("url cache.internal:6379 redis", ("CACHE_URL", "CACHE_PORT"))],
        ),
        ({"PORT": "8080", "HOST": "0.0.0.0"}, []),
        ({"DB_PORT": "5432", "DB_NAME": "shop"}, []),
    ],
)
def test_variables_that_belong_together(
    environment: dict[str, str], expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert [(told(each.endpoint), each.variables) for each in joined(environment)] == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["serve", "--db-host", "db.internal"], [(2, "host db.internal")]),
        (["serve", "--db-host=db.internal"], [(1, "host db.internal")]),
        (["./wait-for-it.sh", "db.internal:5432", "--", "run"], [(1, "host_port db.internal:5432 postgres")]),
        (["sh", "-c", "psql -h db.internal -U app"], [(2, "host db.internal")]),
        (["sh", "-c", "until nc -z db.internal 5432; do sleep 1; done"], [(2, "host_port db.internal:5432 postgres")]),
        (["sh", "-c", "curl -f http://localhost:8080/health || exit 1"], []),
        (["CMD-SHELL", "wget -q http://127.0.0.1/ || exit 1"], []),
        (["java", "-Dorders.url=http://orders.internal:80", "-jar", "app.jar"], [(1, "url orders.internal:80 http")]),
        (["java", "-jar", "app.jar", "--server.port=8080"], []),
        (["serve", "--config", '{"db": {"host": "db.internal"}}'], [(2, "host db.internal")]),
        (["node", "server.js"], []),
        (["python", "-m", "http.server"], []),
        (["gunicorn", "-b", "0.0.0.0:8000", "shop.wsgi:application"], []),
        (["celery", "-A", "shop.tasks", "worker"], []),
    ],
)
def test_words_of_a_command(words: list[str], expected: list[tuple[int, str]]) -> None:
    assert [(index, told(each)) for index, each in in_words(words)] == expected


@given(st.text(), st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(value: str, name: str) -> None:
    for each in endpoints_in(value, name):
        assert each.host or each.placeholder or each.arn or each.name
        assert each.port is None or 0 < each.port < 65536


PIECES = st.lists(
    st.sampled_from(
        [
            "http://",
            "jdbc:",
            "postgres://",
            "@",
            ":",
            "/",
            ",",
            ";",
            "=",
            "${",
            "}",
            "A.B",
            "[",
            "]",
            "::1",
            "(",
            ")",
            "host",
            "localhost",
            "db.internal",
            "127.0.0.1",
            "5432",
            "server",
            " ",
            "arn:aws:sqs:eu-west-1:1:",
            '"',
            "{",
            "%2F",
            "?",
            "\\",
            "(DESCRIPTION=",
            "(ADDRESS=",
            "(HOST=",
            "(redacted:text:unknown:1-8:g1)",
            "tcp(",
            "amazonaws.com",
            "\ue000",
            "\ue101",
        ]
    ),
    max_size=24,
).map("".join)


@given(PIECES, st.sampled_from(["", "DB_HOST", "API_URL", "ORDERS_QUEUE", "X", "http.proxyHost"]))
@settings(max_examples=400, deadline=None)
def test_hostile_pieces_never_lead_home(value: str, name: str) -> None:
    for each in endpoints_in(value, name):
        assert not each.host or host_kind(each.host) not in (HostKind.OWN, HostKind.RESERVED, HostKind.DOCUMENT)
        assert not any("\ue000" <= letter <= "\uf8ff" for letter in f"{each.host}{each.path}{each.database}{each.name}")


@given(
    st.permutations(
        [
            ("DB_HOST", "db.internal"),
            ("DB_PORT", "5432"),
            ("DB_NAME", "shop"),
            ("db.port", "3306"),
            ("DB_RO_HOST", "r.internal"),
        ]
    )
)
@settings(max_examples=30, deadline=None)
def test_order_of_variables_changes_nothing(pairs: list[tuple[str, str]]) -> None:
    assert joined(dict(pairs)) == joined(dict(sorted(pairs)))


@pytest.mark.parametrize(
    "piece",
    [
        "://",
        "a://",
        "http://",
        "a@",
        "jdbc:",
        "(ADDRESS=(HOST=",
        "host=",
        "a.",
        "a:1,",
        "[",
        "${",
        "${a",
        "%2F",
        "arn:aws:",
        "a-",
        "{",
        '{"a":',
        "\\",
        "=",
        "a=",
        "--a=",
        "(",
        "( ",
        "<a",
        "(redacted:",
        ";",
        ",",
        " x",
        "tcp(",
        "@tcp(",
        "aGVsbG8v",
    ],
)
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    text = piece * (LONGEST_TEXT // len(piece))
    start = time.perf_counter()
    endpoints_in(text, "DB_HOST")
    in_words([text])
    assert time.perf_counter() - start < 3.0
