"""Models that a migration makes one after the other are made together."""

from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from portal import migrating


class Making(migrating.Migration):
    operations = [
        migrations.CreateModel("First", [("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel(
            "Second",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("first", models.ForeignKey("made.First", on_delete=models.CASCADE)),
            ],
        ),
        migrations.AddField("First", "name", models.CharField(max_length=9, default="")),
        migrations.CreateModel("Third", [("id", models.BigAutoField(primary_key=True))]),
    ]


def tables() -> set[str]:
    return {name for name in connection.introspection.table_names() if name.startswith("made_")}


@pytest.mark.django_db(transaction=True)
def test_its_models_are_made_and_go_again() -> None:
    making = Making("0001_initial", "made")
    with connection.schema_editor() as editor:
        state = making.apply(ProjectState(), editor)
    assert tables() == {"made_first", "made_second", "made_third"}
    first = state.apps.get_model("made", "First").objects.create(name="one")
    state.apps.get_model("made", "Second").objects.create(first=first)
    with connection.schema_editor() as editor:
        making.unapply(ProjectState(), editor)
    assert tables() == set()


def test_models_that_follow_one_another_are_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    monkeypatch.setattr(ProjectState, "reload_model", lambda _self, _app, name, **_: rendered.append(name))
    state = ProjectState()
    assert state.apps  # as in a migration, which looks at them before it begins
    made: list[Any] = Making("0001_initial", "made").operations
    assert [operation.describe() for operation in made] == [
        "Create models First, Second",
        "Add field name to First",
        "Create models Third",
    ]
    made[0].state_forwards("made", state)
    assert rendered == [] and set(state.apps.all_models["made"]) == {"first", "second"}
