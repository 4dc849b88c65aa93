"""Secrets: credentials that stand in plain text, and references that are carried over.

No credential is in the estate: where one stood there is a marker that says what it was taken for
(:mod:`assess.estate.redaction`), and that is all these rules judge by.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from assess.config import Policy
from assess.estate.ecs import Container, Secret, TaskDefinition
from assess.estate.estate import Estate
from assess.estate.facts import Evidence
from assess.estate.gaps import Missing
from assess.estate.identity import statements_of
from assess.estate.redaction import Redaction, RedactionClass, redactions_in
from assess.estate.secret_stores import (
    EncryptionKey,
    StoredParameter,
    StoredSecret,
    StoreReference,
    is_own_key,
    store_reference,
)
from assess.rule import (
    CRITICAL,
    DAYS,
    HIGH,
    HOURS,
    LOW,
    MEDIUM,
    Checklist,
    Kind,
    Outcome,
    Reason,
    Severity,
    fail,
    not_applicable,
    rule,
    unknown,
)

_SENSITIVE = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html"
_SECRETS_MANAGER = "https://external-secrets.io/latest/provider/aws-secrets-manager/"
_PARAMETER_STORE = "https://external-secrets.io/latest/provider/aws-parameter-store/"

BY_NAME = 0.8
"""Confidence that a literal under a name that says credential is one: a strong inference."""

_NO_VARIABLES = "the container has no environment variable"
_NO_SECRETS = "the container takes no variable from a secret"


@rule(
    "SEC-ENV-PLAINTEXT",
    Checklist.SECRETS,
    severity=CRITICAL,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].environment[].name",),
    reference=_SENSITIVE,
)
def credential_in_variable(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A credential stands in a plain environment variable.

    Everybody who may describe the task definition reads it, every old revision keeps it, and the move would copy it
    into a manifest in Git and into the cluster's state. Assume that it is known and replace it, do not only move it.
    What is only a placeholder or a common default is a finding of its own.

    Fix: rotate the credential now, store it in Secrets Manager, let an ExternalSecret bring it into the namespace,
    refer to it with ``secretKeyRef``, and deregister the revisions that hold the old one.

    Before:

        {"containerDefinitions": [{"name": "app",
          "environment": [{"name": "DB_PASSWORD", "value": "(the password itself)"}]}]}

    After:

        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata:
          name: orders
        spec:
          refreshInterval: 1h
          secretStoreRef: {kind: SecretStore, name: orders}
          target: {name: orders}
          data:
            - secretKey: db-password
              remoteRef: {key: prod/orders/db-password}
        ---
        spec:
          containers:
            - name: app
              env:
                - name: DB_PASSWORD
                  valueFrom:
                    secretKeyRef: {name: orders, key: db-password}
    """
    definition = container.definition
    if not definition.environment:
        yield not_applicable(_NO_VARIABLES)
        return
    yield from _findings(container, _variables(container), _IN_VARIABLE, estate)


