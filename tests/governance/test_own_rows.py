"""A team admin edits own rows only: the same edits by grid, by the form of a cell, by sheet, by YAML, by API (U5)."""

import csv
import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.documents.cells import Cell
from governance.models import Version, Workflow
from governance.reads import grid_rows
from governance.services import sheets, versions
from portal import access, audit, roles
from portal.models import Team, User
from portal.services import tokens
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.unchanged import picture, refused
from tests.remembered import remembered

pytestmark = pytest.mark.django_db


@dataclass
class Scene:
    """`keeper` is admin of the team orders, whose matrix `own` is in force with one row."""

    company: make.Company
    keeper: User
    client: Client
    own: Version
    places: dict[str, Workflow | Team | str]
    secret: str

    def draft(self) -> Version:
        """A draft of the own matrix that says what is in force."""
        return versions.draft_from_effective(document=self.own.document, by=self.company.admin, at=NOW)


def matrix(team: Team, holder: User, **row: Any) -> dict[str, Any]:
    own = {"key": "kept", "scope": {"team": team.key}, "responsibility": "owner", "holder": {"person": holder.email}}
    return {"title": f"{team.name} ownership", "scope": {"team": team.key}, "rows": [own | row]}


@pytest.fixture
def scene(client: Client) -> Scene:
    company, keeper, own, places, secret = two_teams()
    client.force_login(keeper)
    return Scene(company, keeper, client, own, places, secret)


@remembered
def two_teams() -> tuple[make.Company, User, Version, dict[str, Workflow | Team | str], str]:
    company = make.make_company()
    keeper = make.make_person("keeper", teams=(company.team,), role=roles.TEAM_ADMIN, is_staff=True)
    others = make.make_team("returns", members=(make.make_person("watcher"),))
    foreign = make.make_workflow("refunds", team=others)
    held = make.make_workflow("credit-notes", team=others)
    content = matrix(others, keeper, scope={"workflow": held.key})  # the keeper holds a duty there, so may see it
    make.make_document(content, kind="matrix", key="returns", by=company.admin)
    content = matrix(company.team, company.lead)
    own = make.make_document(content, kind="matrix", key="orders", by=company.admin).effective_version
    places: dict[str, Workflow | Team | str] = {
        "a workflow of the team": company.workflow,
        "a restricted workflow of the team": make.make_workflow("bonus", team=company.team, data_class="restricted"),
        "the team": company.team,
        "a workflow of others": foreign,
        "a restricted workflow of others": make.make_workflow("salaries", team=others, data_class="restricted"),
        "a workflow of others in which one holds a duty": held,
        "another team": others,
        "every workflow": "",
        "high criticality": "high",
    }
    version = Version.objects.select_related("document").get(pk=own.pk)
    _token, secret = tokens.create(user=keeper, by=keeper, name="script", scope="write", days=9, at=timezone.now())
    return company, keeper, version, places, secret


OWN = ("a workflow of the team", "a restricted workflow of the team", "the team")
OTHERS = (
    "a workflow of others",
    "a restricted workflow of others",
    "a workflow of others in which one holds a duty",
    "another team",
    "every workflow",
    "high criticality",
)


def scope_of(place: Workflow | Team | str) -> tuple[str, str, str]:
    """Kind, id and key of a scope."""
    if isinstance(place, Workflow | Team):
        return place._meta.model_name or "", str(place.pk), place.key
    return ("criticality", place, place) if place else ("default", "", "")


def cell(place: Workflow | Team | str) -> Cell:
    kind, ref, _key = scope_of(place)
    return Cell(kind, ref, "on_call")


def row(place: Workflow | Team | str, holder: User, key: str = "new") -> dict[str, Any]:
    kind, _ref, name = scope_of(place)
    scope = {"scope": {kind: name}} if name else {}
    return {"key": key, **scope, "responsibility": "on_call", "holder": {"person": holder.email}}


# The doors: each asks for outsider as on call in all of `places`, and returns the answer


def by_grid(scene: Scene, places: list[Any]) -> Any:
    text = scene.company.outsider.email
    edits = [{"cell": cell(place).address, "text": text, "token": grid_rows.NOTHING} for place in places]
    sent = {"edits": json.dumps(edits), "reason": "New owners"}
    return scene.client.post(reverse("admin:governance_grid"), sent)


def by_form(scene: Scene, places: list[Any]) -> Any:
    """The form holds one cell: of several the last is sent."""
    sent = {"cell": cell(places[-1]).address, "holder": scene.company.outsider.email, "reason": "New owners"}
    return scene.client.post(reverse("admin:governance_grid"), sent | {"token": grid_rows.NOTHING})


