"""Nobody outside a data class sees a field: the words of one confidential incident are canaries that are searched.

The words are those of its report, its timeline, its evidence and its news. Whoever works on it finds each of them, so a
search that finds nothing means something.
"""

from typing import Any

import pytest
from django.db.models import CharField, JSONField, Model, TextField
from django.test import Client

from incidents.models import Evidence, Incident, StatusUpdate, TimelineText
from incidents.services import bridges, escalation, evidence, incidents, updates
from portal import audit
from portal.models import Message, User
from portal.rendering import render
from tests.factories_governance import Company, make_company, make_person
from tests.factories_incidents import fresh, later, make_incident, run_of
from tests.incidents.test_updates import words
from tests.incidents.told import make_plan

pytestmark = pytest.mark.django_db
KEYS = "a key or one of few words that the portal gives"
EXCUSED = {
    Incident: dict.fromkeys(("reference", "answers", "scenario", "hint", "path", "trigger", "submission_key"), KEYS)
    | dict.fromkeys(("resolution", "deviation"), "written at the end, which this incident has not reached"),
    StatusUpdate: dict.fromkeys(("audience", "event", "template", "statement"), KEYS),
    TimelineText: {"salt": KEYS},
    Evidence: dict.fromkeys(("sha256", "content_type"), KEYS),
}
STATUS = [f"/status/{page}{end}" for page in ("public", "partners", "internal", "executives") for end in ("/", ".json")]
PAGES = ["/", "/incidents/", "/incidents/mine/", "/decisions/", "/overrides/", "/status/public.atom"]
PAGES += ["/search/?q=canary", "/search/palette/?q=canary"]


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr("portal.moments.of", lambda request: later(60))
    found = make_company()
    make_plan(found)
    with audit.action(actor=found.admin, reason="delicate", at=later(0)):
        found.workflow.data_class = "confidential"
        found.workflow.save()
    return found


@pytest.fixture
def incident(company: Company) -> Incident:
    """A confidential incident every typed word of which is its own canary."""
    by = company.responder
    row = make_incident(
        company,
        title="canary-title",
        description="canary-description",
        just_before="canary-before",
        who_is_hurt="canary-hurt",
        components=["canary-component"],
        workflow_version="canary-version",
    )
    assert row.data_class == "confidential"
    escalation.acknowledge(run=run_of(row), by=by, at=later(1))
    incidents.say_plan(incident=fresh(row), plan="canary-plan", by=by, at=later(2))
    where = {"bridge": "https://call.example/canary-bridge", "chat": "https://chat.example/canary-chat"}
    bridges.say_where(incident=fresh(row), **where, by=by, at=later(2))
    incidents.add_note(incident=fresh(row), text="canary-note", by=by, at=later(2))
    kept = evidence.Kept("canary-evidence.txt", "cd" * 32, 4, "text/plain")
    evidence.add(incident=fresh(row), files=[kept], by=by, at=later(3))
    said = {
        "what": "canary-what",
        "impact": "canary-impact",
        "doing": "canary-doing",
        "who": "canary-who",
        "next": "10",
    }
    named = {name: f"canary-{name}" for name in ("subject", "technical")}
    text = words(business="{what} {impact} {doing} {who} canary-business", answers=said, **named)
    told: Any = {"audience": "responders", "event": "update", "words": text, "by": by, "at": later(4)}
    updates.send(update=updates.draft(incident=fresh(row), **told), by=by, at=later(4))
    incidents.contain(incident=fresh(row), note="canary-contained", by=by, at=later(5))
    return fresh(row)


CANARIES = ["title", "description", "before", "hurt", "component", "version", "plan", "note", "evidence.txt"]
CANARIES += ["what", "impact", "doing", "who", "subject", "business", "technical", "contained"]


def seen(address: str, user: User | None) -> tuple[int, str]:
    client = Client()
    if user is not None:
        client.force_login(user)
    answer = client.get(address, follow=True)
    return answer.status_code, b"".join(answer).decode()


@pytest.mark.parametrize("model", list(EXCUSED))
def test_each_field_of_words_has_its_canary_or_an_excuse(incident: Incident, model: type[Model]) -> None:
    named = {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField | JSONField) and not field.choices
    }
    rows = list(model._default_manager.values())
    planted = {name for name in named if any("canary-" in str(row[name]) for row in rows)}
    assert named - planted == set(EXCUSED[model])


def test_whoever_may_not_see_it_finds_no_word_of_it_on_any_page(company: Company, incident: Incident) -> None:
    stranger = make_person("stranger")
    ends = ("", "updates/", "playbook/", "roles/", "map/", "events/")
    own = [f"/incidents/{incident.reference}/{end}" for end in ends]
    for user in (stranger, None):
        for address in [*STATUS, *PAGES, *own]:
            status, found = seen(address, user)
            assert status < 500 and "canary-" not in found, (address, user, found)
    assert seen("/status/public/", None)[0] == 200
    for address in STATUS:
        assert "canary-" not in seen(address, company.leader)[1], address


def test_messages_carry_nothing_above_their_class(incident: Incident) -> None:
    rows = list(Message.objects.filter(subject_id=str(incident.pk)).select_related("recipient"))
    assert any("canary-" in str(row.context) for row in rows)
    for row in rows:
        if row.data_class in ("public", "internal"):
            said = render(row, row.recipient)
            whole = " ".join([said.subject, said.short, said.text, said.html, str(said.data)])
            assert "canary-" not in whole, (row.event, row.channel, row.data_class, whole)


def test_each_canary_is_found_by_whoever_works_on_it(company: Company, incident: Incident) -> None:
    row = StatusUpdate.objects.get()
    ends = ("", "updates/", f"updates/{row.pk}/", "playbook/", "?tab=report")
    found = " ".join(seen(f"/incidents/{incident.reference}/{end}", company.responder)[1] for end in ends)
    assert [one for one in CANARIES if f"canary-{one}" not in found] == []
    assert "canary-title" in seen("/search/?q=canary", company.responder)[1]