@rule(
    "SEC-ENV-SUSPECT",
    Checklist.SECRETS,
    severity=MEDIUM,
    effort=HOURS,
    confidence=0.5,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].environment[].name",),
    reference=_SENSITIVE,
)
def suspect_variable(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A variable is named like a secret and holds a default or a placeholder.

    Either the value is real and weak, so that anybody could guess it, or something replaces it before it is used
    and nobody can see what. Both must be settled before the variable is carried over, for a manifest in Git shows
    it to more people. Names that only sound like secrets are possible: a person has to look.

    Fix: find out what the running container gets; move what is secret into Secrets Manager with a strong value, and
    rename or drop the rest.
    """
    definition = container.definition
    if not definition.environment:
        yield not_applicable(_NO_VARIABLES)
        return
    yield from _findings(container, _variables(container), _SUSPECT, estate)


@rule(
    "SEC-CMD-SECRET",
    Checklist.SECRETS,
    severity=HIGH,
    worst=CRITICAL,
    effort=DAYS,
    needs=("ecs.task_definitions",),
    looks_at=(
        "containerDefinitions[].command",
        "containerDefinitions[].entryPoint",
        "containerDefinitions[].healthCheck.command",
    ),
    reference=_SENSITIVE,
)
def credential_in_command(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A credential stands on a command line or in a health check.

    A command line is the least private place there is: the list of processes shows it, so do the task definition,
    the Pod's description and every tool that lists Pods. On Kubernetes it would also stand in the manifest in Git.
    A reference to a variable is fine and is not reported.

    Fix: rotate the credential, put it into a Secret, hand it over as a variable or a file, and let the command
    refer to that (``$(NAME)`` in args, or the program's own option for a file).

    Before:

        {"containerDefinitions": [{"name": "app",
          "command": ["serve", "--db-password=(the password itself)"]}]}

    After:

        spec:
          containers:
            - name: app
              args: [serve, --db-password=$(DB_PASSWORD)]
              env:
                - name: DB_PASSWORD
                  valueFrom:
                    secretKeyRef: {name: orders, key: db-password}
    """
    words = list(_words(container))
    if not words:
        yield not_applicable("the container has no command, entry point or health check of its own")
        return
    yield from _findings(container, words, _IN_COMMAND, estate)


@rule(
    "SEC-OPTIONS-SECRET",
    Checklist.SECRETS,
    severity=MEDIUM,
    worst=CRITICAL,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=(
        "containerDefinitions[].logConfiguration.logDriver",
        "containerDefinitions[].firelensConfiguration.type",
        "volumes[].name",
    ),
    reference=_SENSITIVE,
)
def credential_in_option(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A credential stands in an option of a log or volume driver, or in a label.

    Options and labels are kept in every revision of the task definition, and agents print them into their own logs.
    On Kubernetes log drivers and volume plugins are replaced by collectors and CSI drivers, whose configuration
    usually lies in a ConfigMap that far more people read than a Secret.

    Fix: rotate the credential, put it into a Secret that the collector or the driver reads (on ECS meanwhile:
    ``secretOptions``), and drop the option or label.
    """
    options = list(_options(container))
    if not options and not container.task.is_unresolved(*container.at("logConfiguration", "options")):
        yield not_applicable("the container has no option of a log or volume driver, and no label")
        return
    if container.task.is_unresolved(*container.at("logConfiguration", "options")):
        yield unknown(Reason.UNRESOLVED, "ecs.task_definitions")
    yield from _findings(container, options, _IN_OPTION, estate)


# --- what the markers say ---------------------------------------------------------------------------------------


class _Text(NamedTuple):
    """A text of a container: what it is, the element that findings name it by, and where it stands."""

    what: str
    element: str
    text: str
    place: tuple[str | int, ...]


class _Verdict(NamedTuple):
    """What a redaction of a class means where a text stands; ``{}`` in ``says`` is what may be told of it."""

    severity: Severity
    confidence: float
    says: str


_PLAIN = "a credential in plain text ({})"
_CREDENTIAL = "a credential ({})"
_DEFAULT = "a weak or default credential ({})"
_IN_VARIABLE = {
    RedactionClass.TOKEN: _Verdict(CRITICAL, 1.0, _PLAIN),
    RedactionClass.USERINFO: _Verdict(CRITICAL, 1.0, _PLAIN),
    RedactionClass.NAMED: _Verdict(CRITICAL, BY_NAME, "what its name calls a credential in plain text ({})"),
}
_SUSPECT = {
    RedactionClass.WEAK: _Verdict(MEDIUM, 0.5, _DEFAULT),
    RedactionClass.PLACEHOLDER: _Verdict(MEDIUM, 0.5, "a placeholder where a credential belongs"),
}
_IN_COMMAND = {
    RedactionClass.TOKEN: _Verdict(CRITICAL, 1.0, _CREDENTIAL),
    RedactionClass.USERINFO: _Verdict(CRITICAL, 1.0, _CREDENTIAL),
    RedactionClass.NAMED: _Verdict(HIGH, BY_NAME, _CREDENTIAL),
    RedactionClass.WEAK: _Verdict(HIGH, BY_NAME, _DEFAULT),
}
_IN_OPTION = {
    **_IN_COMMAND,
    RedactionClass.NAMED: _Verdict(MEDIUM, BY_NAME, _CREDENTIAL),
    RedactionClass.WEAK: _Verdict(MEDIUM, 0.5, _DEFAULT),
}


def _findings(
    container: Container, texts: Iterable[_Text], verdicts: Mapping[RedactionClass, _Verdict], estate: Estate
) -> Iterator[Outcome]:
    """A finding for each element whose gravest redaction is of these classes, at the first place that holds it."""
    gravest: dict[tuple[str, str], tuple[_Text, Redaction]] = {}
    for text in texts:
        for found in redactions_in(text.text):
            before = gravest.get((text.what, text.element))
            if before is None or _GRAVITY.index(found.of) < _GRAVITY.index(before[1].of):
                gravest[text.what, text.element] = text, found
    for text, found in gravest.values():
        verdict = verdicts.get(found.of)
        if verdict is not None:
            held = verdict.says.format(_description(found, estate))
            yield fail(
                f"{text.what} of container {container.name} holds {held}",
                container.task.evidence(*text.place),
                element=text.element,
                severity=verdict.severity,
                confidence=verdict.confidence,
            )


_GRAVITY = tuple(RedactionClass)


def _description(found: Redaction, estate: Estate) -> str:
    """Detector, length and spread of what was replaced: all that may be told of it."""
    users = len(estate.redaction_users.get(found.group, ()))
    spread = f", the same in {users} workloads" if users > 1 else ""
    return f"detector {found.detector}, {found.length} characters{spread}"


def _variables(container: Container) -> Iterator[_Text]:
    for index, variable in enumerate(container.definition.environment):
        place = container.at("environment", index, "value")
        yield _Text(f"variable {variable.name}", variable.name, variable.value, place)


def _words(container: Container) -> Iterator[_Text]:
    definition = container.definition
    check = definition.health_check
    for what, steps, words in (
        ("the command", ("command",), definition.command),
        ("the entry point", ("entryPoint",), definition.entry_point),
        ("the health check", ("healthCheck", "command"), check.command if check else ()),
    ):
        for index, word in enumerate(words):
            yield _Text(what, steps[0], word, container.at(*steps, index))


def _options(container: Container) -> Iterator[_Text]:
    definition, task = container.definition, container.task
    if definition.log_configuration is not None:
        for key, text in definition.log_configuration.options.items():
            yield _Text(f"log option {key}", key, text, container.at("logConfiguration", "options", key))
    if definition.firelens_configuration is not None:
        for key, text in definition.firelens_configuration.options.items():
            yield _Text(f"FireLens option {key}", key, text, container.at("firelensConfiguration", "options", key))
    for key, text in definition.docker_labels.items():
        yield _Text(f"label {key}", key, text, container.at("dockerLabels", key))
    for index, volume in enumerate(task.volumes):
        driver = volume.docker_volume_configuration
        if driver is None or _first_user(task, volume.name) != container.index:
            continue
        for field, given in (("driverOpts", driver.driver_opts), ("labels", driver.labels)):
            for key, text in given.items():
                place = ("volumes", index, "dockerVolumeConfiguration", field, key)
                yield _Text(f"option of volume {volume.name} {key}", key, text, place)


def _first_user(task: TaskDefinition, volume: str) -> int:
    """The container that a volume's options are reported with: the first that mounts it, else the first."""
    for index, each in enumerate(task.container_definitions):
        if any(mount.source_volume == volume for mount in each.mount_points):
            return index
    return 0


# --- references -------------------------------------------------------------------------------------------------


class _Reference(NamedTuple):
    """Where a variable's value comes from; account and region are empty for a bare parameter name."""

    name: str
    service: str
    region: str
    account: str
    suffix: tuple[str, ...]
    """Key, stage and version after the name of a secret."""
    evidence: Evidence


_SERVICES = {"secretsmanager", "ssm"}
_HOLE = re.compile(r"\$\{[^}]*\}|\{\{.*?\}\}|<[^>]*>|%[A-Za-z_]+%")
_LITERAL = re.compile(r"[A-Za-z0-9-]*")


def _references(container: Container) -> Iterator[_Reference]:
    """The references of ``secrets``, as far as templating lets them be told."""
    for index, secret in enumerate(container.definition.secrets):
        found = _reference(secret, container.task.evidence(*container.at("secrets", index, "valueFrom")))
        if found is not None:
            yield found


def _reference(secret: Secret, evidence: Evidence) -> _Reference | None:
    text = _HOLE.sub("?", secret.value_from)  # a placeholder may hold colons of its own
    if text.startswith("arn:"):
        parts = text.split(":")
        if len(parts) < 6 or parts[2] not in _SERVICES:
            return None
        suffix = tuple(parts[7:]) if parts[2] == "secretsmanager" else ()
        return _Reference(secret.name, parts[2], _known(parts[3]), _known(parts[4]), suffix, evidence)
    if not text or _is_opaque(text):
        return None
    return _Reference(secret.name, "ssm", "", "", (), evidence)


def _is_opaque(text: str) -> bool:
    return text.startswith(("?", "$"))


def _is_open(container: Container) -> bool:
    """Whether a placeholder stands for a whole reference, so that nothing of it can be told."""
    return any(_is_opaque(_HOLE.sub("?", each.value_from)) for each in container.definition.secrets)


def _known(part: str) -> str:
    return part if _LITERAL.fullmatch(part) else ""


@rule(
    "SEC-SM-REF",
    Checklist.SECRETS,
    kind=Kind.INVENTORY,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].secrets[].name",),
    reference=_SECRETS_MANAGER,
)
def secrets_manager_reference(container: Container) -> Iterator[Outcome]:
    """Variables come from Secrets Manager.

    ECS reads the secret with the execution role when a task starts. On EKS an operator or a CSI driver reads it with
    an identity of its own and makes a Secret of it, or mounts it as a file. The secrets themselves stay where they
    are, and both platforms can read them during the move.

    Fix: write one ExternalSecret for each workload with a SecretStore for its namespace, and decide how often it
    refreshes and what restarts the Pods then.

    Before:

        {"containerDefinitions": [{"name": "app", "secrets": [{"name": "API_KEY",
          "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/orders/api-AbCdEf"}]}]}

    After:

        apiVersion: external-secrets.io/v1
        kind: SecretStore
        metadata:
          name: orders
        spec:
          provider:
            aws: {service: SecretsManager, region: eu-west-1}
        ---
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata:
          name: orders
        spec:
          refreshInterval: 1h
          secretStoreRef: {kind: SecretStore, name: orders}
          target: {name: orders}
          data:
            - secretKey: API_KEY
              remoteRef: {key: prod/orders/api}
    """
    yield from _listed(container, "secretsmanager", "Secrets Manager")


@rule(
    "SEC-SSM-REF",
    Checklist.SECRETS,
    kind=Kind.INVENTORY,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].secrets[].name",),
    reference=_PARAMETER_STORE,
)
def parameter_store_reference(container: Container) -> Iterator[Outcome]:
    """Variables come from Parameter Store.

    ECS reads the parameters when a task starts; on EKS an operator or a CSI driver reads them again and again.
    Parameter Store allows few requests a second until its higher throughput is switched on, so many parameters with
    a short refresh interval are throttled.

    Fix: write one ExternalSecret for each workload with the ParameterStore provider, read whole paths in one go,
    and refresh hourly rather than every minute.

    Before:

        {"containerDefinitions": [{"name": "app", "secrets": [{"name": "LEVEL",
          "valueFrom": "arn:aws:ssm:eu-west-1:123456789012:parameter/prod/orders/level"}]}]}

    After:

        apiVersion: external-secrets.io/v1
        kind: SecretStore
        metadata:
          name: orders-parameters
        spec:
          provider:
            aws: {service: ParameterStore, region: eu-west-1}
        ---
        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata:
          name: orders-parameters
        spec:
          refreshInterval: 1h
          secretStoreRef: {kind: SecretStore, name: orders-parameters}
          target: {name: orders-parameters}
          data:
            - secretKey: LEVEL
              remoteRef: {key: /prod/orders/level}
    """
    yield from _listed(container, "ssm", "Parameter Store")


