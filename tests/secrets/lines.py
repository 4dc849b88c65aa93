"""Command lines, health checks, options of drivers and labels: positives and hard negatives.

Made like :mod:`tests.secrets.environment`, and with the same decisions. A common default that stands on a command line
or in an option (``--password=postgres``) is a positive here: these rules have no sibling for suspects.
"""

from tests.secrets.making import AWS_SECRET, GITHUB, HEX, SLACK, STRIPE, Line, made, uuid


def _yes(*words: str) -> Line:
    return Line(words, True)


def _no(*words: str) -> Line:
    return Line(words, False)


COMMANDS: tuple[Line, ...] = (
    _yes("redis-server", "--requirepass", "gravelpath7"),
    _yes("redis-server", "--appendonly", "yes", "--requirepass", made(24, "requirepass")),
    _yes("CMD-SHELL", "redis-cli -a gravelpath7 ping | grep PONG"),
    _yes("CMD-SHELL", "mysqladmin ping -h localhost -uroot -pgravelpath7"),
    _yes("CMD-SHELL", "mysql -h 127.0.0.1 -u shop --password=gravelpath7 -e 'SELECT 1'"),
    _yes("CMD", "mysqladmin", "ping", "-u", "root", "--password=tangerine42"),
    _yes("sh", "-c", "PGPASSWORD=gravelpath7 psql -h db.internal -U shop -c 'select 1'"),
    _yes("CMD-SHELL", "curl -f -u metrics:gravelpath7 http://localhost:9200/_cluster/health || exit 1"),
    _yes("CMD-SHELL", "curl -sf http://metrics:gravelpath7@localhost:8080/health || exit 1"),
    _yes("curl", "-H", "Authorization: Bearer " + made(40, "command bearer"), "https://api.shop.io/ping"),
    _yes("curl", "-H", "X-Api-Key: " + made(32, "command api key", HEX), "https://api.shop.io/ping"),
    _yes("sh", "-c", "export DB_PASSWORD=gravelpath7 && exec node server.js"),
    _yes("sh", "-c", "export GITHUB_TOKEN=" + GITHUB + " && ./fetch.sh"),
    _yes("java", "-Ddb.password=willow-19", "-jar", "app.jar"),
    _yes("java", "-jar", "app.jar", "--spring.datasource.password=willow-19"),
    _yes("celery", "-A", "shop", "worker", "-b", "amqp://celery:parsnip-4@mq.internal:5672//"),
    _yes("celery", "--broker=redis://:parsnip-4@cache.internal:6379/0", "flower", "--basic_auth=ops:parsnip-4"),
    _yes("flyway", "-url=jdbc:postgresql://db.internal/shop", "-user=shop", "-password=willow-19", "migrate"),
    _yes("vault", "login", "hv" + "s." + made(90, "command vault")),
    _yes("prometheus-postgres-exporter", "--data-source=postgresql://exporter:willow-19@db.internal:5432/postgres"),
    _yes("npm", "start", "--", "--stripe", STRIPE),
    _yes("datadog-agent", "--api-key", made(32, "command datadog", HEX)),
    _yes("sh", "-c", "AWS_SECRET_ACCESS_KEY=" + AWS_SECRET + " aws s3 sync s3://shop/site /site"),
    _yes("notify", "--webhook", "https://hooks." + "slack.com/services/T02AB3CD4/B05EF6GH7/" + made(24, "hook 2")),
    _yes("mongod", "--auth", "--eval", "db.auth('root', 'willow-19')"),
    _no("sh", "-c", "exec node server.js"),
    _no("redis-server", "--requirepass", "$REDIS_PASSWORD"),
    _no("CMD-SHELL", "redis-cli -a $REDIS_PASSWORD ping"),
    _no("CMD-SHELL", "redis-cli -a ${REDIS_PASSWORD} ping | grep PONG || exit 1"),
    _no("CMD-SHELL", "mysqladmin ping -h localhost -u root -p$MYSQL_ROOT_PASSWORD"),
    _no("CMD-SHELL", "curl -f http://localhost:8080/auth/token/health || exit 1"),
    _no("CMD-SHELL", "curl -fsS -o /dev/null http://localhost:3000/healthz -H 'Host: shop.io'"),
    _no("CMD-SHELL", "pg_isready -U postgres -d orders || exit 1"),
    _no("CMD-SHELL", "wget -q --spider http://localhost/users/@me || exit 1"),
    _no("CMD", "grpc_health_probe", "-addr=:50051"),
    _no("gunicorn", "shop.wsgi:application", "--bind", "0.0.0.0:8000", "--keep-alive", "65"),
    _no("java", "-jar", "app.jar", "--jwt.token.expiry=3600", "--security.password.min-length=12"),
    _no("server", "--auth-mode=oidc", "--token-ttl=15m", "--secret-name=orders/db"),
    _no("server", "--password-file", "/run/secrets/password", "--tls-key", "/etc/ssl/key.pem"),
    _no("server", "--credentials-provider", "container", "--disable-auth"),
    _no("bash", "-c", "export DB_PASSWORD=$(aws ssm get-parameter --name /shop/db/password --query Parameter.Value)"),
    _no("bash", "-c", 'curl -H "Authorization: Bearer $TOKEN" https://api.shop.io/ping'),
    _no("docker-entrypoint.sh", "mongod", "--bind_ip_all", "--keyFile", "/etc/mongo/keyfile"),
    _no("oauth2-proxy", "--email-domain=*", "--upstream=http://localhost:8080", "--cookie-name=_session"),
    _no("otelcol", "--config=/etc/otel/config.yaml", "--feature-gates=exporter.token"),
    _no("/bin/sh", "-c", "aws secretsmanager get-secret-value --secret-id orders/db --query SecretString"),
    _no("rails", "runner", "Session.expire_tokens(older_than: 30)"),
    _no("manage.py", "createsuperuser", "--noinput", "--email", "ops@shop.io"),
    _no("tail", "-F", "/var/log/nginx/access.log"),
    _no("run", "--image", "shop/orders@sha256:" + made(64, "command digest", HEX), "--commit", made(40, "sha 2", HEX)),
)
"""Words of ``command``, ``entryPoint`` or ``healthCheck.command``."""