def by_csv(scene: Scene, places: list[Any]) -> Any:
    return by_sheet(scene, "rows.csv", records(scene, places))


def by_xlsx(scene: Scene, places: list[Any]) -> Any:
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    for record in csv.reader(io.StringIO(records(scene, places).decode())):
        book.active.append(record)
    book.save(out)
    return by_sheet(scene, "rows.xlsx", out.getvalue())


def records(scene: Scene, places: list[Any]) -> bytes:
    rows = list(csv.reader(io.StringIO(sheets.export(scene.own, "csv").decode("utf-8-sig"))))
    for number, place in enumerate(places):
        kind, _ref, name = scope_of(place)
        scope = f"{kind}:{name}" if name else "company"
        rows.append([f"new-{number}", scope, "on_call", "any", "A", scene.company.outsider.email, "", "", ""])
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def by_sheet(scene: Scene, name: str, content: bytes) -> Any:
    """Upload, look, confirm."""
    url = reverse("admin:governance_version_rows", args=[scene.own.pk])
    shown = scene.client.post(url, {"file": SimpleUploadedFile(name, content)})
    fields = dict(re.findall(r'name="(rows|seen)" value="([^"]*)"', shown.content.decode()))
    if len(fields) < 2:
        return shown
    return scene.client.post(url, {field: html.unescape(value) for field, value in fields.items()})


def yaml_of(scene: Scene, places: list[Any]) -> str:
    content = yaml.safe_load(versions.export_yaml(scene.own))
    content["rows"] += [row(place, scene.company.outsider, f"new-{number}") for number, place in enumerate(places)]
    return yaml.safe_dump(content, sort_keys=False)


def by_yaml(scene: Scene, places: list[Any]) -> Any:
    sent = {"kind": "matrix", "key": "orders", "text": yaml_of(scene, places)}
    return scene.client.post(reverse("admin:governance_document_import"), sent)


def by_edit(scene: Scene, places: list[Any]) -> Any:
    """The text of a draft that somebody has begun."""
    draft = Version.objects.filter(document=scene.own.document, frozen_at=None).order_by("-number").first()
    assert draft is not None
    sent = {"text": yaml_of(scene, places), "seen": draft.digest}
    return scene.client.post(reverse("admin:governance_version_edit", args=[draft.pk]), sent)


def by_api(scene: Scene, places: list[Any]) -> Any:
    def scope(place: Any) -> str:
        kind, _ref, name = scope_of(place)
        return f"{kind}:{name}" if name else "company"

    holder = {"responsibility": "on_call", "holder": scene.company.outsider.email}
    sent = {"reason": "New owners", "edits": [{"scope": scope(place)} | holder for place in places]}
    headers = {"Authorization": f"Bearer {scene.secret}"}
    return Client().post("/api/v1/ownership/cells", json.dumps(sent), "application/json", headers=headers)


DOORS: tuple[Callable[[Scene, list[Any]], Any], ...] = (by_grid, by_form, by_csv, by_xlsx, by_yaml, by_edit, by_api)


def drafted(scene: Scene) -> set[tuple[str, str]]:
    """(scope kind, ref) of rows for on call in the newest draft of the own matrix."""
    version = Version.objects.filter(document=scene.own.document, frozen_at=None).order_by("-number").first()
    rows = json.loads(version.content)["rows"] if version is not None else []
    return {next(iter(item["scope"].items())) for item in rows if item["responsibility"] == "on_call"}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", OWN)
def test_own_rows_are_edited_by_every_door(scene: Scene, door: Any, name: str) -> None:
    scene.draft() if door is by_edit else None
    answer = door(scene, [scene.places[name]])
    assert answer.status_code in (200, 302), answer.content.decode()
    assert drafted(scene) == {scope_of(scene.places[name])[:2]}


@pytest.mark.parametrize("door", DOORS)
def test_rows_of_others_are_refused_by_every_door_and_nothing_is_stored(scene: Scene, door: Any) -> None:
    scene.draft() if door is by_edit else None
    before = picture()
    for name in OTHERS:
        place = scene.places[name]
        answer = door(scene, [place])
        said = html.unescape(answer.content.decode())
        assert answer.status_code != 302 and "the rows of your own team only" in said, name
        if isinstance(place, Workflow | Team):
            assert place.name in said  # whose row it is
        assert picture() == before, name


