"""A public service to look after powers of attorney, as AWS describes what is deployed of it."""

from collections.abc import Iterable

from tests.graph.systems.documents import Account, Document, Documents, allow, forward, path, redirect, text_of

ACCOUNT, REGION = "111122223333", "eu-west-1"
_OTHERS, _STORE = "444455556666", "777788889999"
"""Accounts of other teams: the case API, the store."""
_SPACE = "demo.mandates.internal.ecs"
_LOGS = "demo_application_logs"
_VIEW, _USE = "view.guardian-mandates.net", "use.guardian-mandates.net"
_MOCK = "login.guardian-office.net"
_TABLES = ("MemberCodes", "MemberUsers", "ViewerCodes", "ViewerActivity", "MandateMap", "Stats")


def documents() -> Documents:
    """The account's documents."""
    return _Mandates().documents()


class _Mandates:
    """The service's parts, made one after the other."""

    def __init__(self) -> None:
        self.aws = Account(ACCOUNT, REGION, "vpc-0mandates")
        self.cluster = self.aws.cluster("demo-mandates")
        self.namespace = self.aws.namespace(_SPACE)
        self.tables = {each: self.aws.arn("dynamodb", f"table/demo-{each}") for each in _TABLES}
        self.sender = self.aws.secret("sender-api-key")
        self.client = self.aws.secret("login-client-id")
        self.identity = self.aws.secret("login-identity-key")
        self.notices = [self.aws.parameter(f"/system-message/demo/{each}") for each in ("view", "use")]
        self.attempts = ""

    def documents(self) -> Documents:
        """Everything."""
        aws = self.aws
        for name, arn in self.tables.items():
            aws.add("tables", TableArn=arn, TableName=f"demo-{name}", PointInTimeRecoveryStatus="ENABLED")
        groups = {each: aws.group(f"{each}-service") for each in ("viewer", "member", "api", "pdf", "admin", "mock")}
        callers = [groups[each] for each in ("viewer", "member", "api")]
        self.attempts = aws.replication_group("attempts-cache", aws.group("attempts-cache"))
        aws.admit("sg-attempts-cache", 6379, *callers)
        aws.admit(groups["api"], 8080, groups["viewer"], groups["member"])
        aws.admit(groups["pdf"], 8000, groups["viewer"])
        aws.admit(groups["mock"], 8080, groups["api"])
        self._sites(groups)
        self._inside(groups)
        self._admin(groups["admin"])
        self._events()
        return aws.documents

    def _sites(self, groups: dict[str, str]) -> None:
        aws = self.aws
        for name, host, context in (("viewer", _VIEW, "viewer"), ("member", _USE, "member")):
            targets = self._public(name, groups[name], host)
            variables = {
                "CONTEXT": context,
                "KMS_SESSION_CMK_ALIAS": f"alias/sessions-{context}",
                "API_SERVICE_URL": f"http://api.{_SPACE}:8080",
                "GOOGLE_ANALYTICS_ID": "G-0000000000",
                "SESSION_EXPIRES": "10",
                "CSP_ENFORCE": "true",
                "CSP_REPORT_URI": f"https://{host}",
                "CSP_IAP_DOMAIN": "https://images-development.s3.amazonaws.com",
            }
            variables |= self._cache("BRUTE_FORCE_CACHE")
            if name == "viewer":
                variables["PDF_SERVICE_URL"] = f"http://pdf.{_SPACE}:8000"
            else:
                variables["CSP_AUTH_DOMAIN"] = f"https://{_MOCK}"
            given = {"secrets": {"NOTIFY_API_KEY": self.sender}} if name == "member" else {}
            program = aws.container(
                "app", _LOGS, environment=variables, portMappings=[{"containerPort": 9000}], **given
            )
            web = self._web(WEB_DOMAIN=f"https://{host}")
            keys = allow(["kms:Decrypt", "kms:GenerateDataKey"], aws.arn("kms", f"key/{context}"))
            self._service(name, [web, program], groups[name], [_traces(), keys], loadBalancers=_served(targets, "web"))

    def _inside(self, groups: dict[str, str]) -> None:
        aws = self.aws
        bus = aws.arn("events", "event-bus/demo")
        key = f"arn:aws:secretsmanager:{REGION}:{_STORE}:secret:store/development/jwt-key-Qm4T9z"
        names = ("ACTOR_CODES", "ACTOR_USERS", "VIEWER_CODES", "VIEWER_ACTIVITY", "USER_LPA_ACTOR_MAP", "STATS")
        variables = {f"DYNAMODB_TABLE_{name}": f"demo-{table}" for name, table in zip(names, _TABLES, strict=True)}
        variables |= {
            "EVENTBRIDGE_BUS_NAME": bus,
            "CASE_API_ENDPOINT": "https://dev.cases.api.guardian-office.net",
            "CODES_API_ENDPOINT": "https://int.codes.api.guardian-office.net",
            "IMAGES_API_ENDPOINT": "https://dev.images.api.guardian-office.net",
            "STORE_API_ENDPOINT": "https://int.store.api.guardian-office.net",
            "ONE_LOGIN_DISCOVERY_URL": f"http://login-mock.{_SPACE}:8080/.well-known/openid-configuration",
            "API_GATEWAY_REGION": REGION,
            "LPA_STORE_JWT_SECRET": key,
            "LOGGING_LEVEL": "100",
        } | self._cache("LOGIN_SERIAL_CACHE")
        secrets = {"NOTIFY_API_KEY": self.sender, "ONE_LOGIN_CLIENT_ID": self.client}
        program = aws.container(
            "app", _LOGS, environment=variables, secrets=secrets, portMappings=[{"containerPort": 9000}]
        )
        grants = [
            _traces(),
            allow(["dynamodb:*"], _with_indexes(self.tables.values())),
            allow(["execute-api:Invoke"], f"arn:aws:execute-api:{REGION}:{_OTHERS}:*/*/GET/mandates/*"),
            allow(["execute-api:Invoke"], f"arn:aws:execute-api:{REGION}:{_STORE}:*/*/GET/store/*"),
            allow(["ssm:GetParameter", "ssm:GetParameters"], self.notices),
            allow(["secretsmanager:GetSecretValue"], [self.client, self.identity]),
            allow(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], key),
            allow(["cloudwatch:PutMetricData"]),
            allow(["events:PutEvents"], bus),
        ]
        registries = aws.discovered(self.namespace, "api", "demo-mandates", "api-service")
        self._service("api", [self._web(), program], groups["api"], grants, serviceRegistries=registries)
        port = {"PDF_SERVICE_PORT": "8000"}
        printer = aws.container("pdf", _LOGS, environment=port, portMappings=[{"containerPort": 8000}])
        registries = aws.discovered(self.namespace, "pdf", "demo-mandates", "pdf-service")
        self._service("pdf", [printer], groups["pdf"], [], serviceRegistries=registries)
        targets = self._public("login", groups["mock"], _MOCK)
        mock = aws.container(
            "mock",
            _LOGS,
            environment={
                "PUBLIC_URL": f"https://{_MOCK}",
                "INTERNAL_URL": f"http://login-mock.{_SPACE}:8080",
                "REDIRECT_URL": f"https://{_USE}/home/login",
            },
            secrets={"CLIENT_ID": self.client},
            portMappings=[{"containerPort": 8080}],
        )
        registries = aws.discovered(self.namespace, "login-mock", "demo-mandates", "login-mock-service")
        self._service(
            "login-mock", [mock], groups["mock"], [allow(["secretsmanager:GetSecretValue"], self.client)],
            loadBalancers=_served(targets, "mock"), serviceRegistries=registries,
        )  # fmt: skip

    def _admin(self, group: str) -> None:
        aws = self.aws
        pool = "https://demo-admins.auth.eu-west-1.amazoncognito.com"
        first: Document = {
            "Type": "authenticate-oidc",
            "Order": 1,
            "AuthenticateOidcConfig": {
                "Issuer": f"https://cognito-idp.{REGION}.amazonaws.com/{REGION}_Ab12Cd34E",
                "AuthorizationEndpoint": f"{pool}/oauth2/authorize",
                "TokenEndpoint": f"{pool}/oauth2/token",
                "ClientId": "5hq0example",
            },
        }
        targets = self._public("admin", group, "admin.guardian-office.net", first)
        program = aws.container(
            "app",
            _LOGS,
            environment={
                "ADMIN_PORT": "8080",
                "ADMIN_DYNAMODB_TABLE_PREFIX": "demo",
                "ADMIN_LOGOUT_URL": f"{pool}/logout",
                "ADMIN_JWT_SIGNING_KEY_URL": f"https://public-keys.auth.elb.{REGION}.amazonaws.com",
                "CODES_API_ENDPOINT": "https://int.codes.api.guardian-office.net",
                "ENVIRONMENT_NAME": "demo",
            },
            portMappings=[{"containerPort": 8080}],
        )
        read = [
            "dynamodb:BatchGetItem",
            "dynamodb:DescribeTable",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
        ]
        grants = [
            allow(read, _with_indexes(arn for name, arn in self.tables.items() if name != "MemberCodes")),
            allow(["execute-api:Invoke"], f"arn:aws:execute-api:{REGION}:{_OTHERS}:*/*/GET/mandates/*"),
            allow(["ssm:GetParameters", "ssm:GetParameter", "ssm:PutParameter"], self.notices),
        ]
        self._service("admin", [program], group, grants, loadBalancers=_served(targets, "app"))

    def _events(self) -> None:
        """Events from another account to a queue and a function; figures every night by another one."""
        aws = self.aws
        bus = aws.arn("events", "event-bus/demo")
        aws.add("event_buses", Arn=bus, Name="demo")
        queue = aws.arn("sqs", "demo-granted-events")
        dead = aws.arn("sqs", "demo-undelivered-events")
        for arn, end in ((queue, {"DeadLetterTargetArn": dead}), (dead, {})):
            url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{arn.rpartition(':')[2]}"
            aws.add("queues", QueueArn=arn, QueueUrl=url, **end)
        aws.add(
            "event_rules",
            Arn=aws.arn("events", "rule/demo/demo-granted-events"), Name="demo-granted-events", State="ENABLED",
            EventBusName="demo", EventPattern=text_of({"source": ["mandates.register"]}),
            Targets=[{"Id": "queue", "Arn": queue}],
        )  # fmt: skip
        users, mandates, stats = (self.tables[each] for each in ("MemberUsers", "MandateMap", "Stats"))
        write = ["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        receiver = self._function(
            "event-receiver",
            {"USER_LPA_ACTOR_MAP_TABLE": "demo-MandateMap", "ACTOR_USERS_TABLE": "demo-MemberUsers"},
            allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue),
            allow(write, _with_indexes([mandates, users])),
        )
        aws.add(
            "event_source_mappings",
            UUID="8f2c4d0e-5a57-4b6c-9d0e-1f6a2b3c4d5e", EventSourceArn=queue, FunctionArn=receiver, State="Enabled",
        )  # fmt: skip
        reads = [stats, mandates, self.tables["ViewerActivity"], self.tables["ViewerCodes"]]
        figures = self._function(
            "update-statistics",
            {"ENVIRONMENT": "demo", "REGION": REGION},
            allow(["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"]),
            allow(["dynamodb:BatchGet*", "dynamodb:Get*", "dynamodb:Query", "dynamodb:Scan"], reads),
            allow(["dynamodb:BatchWrite*", "dynamodb:Delete*", "dynamodb:Update*", "dynamodb:PutItem"], stats),
        )
        aws.add(
            "event_rules",
            Arn=aws.arn("events", "rule/demo-update-statistics"), Name="demo-update-statistics", State="ENABLED",
            EventBusName="default", ScheduleExpression="cron(0 3 * * ? *)", Targets=[{"Id": "run", "Arn": figures}],
        )  # fmt: skip

    def _function(self, name: str, variables: dict[str, str], *statements: Document) -> str:
        aws = self.aws
        arn = aws.arn("lambda", f"function:demo-{name}")
        role = aws.role(f"{name}-demo", *statements, service="lambda.amazonaws.com")
        listed = [{"name": key, "value": value} for key, value in variables.items()]
        aws.add("functions", FunctionArn=arn, FunctionName=f"demo-{name}", Role=role, Environment=listed)
        return arn

    def _public(self, name: str, group: str, host: str, *first: Document) -> str:
        """ARN of the target group behind a public load balancer, its listener and its name."""
        aws = self.aws
        outside = aws.group(f"{name}-loadbalancer", (443, "0.0.0.0/0"), (80, "0.0.0.0/0"))
        aws.admit(group, 8080, outside)
        aws.alias(host, aws.balancer(f"demo-{name}", outside, internal=False), private=False)
        targets = aws.target_group(f"demo-{name}", 8080, balancer=f"demo-{name}")
        aws.listener(f"demo-{name}", 80, "HTTP", redirect())
        secure = aws.listener(f"demo-{name}", 443, "HTTPS", *first, forward(targets, 2 if first else None))
        if not first:
            aws.rule(secure, "1", path("/"), redirect(Host="www.government-site.net"))
        return targets

    def _web(self, **variables: str) -> Document:
        own = {"APP_HOST": "127.0.0.1", "APP_PORT": "9000", "TIMEOUT": "60"} | variables
        return self.aws.container("web", _LOGS, environment=own, portMappings=[{"containerPort": 8080}])

    def _cache(self, prefix: str) -> dict[str, str]:
        return {f"{prefix}_URL": f"tls://{self.attempts}", f"{prefix}_PORT": "6379", f"{prefix}_TIMEOUT": "60"}

    def _service(
        self, name: str, containers: list[Document], group: str, grants: list[Document], **given: object
    ) -> None:
        role = self.aws.role(f"demo-{name}-task-role", *grants)
        task = {"taskRoleArn": role, "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/demo-execution-role"}
        self.aws.service(
            self.cluster, f"{name}-service", f"demo-{name}", containers, groups=[group], task=task, **given
        )


def _traces() -> Document:
    return allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules"])


def _with_indexes(tables: Iterable[str]) -> list[str]:
    return [each for table in tables for each in (table, f"{table}/index/*")]


def _served(targets: str, container: str) -> list[Document]:
    return [{"targetGroupArn": targets, "containerName": container, "containerPort": 8080}]
