"""A public log-in hub, as AWS describes what is deployed of it."""

import base64

from tests.graph.systems.documents import Account, Document, Documents, allow, forward, path, redirect

ACCOUNT, REGION = "111122223333", "eu-west-2"
_DOMAIN = "civiclogin.net"
_SITE = f"www.{_DOMAIN}"
_LOGS = "staging-hub"
_STATISTICS = "https://stats.civicmetrics.net"
_EVENTS = "https://k3v9d2m7qa.execute-api.eu-west-2.amazonaws.com/staging/events"


def documents() -> Documents:
    """The account's documents."""
    return _Hub().documents()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class _Hub:
    """The hub's parts, made one after the other."""

    def __init__(self) -> None:
        self.aws = Account(ACCOUNT, REGION, "vpc-0hub")
        self.cluster = self.aws.cluster("staging")
        self.namespace = self.aws.namespace("hub.local")
        self.names: dict[str, str] = {}
        self.every_task = self.aws.group("every-task")
        self.front = self.aws.group("ingress", (443, "198.51.100.0/24"), (80, "198.51.100.0/24"))
        self.stage_name = self.aws.parameter("/staging/error-tracker-stage")
        self.tracker = self.aws.parameter("/staging/shared/error-tracker-dsn")

    def documents(self) -> Documents:
        """Everything, in the order in which one part needs another."""
        self._edge()
        self._site()
        self._egress()
        self._behind()
        self._monitoring()
        self._connections()
        return self.aws.documents

    def _edge(self) -> None:
        aws = self.aws
        aws.balancer("static-ingress", internal=False, network=True)
        tasks = aws.group("edge", (8080, "198.51.100.0/24"), (8443, "198.51.100.0/24"))
        for scheme, bind, port, protocol in (("http", 8080, 80, "TCP"), ("https", 8443, 443, "TLS")):
            targets = aws.target_group(f"edge-{scheme}", bind, protocol, "static-ingress")
            aws.listener("static-ingress", port, protocol, forward(targets), network=True)
            variables = {
                "BACKEND": _SITE,
                "BIND_PORT": str(bind),
                "BACKEND_PORT": str(port),
                "RESOLVER": "169.254.169.253:53",
            }
            proxy = aws.container("edge", _LOGS, environment=variables, portMappings=[{"containerPort": bind}])
            self._service(f"edge-{scheme}", [proxy], tasks, targets, "edge", bind, record="SRV")

    def _site(self) -> None:
        """The internal load balancer with the pages, the page counter and a group of another stack behind it."""
        aws = self.aws
        host = aws.balancer("staging-ingress", self.front, internal=True)
        aws.alias(_SITE, host, private=True)
        groups = {each: aws.target_group(f"ingress-{each}", 8443, "HTTPS", "staging-ingress") for each in _BEHIND_SITE}
        aws.listener("staging-ingress", 80, "HTTP", redirect())
        secure = aws.listener("staging-ingress", 443, "HTTPS", forward(groups["portal"]))
        elsewhere = redirect(Host="www.gov-portal.net")
        aws.rule(secure, "90", path("/"), elsewhere)
        aws.rule(secure, "100", path("/documents/sp"), forward(groups["portal"]))
        aws.rule(secure, "110", path("/documents/*"), forward(groups["metadata"]))
        aws.rule(secure, "120", path("/analytics*"), forward(groups["analytics"]))
        aws.rule(secure, "130", path("/metrics*"), elsewhere)
        program = aws.container(
            "portal",
            _LOGS,
            environment={
                "CONFIG_API_HOST": f"https://directory.{_DOMAIN}:443",
                "POLICY_HOST": f"https://policy.{_DOMAIN}:443",
                "SAML_PROXY_HOST": f"https://inbound.{_DOMAIN}:443",
                "PUBLIC_PIWIK_HOST": f"https://{_SITE}:443/analytics",
                "INTERNAL_PIWIK_HOST": f"{_STATISTICS}:443/piwik.php",
                "ZENDESK_URL": "https://civicdesk.zendesk.com/api/v2/",
                "PRODUCT_PAGE": f"https://about.{_DOMAIN}/",
                "IDP_CONFIG": "/portal/configuration/providers.yml",
                "POLLING_WAIT_TIME": "2",
            },
            secrets={
                "SECRET_KEY_BASE": aws.parameter("/staging/portal/session-key"),
                "ZENDESK_TOKEN": aws.parameter("/staging/portal/ticket-token"),
                "SENTRY_ENV": self.stage_name,
            },
            portMappings=[{"containerPort": 8080}],
            healthCheck={"command": ["CMD-SHELL", "curl -sfm10 http://localhost:8080/cookies || exit 1"]},
        )
        own = "location / {\n  proxy_pass http://localhost:8080;\n}\n"
        tasks = aws.group("portal", (8443, self.front))
        self._service("portal", [self._nginx(own), program], tasks, groups["portal"], "nginx", 8443, record="SRV")
        count = f'set $to "{_STATISTICS}";\nlocation /analytics {{\n  proxy_pass $to/matomo.php?$args;\n}}\n'
        tasks = aws.group("analytics", (8443, self.front))
        self._service("analytics", [self._nginx(count)], tasks, groups["analytics"], "nginx", 8443, record="SRV")

    def _egress(self) -> None:
        aws = self.aws
        through = aws.group("egress-via-proxy")
        tasks = aws.group("egress-proxy", (8080, through))
        leave = _base64(r"o451\.ingest\.sentry\.io")
        proxy = aws.container("squid", _LOGS, environment={"ALLOWLIST": leave}, portMappings=[{"containerPort": 8080}])
        registries = aws.discovered(self.namespace, "staging-egress-proxy", "staging", "staging-egress-proxy")
        self._plain("egress-proxy", [proxy], [tasks, self.every_task], serviceRegistries=registries)

    def _behind(self) -> None:
        """The five services that each have a load balancer and a private name of their own."""
        aws = self.aws
        sessions = aws.replication_group("staging-policy", aws.group("policy-redis"))
        replays = aws.replication_group("staging-assertion", aws.group("assertion-redis"))
        proxy = "staging-egress-proxy.hub.local"
        direct = "|".join(f"{each}.{_DOMAIN}" for each in ("www", "directory", "policy", "soap"))
        options = " ".join(
            f'-D{scheme}.proxyHost="{proxy}" -D{scheme}.proxyPort="8080"' for scheme in ("http", "https")
        )
        settings = {
            "directory": {"SERVICES_METADATA_BUCKET": _BUCKET, "METADATA_OBJECT_KEY": "services.json"},
            "policy": {"REDIS_HOST": f"rediss://{sessions}:6379", "EVENT_EMITTER_API_GATEWAY_URL": _EVENTS},
            "assertion": {
                "REDIS_HOST": f"rediss://{replays}:6379",
                "JAVA_OPTS": f'-Dservice.name=assertion {options} -Dhttp.nonProxyHosts="{direct}" -XX:+UseG1GC',
            },
            "inbound": {"EVENT_EMITTER_API_GATEWAY_URL": _EVENTS},
            "soap": {"EVENT_EMITTER_API_GATEWAY_URL": _EVENTS},
        }
        keys = {
            "directory": {},
            "policy": {"EVENT_EMITTER_ENCRYPTION_KEY": aws.parameter("/staging/policy/event-key")},
            "assertion": {"SIGNING_PRIVATE_KEY": aws.parameter("/staging-signing-key")},
            "inbound": {"EVENT_EMITTER_ENCRYPTION_KEY": aws.parameter("/staging/inbound/event-key")},
            "soap": {"EVENT_EMITTER_ENCRYPTION_KEY": aws.parameter("/staging/soap/event-key")},
        }
        bucket = f"arn:aws:s3:::{_BUCKET}"
        aws.add("buckets", BucketArn=bucket, Name=_BUCKET, BucketRegion=REGION)
        for name, variables in settings.items():
            outside = aws.group(f"{name}-lb")
            tasks = aws.group(name, (8443, outside))
            aws.alias(f"{name}.{_DOMAIN}", aws.balancer(f"staging-{name}", outside, internal=True), private=True)
            targets = aws.target_group(f"staging-{name}", 8443, "HTTPS", f"staging-{name}")
            aws.listener(f"staging-{name}", 80, "HTTP", redirect())
            aws.listener(f"staging-{name}", 443, "HTTPS", forward(targets))
            program = aws.container(
                name,
                _LOGS,
                environment={"DEPLOYMENT": "staging", "DOMAIN": _DOMAIN, "LOG_LEVEL": "INFO"} | variables,
                secrets={"SENTRY_ENV": self.stage_name, "SENTRY_DSN": self.tracker} | keys[name],
                entryPoint=[f"/hub/bin/{name}", "server", f"/tmp/{name}.yml"],
                portMappings=[{"containerPort": 8080}],
                healthCheck={"command": ["CMD-SHELL", "curl -f http://localhost:8080/service-status || exit 1"]},
            )
            own = f"location / {{\n  proxy_pass http://localhost:8080;\n  proxy_set_header Host {name}.{_DOMAIN};\n}}\n"
            reads = allow(["s3:ListBucket", "s3:GetO*"], [bucket, f"{bucket}/*"])
            role = aws.role(f"staging-{name}-task", *([reads] if name == "directory" else []))
            more = ["sg-egress-via-proxy"] if name == "assertion" else []
            self._service(
                name, [self._nginx(own), program], tasks, targets, "nginx", 8443, record="SRV", role=role, more=more
            )

    def _monitoring(self) -> None:
        """Daemons on instances of a cluster of their own, the scraper on the instances' network."""
        aws = self.aws
        cluster = aws.cluster("staging-prometheus")
        aws.group("prometheus")
        hosts = "".join(f"          - '{self.names[each]}'\n" for each in _SCRAPED)
        scraping = (
            "scrape_configs:\n  - job_name: apps\n    metrics_path: '/prometheus/metrics'\n    scheme: 'https'\n"
            f"    dns_sd_configs:\n      - names:\n{hosts}"
            "  - job_name: cloudwatch_exporter\n    static_configs:\n      - targets: ['localhost:9106']\n"
        )
        start = "echo $CONFIG_BASE64 | base64 -d > /etc/prometheus/prometheus.yml; prometheus --storage.tsdb.path=/data"
        scraper = aws.container(
            "prometheus",
            _LOGS,
            environment={"CONFIG_BASE64": _base64(scraping)},
            entryPoint=["sh", "-c", start],
            mountPoints=[{"sourceVolume": "data", "containerPath": "/data"}],
        )
        disk = [{"name": "data", "host": {"sourcePath": "/srv/prometheus/data"}}]
        aws.service(
            cluster, "staging-metrics-1", "staging-metrics-1", [scraper], schedulingStrategy="DAEMON",
            task={"networkMode": "host", "volumes": disk},
        )  # fmt: skip
        documents = aws.container(
            "metadata-exporter",
            _LOGS,
            environment={"APP_ENV": "development"},
            secrets={"GITHUB_API_TOKEN": aws.parameter("/staging/metadata-exporter/code-host-token")},
            entryPoint=["bash", "-c", f"bin/exporter -m https://{_SITE}/documents/federation -p 9199 -e staging"],
        )
        figures = aws.container(
            "cloudwatch-exporter",
            _LOGS,
            environment={"CONFIG_BASE64": _base64(f"region: {REGION}\nmetrics:\n- aws_namespace: AWS/ECS\n")},
        )
        for name, container in (("metadata-exporter", documents), ("cloudwatch-exporter", figures)):
            family = f"staging-{name}"
            aws.service(cluster, family, family, [container], schedulingStrategy="DAEMON")

    def _connections(self) -> None:
        """Which group may reach which, beyond what the parts say themselves."""
        aws = self.aws
        calls = {
            "directory": ("portal", "policy", "assertion", "inbound", "soap"),
            "policy": ("portal", "assertion", "inbound", "soap"),
            "inbound": ("portal", "policy"),
            "assertion": ("policy", "soap"),
            "soap": ("policy", "assertion"),
        }
        for callee, callers in calls.items():
            aws.admit(f"sg-{callee}-lb", 443, *(f"sg-{each}" for each in callers))
        aws.admit("sg-policy-redis", 6379, "sg-policy")
        aws.admit("sg-assertion-redis", 6379, "sg-assertion")
        aws.admit("sg-ingress", 443, *(f"sg-{each}" for each in ("policy", "assertion", "inbound", "soap")))
        aws.admit("sg-ingress", 443, "sg-edge", "sg-prometheus")
        aws.admit("sg-ingress", 80, "sg-edge")
        aws.admit("sg-portal", 8443, "sg-prometheus")
        aws.admit("sg-every-task", 8443, "sg-prometheus")

    def _nginx(self, blocks: str) -> Document:
        return self.aws.container(
            "nginx", _LOGS, environment={"LOCATION_BLOCKS": _base64(blocks)}, portMappings=[{"containerPort": 8443}]
        )

    def _service(
        self, name: str, containers: list[Document], group: str, targets: str, container: str, port: int, *,
        record: str, role: str | None = None, more: list[str] | None = None,
    ) -> None:  # fmt: skip
        """A service behind a load balancer, with a Cloud Map name for the scraper."""
        registries = self.aws.discovered(self.namespace, f"staging-{name}", "staging", f"staging-{name}", record)
        self.names[name] = f"staging-{name}.hub.local"
        served = [{"targetGroupArn": targets, "containerName": container, "containerPort": port}]
        groups = [group, self.every_task, *(more or [])]
        self._plain(name, containers, groups, role=role, loadBalancers=served, serviceRegistries=registries)

    def _plain(
        self, name: str, containers: list[Document], groups: list[str], *, role: str | None = None, **given: object
    ) -> None:
        task: Document = {"executionRoleArn": self.aws.role(f"staging-{name}-execution")}
        if role:
            task["taskRoleArn"] = role
        family = f"staging-{name}"
        self.aws.service(self.cluster, family, family, containers, groups=groups, task=task, **given)


_BUCKET = "civiclogin-staging-metadata"
_BEHIND_SITE = ("portal", "metadata", "analytics")
_SCRAPED = ("portal", "directory", "policy", "assertion", "inbound", "soap")
