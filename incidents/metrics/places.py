"""What figures can be asked of: teams, processes and platforms, read once for a page."""

from dataclasses import dataclass
from uuid import UUID

from governance.models import Platform, Workflow
from incidents.models.incidents import Severity
from portal.models import Team


@dataclass(frozen=True)
class Places:
    """{id: (key, name)} of each kind, by name."""

    team: dict[UUID, tuple[str, str]]
    workflow: dict[UUID, tuple[str, str]]
    platform: dict[UUID, tuple[str, str]]

    @property
    def severity(self) -> dict[str, tuple[str, str]]:
        return {value: (value, str(word)) for value, word in Severity.choices}

    def of(self, by: str) -> dict[object, tuple[str, str]]:
        found: dict[object, tuple[str, str]] = getattr(self, by)
        return found

    def keys(self, by: str) -> dict[str, object]:
        """{key: id}."""
        return {key: pk for pk, (key, _name) in self.of(by).items()}


def read() -> Places:
    """Everything that there is, also what is no longer in use: the past is about it; three queries."""
    return Places(*(_named(model) for model in (Team, Workflow, Platform)))


def _named(model: type[Team] | type[Workflow] | type[Platform]) -> dict[UUID, tuple[str, str]]:
    return {pk: (key, name) for pk, key, name in model.objects.order_by("name", "key").values_list("pk", "key", "name")}
