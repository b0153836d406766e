"""Migrations that make many models, as fast as their tables can be made."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class Migration(migrations.Migration):
    """A migration whose models that follow one another are made together."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.operations = list(_together(cls.operations))


def _together(operations: Iterable[Operation]) -> Iterator[Operation]:
    for kind, some in groupby(operations, type):
        run: list[Any] = list(some)
        yield from [CreateModels(run)] if kind is migrations.CreateModel else run


class CreateModels(Operation):
    """Several models, of which each may refer to those before it.

    Django renders all related models anew after each model that a migration makes. Here everything refers to people,
    so a hundred models would become ten thousand; made together, they are rendered once.
    """

    reversible = True
    serialization_expand_args = ["models"]

    def __init__(self, models: list[migrations.CreateModel]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # what is rendered; whoever asks for it next renders it again
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create models {', '.join(model.name for model in self.models)}"