def _listed(container: Container, service: str, title: str) -> Iterator[Outcome]:
    found = [each for each in _references(container) if each.service == service]
    if not found and _is_open(container):
        yield unknown(Reason.UNRESOLVED, "ecs.task_definitions")
    if found:
        yield fail(
            f"container {container.name} takes {_count(found)} from {title}: {_names(found)}",
            *(each.evidence for each in found),
        )


@rule(
    "SEC-SM-JSON-KEY",
    Checklist.SECRETS,
    kind=Kind.CONVERSION,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].secrets[].name",),
    reference=_SECRETS_MANAGER,
)
def part_of_a_secret(container: Container) -> Iterator[Outcome]:
    """A reference names a key, a stage or a version of a secret.

    ECS appends them to the ARN. External Secrets has members of its own for them, and the CSI driver takes a JMESPath
    expression, so these references are rewritten one by one. A pinned version also stops rotation from reaching the
    workload.

    Fix: write the key as ``remoteRef.property`` and the stage or version as ``remoteRef.version``; ask whether a
    pinned version is still meant.

    Before:

        {"containerDefinitions": [{"name": "app", "secrets": [{"name": "DB_USER",
          "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/orders/db-AbCdEf:username::"}]}]}

    After:

        apiVersion: external-secrets.io/v1
        kind: ExternalSecret
        metadata:
          name: orders
        spec:
          refreshInterval: 1h
          secretStoreRef: {kind: SecretStore, name: orders}
          target: {name: orders}
          data:
            - secretKey: DB_USER
              remoteRef: {key: prod/orders/db, property: username}
    """
    found = [each for each in _references(container) if any(each.suffix)]
    if not found and _is_open(container):
        yield unknown(Reason.UNRESOLVED, "ecs.task_definitions")
    if found:
        yield fail(
            f"container {container.name} takes {_count(found)} from a key, stage or version of a secret:"
            f" {_names(found)}",
            *(each.evidence for each in found),
        )


