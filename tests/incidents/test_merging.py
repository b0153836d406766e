"""Two incidents that are one: the duplicate ends, everything about it goes on at the other (P5)."""

import json
from typing import Any

import pytest
from django.test import Client

from incidents.models import Event, Incident, Participant, Source
from incidents.services import escalation, incidents, joining, merging, sources, tracking
from portal import access
from portal import roles as permissions
from portal.models import AuditEntry, Message
from tests.factories_governance import NOW, Company, make_person, make_workflow
from tests.factories_incidents import (
    armed,
    fresh,
    later,
    make_acknowledged,
    make_incident,
    refuses,
    run_of,
    tick,
    told,
    verbs,
    violations,
)

pytestmark = pytest.mark.django_db


def merge(company: Company, loser: Incident, winner: Incident, minutes: float = 10, **extra: Any) -> Incident:
    values = {"by": company.responder, "reason": "The same failure"} | extra
    return merging.merge(loser=loser, winner=winner, at=later(minutes), **values)


def roles(incident: Incident) -> set[tuple[str, str]]:
    return set(Participant.objects.filter(incident=incident).values_list("user__name", "role"))


def test_the_duplicate_ends_and_says_where_it_goes_on(company: Company) -> None:
    winner, loser = make_acknowledged(company), make_incident(company, title="No orders", at=later(5))
    assert merge(company, loser, winner).pk == winner.pk
    found = fresh(loser)
    assert (found.state, found.merged_into_id, found.closed_at) == ("duplicate", winner.pk, later(10))
    assert run_of(loser).state == "stopped"
    assert armed(loser, run_of(loser)) == {}
    assert verbs(loser)[-1] == "merged" and verbs(winner)[-1] == "merged_here"
    assert AuditEntry.objects.filter(verb="incident.merged", target_id=str(loser.pk)).count() == 1
    assert AuditEntry.objects.filter(verb="incident.merged_here", target_id=str(winner.pk)).count() == 1
    tick(600)
    assert told(loser) == ["Responder"]
    assert fresh(winner).state == "investigating"
    assert violations() == []


def test_its_people_go_on_at_the_winner_and_are_told(company: Company) -> None:
    other = make_person("colleague")
    winner, loser = make_acknowledged(company), make_incident(company, by=company.outsider, at=later(1))
    escalation.reassign(run=run_of(loser), to=company.second, by=company.responder, reason="CRM", at=later(2))
    joining.affected(incident=loser, by=other, text="We wait", since=NOW, answers={}, at=later(3))
    merge(company, loser, winner)
    assert {("Outsider", "affected"), ("Colleague", "affected"), ("Second", "told")} <= roles(winner)
    assert told(winner, event="incident.merged") == ["Second"]
    assert sorted(told(winner, event="report.news")) == ["Colleague", "Outsider", "Reporter"]  # Reporter: answered
    words = Message.objects.get(event="report.news", subject_id=winner.pk, recipient=company.outsider, channel="inbox")
    assert words.context["restricted"]["state"] == "merged"
    assert not access.can(company.outsider, "view", fresh(winner))  # a page of their own says how it goes
    assert violations() == []


def test_the_reporter_of_both_stays_the_reporter(company: Company) -> None:
    winner, loser = make_acknowledged(company), make_incident(company, at=later(1))
    merge(company, loser, winner)
    assert ("Reporter", "affected") not in roles(winner)


def test_the_link_of_the_duplicate_follows_the_winner(company: Company, client: Client) -> None:
    winner = make_acknowledged(company, title="The first report")
    loser = make_incident(company, by=company.outsider, title="The second report", at=later(1))
    path = tracking.track_path(loser)
    merge(company, loser, winner)
    page = client.get(path).content.decode()
    assert "We knew about this already." in page and "The first report" in page and "The second report" in page
    assert "/incidents/INC" not in page and "Someone is on it" in page
    incidents.resolve(incident=winner, resolution="Done", checked="Seen", by=company.responder, at=later(20))
    assert "Does it work again for you?" in client.get(path).content.decode()
    client.post(path, {"answer": "no", "reason": "Not for us"})
    assert fresh(winner).state == "investigating"
    assert fresh(loser).state == "duplicate"


def test_chains_lead_to_the_last_one(company: Company) -> None:
    one, two, three = (make_incident(company, at=later(number)) for number in range(3))
    token = tracking.make_track_token(one)
    merge(company, one, two)
    merge(company, two, three, 11)
    assert tracking.read(token).incident == three
    assert tracking.read(token).first == one


