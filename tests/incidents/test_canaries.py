"""Nobody outside a data class sees a field: the words of one confidential incident are canaries that are searched.

The words are those of its report, its timeline, its evidence, its news, and of what was learned from it. Whoever works
on it finds each of them, so a search that finds nothing means something.
"""

from typing import Any

import pytest
from django.db.models import CharField, JSONField, Model, TextField
from django.test import Client

from incidents.models import (
    ActionItem,
    EffectCheck,
    Evidence,
    Finding,
    HelpAnswer,
    Hypothesis,
    Incident,
    Postmortem,
    PostmortemSection,
    StatusUpdate,
    TimelineText,
)
from incidents.services import (
    actions,
    bridges,
    effects,
    escalation,
    evidence,
    feedback,
    findings,
    hypotheses,
    incidents,
    rechecks,
    reviews,
    tracking,
    updates,
)
from portal import audit
from portal.models import Message, User
from portal.rendering import render
from tests import searching
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


@pytest.fixture
def review(company: Company, incident: Incident) -> Postmortem:
    """What is learned from it, every typed word a canary, too."""
    by, done = company.responder, {"resolution": "canary-resolution", "checked": "canary-checked"}
    again = [rechecks.Found(key="c0", result="waived", note="canary-recheck")]
    over = incidents.resolve(incident=incident, by=by, at=later(6), found_again=again, **done)
    found = Postmortem.objects.filter(incident=over).first() or reviews.begin(incident=over, by=by, at=later(6))
    reviews.hand_over(review=found, owner=by, questions="canary-questions", by=by, at=later(7))
    reviews.write(review=found, texts={"cause": "canary-section"}, seen={}, by=by, at=later(8))
    row = hypotheses.suppose(
        review=found, text="canary-cause", test="canary-test", method="replay", owner=by, by=by, at=later(8)
    )
    hypotheses.judge(hypothesis=row, verdict="confirmed", result="canary-result", by=by, at=later(9))
    kept = findings.add(review=found, kind="guardrail", text="canary-finding", by=by, at=later(9))
    findings.settle(finding=kept, why="canary-closing", by=by, at=later(9))
    named = {name: f"canary-{name}" for name in ("title", "measure", "artefact")}
    plan = actions.Plan(owner=by, due_at=later(50), **named)
    item = actions.plan(incident=over, plan=plan, by=by, at=later(10))
    actions.done(item=item, what="canary-ending", artefact="", by=by, at=later(20))
    effects.check(item=item, value="", note="canary-effect", by=by, at=later(30))
    said = {"helps": False, "note": "canary-answer", "person": company.reporter}
    effects.answer(incident=over, at=later(25 * 24 * 60), **said)
    about = {"platform": company.workflow.platform, "incident": over}
    feedback.give(text="canary-feedback", by=by, at=later(31), **about)
    return found


LEARNED = ["questions", "section", "cause", "test", "result", "finding", "closing"]
LEARNED_LATER = ["measure", "artefact", "ending", "effect", "answer"]
CANARIES = ["title", "description", "before", "hurt", "component", "version", "plan", "note", "evidence.txt"]
CANARIES += ["what", "impact", "doing", "who", "subject", "business", "technical", "contained"]


def seen(address: str, user: User | None) -> tuple[int, str]:
    client = Client()
    if user is not None:
        client.force_login(user)
    answer = client.get(address, follow=True)
    return answer.status_code, b"".join(answer).decode()


LEARNING: dict[type[Model], dict[str, str]] = {
    Postmortem: dict.fromkeys(("reference", "required"), KEYS),
    PostmortemSection: {},
    Hypothesis: {"cause": KEYS},
    Finding: dict.fromkeys(("cause", "step"), KEYS),
    ActionItem: dict.fromkeys(("reference", "metric"), KEYS) | dict.fromkeys(("baseline", "goal"), "a number"),
    EffectCheck: {"value": "a number"},
    HelpAnswer: {},
}


@pytest.mark.parametrize("model", list(LEARNING))
def test_each_field_of_what_is_learned_has_its_canary_or_an_excuse(review: Postmortem, model: type[Model]) -> None:
    assert unplanted(model) == set(LEARNING[model])


def test_what_is_learned_is_read_by_those_who_may_open_the_incident(company: Company, review: Postmortem) -> None:
    stranger, item = make_person("stranger"), ActionItem.objects.get()
    own = [review.get_absolute_url(), item.get_absolute_url(), f"/incidents/{review.incident.reference}/"]
    lists = [f"/reviews/?show={view}" for view in ("open", "mine", "published")]
    lists += [f"/actions/?show={view}" for view in ("board", "mine", "done", "dropped")]
    for user in (stranger, None):
        for address in [*own, *lists, "/feedback/", *STATUS, *PAGES]:
            status, found = seen(address, user)
            assert status < 500 and "canary-" not in found, (address, user)
    found = seen(own[0], company.responder)[1]
    assert [one for one in LEARNED if f"canary-{one}" not in found] == []
    found = seen(own[1], company.responder)[1]
    assert [one for one in LEARNED_LATER if f"canary-{one}" not in found] == []


def test_whoever_reported_it_reads_nothing_of_what_is_learned(company: Company, review: Postmortem) -> None:
    page = seen(tracking.track_path(fresh(review.incident)), None)[1]
    assert "canary-resolution" in page, "what made it work again is theirs to read"
    assert [one for one in LEARNED + LEARNED_LATER[:-1] if f"canary-{one}" in page] == []


@pytest.mark.parametrize("model", list(EXCUSED))
def test_each_field_of_words_has_its_canary_or_an_excuse(incident: Incident, model: type[Model]) -> None:
    assert unplanted(model) == set(EXCUSED[model])


def unplanted(model: type[Model]) -> set[str]:
    """The columns for words of `model` in which no canary sits."""
    named = {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField | JSONField) and not field.choices
    }
    rows = list(model._default_manager.values())
    return {name for name in named if not any("canary-" in str(row[name]) for row in rows)}


def test_whoever_may_not_see_it_finds_no_word_of_it_on_any_page(company: Company, incident: Incident) -> None:
    stranger = make_person("stranger")
    searching.rebuild()
    assert "canary-" in seen("/search/?q=canary", company.responder)[1].replace("<mark>", "").replace("</mark>", "")
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
    searching.rebuild()
    assert "canary-title" in seen("/search/?q=canary", company.responder)[1].replace("</mark>", "")
