"""The part of ECS that moto drops: services with all their fields, their deployments, task sets, tasks and capacity
providers, kept as they were sent and answered as AWS answers them.
"""

import copy
import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore import xform_name
from moto.moto_api._internal import mock_random
from moto.utilities.utils import get_partition

from tests.support.wire import AwsError, Call, Document

Ask = Callable[[str, Document], Document]
"""Puts another ECS operation to moto, for the same caller and region; raises AwsError for its errors."""

Handler = Callable[[Call, Ask], Document]

_SERVICE_FIELDS = (
    "loadBalancers",
    "serviceRegistries",
    "placementConstraints",
    "placementStrategy",
    "networkConfiguration",
    "healthCheckGracePeriodSeconds",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
    "desiredCount",
)
"""Members of a request to create or update a service that DescribeServices shows under the same name."""

_CAPACITY_FIELDS = ("launchType", "capacityProviderStrategy", "platformVersion", "platformFamily")

_DEPLOYMENT_FIELDS = ("serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations")
"""Members of such a request that DescribeServices shows under the deployment only."""


class SimulatedEcs:
    """ECS of one account and region, over moto's clusters, task definitions and container instances."""

    def __init__(self, account: str, region: str) -> None:
        self.account = account
        self.region = region
        self._lock = threading.RLock()
        self._services: dict[str, Document] = {}
        self._settings: dict[str, Document] = {}
        """What a service's deployments are made of, by service ARN."""
        self._service_deployments: dict[str, Document] = {}
        self._service_revisions: dict[str, Document] = {}
        self._task_sets: dict[str, Document] = {}
        self._tasks: dict[str, Document] = {}
        self._providers: dict[str, Document] = {}
        self._protected: dict[str, float] = {}
        """When the protection of tasks ends, by their ARN."""
        self._gateways: dict[str, Document] = {}
        self._gateway_routes: list[Document] = []
        self.trunking = "disabled"
        """The account setting ``awsvpcTrunking``."""
        self._registered: dict[str, Document] = {}
        """Members of task definitions that moto drops, by ARN."""
        for name in ("FARGATE", "FARGATE_SPOT"):
            self._providers[name] = {
                "capacityProviderArn": self._arn(f"capacity-provider/{name}"),
                "name": name,
                "status": "ACTIVE",
                "tags": [],
            }

    # --- for tests ----------------------------------------------------------------------------------------------

    def set_running(self, service: str, running: int) -> None:
        """Makes a service (name) run another number of tasks than it should."""
        with self._lock:
            for document in self._services.values():
                if document["serviceName"] == service:
                    self._run_service(document, running)

    def end_task(
        self, task: str, *, reason: str, exit_code: int | None = None, stop_code: str = "EssentialContainerExited"
    ) -> None:
        """Ends a task (ARN) as if a container of it had: it is listed as STOPPED from now on."""
        with self._lock:
            self._end(self._tasks[task], reason=reason, exit_code=exit_code, stop_code=stop_code)

    def age(self, service: str, days: float) -> None:
        """Has a service (name) be made so long ago."""
        with self._lock:
            for document in self._services.values():
                if document["serviceName"] == service:
                    document["createdAt"] -= days * 86400

    def lead(self, gateway: str, service: str, port: str) -> None:
        """Has a gateway (name) lead to a port of a service (name)."""
        with self._lock:
            arn = self._arn(f"gateway/{gateway}")
            self._gateways[arn] = {"gatewayArn": arn, "name": gateway, "status": "ACTIVE", "createdAt": time.time()}
            found = next(each for each in self._services.values() if each["serviceName"] == service)
            self._gateway_routes.append(
                {
                    "gatewayRouteArn": self._arn(f"gateway-route/{gateway}/{service}"),
                    "gatewayArn": arn,
                    "clusterArn": found["clusterArn"],
                    "serviceArn": found["serviceArn"],
                    "serviceContainerPortName": port,
                    "status": "ACTIVE",
                }
            )

    def deploy_often(self, service: str, times: int, days: float) -> None:
        """Has a service (name) look back on so many deployments, spread over the last days."""
        with self._lock:
            found = next(each for each in self._services.values() if each["serviceName"] == service)
            path = f"{_last(found['clusterArn'])}/{service}"
            for number in range(times):
                at = time.time() - (number + 0.5) * days * 86400 / times
                rollout = self._arn(f"service-deployment/{path}/{mock_random.get_random_string(21)}")
                self._service_deployments[rollout] = {
                    "serviceArn": found["serviceArn"],
                    "clusterArn": found["clusterArn"],
                    "serviceDeploymentArn": rollout,
                    "createdAt": at,
                    "startedAt": at,
                    "finishedAt": at,
                    "status": "SUCCESSFUL",
                    "targetServiceRevision": {"arn": found["currentServiceRevisions"][0]["arn"]},
                }
                id = f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}"
                said = f"(service {service}) (deployment {id}) deployment completed."
                found["events"].append({"id": str(mock_random.uuid4()), "createdAt": at, "message": said})
            del found["events"][100:]

    # --- handlers -----------------------------------------------------------------------------------------------

    def handler(self, operation: str) -> Handler | None:
        """What answers an operation, or none where moto's own answer is AWS's."""
        name = xform_name(operation)
        return getattr(self, name) if name in _OPERATIONS else None

    def _arn(self, rest: str) -> str:
        return f"arn:{get_partition(self.region)}:ecs:{self.region}:{self.account}:{rest}"

    def _cluster(self, call: Call, ask: Ask) -> str:
        """ARN of the cluster that a call names (``default`` if none).

        Raises:
            AwsError: there is no such cluster.
        """
        named = str(call.parameters.get("cluster") or "default")
        found = ask("DescribeClusters", {"clusters": [named]})["clusters"]
        if not found:
            raise AwsError("ClusterNotFoundException", "Cluster not found.")
        return str(found[0]["clusterArn"])

    def _find_service(self, cluster: str, named: str) -> Document | None:
        name = named.rpartition("/")[2]
        found = self._services.get(self._arn(f"service/{_last(cluster)}/{name}"))
        return found if found is not None and (not named.startswith("arn:") or found["serviceArn"] == named) else None

    def _service_of(self, call: Call, ask: Ask) -> Document:
        found = self._find_service(self._cluster(call, ask), str(call.parameters["service"]))
        if found is None or found["status"] == "INACTIVE":
            raise AwsError("ServiceNotFoundException", "Service not found.")
        return found

    # --- task definitions and clusters --------------------------------------------------------------------------

    def register_task_definition(self, call: Call, ask: Ask) -> Document:
        given = ask("RegisterTaskDefinition", dict(call.parameters))
        dropped = {
            name: call.parameters[name]
            for name in ("enableFaultInjection", "trustedExecutionConfiguration")
            if name in call.parameters
        }
        deployer = f"arn:aws:sts::{self.account}:assumed-role/deployer/pipeline"
        registered = {"registeredAt": time.time(), "registeredBy": deployer}
        with self._lock:
            self._registered[given["taskDefinition"]["taskDefinitionArn"]] = dropped | registered
        return self._completed(given)

    def describe_task_definition(self, call: Call, ask: Ask) -> Document:
        given = self._completed(ask(call.operation, dict(call.parameters)))
        if "TAGS" not in (call.parameters.get("include") or ()):
            given.pop("tags", None)
        return given

    def deregister_task_definition(self, call: Call, ask: Ask) -> Document:
        given = ask("DeregisterTaskDefinition", dict(call.parameters))
        with self._lock:
            known = self._registered.setdefault(given["taskDefinition"]["taskDefinitionArn"], {})
            known["deregisteredAt"] = time.time()
        return self._completed(given)

    def _completed(self, given: Document) -> Document:
        definition = given["taskDefinition"]
        definition |= self._registered.get(definition["taskDefinitionArn"], {})
        return given

    def describe_clusters(self, call: Call, ask: Ask) -> Document:
        given = ask("DescribeClusters", dict(call.parameters))
        include = call.parameters.get("include") or ()
        with self._lock:
            for cluster in given["clusters"]:
                arn = cluster["clusterArn"]
                running = [each for each in self._tasks.values() if each["clusterArn"] == arn and _runs(each)]
                services = [each for each in self._services.values() if each["clusterArn"] == arn]
                cluster["runningTasksCount"] = len(running)
                cluster["pendingTasksCount"] = sum(each["pendingCount"] for each in services)
                cluster["activeServicesCount"] = sum(each["status"] == "ACTIVE" for each in services)
                for word, member in (("SETTINGS", "settings"), ("TAGS", "tags"), ("ATTACHMENTS", "attachments")):
                    if word not in include:
                        cluster[member] = []
                if "CONFIGURATIONS" not in include:
                    cluster.pop("configuration", None)
        return given

    # --- services -----------------------------------------------------------------------------------------------

    def create_service(self, call: Call, ask: Ask) -> Document:
        given = call.parameters
        cluster = self._cluster(call, ask)
        name = str(given["serviceName"])
        with self._lock:
            known = self._find_service(cluster, name)
            if known is not None and known["status"] != "INACTIVE":
                raise AwsError("InvalidParameterException", "Creation of service was not idempotent.")
        # moto keeps a bare service of the name: Application Auto Scaling looks it up there
        bare: Document = {"cluster": cluster, "serviceName": name, "tags": given.get("tags") or []}
        bare["desiredCount"] = int(given.get("desiredCount") or 0)
        if "taskDefinition" in given:
            bare["taskDefinition"] = self._revision(str(given["taskDefinition"]), ask)["taskDefinitionArn"]
        ask("CreateService", bare)
        document = self._new_service(given, cluster, name, ask)
        with self._lock:
            self._services[document["serviceArn"]] = document
        self._deploy(document, ask)
        return {"service": document}

    def _new_service(self, given: Mapping[str, Any], cluster: str, name: str, ask: Ask) -> Document:
        controller = given.get("deploymentController") or {"type": "ECS"}
        daemon = given.get("schedulingStrategy") == "DAEMON"
        document: Document = {
            "serviceArn": self._arn(f"service/{_last(cluster)}/{name}"),
            "serviceName": name,
            "clusterArn": cluster,
            "status": "ACTIVE",
            "loadBalancers": [],
            "serviceRegistries": [],
            "desiredCount": 0,
            "runningCount": 0,
            "pendingCount": 0,
            "placementConstraints": [],
            "placementStrategy": [],
            "schedulingStrategy": "DAEMON" if daemon else "REPLICA",
            "deploymentController": controller,
            "enableECSManagedTags": False,
            "propagateTags": "NONE",
            "enableExecuteCommand": False,
            "availabilityZoneRebalancing": "DISABLED" if daemon or controller["type"] != "ECS" else "ENABLED",
            "resourceManagementType": "CUSTOMER",
            "deployments": [],
            "taskSets": [],
            "events": [],
            "createdAt": time.time(),
            "createdBy": f"arn:aws:iam::{self.account}:role/deployer",
            "roleArn": given.get("role")
            or f"arn:aws:iam::{self.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "tags": given.get("tags") or [],
        }
        if given.get("loadBalancers"):
            document["healthCheckGracePeriodSeconds"] = 0
        document["deploymentConfiguration"] = _deployment_configuration(controller["type"], daemon=daemon)
        document["deploymentConfiguration"] |= given.get("deploymentConfiguration") or {}
        self._take(document, given, ask)
        settings = self._settings[document["serviceArn"]]
        settings["instances"] = ask("ListContainerInstances", {"cluster": cluster})["containerInstanceArns"]
        if daemon:
            document["desiredCount"] = len(settings["instances"])
        return document

    def _take(self, document: Document, given: Mapping[str, Any], ask: Ask) -> None:
        """Takes what a request says of a service into the service and into what its deployments are made of."""
        settings = self._settings.setdefault(document["serviceArn"], {})
        for name in _SERVICE_FIELDS:
            if given.get(name) is not None:
                document[name] = copy.deepcopy(given[name])
        for name in _DEPLOYMENT_FIELDS:
            if given.get(name) is not None:
                settings[name] = copy.deepcopy(given[name])
        if given.get("taskDefinition"):
            settings["taskDefinition"] = self._revision(str(given["taskDefinition"]), ask)
            document["taskDefinition"] = settings["taskDefinition"]["taskDefinitionArn"]
        if "taskDefinition" not in settings:  # only the EXTERNAL controller lets a service do without
            return
        settings.setdefault("capacity", {})
        first = not settings["capacity"]
        if first or given.get("capacityProviderStrategy") or given.get("launchType"):
            settings["capacity"] = self._capacity(given, document["clusterArn"], settings["taskDefinition"], ask)
        elif given.get("platformVersion"):
            settings["capacity"]["platformVersion"] = given["platformVersion"]
        for name in _CAPACITY_FIELDS:
            document.pop(name, None)
        document |= copy.deepcopy(settings["capacity"])

    def _capacity(self, given: Mapping[str, Any], cluster: str, definition: Document, ask: Ask) -> Document:
        """Launch type or strategy, and what Fargate adds, as AWS shows them: never both."""
        strategy = given.get("capacityProviderStrategy") or []
        if not strategy and not given.get("launchType"):
            described = ask("DescribeClusters", {"clusters": [cluster]})["clusters"][0]
            strategy = described.get("defaultCapacityProviderStrategy") or []
        launch_type = given.get("launchType") or "EC2"
        found: Document = {"capacityProviderStrategy": strategy} if strategy else {"launchType": launch_type}
        fargate = str(strategy[0]["capacityProvider"]).startswith("FARGATE") if strategy else launch_type == "FARGATE"
        if fargate:
            family = (definition.get("runtimePlatform") or {}).get("operatingSystemFamily", "LINUX")
            found["platformVersion"] = given.get("platformVersion") or "LATEST"
            found["platformFamily"] = "Linux" if family == "LINUX" else str(family)
        return found

    def _revision(self, named: str, ask: Ask) -> Document:
        found: Document = ask("DescribeTaskDefinition", {"taskDefinition": named})["taskDefinition"]
        return found

    def _deploy(self, document: Document, ask: Ask) -> None:
        """Rolls a service out to the end, the way its controller does."""
        with self._lock:
            controller = document["deploymentController"]["type"]
            if controller == "EXTERNAL":
                return
            settings = self._settings[document["serviceArn"]]
            if controller == "CODE_DEPLOY":
                document["taskSets"] = [self._new_task_set(document, settings["capacity"], "PRIMARY")]
            else:
                document["deployments"] = [self._new_deployment(document, settings)]
                self._record(document, settings)
            self._run_service(document, document["desiredCount"])
            document["events"] = [
                {
                    "id": str(mock_random.uuid4()),
                    "createdAt": time.time(),
                    "message": f"(service {document['serviceName']}) has reached a steady state.",
                }
            ]
        if document["schedulingStrategy"] != "DAEMON":
            bare = {"cluster": document["clusterArn"], "service": document["serviceName"]}
            ask("UpdateService", bare | {"desiredCount": document["desiredCount"]})

    def _new_deployment(self, document: Document, settings: Document) -> Document:
        id = f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}"
        capacity = copy.deepcopy(settings["capacity"])
        if capacity.get("platformVersion") == "LATEST":
            capacity["platformVersion"] = "1.4.0"
        deployment: Document = {
            "id": id,
            "status": "PRIMARY",
            "taskDefinition": document["taskDefinition"],
            "desiredCount": document["desiredCount"],
            "pendingCount": 0,
            "runningCount": 0,
            "failedTasks": 0,
            "createdAt": time.time(),
            "updatedAt": time.time(),
            "rolloutState": "COMPLETED",
            "rolloutStateReason": f"ECS deployment {id} completed.",
            **capacity,
        }
        if document.get("networkConfiguration"):
            deployment["networkConfiguration"] = copy.deepcopy(document["networkConfiguration"])
        deployment |= copy.deepcopy({name: settings[name] for name in _DEPLOYMENT_FIELDS if name in settings})
        return deployment

    def _record(self, document: Document, settings: Document) -> None:
        """The service revision and the service deployment of a rollout."""
        path = f"{_last(document['clusterArn'])}/{document['serviceName']}"
        revision = self._arn(f"service-revision/{path}/{mock_random.randint(10**18, 10**19 - 1)}")
        rollout = self._arn(f"service-deployment/{path}/{mock_random.get_random_string(21)}")
        of = {"serviceArn": document["serviceArn"], "clusterArn": document["clusterArn"]}
        now = time.time()
        self._service_revisions[revision] = {
            **of,
            "serviceRevisionArn": revision,
            "taskDefinition": document["taskDefinition"],
            **copy.deepcopy(settings["capacity"]),
            "loadBalancers": copy.deepcopy(document["loadBalancers"]),
            "serviceRegistries": copy.deepcopy(document["serviceRegistries"]),
            "networkConfiguration": copy.deepcopy(document.get("networkConfiguration") or {}),
            "containerImages": [
                {"containerName": each["name"], "image": each["image"], "imageDigest": _digest(each["image"])}
                for each in settings["taskDefinition"]["containerDefinitions"]
            ],
            "guardDutyEnabled": False,
            "createdAt": now,
            **copy.deepcopy({name: settings[name] for name in _DEPLOYMENT_FIELDS if name in settings}),
        }
        counts = {
            "arn": revision,
            "requestedTaskCount": document["desiredCount"],
            "runningTaskCount": document["desiredCount"],
            "pendingTaskCount": 0,
        }
        self._service_deployments[rollout] = {
            **of,
            "serviceDeploymentArn": rollout,
            "createdAt": now,
            "startedAt": now,
            "finishedAt": now,
            "updatedAt": now,
            "sourceServiceRevisions": document.get("currentServiceRevisions") or [],
            "targetServiceRevision": counts,
            "status": "SUCCESSFUL",
            "deploymentConfiguration": copy.deepcopy(document["deploymentConfiguration"]),
        }
        document["currentServiceDeployment"] = rollout
        document["currentServiceRevisions"] = [counts]

    def update_service(self, call: Call, ask: Ask) -> Document:
        document = self._service_of(call, ask)
        given = call.parameters
        with self._lock:
            self._take(document, given, ask)
            if given.get("deploymentController"):
                document["deploymentController"] = given["deploymentController"]
            document["deploymentConfiguration"] |= given.get("deploymentConfiguration") or {}
        self._deploy(document, ask)
        return {"service": document}

    def delete_service(self, call: Call, ask: Ask) -> Document:
        document = self._service_of(call, ask)
        if document["desiredCount"] and not call.parameters.get("force"):
            said = "The service cannot be stopped while it is scaled above 0."
            raise AwsError("InvalidParameterException", said)
        with self._lock:
            self._run_service(document, 0)
            document |= {"status": "INACTIVE", "desiredCount": 0, "deployments": [], "taskSets": []}
        return {"service": document}

    def list_services(self, call: Call, ask: Ask) -> Document:
        cluster = self._cluster(call, ask)
        wanted = {name: call.parameters.get(name) for name in ("launchType", "schedulingStrategy")}
        with self._lock:
            arns = [
                arn
                for arn, each in sorted(self._services.items())
                if each["clusterArn"] == cluster and each["status"] != "INACTIVE" and _matches(each, wanted)
            ]
        return {"serviceArns": arns}

    def list_services_by_namespace(self, call: Call, _ask: Ask) -> Document:
        wanted = str(call.parameters["namespace"])
        with self._lock:
            arns = [
                arn
                for arn, each in sorted(self._services.items())
                for deployment in each["deployments"]
                if (deployment.get("serviceConnectConfiguration") or {}).get("namespace") == wanted
            ]
        return {"serviceArns": arns}

    def describe_services(self, call: Call, ask: Ask) -> Document:
        cluster = self._cluster(call, ask)
        tags = "TAGS" in (call.parameters.get("include") or ())
        services, failures = [], []
        with self._lock:
            for named in call.parameters["services"]:
                found = self._find_service(cluster, named)
                if found is None:
                    arn = named if named.startswith("arn:") else self._arn(f"service/{_last(cluster)}/{named}")
                    failures.append({"arn": arn, "reason": "MISSING"})
                else:
                    services.append(copy.deepcopy({**found, "tags": found["tags"] if tags else []}))
        return {"services": services, "failures": failures}

    def list_service_deployments(self, call: Call, _ask: Ask) -> Document:
        name = str(call.parameters["service"]).rpartition("/")[2]
        cluster = _last(str(call.parameters.get("cluster") or ""))
        states = call.parameters.get("status") or ()
        with self._lock:
            found = [
                each
                for each in self._service_deployments.values()
                if each["serviceArn"].endswith(f"{cluster}/{name}") and (not states or each["status"] in states)
            ]
        found.sort(key=lambda each: float(each["createdAt"]), reverse=True)
        briefs = [
            {name: value for name, value in each.items() if name not in _FULL_DEPLOYMENT_ONLY}
            | {"targetServiceRevisionArn": each["targetServiceRevision"]["arn"]}
            for each in found
        ]
        return {"serviceDeployments": briefs}

    def describe_service_deployments(self, call: Call, _ask: Ask) -> Document:
        arns = call.parameters["serviceDeploymentArns"]
        return _described("serviceDeployments", self._service_deployments, arns)

    def describe_service_revisions(self, call: Call, _ask: Ask) -> Document:
        return _described("serviceRevisions", self._service_revisions, call.parameters["serviceRevisionArns"])

    # --- task sets ----------------------------------------------------------------------------------------------

    def _new_task_set(self, service: Document, given: Mapping[str, Any], status: str) -> Document:
        id = f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}"
        path = f"{_last(service['clusterArn'])}/{service['serviceName']}"
        task_set: Document = {
            "id": id,
            "taskSetArn": self._arn(f"task-set/{path}/{id}"),
            "serviceArn": service["serviceArn"],
            "clusterArn": service["clusterArn"],
            "status": status,
            "taskDefinition": given.get("taskDefinition") or service.get("taskDefinition", ""),
            "computedDesiredCount": service["desiredCount"],
            "pendingCount": 0,
            "runningCount": service["desiredCount"],
            "createdAt": time.time(),
            "updatedAt": time.time(),
            "stabilityStatus": "STEADY_STATE",
            "stabilityStatusAt": time.time(),
            "scale": given.get("scale") or {"value": 100.0, "unit": "PERCENT"},
            "tags": given.get("tags") or [],
        }
        for name in ("networkConfiguration", "loadBalancers", "serviceRegistries"):
            if given.get(name) or service.get(name):
                task_set[name] = copy.deepcopy(given.get(name) or service[name])
        for name in (*_CAPACITY_FIELDS, "externalId"):
            if given.get(name):
                task_set[name] = copy.deepcopy(given[name])
        return task_set

    def create_task_set(self, call: Call, ask: Ask) -> Document:
        service = self._service_of(call, ask)
        revision = self._revision(str(call.parameters["taskDefinition"]), ask)
        given = dict(call.parameters) | {"taskDefinition": revision["taskDefinitionArn"]}
        with self._lock:
            capacity = self._capacity(given, service["clusterArn"], revision, ask)
            task_set = self._new_task_set(service, given | capacity, "ACTIVE")
            service["taskSets"].append(task_set)
        return {"taskSet": task_set}

    def update_service_primary_task_set(self, call: Call, ask: Ask) -> Document:
        service = self._service_of(call, ask)
        with self._lock:
            chosen = _task_set(service, str(call.parameters["primaryTaskSet"]))
            for each in service["taskSets"]:
                each["status"] = "PRIMARY" if each is chosen else "ACTIVE"
            settings = self._settings[service["serviceArn"]]
            settings["taskDefinition"] = self._revision(chosen["taskDefinition"], ask)
            settings["capacity"] = {name: chosen[name] for name in _CAPACITY_FIELDS if name in chosen}
            self._run_service(service, service["desiredCount"])
        return {"taskSet": chosen}

    def update_task_set(self, call: Call, ask: Ask) -> Document:
        service = self._service_of(call, ask)
        with self._lock:
            chosen = _task_set(service, str(call.parameters["taskSet"]))
            chosen["scale"] = call.parameters["scale"]
        return {"taskSet": chosen}

    def delete_task_set(self, call: Call, ask: Ask) -> Document:
        service = self._service_of(call, ask)
        with self._lock:
            chosen = _task_set(service, str(call.parameters["taskSet"]))
            service["taskSets"].remove(chosen)
        return {"taskSet": chosen}

    def describe_task_sets(self, call: Call, ask: Ask) -> Document:
        service = self._service_of(call, ask)
        wanted = call.parameters.get("taskSets") or ()
        tags = "TAGS" in (call.parameters.get("include") or ())
        with self._lock:
            found = [
                copy.deepcopy({**each, "tags": each["tags"] if tags else []})
                for each in service["taskSets"]
                if not wanted or each["id"] in wanted or each["taskSetArn"] in wanted
            ]
        return {"taskSets": found, "failures": []}

    # --- tasks --------------------------------------------------------------------------------------------------

    def run_task(self, call: Call, ask: Ask) -> Document:
        return self._started(call, ask, [None] * int(call.parameters.get("count") or 1))

    def start_task(self, call: Call, ask: Ask) -> Document:
        return self._started(call, ask, list(call.parameters["containerInstances"]))

    def _started(self, call: Call, ask: Ask, places: Iterable[str | None]) -> Document:
        given = call.parameters
        cluster = self._cluster(call, ask)
        revision = self._revision(str(given["taskDefinition"]), ask)
        capacity = self._capacity(given, cluster, revision, ask)
        group = given.get("group") or f"family:{revision['family']}"
        tasks = []
        with self._lock:
            for place in places:
                task = self._new_task(cluster, revision, capacity, given, group)
                if place:
                    task["containerInstanceArn"] = place
                if given.get("startedBy"):
                    task["startedBy"] = given["startedBy"]
                tasks.append(task)
        return {"tasks": tasks, "failures": []}

    def _run_service(self, service: Document, running: int) -> None:
        """Has exactly so many tasks run for a service, all of them new."""
        group = f"service:{service['serviceName']}"
        for arn, task in list(self._tasks.items()):
            if task["clusterArn"] == service["clusterArn"] and task["group"] == group:
                del self._tasks[arn]
        settings = self._settings[service["serviceArn"]]
        current = [*service["deployments"], *(each for each in service["taskSets"] if each["status"] == "PRIMARY")]
        if current and "taskDefinition" in settings:
            network = {"networkConfiguration": service.get("networkConfiguration")}
            for number in range(running):
                task = self._new_task(
                    service["clusterArn"], settings["taskDefinition"], settings["capacity"], network, group
                )
                if task["launchType"] == "EC2" and settings["instances"]:
                    task["containerInstanceArn"] = settings["instances"][number % len(settings["instances"])]
                task["startedBy"] = current[0]["id"]
                task["enableExecuteCommand"] = service["enableExecuteCommand"]
        service["runningCount"] = running
        service["pendingCount"] = max(service["desiredCount"] - running, 0)
        for deployment in current:
            deployment["runningCount"] = running
            deployment["pendingCount"] = service["pendingCount"]
        for revision in service.get("currentServiceRevisions") or ():
            revision["runningTaskCount"] = running
            revision["pendingTaskCount"] = service["pendingCount"]

    def _new_task(
        self, cluster: str, revision: Document, capacity: Document, given: Mapping[str, Any], group: str
    ) -> Document:
        id = mock_random.get_random_hex(32)
        arn = self._arn(f"task/{_last(cluster)}/{id}")
        now = time.time()
        strategy = capacity.get("capacityProviderStrategy")
        architecture = (revision.get("runtimePlatform") or {}).get("cpuArchitecture", "X86_64")
        overrides = copy.deepcopy(given.get("overrides") or {})
        task: Document = {
            "taskArn": arn,
            "clusterArn": cluster,
            "taskDefinitionArn": revision["taskDefinitionArn"],
            "group": group,
            "lastStatus": "RUNNING",
            "desiredStatus": "RUNNING",
            "healthStatus": "UNKNOWN",
            "connectivity": "CONNECTED",
            "connectivityAt": now,
            "createdAt": now,
            "startedAt": now,
            "pullStartedAt": now,
            "pullStoppedAt": now,
            "cpu": str(revision.get("cpu") or "256"),
            "memory": str(revision.get("memory") or "512"),
            "attributes": [{"name": "ecs.cpu-architecture", "value": architecture.lower()}],
            "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": []} | overrides,
            "enableExecuteCommand": bool(given.get("enableExecuteCommand")),
            "tags": copy.deepcopy(given.get("tags") or []),
            "version": 3,
            "attachments": [],
            "containers": [],
        }
        if strategy:
            task["capacityProviderName"] = strategy[0]["capacityProvider"]
        task["launchType"] = capacity.get("launchType") or ("FARGATE" if "platformVersion" in capacity else "EC2")
        if "platformVersion" in capacity:
            task["platformVersion"] = capacity["platformVersion"].replace("LATEST", "1.4.0")
            task["platformFamily"] = capacity["platformFamily"]
            size = (revision.get("ephemeralStorage") or {"sizeInGiB": 20})["sizeInGiB"]
            task["ephemeralStorage"] = {"sizeInGiB": size}
        address: list[Document] = []
        network = (given.get("networkConfiguration") or {}).get("awsvpcConfiguration")
        if network:
            task["attachments"] = [_attachment(network["subnets"][0])]
            details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
            address = [
                {
                    "attachmentId": task["attachments"][0]["id"],
                    "privateIpv4Address": details["privateIPv4Address"],
                }
            ]
        for each in revision["containerDefinitions"]:
            task["containers"].append(
                {
                    "containerArn": self._arn(f"container/{_last(cluster)}/{id}/{mock_random.uuid4()}"),
                    "taskArn": arn,
                    "name": each["name"],
                    "image": each["image"],
                    "imageDigest": _digest(each["image"]),
                    "runtimeId": f"{id}-{mock_random.randint(10**8, 10**9)}",
                    "lastStatus": "RUNNING",
                    "healthStatus": "HEALTHY" if each.get("healthCheck") else "UNKNOWN",
                    "networkBindings": [],
                    "networkInterfaces": address,
                    "cpu": str(each.get("cpu") or 0),
                }
            )
        self._tasks[arn] = task
        return task

    def stop_task(self, call: Call, ask: Ask) -> Document:
        self._cluster(call, ask)
        id = str(call.parameters["task"]).rpartition("/")[2]
        with self._lock:
            found = next((each for arn, each in self._tasks.items() if arn.endswith(f"/{id}")), None)
            if found is None:
                raise AwsError("InvalidParameterException", "The referenced task was not found.")
            reason = str(call.parameters.get("reason") or "Task stopped by user")
            self._end(found, reason=reason, exit_code=143, stop_code="UserInitiated")
        return {"task": found}

    def _end(self, task: Document, *, reason: str, exit_code: int | None, stop_code: str) -> None:
        now = time.time()
        task |= {"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stoppedReason": reason, "stopCode": stop_code}
        task |= {"stoppingAt": now, "stoppedAt": now, "executionStoppedAt": now}
        for container in task["containers"]:
            container["lastStatus"] = "STOPPED"
            if exit_code is not None:
                container["exitCode"] = exit_code

    def list_tasks(self, call: Call, ask: Ask) -> Document:
        cluster = self._cluster(call, ask)
        given = call.parameters
        wanted = {
            "startedBy": given.get("startedBy"),
            "launchType": given.get("launchType"),
            "containerInstanceArn": given.get("containerInstance"),
            "group": f"service:{given['serviceName'].rpartition('/')[2]}" if given.get("serviceName") else None,
            "desiredStatus": given.get("desiredStatus") or "RUNNING",
        }
        family = f":task-definition/{given['family']}:" if given.get("family") else ""
        with self._lock:
            arns = [
                arn
                for arn, each in self._tasks.items()
                if each["clusterArn"] == cluster and _matches(each, wanted) and family in each["taskDefinitionArn"]
            ]
        return {"taskArns": arns}

    def describe_tasks(self, call: Call, ask: Ask) -> Document:
        cluster = self._cluster(call, ask)
        tags = "TAGS" in (call.parameters.get("include") or ())
        tasks, failures = [], []
        with self._lock:
            for named in call.parameters["tasks"]:
                arn = named if named.startswith("arn:") else self._arn(f"task/{_last(cluster)}/{named}")
                found = self._tasks.get(arn)
                if found is None or found["clusterArn"] != cluster:
                    failures.append({"arn": arn, "reason": "MISSING"})
                else:
                    tasks.append(copy.deepcopy({**found, "tags": found["tags"] if tags else []}))
        return {"tasks": tasks, "failures": failures}

    def update_task_protection(self, call: Call, ask: Ask) -> Document:
        self._cluster(call, ask)
        with self._lock:
            named = set(call.parameters["tasks"])
            chosen = {arn for arn in self._tasks if arn in named}
            end = time.time() + 60 * float(call.parameters.get("expiresInMinutes") or 120)
            for arn in chosen:
                self._protected.pop(arn, None)
                if call.parameters["protectionEnabled"]:
                    self._protected[arn] = end
        return {"protectedTasks": [self._protection(arn) for arn in sorted(chosen)], "failures": []}

    def get_task_protection(self, call: Call, ask: Ask) -> Document:
        cluster = self._cluster(call, ask)
        with self._lock:
            asked = list(call.parameters.get("tasks") or ())
            found = [arn for arn in asked if arn in self._tasks and self._tasks[arn]["clusterArn"] == cluster]
        failures = [{"arn": arn, "reason": "MISSING"} for arn in asked if arn not in found]
        return {"protectedTasks": [self._protection(arn) for arn in found], "failures": failures}

    def _protection(self, arn: str) -> Document:
        end = {"expirationDate": self._protected[arn]} if arn in self._protected else {}
        return {"taskArn": arn, "protectionEnabled": arn in self._protected, **end}

    # --- the account --------------------------------------------------------------------------------------------

    def list_account_settings(self, call: Call, _ask: Ask) -> Document:
        defaults = {"awsvpcTrunking": self.trunking, "containerInsights": "disabled", "taskLongArnFormat": "enabled"}
        named = call.parameters.get("name")
        principal = f"arn:aws:iam::{self.account}:root"
        return {
            "settings": [
                {"name": name, "value": value, "principalArn": principal, "type": "user"}
                for name, value in defaults.items()
                if named in (None, name)
            ]
        }

    def list_gateways(self, _call: Call, _ask: Ask) -> Document:
        with self._lock:
            return {"gateways": [dict(each) for each in self._gateways.values()]}

    def list_gateway_routes(self, call: Call, _ask: Ask) -> Document:
        named = call.parameters.get("gateway")
        with self._lock:
            return {"gatewayRoutes": [dict(each) for each in self._gateway_routes if each["gatewayArn"] == named]}

    # --- capacity -----------------------------------------------------------------------------------------------

    def create_capacity_provider(self, call: Call, _ask: Ask) -> Document:
        given = call.parameters
        provider = {
            "capacityProviderArn": self._arn(f"capacity-provider/{given['name']}"),
            "name": given["name"],
            "status": "ACTIVE",
            "tags": given.get("tags") or [],
        }
        for name in ("cluster", "autoScalingGroupProvider", "managedInstancesProvider"):
            if given.get(name):
                provider[name] = copy.deepcopy(given[name])
        with self._lock:
            self._providers[given["name"]] = provider
        return {"capacityProvider": provider}

    def describe_capacity_providers(self, call: Call, _ask: Ask) -> Document:
        wanted = call.parameters.get("capacityProviders") or ()
        tags = "TAGS" in (call.parameters.get("include") or ())
        with self._lock:
            known = dict(self._providers)
        names = [named.rpartition("/")[2] for named in wanted] or list(known)
        found = [
            copy.deepcopy({**known[name], "tags": known[name]["tags"] if tags else []})
            for name in names
            if name in known
        ]
        missing = [name for name in names if name not in known]
        failures = [{"arn": self._arn(f"capacity-provider/{name}"), "reason": "MISSING"} for name in missing]
        return {"capacityProviders": found, "failures": failures}

    def describe_container_instances(self, call: Call, ask: Ask) -> Document:
        given = ask("DescribeContainerInstances", dict(call.parameters))
        cluster = self._cluster(call, ask)
        described = ask("DescribeClusters", {"clusters": [cluster]})["clusters"][0]
        own = [name for name in described.get("capacityProviders") or () if not name.startswith("FARGATE")]
        for instance in given["containerInstances"]:
            attributes = {each["name"]: each for each in instance.get("attributes") or ()}
            type_of = attributes.get("ecs.instance-type", {}).get("value", "")
            arm = type_of.split(".")[0].rstrip("dn").endswith("g")
            architecture = {"name": "ecs.cpu-architecture", "value": "arm64" if arm else "x86_64"}
            instance["attributes"] = [*attributes.values(), architecture]
            if len(own) == 1:
                instance["capacityProviderName"] = own[0]
            with self._lock:
                instance["runningTasksCount"] = sum(
                    each.get("containerInstanceArn") == instance["containerInstanceArn"] and _runs(each)
                    for each in self._tasks.values()
                )
        return given


