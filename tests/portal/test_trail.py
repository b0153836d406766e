"""`/trail/…`: every entry of the ledger about one object, in plain words, for whoever may view it."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from governance.models import Document
from governance.reads import documents
from incidents.models import Incident, Source
from incidents.services import escalation, tracking, triage
from portal import audit, limits, registry, roles, seal
from portal.models import AuditEntry, AuditPayload, User
from portal.reads import trail
from tests import factories_governance as make
from tests.factories_governance import NOW, Company, make_person
from tests.factories_incidents import later, make_acknowledged, make_incident, run_of
from tests.incidents.test_board import change

pytestmark = pytest.mark.django_db
DOTTED = re.compile(r"[a-z_]+\.[a-z_]+")
WORD = re.compile("[a-z_]+")


def page_of(user: User, address: str) -> Any:
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    return answer.content.decode() if answer.status_code == 200 else answer.status_code


def trail_of(incident: Incident) -> str:
    return f"/trail/incident/{incident.reference}/"


def test_it_says_who_changed_what_from_which_value_and_why(company: Company) -> None:
    incident = make_acknowledged(company)
    page = page_of(company.responder, trail_of(incident))
    assert "took the incident" in page and "reported it" in page and "Responder" in page
    assert "<del>Reported</del> → <ins>Investigating</ins>" in page
    entry = AuditEntry.objects.get(verb="incident.acknowledged")
    assert str(entry.request_id) in page
    assert "<del>nothing</del> → <ins>Responder</ins>" in page  # a name, not a key


def test_every_entry_is_there_once_and_pages_go_on(company: Company) -> None:
    incident = make_incident(company)
    for number in range(5):
        change(incident, title=f"Title {number}")
    entries = AuditEntry.objects.filter(target_type="incidents.incident", target_id=str(incident.pk))
    first = trail.page(incident, rows=4)
    seen, part = [first], first
    while part.older:
        part = trail.page(incident, before=part.older, rows=4)
        seen.append(part)
    assert sum(len(action.steps) for page in seen for action in page.actions) == entries.count() > 5
    assert page_of(company.responder, trail_of(incident) + "?before=1").count("<del>") == 0
    for odd in ("x", "-1", "9" * 30, "²", ""):
        assert "Title 4" in page_of(company.responder, trail_of(incident) + f"?before={odd}")


def test_erased_words_stay_erased_and_the_entry_says_so(company: Company) -> None:
    incident = change(make_incident(company), title="Zebra secret")
    with seal.lifted():
        AuditPayload.objects.filter(entry__target_id=str(incident.pk)).delete()
    page = page_of(company.responder, trail_of(incident))
    assert "the words of this entry were erased" in page and "<del>" not in page


def test_whoever_may_not_view_an_incident_does_not_know_its_trail(company: Company) -> None:
    incident = change(make_incident(company, by=company.leader), is_restricted=True)
    assert page_of(company.second, trail_of(incident)) == page_of(company.outsider, trail_of(incident)) == 404
    assert page_of(company.responder, "/trail/incident/INC-1/") == page_of(company.responder, "/trail/what/1/") == 404
    assert "Audit trail" in page_of(make_person("auditor", role=roles.AUDITOR), trail_of(incident))


def test_people_read_their_own_trail_and_auditors_that_of_all(company: Company) -> None:
    address = f"/trail/person/{company.responder.pk}/"
    auditor = make_person("auditor", role=roles.AUDITOR)
    assert page_of(company.second, address) == 404
    for user in (company.responder, auditor):
        assert "wrote down a new record" in page_of(user, address)
    for odd in ("x", "-", "a-b", "0" * 400):
        assert page_of(auditor, f"/trail/person/{odd}/") == page_of(auditor, f"/trail/document/{odd}/") == 404


def test_workflows_and_documents_have_one_too(company: Company) -> None:
    document = Document.objects.all()[0]
    assert "Audit trail" in page_of(company.responder, f"/trail/document/{document.pk}/")
    assert "Audit trail" in page_of(company.responder, f"/trail/workflow/{company.workflow.key}/")
    assert page_of(company.outsider, f"/trail/workflow/{company.workflow.key}/") == 404


def test_auditors_read_the_trail_of_a_process_and_only_its_readers_are_led_to_it(company: Company) -> None:
    key = company.workflow.key
    auditor = make_person("auditor", role=roles.AUDITOR)
    for user, is_led in ((auditor, True), (company.responder, True), (company.outsider, False)):
        assert (f"/trail/workflow/{key}/" in page_of(user, f"/ownership/workflows/{key}/")) is is_led
    assert "Audit trail" in page_of(auditor, f"/trail/workflow/{key}/")


def test_the_page_of_a_person_leads_to_a_trail_only_whoever_may_read_it(company: Company) -> None:
    for role, is_led in ((roles.ADMIN, True), (roles.TEAM_ADMIN, False)):
        user = make_person(f"led-{is_led}", role=role)
        User.objects.filter(pk=user.pk).update(is_staff=True)
        user.refresh_from_db()
        page = page_of(user, f"/admin/portal/user/{company.second.pk}/change/")
        assert (f"/trail/person/{company.second.pk}/" in page) is is_led
        assert (page_of(user, f"/trail/person/{company.second.pk}/") == 404) is (not is_led)


def test_odd_values_are_words_all_the_same(company: Company) -> None:
    incident = make_incident(company)
    data = {"a_list": [1, 2], "facts": {"x": "<b>"}, "long": "y" * 900, "no": False, "none": None}
    with audit.action(actor=None, actor_label="test", reason="a <b> reason", at=NOW) as action:
        action.record(verb="incident.some_thing", target=incident, data=data)
    page = page_of(company.responder, trail_of(incident))
    assert [part for part in ("some thing", "x: &lt;b&gt;", "a &lt;b&gt; reason") if part not in page] == []
    assert "y" * 301 not in page


def test_a_full_page_asks_as_often_as_a_short_one(company: Company) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            trail.page(incident)
        return len(seen)

    incident = make_incident(company)
    change(incident, lead=company.responder)
    few = queries()
    for number in range(limits.PAGE_ROWS // 2):
        change(incident, lead=company.second if number % 2 else company.responder, title=f"Title {number}")
    assert queries() <= few


def spoken(obj: Any) -> str:
    """Its trail in German, as one text."""
    with translation.override("de"):
        return str(trail.page(obj).actions)


def test_reasons_and_values_that_code_writes_are_read_in_the_language_of_the_reader(company: Company) -> None:
    incident = make_acknowledged(company)
    triage.hinted(incident=incident, hint="sev1", label="Queue watch", at=later(5))
    escalation.reassign(run=run_of(incident), to=company.lead, by=company.responder, reason="note: hers", at=later(6))
    until = later(90)
    escalation.snooze(run=run_of(incident), until=until, by=company.lead, reason="Waiting for it.", at=later(7))
    said = spoken(incident)
    for reason in ("gemeldet", "übernommen", "Queue watch meldet jetzt SEV1.", "note: hers", "Waiting for it."):
        assert f"reason='{reason}'" in said
    for name, value in (("an", "Lead"), ("bis", "2. Mär 2026, "), ("Runde der Anrufe", "1"), ("vorgeschlagen", "SEV")):
        assert f"Change(name='{name}', before=None, after='{value}" in said
    assert [
        raw for raw in ("acknowledged", "now says", "generation", "sev1", str(company.lead.pk)) if raw in said
    ] == []
    assert "reason='Queue watch now says SEV1.'" in str(trail.page(incident).actions)


def test_keys_of_other_things_are_said_by_their_titles_and_what_no_reader_wants_is_left_out(company: Company) -> None:
    incident = make_incident(company, answers={"customers": "yes", "gone": "no"})
    change(incident, path="none-such")
    change(incident, path=documents.policy_for(company.workflow).content.paths[0].key, trigger="gone")
    said = spoken(incident)
    path = documents.policy_for(company.workflow).content.paths[0]
    assert f"name='Pfad', before='none-such', after='{path.title}'" in said and "after='gone'" in said
    asked = {item.key: item.title for item in documents.rubric_for(None).content.dimensions}
    assert f"{asked['customers']}: ja" in said and "gone: nein" in said
    for raw in ("submission", "track", "customers: yes"):
        assert raw not in said, raw
    assert all(change.name not in ("id", "ID") for row in trail.page(incident).actions for change in changes(row))


def changes(action: trail.Action) -> list[trail.Change]:
    return [change for step in action.steps for change in step.changes]


def test_numbers_have_their_separators_and_nothing_nested_its_brackets(company: Company) -> None:
    source = Source(name="Queue watch", key="queue", format="generic", per_minute=100_000)
    with audit.action(actor=company.admin, reason="source set up", at=NOW) as action:
        source.save()
        data = {"before": {"mapping": {}, "redact": []}, "after": {"mapping": {"title": "a.b"}, "redact": ["c"]}}
        action.record(verb="source.reading_changed", target=source, data=data)
    said = str(trail.page(source).actions)
    assert "after='100,000'" in said
    assert "mapping: nothing, redact: nothing" in said and "mapping: title: a.b, redact: c" in said


def test_what_a_person_typed_is_never_read_as_a_sentence_of_ours(company: Company) -> None:
    incident = make_incident(company)
    with audit.action(actor=company.responder, reason="Queue watch now says SEV1.", at=NOW) as action:
        action.record(verb="incident.some_thing", target=incident)
    assert "reason='Queue watch now says SEV1.'" in spoken(incident)


def test_a_reason_is_stored_in_english_whoever_acts(company: Company) -> None:
    with translation.override("de"):
        row = {"key": "one", "scope": {"team": company.team.key}, "responsibility": "on_call"}
        row |= {"holder": {"person": company.lead.email}}
        content = {"title": "Ours", "scope": {"team": company.team.key}, "rows": [row]}
        make.make_draft(content, kind="matrix", key="ours", by=company.admin)
    document = Document.objects.get(key="ours")
    assert "reason='imported as a draft'" in str(trail.page(document).actions)
    assert "reason='als Entwurf eingelesen'" in spoken(document)


def auditor_of_all() -> User:
    """Reads the ledger in the admin."""
    user = make_person("auditor", role=roles.AUDITOR)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.refresh_from_db()
    return user


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("clock", "Uhr"),
        ("delivery", "Zustellung"),
        ("sign-in", "Anmeldung"),
        ("machine", "Maschine"),
        (tracking.LABEL, "Seite zum Verfolgen"),
        ("source n8n", "Quelle n8n"),
        ("beat order-sync", "Lebenszeichen order-sync"),
        ("source", "source"),
        ("machine shop", "machine shop"),
        ("Shop floor", "Shop floor"),
    ],
)
def test_trail_and_ledger_call_a_process_as_the_reader_does(
    client: Client, company: Company, label: str, words: str
) -> None:
    incident = make_incident(company)
    with audit.action(actor=None, actor_label=label, reason="x", at=NOW) as action:
        action.record(verb="incident.some_thing", target=incident)
    assert f"who='{words}'" in spoken(incident)
    assert f"who='{label}'" in str(trail.page(incident).actions)
    client.force_login(auditor_of_all())
    ledger = client.get("/admin/portal/auditentry/", headers={"accept-language": "de"}).content.decode()
    assert f'<td class="field-who">{words}</td>' in ledger


def test_the_ledger_asks_as_often_for_many_people_as_for_one(client: Client, company: Company) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/admin/portal/auditentry/").status_code == 200
        return len(seen)

    client.force_login(auditor_of_all())
    incident = make_incident(company)
    queries()
    few = queries()
    for person in (company.lead, company.second, company.leader):
        with audit.action(actor=person, reason="x", at=NOW) as action:
            action.record(verb="incident.some_thing", target=incident)
    assert queries() == few


@cache
def calls_of_code() -> list[tuple[str, ast.Call]]:
    """Every call in the code of the apps, with the last name of what is called."""
    root, found = Path(__file__).resolve().parents[2], []
    for path in (path for app in ("portal", "governance", "incidents") for path in (root / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
                found.append((node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id, node))
    return found


def texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for part in (part for node in nodes for part in ast.walk(node)):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
            yield part.value


def reasons_of_code() -> Iterator[str]:
    """Every literal that a service, a hook or a command gives as the reason of an action."""
    for name, call in calls_of_code():
        if name in ("action", "holding"):
            yield from texts(word.value for word in call.keywords if word.arg == "reason")
        elif name == "_holding":
            yield from texts(call.args)
        elif name == "_say" and any(DOTTED.fullmatch(text) for text in texts(call.args[2:3])):
            yield from texts(call.args[1:2])  # of the hooks: who, why, what


def verbs_of_code() -> Iterator[str]:
    """Every literal that code writes into the ledger as what happened."""
    for name, call in calls_of_code():
        found = {"record": [word.value for word in call.keywords if word.arg == "verb"], "_say": call.args[2:3]}
        if name in ("append", "record_many"):  # rows of (verb, label, key, data)
            rows = [node for node in ast.walk(call) if isinstance(node, ast.Tuple) and len(node.elts) == 4]
            found[name] = [row.elts[0] for row in rows]
        yield from (text for text in texts(found.get(name, [])) if DOTTED.fullmatch(text))
        said = {"log": call.args[:1], "_say": call.args[1:2]}  # of an incident
        yield from (f"incident.{text}" for text in texts(said.get(name, [])) if WORD.fullmatch(text))


def test_every_verb_that_code_writes_has_words() -> None:
    found = set(verbs_of_code())
    assert {"duty.left_open", "incident.works_again", "source.rotated", "user.signed_in", "escalation.capped"} <= found
    assert {verb for verb in found if registry.verbs.get(verb) is None} == set()


def test_people_and_timeboxes_of_the_ledger_are_named(company: Company) -> None:
    incident = make_incident(company)
    with audit.action(actor=company.admin, reason="resolved", at=NOW) as action:
        people = [str(company.lead.pk), "gone"]
        data = {"people": people, "told": [str(company.second.pk)], "which": "triage"}
        action.record(verb="incident.specialists_told", target=incident, data=data)
    said = spoken(incident)
    assert "after='Lead, gone'" in said and "after='Second'" in said and str(company.lead.pk) not in said
    assert "Change(name='Frist für', before=None, after='Einstufung')" in said


def test_every_reason_that_code_gives_has_words() -> None:
    found = set(reasons_of_code())
    assert len(found) > 40
    assert {reason for reason in found if registry.words.get(reason) is None} == set()
