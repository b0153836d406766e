"""Two connections at once: one publication wins, and what is compiled fits what is in force."""

import json
from collections.abc import Callable

import pytest

from governance import invariants
from governance.documents import cells
from governance.documents.cells import Cell, Edit, Held, Value
from governance.documents.section_places import Place, place
from governance.models import ChangeRequest, Document, Version, Workflow
from governance.reads import sections
from governance.services import catalog, changes, grid, versions
from governance.services import drafts as service
from portal import audit, roles
from portal.models import Team, User
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def draft(company: make.Company, title: str) -> Version:
    content = make.company_matrix(
        triage_team="triage",
        on_call=company.second.email,
        lead=company.lead.email,
        accountable=company.leader.email,
    )
    return make.make_draft(content | {"title": title}, kind="matrix", key="company", by=company.admin)


def attempt(version: Version, company: make.Company) -> str:
    try:
        return changes.send(version=version, reason="race", by=company.admin, at=NOW).state
    except changes.Conflicted:
        return "conflicted"


def test_of_two_publications_of_one_document_one_wins() -> None:
    company = make.make_company()
    one, two = draft(company, "One"), draft(company, "Two")
    results = at_once(lambda: attempt(one, company), lambda: attempt(two, company))
    assert sorted(results) == ["conflicted", "published"]
    assert ChangeRequest.objects.filter(document=company.matrix).count() == 2
    assert invariants.approved_digests() == invariants.compiled() == []


def test_matrices_and_workflows_that_change_together_are_compiled_as_one() -> None:
    company = make.make_company()
    for number in range(8):
        team = make.make_team(f"crew-{number}")
        row = {
            "key": "mine",
            "scope": {"team": team.key},
            "responsibility": "on_call",
            "holder": {"person": company.outsider.email},
        }
        content = {"title": f"Crew {number}", "scope": {"team": team.key}, "rows": [row]}
        own = make.make_draft(content, kind="matrix", key=team.key, by=company.admin)
        whole = draft(company, f"Company {number}")

        def move(team=team) -> None:
            with audit.action(actor=company.admin, reason="moved", at=NOW):
                workflow = Workflow.objects.get(pk=company.workflow.pk)
                workflow.team, workflow.key = team, f"sync-{team.key}"
                catalog.save_workflow(workflow=workflow, at=NOW)

        at_once(lambda own=own: attempt(own, company), lambda whole=whole: attempt(whole, company), move)
        assert invariants.compiled() == []


def test_of_two_edits_of_what_both_saw_one_is_kept_and_the_other_is_shown() -> None:
    company = make.make_company()
    version = draft(company, "Seen")
    text = versions.export_yaml(version)

    def save(title: str) -> str:
        mine = text.replace("title: Seen", f"title: {title}")
        try:
            versions.edit(version=version, text=mine, by=company.admin, at=NOW, seen=version.digest)
        except versions.Stale as stale:
            return f"{stale.mine['title']} after {stale.theirs['title']}"
        return title

    results = sorted(at_once(lambda: save("One"), lambda: save("Two")), key=len)
    kept, lost = results
    assert lost == f"{'Two' if kept == 'One' else 'One'} after {kept}"
    assert f'"title":"{kept}"' in Version.objects.get(pk=version.pk).content
    assert list(version.edits.filter(row="/title").order_by("pk").values_list("after", flat=True)) == ["Seen", kept]


def test_of_two_who_begin_the_matrix_of_a_team_at_once_both_are_kept() -> None:
    company = make.make_company()
    colleague = make.make_person("colleague", role=roles.GOVERNANCE_ADMIN)
    for number in range(6):
        team = make.make_team(f"crew-{number}")

        def save(responsibility: str, by: User, team: Team = team) -> Callable[[], list[grid.Saved]]:
            value = Value(Held("person", str(company.outsider.pk)))
            edit = Edit(Cell("team", str(team.pk), responsibility), value, cells.token(None))
            return lambda: grid.save(edits=[edit], reason="race", by=by, at=NOW)

        both = at_once(save("on_call", company.admin), save("owner", colleague))
        assert [[len(item.changed) for item in saved] for saved in both] == [[1], [1]]
        [document] = Document.objects.filter(scope_kind="team", scope_value=str(team.pk))
        requests = ChangeRequest.objects.filter(document=document)
        assert {request.requested_by for request in requests} == {company.admin, colleague}
        assert sorted(document.versions.values_list("number", flat=True)) == [1, 2]


def test_two_windows_of_one_draft_lose_no_part() -> None:
    company = make.make_company()
    change = changes.begin(document=company.matrix, by=company.admin, at=NOW)
    said = json.loads(change.version.content)
    pages = {name: place(part) for part in sections.of(company.matrix) for name in part.names}
    row = place(next(part for part in sections.of(company.matrix) if part.key == "roles"), "roles/lead")

    def save(page: Place | None, parts: dict[str, object]) -> str:
        assert page is not None
        try:
            service.put(change=change, place=page, parts=parts, seen=page.token(said), by=company.admin, at=NOW)
        except versions.Stale:
            return "too late"
        return "kept"

    assert at_once(
        lambda: save(pages["title"], {"title": "One"}), lambda: save(row, {"title": "Two", "holders": []})
    ) == ["kept", "kept"]
    change.refresh_from_db()
    assert '"title":"One"' in change.version.content and '"title":"Two"' in change.version.content
    assert Version.objects.filter(document=company.matrix, frozen_at=None).count() == 1
    said = json.loads(change.version.content)
    both = at_once(lambda: save(row, {"title": "Three"}), lambda: save(row, {"title": "Four"}))
    assert sorted(both) == ["kept", "too late"]