_OPERATIONS = frozenset(
    {"register_task_definition", "describe_task_definition", "deregister_task_definition", "describe_clusters"}
    | {"create_service", "update_service", "delete_service", "list_services", "describe_services"}
    | {"list_services_by_namespace", "list_service_deployments", "describe_service_deployments"}
    | {"describe_service_revisions", "create_task_set", "update_task_set", "delete_task_set", "describe_task_sets"}
    | {"update_service_primary_task_set", "run_task", "start_task", "stop_task", "list_tasks", "describe_tasks"}
    | {"update_task_protection", "get_task_protection", "list_account_settings"}
    | {"list_gateways", "list_gateway_routes"}
    | {"create_capacity_provider", "describe_capacity_providers", "describe_container_instances"}
)
"""Operations that are answered here, as methods."""

_FULL_DEPLOYMENT_ONLY = ("sourceServiceRevisions", "targetServiceRevision", "deploymentConfiguration", "updatedAt")
"""Members that DescribeServiceDeployments has and ListServiceDeployments has not."""


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


def _runs(task: Document) -> bool:
    return bool(task["lastStatus"] == "RUNNING")


def _matches(document: Document, wanted: Mapping[str, Any]) -> bool:
    return all(value is None or document.get(name) == value for name, value in wanted.items())