OPTIONS: tuple[Line, ...] = (
    _yes("splunk-token", uuid("option splunk")),
    _yes("apikey", made(32, "option datadog", HEX)),
    _yes("Api_Key", made(32, "option api", HEX)),
    _yes("HTTP_Passwd", "gravelpath7"),
    _yes("http_Passwd", made(20, "option http")),
    _yes("licenseKey", made(36, "option new relic", HEX) + "NR" + "AL"),
    _yes("Shared_Key", made(40, "option forward")),
    _yes("Header", "Authorization Bearer " + made(40, "option bearer")),
    _yes("Splunk_Token", uuid("option splunk 2")),
    _yes("o", "username=shop,password=gravelpath7,vers=3.0,domain=corp"),
    _yes(
        "traefik.http.middlewares.auth.basicauth.users",
        "deploy:$apr1$" + made(8, "option salt") + "$" + made(22, "option apr1"),
    ),
    _yes("com.shop.slack", SLACK),
    _yes("com.shop.registry-password", "postgres"),
    _yes("com.datadoghq.ad.instances", '[{"host":"%%host%%","port":5432,"username":"datadog","password":"willow-19"}]'),
    _yes("uri", "/v1/input/" + "?access_token=" + made(40, "option uri", HEX)),
    _no("awslogs-group", "/ecs/token-service"),
    _no("awslogs-stream-prefix", "password-reset"),
    _no("awslogs-create-group", "true"),
    _no("awslogs-datetime-format", "%Y-%m-%d %H:%M:%S"),
    _no("splunk-url", "https://splunk.internal:8088"),
    _no("splunk-source", "auth"),
    _no("splunk-verify-connection", "false"),
    _no("tag", "{{.ImageName}}/{{.Name}}/{{.ID}}"),
    _no("dd_service", "token-service"),
    _no("TLS", "On"),
    _no("traefik.http.routers.auth.rule", "Host(`auth.shop.io`) && PathPrefix(`/token`)"),
    _no("traefik.http.services.auth.loadbalancer.server.port", "8080"),
    _no("com.shop.secret-name", "orders/db"),
    _no("org.opencontainers.image.revision", made(40, "option revision", HEX)),
    _no("o", "addr=fs-0a1b2c3d.efs.eu-west-1.amazonaws.com,nfsvers=4.1,rsize=1048576,hard,timeo=600"),
)
"""The key and the value of a log option or a label."""