@rule(
    "SEC-CROSS-ACCOUNT",
    Checklist.SECRETS,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions",),
    looks_at=("containerDefinitions[].secrets",),
    reference=_SECRETS_MANAGER,
)
def secret_elsewhere(container: Container) -> Iterator[Outcome]:
    """A secret lies in another account or region than the workload.

    The policies of the secret and of its key name who may read it, and on EKS that is another principal: the role of
    the operator or of the Pod instead of the execution role. Until the owner of the other account changes both
    policies the Pod does not start. A store reads from one region, so another region needs a store of its own.

    Fix: make a SecretStore with a role that the other account trusts, ask its owner to admit that role in the
    secret's and the key's policy, and test the read before the move.
    """
    secrets = container.definition.secrets
    if not secrets:
        yield not_applicable(_NO_SECRETS)
        return
    references = [each for each in _references(container) if each.region or each.account]
    account, region = _home(container.task)
    for each in references:
        away = []
        if account and each.account and each.account != account:
            away.append(f"account {each.account}")
        if region and each.region and each.region != region:
            away.append(f"region {each.region}")
        if away:
            yield fail(
                f"variable {each.name} of container {container.name} comes from a secret in {' and '.join(away)}",
                each.evidence,
                element=each.name,
            )
    if references and not (account and region):
        yield unknown(Reason.NOT_IN_SOURCE, "ecs.clusters")