def post(source: Source, secret: str, **content: Any) -> Any:
    answer = Client().post(
        f"/api/v1/intake/{source.key}",
        json.dumps({"title": "It failed", "dedup_key": "g"} | content),
        "application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 202, answer.content
    return answer.json()


def test_new_events_of_its_group_join_the_winner(company: Company) -> None:
    source, secret = sources.set_up(key="shop", format="generic", workflow=company.workflow, by=None, at=NOW)
    first = post(source, secret.token, event_id="1")
    loser, winner = Incident.objects.get(reference=first["incident"]), make_acknowledged(company)
    merge(company, loser, winner)
    again = post(source, secret.token, event_id="2")
    assert (again["incident"], again["deduplicated"]) == (winner.reference, True)
    assert Event.objects.get(event_id="2").incident_id == winner.pk
    assert Incident.objects.count() == 2


def test_answers_that_say_more_raise_the_winner(company: Company) -> None:
    winner = make_incident(company)
    loser = make_incident(company, answers={"customers": "yes", "money": "yes"}, at=later(1))
    merge(company, loser, winner)
    found = fresh(winner)
    assert (found.answers["customers"], found.answers["money"]) == ("yes", "yes")
    assert found.severity < winner.severity


def test_what_cannot_be_merged(company: Company) -> None:
    winner, loser = make_incident(company), make_incident(company)
    refuses(merging.CannotMerge, "This is the incident itself", lambda: merge(company, loser, loser))
    refuses(merging.CannotMerge, "Say in a few words why", lambda: merge(company, loser, winner, reason=" "))
    refuses(access.Refused, "Only responders", lambda: merge(company, loser, winner, by=company.lead))
    refuses(access.Refused, "You reported this", lambda: merge(company, loser, winner, by=company.reporter))
    near = make_incident(company, kind=Incident.Kind.NEAR_MISS)
    refuses(merging.CannotMerge, "Only incidents can go on for others", lambda: merge(company, loser, near))
    incidents.resolve(incident=winner, resolution="Done", checked="Seen", by=company.responder, at=later(5))
    ended = f"{winner.reference} is resolved, so it cannot be merged."
    refuses(merging.CannotMerge, ended, lambda: merge(company, loser, winner))
    refuses(merging.CannotMerge, ended, lambda: merge(company, winner, loser))


def test_there_are_no_loops(company: Company) -> None:
    one, two = make_incident(company), make_incident(company)
    merge(company, one, two)
    refuses(merging.CannotMerge, "is duplicate, so it cannot be merged", lambda: merge(company, two, one))
    refuses(merging.CannotMerge, "is duplicate, so it cannot be merged", lambda: merge(company, one, two))


def test_restricted_and_open_ones_stay_apart(company: Company) -> None:
    payroll = make_workflow("payroll", team=company.team, data_class="restricted")
    secret, plain = make_incident(company, workflow=payroll), make_incident(company)
    for loser, winner in ((secret, plain), (plain, secret)):
        refuses(merging.CannotMerge, "so they stay apart", lambda a=loser, b=winner: merge(company, a, b))


def test_nobody_merges_what_they_do_not_see(company: Company) -> None:
    stranger = make_person("stranger", role=permissions.RESPONDER)
    one, two = make_incident(company), make_incident(company)
    joining.invite(incident=one, to=stranger, reason="Knows it", by=company.responder, at=later(1))
    refuses(access.Refused, "You cannot see this incident", lambda: merge(company, one, two, by=stranger))


def test_the_page_merges_and_the_duplicate_shows_the_way(company: Company, client: Client) -> None:
    winner, loser = make_incident(company, title="The first"), make_incident(company, title="The second")
    client.force_login(company.responder)
    form = client.get(f"/incidents/{loser.reference}/do/merge/").content.decode()
    assert f"{winner.reference} The first" in form and "That cannot be taken back." in form
    answer = client.post(
        f"/incidents/{loser.reference}/do/merge/", {"into": f"{winner.reference} The first", "reason": "Same"}
    )
    assert answer.status_code == 302
    page = client.get(loser.get_absolute_url()).content.decode()
    assert "This is the same incident as another one." in page
    assert f'href="{winner.get_absolute_url()}"' in page
    assert "found that it is the same as" in page