@pytest.mark.parametrize("door", [door for door in DOORS if door is not by_form])
def test_one_row_of_others_among_own_ones_stores_nothing_at_all(scene: Scene, door: Any) -> None:
    scene.draft() if door is by_edit else None
    before = picture()
    answer = door(scene, [scene.company.workflow, scene.places["a workflow of others"], scene.company.team])
    assert answer.status_code != 302 and "Refunds belongs to Returns" in html.unescape(answer.content.decode())
    assert picture() == before


def test_what_was_typed_into_the_grid_survives_the_refusal(scene: Scene) -> None:
    answer = by_grid(scene, [scene.company.workflow, scene.places["a workflow of others"]])
    assert answer.status_code == 403
    assert scene.company.outsider.email in html.unescape(answer.content.decode())


@pytest.mark.parametrize("door", [by_csv, by_yaml])
def test_an_import_names_each_row_with_its_line(scene: Scene, door: Any) -> None:
    foreign = scene.places["a workflow of others"], scene.places["another team"]
    said = html.unescape(door(scene, [scene.company.workflow, *foreign]).content.decode())
    text = yaml_of(scene, [scene.company.workflow, *foreign]).splitlines()
    lines = [4, 5] if door is by_csv else [text.index(f"- key: new-{number}") + 1 for number in (1, 2)]
    for line, words in zip(
        lines, ("“new-1”: Refunds belongs to Returns", "“new-2”: It holds for the team Returns"), strict=True
    ):
        found = re.search(rf"(?i:line) {line}: Row {words}", re.sub(r"<[^>]+>|\s+", " ", said))
        assert found, (line, words)


def test_documents_of_others_take_no_import_of_a_team_admin(scene: Scene) -> None:
    for key, scope in (("returns", {"team": "returns"}), ("company", {}), ("fresh", {"team": "triage"})):
        text = yaml.safe_dump({"title": "Mine now", "scope": scope, "rows": []})
        with refused(access.Refused, "own team only"):
            versions.import_yaml(kind="matrix", text=text, key=key, by=scene.keeper, at=NOW)
    theirs = Version.objects.select_related("document").get(document__key="company", document__kind="matrix")
    with refused(access.Refused, "own team only"):
        sheets.preview(version=theirs, source=sheets.export(scene.own, "csv"), by=scene.keeper, at=NOW)
    with refused(access.Refused, "governance admin"):
        text = yaml.safe_dump(make.triage_rubric())
        versions.import_yaml(kind="rubric", text=text, key="company", by=scene.keeper, at=NOW)


def test_a_team_without_a_matrix_gets_its_first_from_its_admin_by_yaml_as_by_grid(scene: Scene) -> None:
    team = make.make_team("depot")
    chief = make.make_person("chief", teams=(team,), role=roles.TEAM_ADMIN)
    text = yaml.safe_dump(matrix(team, scene.company.lead))
    _document, version = versions.import_yaml(kind="matrix", text=text, key="depot", by=chief, at=NOW)
    assert version.created_by == chief and version.document.scope_value == str(team.pk)


def test_a_row_that_has_become_foreign_may_stay_or_go_but_not_change(scene: Scene) -> None:
    """The workflow moved to another team after the row was written."""
    moved = scene.company.workflow
    content = matrix(scene.company.team, scene.company.lead, scope={"workflow": moved.key})
    draft = make.make_draft(content, kind="matrix", key="orders", by=scene.company.admin)
    make.publish(draft, by=scene.company.admin)
    with audit.action(actor=None, actor_label="test", reason="moved", at=NOW):
        moved.team = Team.objects.get(key="returns")
        moved.save(update_fields=["team"])
    said = yaml.safe_load(versions.export_yaml(draft))
    said["rows"][0]["holder"] = {"person": scene.company.outsider.email}
    with refused(versions.RowsOfOthers, "Order sync belongs to Returns"):
        versions.import_yaml(kind="matrix", text=yaml.safe_dump(said), key="orders", by=scene.keeper, at=NOW)
    for rows in (content["rows"], []):
        text = yaml.safe_dump(content | {"rows": rows, "title": "Tidied"})
        assert versions.import_yaml(kind="matrix", text=text, key="orders", by=scene.keeper, at=NOW)


def test_a_governance_admin_is_not_held_up_by_it(scene: Scene) -> None:
    """Such a draft is stored; the check says what keeps it from being published."""
    text = yaml_of(scene, [scene.places["a workflow of others"]])
    assert versions.import_yaml(kind="matrix", text=text, key="orders", by=scene.company.admin, at=NOW)