def _home(task: TaskDefinition) -> tuple[str, str]:
    """Account and region in which the task runs; a file may give the account by its roles."""
    if task.origin.account and task.origin.region:
        return task.origin.account, task.origin.region
    arn = task.task_definition_arn.split(":")
    if len(arn) > 5:
        return _known(arn[4]), _known(arn[3])
    for role in (task.execution_role_arn, task.task_role_arn):
        parts = (role or "").split(":")
        if len(parts) > 5 and parts[4].isdigit():
            return parts[4], ""
    return "", ""


def _count(found: list[_Reference]) -> str:
    return "one variable" if len(found) == 1 else f"{len(found)} variables"


def _names(found: list[_Reference]) -> str:
    names = [each.name for each in found]
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:5])} and {len(names) - 5} more"


# --- what the references lead to --------------------------------------------------------------------------------

_FACT = {"secretsmanager": "secrets.metadata", "ssm": "parameters.metadata"}


class _Followed(NamedTuple):
    """A variable of ``secrets``: what it names, what was found there, and why nothing could be found."""

    variable: str
    reference: StoreReference
    found: StoredSecret | StoredParameter | None
    missing: Missing | None
    evidence: Evidence


def _followed(container: Container, estate: Estate) -> Iterator[_Followed]:
    """The references of ``secrets`` that can be told, each with what it leads to."""
    task = container.task
    for index, secret in enumerate(container.definition.secrets):
        reference = store_reference(secret.value_from, task.origin)
        if reference is None or reference.is_public:
            continue
        found = estate.stored(reference)
        missing = None
        if found is None:
            fact = _FACT[reference.service]
            missing = estate.missing(fact, task.origin, (reference.id,))
            if missing is None and (reference.account, reference.region) != (task.origin.account, task.origin.region):
                missing = Missing(fact=fact, reason=Reason.NOT_COLLECTED)
        evidence = task.evidence(*container.at("secrets", index, "valueFrom"))
        yield _Followed(secret.name, reference, found, missing, evidence)


