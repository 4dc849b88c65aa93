"""The resources of one template as they would be made: which there are, and how each is named."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from assess.readers.cloudformation.documents import written_as
from assess.readers.cloudformation.evaluation import Evaluator
from assess.readers.cloudformation.resource_types import UNTOLD, ResourceType, resource_types
from assess.readers.cloudformation.values import Hidden, Reference, Text, Value
from assess.readers.json_text import Node


@dataclass(slots=True)
class Declared:
    """A resource of a template that is made, or may be."""

    logical_id: str
    type: str
    row: ResourceType
    properties: dict[str, Value]
    line: int
    condition: str | None = None
    """The condition that says whether there is one, where that cannot be known."""
    name: str = ""
    """The name that the template gives, else what stands for it."""
    is_named: bool = False
    arn: str = ""
    id: str = ""

    @property
    def is_expressed(self) -> bool:
        """Whether the template says its name, be it with placeholders."""
        return self.is_named or "${" in self.name

    def part(self, which: str | None) -> str | None:
        """Its name, ARN or id."""
        return getattr(self, which) or None if which is not None else None


class Stack:
    """A template's resources with their identities; ``qualifier`` names the template in them."""

    def __init__(
        self,
        resources: Mapping[str, Node],
        evaluator: Evaluator,
        qualifier: str,
        hide: Callable[[str, bool], str],
        others: "Mapping[str, Stack] | None" = None,
    ) -> None:
        self.evaluator = evaluator
        self._others: Mapping[str, Stack] = others if others is not None else {}
        self.qualifier = qualifier
        self._hide = hide
        self.partition = evaluator.pseudo("AWS::Partition").literal or "aws"
        self.account = evaluator.pseudo("AWS::AccountId").literal or ""
        self.region = evaluator.pseudo("AWS::Region").literal or ""
        self.resources: dict[str, Declared] = {}
        for logical_id, node in resources.items():
            made = self._declared(logical_id, node)
            if made is not None:
                self.resources[logical_id] = made
        self._by_type: dict[str, list[Declared]] = {}
        for each in self.resources.values():
            self._by_type.setdefault(each.type, []).append(each)
        self.identify()

    # --- making -----------------------------------------------------------------------------------------------------

    def _declared(self, logical_id: str, node: Node) -> Declared | None:
        members = node.members
        type_ = members["Type"].value if "Type" in members else None
        if not isinstance(type_, str):
            return None
        condition = str(members["Condition"].value) if "Condition" in members else None
        holds = self.evaluator.holds(condition) if condition is not None else True
        if holds is False:
            return None
        given = members.get("Properties")
        properties = self.evaluator.evaluate(given) if given is not None else None
        row = resource_types().get(type_, UNTOLD)
        found = dict(properties.members) if properties is not None else {}
        return Declared(logical_id, type_, row, found, node.line, condition if holds is None else None)

    def identify(self) -> None:
        """Names the resources; once more where names are made of those of resources that were not named before."""
        taken: set[tuple[str, str]] = set()
        for each in self.resources.values():
            each.name = f"{self.qualifier}.{each.logical_id}" if each.row.qualified else each.logical_id
            named = each.properties.get(each.row.name or "")
            if named is not None and named.pieces:
                expressed, is_open = written_as(named.pieces, self, names=False)
                each.is_named = bool(expressed) and not is_open and "${" not in expressed
                # the same expression elsewhere (`${AWS::StackName}-orders`) is the same name
                wanted = expressed if each.row.plain or not each.row.qualified else self.qualified(expressed)
                each.name = wanted or each.name
            own = each.name
            if not each.is_named and each.type != "AWS::ECS::Cluster":  # whose name others make of its ARN
                own = f"{self.qualifier}.{each.logical_id}" if each.row.qualified else each.logical_id
            if (each.type, own) in taken:  # of two with one name one is made, and which is not known
                own = f"{own}.{each.logical_id}"
            taken.add((each.type, own))
            if each.row.id is not None:
                each.id = f"{each.row.id}-{self.qualifier}.{each.logical_id}"
                own = each.id
            if each.row.arn is not None:
                service, _, before = each.row.arn.partition(":")
                if each.row.behind:
                    own = f"{own}/{self.qualifier}"
                elif not each.row.plain and each.row.id is None:
                    own = f"{self.qualifier}/{own}"
                own = own.removeprefix("/") if before.endswith("/") else own  # parameters' names are paths
                each.arn = self.arn(service, f"{before}{own}", is_global=each.row.is_global)

    def qualified(self, name: str) -> str:
        """A name that is looked up over all templates; one that is not all known begins with this template's."""
        return f"{self.qualifier}.{name}" if "${" in name and not name.startswith(f"{self.qualifier}.") else name

    def arn(self, service: str, resource: str, *, is_global: bool = False) -> str:
        """An ARN in the template's account and region, which are empty where it does not know them."""
        account = "" if service == "s3" else self.account
        return f"arn:{self.partition}:{service}:{'' if is_global else self.region}:{account}:{resource}"

    # --- naming -----------------------------------------------------------------------------------------------------

    def _declaring(self, to: Reference) -> Declared | None:
        """The resource that a reference leads to, be it of another template."""
        stack = self._others.get(to.home) if to.home else self
        return stack.resources.get(to.logical_id) if stack is not None else None

    def identity(self, to: Reference) -> str | None:
        """What stands for a reference where a field names a resource; none where only AWS knows it."""
        found = self._declaring(to)
        if found is None:
            return None
        if not to.attribute:
            return found.part(found.row.ref)
        return found.part(found.row.attributes.get(to.attribute) or ("arn" if to.attribute == "Arn" else None))

    def told(self, to: Reference) -> str | None:
        """What a reference comes to, where the template tells it: a name that it gives."""
        found = self._declaring(to)
        if found is None or not found.is_named:
            return None
        which = found.row.attributes.get(to.attribute) if to.attribute else found.row.ref
        return found.name if which == "name" else None

    def hide(self, secret: Hidden) -> str:
        """What stands for a secret."""
        is_known = bool(secret.text)
        return self._hide(secret.text or f"{self.qualifier} {secret.name}", is_known)

    # --- finding ----------------------------------------------------------------------------------------------------

    def of(self, *types: str) -> Iterator[Declared]:
        """The resources of these types, those of a type in the template's order."""
        return (each for type_ in types for each in self._by_type.get(type_, ()))

    def meant(self, value: Value | None, *types: str, anywhere: bool = False) -> Declared | None:
        """The resource that a value refers to: by ``Ref`` or ``Fn::GetAtt``, or by the name that it is given.

        ``anywhere`` finds those of other templates too; what their properties refer to is theirs.
        """
        if value is None:
            return None
        to = value.reference
        if to is not None:
            found = self._declaring(to) if anywhere or not to.home else None
            return found if found is not None and (not types or found.type in types) else None
        written, _ = written_as(value.pieces or (), self, names=True)
        if written.startswith("arn:"):
            last = (value.pieces or ("",))[-1]
            if isinstance(last, Reference) and not last.attribute:  # an ARN that is put together of its name
                found = self._declaring(last) if anywhere or not last.home else None
                return found if found is not None and found.type in types else None
            parts = written.split(":", 5)
            exact = next((each for each in self.of(*types) if each.arn == written), None)
            is_own = len(parts) > 5 and parts[4] == self.account
            resource = parts[5] if is_own else ""
            written = resource.rpartition("/" if "/" in resource else ":")[2]
        else:
            exact = None
        wanted = (written, self.qualified(written)) if written else ()
        named = (each for each in self.of(*types) if each.name in wanted and each.is_expressed)
        return exact or next(named, None)


def reference_to(resource: Declared, attribute: str) -> Value:
    """A value that refers to a resource, as ``Fn::GetAtt`` does."""
    return Value(Text((Reference(resource.logical_id, attribute),)), resource.line)
