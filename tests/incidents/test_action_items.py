"""What is done so that it does not come back: planned, asked for, done, and whether it helps (D94-D98)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from incidents.models import ActionItem, EffectCheck, Incident, Recurrence
from incidents.services import actions, effects, recurrences
from incidents.services.actions import Plan
from incidents.services.reviews import NotReviewed
from portal import access
from portal.models import Message
from tests.factories_governance import Company, make_company
from tests.factories_incidents import later, make_incident, tick, violations
from tests.incidents.test_reviews import DAY, resolved

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Iterator[Company]:
    """What a test did with it keeps every invariant."""
    yield make_company()
    assert violations() == []


@pytest.fixture
def incident(company: Company) -> Incident:
    return resolved(company)


def plan(company: Company, **changed: object) -> Plan:
    made = Plan(
        title="Renew it by itself",
        owner=company.second,
        due_at=later(10 * DAY),
        measure="No token expires unseen",
        artefact="renewal 1.2",
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def planned(incident: Incident, company: Company, **changed: object) -> ActionItem:
    return actions.plan(incident=incident, plan=plan(company, **changed), by=company.responder, at=later(100))


def done(item: ActionItem, company: Company, *, minutes: float = 200) -> ActionItem:
    return actions.done(item=item, what="It renews", by=company.second, at=later(minutes))


def told(which: str) -> set[str]:
    rows = Message.objects.filter(event="incident.action", channel="inbox").select_related("recipient")
    return {row.recipient.name for row in rows if any(each.get("which") == which for each in row.context.values())}


def test_an_action_is_asked_for_until_it_is_done(incident: Incident, company: Company) -> None:
    item = planned(incident, company)
    assert told("assigned") == {"Second"} and item.reference.startswith("ACT-")
    tick(9 * DAY + 1)
    assert told("soon") == {"Second"} and not told("overdue")
    tick(10 * DAY + 1)
    assert told("overdue") == {"Second", "Responder"}
    done(item, company, minutes=11 * DAY)
    before = Message.objects.filter(event="incident.action").count()
    tick(18 * DAY)
    assert Message.objects.filter(event="incident.action").count() == before


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": " "}, "title"),
        ({"measure": ""}, "measure"),
        ({"due_at": later(100)}, "due_at"),
        ({"due_at": later(100) + timedelta(days=800)}, "due_at"),
        ({"baseline": "six"}, "baseline"),
        ({"impact": 4}, "impact"),
    ],
)
def test_a_plan_says_what_how_and_until_when(
    incident: Incident, company: Company, changed: dict[str, object], field: str
) -> None:
    with pytest.raises(NotReviewed) as refused:
        planned(incident, company, **changed)
    assert list(refused.value.fields) == [field] and not ActionItem.objects.exists()


def test_nothing_is_done_without_what_was_changed(incident: Incident, company: Company) -> None:
    item = planned(incident, company, artefact="")
    with pytest.raises(NotReviewed) as refused:
        done(item, company)
    assert "artefact" in refused.value.fields
    with pytest.raises(access.Refused):
        actions.done(item=item, what="x", artefact="y", by=company.outsider, at=later(200))


def test_people_are_asked_and_their_answers_count(incident: Incident, company: Company) -> None:
    item = done(planned(incident, company), company)
    assert item.effect_due_at == later(200 + 30 * DAY)
    tick(200 + 23 * DAY)
    assert told("helps") == {company.reporter.name}
    said = {"incident": incident, "helps": True, "note": ""}
    with pytest.raises(NotReviewed, match="Nothing was changed yet"):
        effects.answer(**said, person=company.reporter, at=later(200 + 22 * DAY))
    effects.answer(**said, person=company.reporter, at=later(200 + 24 * DAY))
    with pytest.raises(NotReviewed, match="Only those"):
        effects.answer(**said, person=company.second, at=later(200 + 24 * DAY))
    tick(200 + 30 * DAY)
    item.refresh_from_db()
    check = EffectCheck.objects.get()
    assert (item.effect, check.helps, check.by) == ("helped", 1, None)
    assert "Second" in told("effect")


def test_what_came_back_has_not_helped_whatever_the_figure_says(incident: Incident, company: Company) -> None:
    item = done(planned(incident, company, baseline="6", goal="2"), company)
    again = make_incident(company, at=later(300))
    assert [row.because for row in found_again(again)] == ["workflow"]
    effects.check(item=item, value="1", note="", by=company.second, at=later(31 * DAY))
    item.refresh_from_db()
    assert (item.effect, EffectCheck.objects.get().came_back) == ("not_helped", 1)


def found_again(incident: Incident) -> list[Recurrence]:
    recurrences.follow({Incident._meta.label_lower: {str(incident.pk)}}, at=later(301))
    return list(Recurrence.objects.filter(incident=incident))


def test_a_cause_that_is_seen_again_is_told_once(incident: Incident, company: Company) -> None:
    planned(incident, company)
    again = make_incident(company, at=later(300))
    assert len(found_again(again)) == 1
    assert len(found_again(again)) == 1
    rows = Message.objects.filter(event="incident.came_back", channel="inbox").select_related("recipient")
    assert {row.recipient.name for row in rows} >= {"Second"}
    assert rows.count() == len({row.recipient_id for row in rows})
    assert again.timeline.filter(verb="came_back").count() == 1


def test_after_the_window_it_is_another_one(incident: Incident, company: Company) -> None:
    again = make_incident(company, at=later(91 * DAY))
    assert found_again(again) == []


def test_a_check_takes_a_number(incident: Incident, company: Company) -> None:
    item = done(planned(incident, company), company)
    with pytest.raises(NotReviewed) as refused:
        effects.check(item=item, value="few", note="", by=company.second, at=later(300))
    assert "value" in refused.value.fields and not EffectCheck.objects.exists()


def test_an_action_on_its_pages(client: Client, incident: Incident, company: Company) -> None:
    client.force_login(company.responder)
    address = f"/incidents/{incident.reference}/actions/new/"
    assert client.get(address).status_code == 200
    typed = {
        "title": "Renew it",
        "owner": str(company.second.pk),
        "due_on": f"{timezone.localdate() + timedelta(days=30)}",
        "measure": "",
    }
    rest = {"horizon": "long_term", "impact": "3", "effort": "1", "artefact_kind": "configuration", "artefact": "cfg 2"}
    wrong = client.post(address, typed | rest)
    assert wrong.status_code == 422 and 'value="Renew it"' in wrong.content.decode()
    answer = client.post(address, typed | rest | {"measure": "None expires"})
    assert answer.status_code == 302, answer.context["form"].errors
    item = ActionItem.objects.get()
    assert (item.impact, item.effort) == (3, 1)
    assert "Renew it" in client.get("/actions/").content.decode()
    page = client.get(f"/actions/{item.reference}/").content.decode()
    assert "It is done" in page and "None expires" in page
    assert client.post(f"/actions/{item.reference}/done/", {"what": "Set"}).status_code == 302
    assert "Does it help?" in client.get(f"/actions/{item.reference}/").content.decode()
    client.force_login(company.outsider)
    assert client.get(f"/actions/{item.reference}/").status_code == 404