def _cannot_be_told(container: Container) -> bool:
    """Whether a reference is written in a way that says nothing of what it names."""
    origin = container.task.origin
    return any(store_reference(each.value_from, origin) is None for each in container.definition.secrets)


def _open(missing: Missing) -> Outcome:
    return unknown(missing.reason, *missing.needs)


@rule(
    "SEC-REF-BROKEN",
    Checklist.SECRETS,
    severity=HIGH,
    effort=HOURS,
    needs=("ecs.task_definitions", "secrets.metadata", "parameters.metadata"),
    looks_at=("containerDefinitions[].secrets",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html",
)
def broken_reference(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A variable refers to a secret or parameter that is not there.

    Running tasks have the value and do not notice; the next task that ECS starts fails. So the service cannot be
    scaled, deployed or brought back after a move that went wrong, and on Kubernetes the ExternalSecret never becomes
    ready and the Pod never starts. A secret that is scheduled for deletion can no longer be read either.

    Fix: restore the secret (``aws secretsmanager restore-secret``) or create it anew, or drop the variable from the
    task definition if nothing reads it; then start one task on ECS to see that it comes up.

    Passes: secrets that the scan may not describe, and those of other accounts and regions, are unknown, not broken.
    """
    if not container.definition.secrets:
        yield not_applicable(_NO_SECRETS, reads=("ecs.task_definitions",))
        return
    for each in _followed(container, estate):
        if each.missing is not None:
            yield _open(each.missing)
            continue
        kind = "secret" if each.reference.service == "secretsmanager" else "parameter"
        problem = "does not exist"
        if each.found is not None:
            if not isinstance(each.found, StoredSecret) or each.found.deleted_date is None:
                continue
            problem = "is scheduled for deletion"
        yield fail(
            f"variable {each.variable} of container {container.name} refers to {kind} {each.reference.name},"
            f" which {problem}",
            each.evidence,
            element=each.variable,
        )
    if _cannot_be_told(container):
        yield unknown(Reason.UNRESOLVED, "ecs.task_definitions")


@rule(
    "SEC-ROTATION",
    Checklist.SECRETS,
    severity=MEDIUM,
    effort=DAYS,
    needs=("ecs.task_definitions", "secrets.metadata"),
    looks_at=("containerDefinitions[].secrets",),
    reference="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html",
)
def rotated_secret(container: Container, estate: Estate) -> Iterator[Outcome]:
    """A variable holds a secret that is rotated.

    A variable is set when the container starts and never again. On ECS the next deployment brings the new value; on
    Kubernetes an operator renews the Secret in the background while the Pods keep the old value, which stops working
    at the next rotation, often weeks after the move. During the move both platforms must follow the same rotation.

    Fix: mount the secret as a file that the program reads again, or let a controller such as Reloader restart the
    Pods when the Secret changes; set ``refreshInterval`` well below the rotation's interval, and let the rotation
    keep the previous credential valid in between.
    """
    followed = [each for each in _followed(container, estate) if each.reference.service == "secretsmanager"]
    unclear = _cannot_be_told(container)
    if not followed and not unclear:
        yield not_applicable("no variable comes from Secrets Manager", reads=("ecs.task_definitions",))
        return
    for each in followed:
        if each.missing is not None:
            yield _open(each.missing)
        elif isinstance(each.found, StoredSecret) and each.found.rotation_enabled:
            yield fail(
                f"variable {each.variable} of container {container.name} holds secret {each.reference.name},"
                " which is rotated",
                each.evidence,
                each.found.evidence("RotationEnabled"),
                element=each.variable,
            )
    if unclear:
        yield unknown(Reason.UNRESOLVED, "ecs.task_definitions")


@rule(
    "SEC-KMS-CMK",
    Checklist.SECRETS,
    severity=MEDIUM,
    effort=HOURS,
    needs=("ecs.task_definitions", "secrets.metadata", "kms"),
    also_uses=("parameters.metadata",),
    looks_at=("containerDefinitions[].secrets", "executionRoleArn"),
    reference="https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html",
)
def key_names_execution_role(container: Container, estate: Estate) -> Iterator[Outcome]:
    """The key of a secret admits the execution role by its name.

    To read such a secret takes the secret and its key. On EKS an operator or the Pod's own role reads it, and a key
    policy that names the execution role does not let them: the ExternalSecret fails with an access error although
    the secret's own permissions are right, and only the owner of the key can change that.

    Fix: add the role that reads the secret on EKS to the key policy (or admit the account and leave the rest to IAM
    policies), keep the execution role until the way back is no longer needed, and try the read before the move.

    Passes: keys that AWS keeps for the service, and key policies that name no role.
    """
    if not container.definition.secrets:
        yield not_applicable(_NO_SECRETS, reads=("ecs.task_definitions",))
        return
    role = container.task.execution_role_arn
    for each in _followed(container, estate):
        if each.missing is not None:
            if each.missing.fact == "secrets.metadata":
                yield _open(each.missing)
            continue
        if each.found is None:
            continue
        named = each.found.kms_key_id if isinstance(each.found, StoredSecret) else each.found.key_id
        if named is None or is_own_key(named):
            continue
        key = estate.encryption_key_by_reference.get((each.reference.account, each.reference.region, named))
        if key is None or (key.policy is None and key.key_manager == "CUSTOMER"):
            asked = (named,) if key is None else (key.arn,)
            missing = estate.missing("kms", container.task.origin, asked)
            yield _open(missing or Missing(fact="kms", reason=Reason.NOT_COLLECTED))
            continue
        if role is not None and _admits(key, role):
            yield fail(
                f"the key of {each.reference.name}, which variable {each.variable} of container {container.name} holds,"
                f" admits execution role {role.rpartition('/')[2]} by name",
                key.evidence("Policy", value=role),
                each.evidence,
                element=each.variable,
            )


def _admits(key: EncryptionKey, role: str) -> bool:
    """Whether a statement of the key's policy allows something to the role by its ARN, in full or by a pattern."""
    for statement in statements_of(key.policy):
        conditions = [
            value
            for _, name, values in statement.conditions()
            if name.lower() == "aws:principalarn"
            for value in values
        ]
        principals = [name for names in statement.principals.values() for name in names]
        named = [each for each in (*principals, *conditions) if ":role/" in each]
        if statement.allows and any(fnmatchcase(role, each) for each in named):
            return True
    return False


# --- the chosen target ------------------------------------------------------------------------------------------


@rule(
    "SEC-FARGATE-CSI",
    Checklist.SECRETS,
    severity=LOW,
    effort=HOURS,
    needs=("policy.target",),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/manage-secrets.html",
)
def csi_driver_on_fargate(_estate: Estate, policy: Policy) -> Iterator[Outcome]:
    """The chosen way to secrets does not work on the chosen compute

    The AWS provider of the Secrets Store CSI Driver runs as a DaemonSet, and EKS Fargate has none. A Pod that mounts
    its secrets this way never starts there.

    Fix: Choose the External Secrets Operator, which makes Kubernetes Secrets and runs as an ordinary Deployment.
    """
    target = policy.target
    if target.compute is not None and target.compute != "fargate":
        yield not_applicable("the target is not EKS Fargate")
    elif target.compute is None or target.secrets is None:
        yield unknown(Reason.UNANSWERED, "policy.target")
    elif target.secrets == "csi_driver":
        chosen = Evidence(source="assess.toml", pointer="/target/secrets", value="csi_driver")
        yield fail("the CSI driver for secrets is chosen together with EKS Fargate", chosen)


@rule(
    "SEC-ETCD-ENCRYPTION",
    Checklist.SECRETS,
    severity=MEDIUM,
    effort=HOURS,
    confidence=0.8,
    needs=("survey", "policy.target"),
    reference="https://docs.aws.amazon.com/eks/latest/userguide/envelope-encryption.html",
)
def native_secrets(_estate: Estate, policy: Policy) -> Iterator[Outcome]:
    """Kubernetes Secrets alone may not be protected well enough

    A Secret is base64, which is no protection: whoever may read Secrets in a namespace, or start a Pod in it, has the
    value. EKS encrypts what is stored, from version 1.28 on with a key of AWS unless another is named, but who may read
    is decided by RBAC, and a manifest with a Secret in Git is public to all who read the repository.

    Fix: plan RBAC that lets nobody but controllers read Secrets, a KMS key of one's own where it is asked for, and
    keep values out of Git.
    """
    chosen = policy.target.secrets
    if chosen is not None and chosen != "native":
        yield not_applicable("secrets are not kept in Kubernetes alone")
    else:
        yield unknown(Reason.UNANSWERED, *(("policy.target",) if chosen is None else ("survey",)))