def _digest(image: str) -> str:
    """A digest that is the same for the same image."""
    return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def _attachment(subnet: str) -> Document:
    details = {
        "subnetId": subnet,
        "networkInterfaceId": f"eni-{mock_random.get_random_hex(17)}",
        "macAddress": "0a:00:00:00:00:01",
        "privateIPv4Address": f"10.{mock_random.randint(0, 255)}.{mock_random.randint(0, 255)}.10",
    }
    return {
        "id": str(mock_random.uuid4()),
        "type": "ElasticNetworkInterface",
        "status": "ATTACHED",
        "details": [{"name": name, "value": value} for name, value in details.items()],
    }


def _deployment_configuration(controller: str, *, daemon: bool) -> Document:
    found: Document = {"maximumPercent": 100 if daemon else 200, "minimumHealthyPercent": 0 if daemon else 100}
    if controller == "ECS":
        found["deploymentCircuitBreaker"] = {"enable": False, "rollback": False}
        found |= {"strategy": "ROLLING", "bakeTimeInMinutes": 0}
    return found


def _task_set(service: Document, named: str) -> Document:
    for each in service["taskSets"]:
        if named in (each["id"], each["taskSetArn"]):
            found: Document = each
            return found
    raise AwsError("TaskSetNotFoundException", "The task set was not found.")


def _described(member: str, known: Mapping[str, Document], arns: Iterable[str]) -> Document:
    wanted = list(arns)
    return {
        member: [copy.deepcopy(known[arn]) for arn in wanted if arn in known],
        "failures": [{"arn": arn, "reason": "MISSING"} for arn in wanted if arn not in known],
    }
