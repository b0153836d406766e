"""The parts of an incident page that keep themselves fresh: cheap when nothing is new, complete when something is."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from incidents.services import containments, escalation, incidents
from portal import delivery
from portal.models import Message
from tests.factories_governance import Company
from tests.factories_incidents import later, make_acknowledged, make_incident, run_of
from tests.incidents.test_incident_page import fill, page, words

pytestmark = pytest.mark.django_db


def polls(response: Any) -> dict[str, str]:
    """The addresses that the page asks again and again, by part."""
    found = re.findall(r'hx-get="([^"]+)" hx-trigger="every ', response.content.decode())
    return {"status" if "part=status" in url else "entries": url.replace("&amp;", "&") for url in found}


def test_nothing_new_is_answered_without_a_word(company: Company, client: Client) -> None:
    incident = make_incident(company)
    for url in polls(page(client, company.responder, incident)).values():
        response = client.get(url)
        assert (response.status_code, response.content) == (204, b"")


def test_what_is_new_arrives_with_the_next_cursor(company: Company, client: Client) -> None:
    incident = make_incident(company)
    asked = polls(page(client, company.responder, incident))
    incidents.add_note(incident=incident, text="It is the queue.", by=company.second, at=later(3))
    entries = client.get(asked["entries"])
    assert "It is the queue." in words(entries)
    assert "Reporter reported it" not in words(entries)
    assert client.get(polls(entries)["entries"]).status_code == 204
    status = client.get(asked["status"])
    assert "<html" not in status.content.decode()
    assert client.get(polls(status)["status"]).status_code == 204


def test_an_answer_and_a_delivery_change_the_upper_half(company: Company, client: Client) -> None:
    incident = make_incident(company, at=timezone.now())
    asked = polls(page(client, company.responder, incident))["status"]
    message = Message.objects.get(subject_id=incident.pk, event="incident.level", channel="email")
    delivery.work([message.pk], worker="test")
    sent = client.get(asked)
    assert "E-mail sent" in words(sent) or "E-mail delivered" in words(sent)
    asked = polls(sent)["status"]
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=timezone.now())
    assert "Answered" in words(client.get(asked))


def test_many_new_entries_arrive_page_by_page(company: Company, client: Client) -> None:
    incident = make_incident(company)
    asked = polls(page(client, company.responder, incident))["entries"]
    fill(incident, 70)
    first = client.get(asked)
    assert "Note no. 0." in words(first)
    assert "Note no. 49." in words(first)
    second = client.get(polls(first)["entries"])
    assert "Note no. 50." in words(second)
    assert "Note no. 69." in words(second)


def test_old_pages_and_filtered_ones_do_not_poll_the_timeline(company: Company, client: Client) -> None:
    incident = make_incident(company)
    for query in ({"only": "notes"}, {"before": "999999"}):
        assert set(polls(page(client, company.responder, incident, **query))) == {"status"}


def parts(response: Any) -> list[str]:
    """The ids of the parts that are drawn anew beside the one that asked."""
    return re.findall(r'id="(\w+)"(?: data-keep)? hx-swap-oob', response.content.decode())


def test_everything_around_the_timeline_is_drawn_anew(company: Company, client: Client) -> None:
    incident = make_acknowledged(company)
    first = page(client, company.responder, incident)
    halted = containments.Halt(kind="halted", what="The sync")
    incidents.contain(incident=incident, note="Paused.", halted=halted, by=company.responder, at=later(3))
    news = client.get(polls(first)["status"])
    assert parts(news) == ["work", "beneath", "side", "dock"]
    for part in parts(news):  # each takes the place of one that the page has
        assert first.content.decode().count(f'id="{part}"') == 1
    assert "What stands still" in words(news) and "What stands still" not in words(first)


def test_the_page_and_its_news_say_the_same(company: Company, client: Client) -> None:
    incident = make_incident(company)
    asked = polls(page(client, company.responder, incident))["status"]
    incidents.add_note(incident=incident, text="It is the queue.", by=company.second, at=later(3))
    news = re.findall(r"<h2[^>]*>(.*?)</h2>", client.get(asked).content.decode())
    whole = re.findall(r"<h2[^>]*>(.*?)</h2>", page(client, company.responder, incident).content.decode())
    assert len(news) == len(set(news)) and set(news) <= set(whole)
    assert len(whole) == len(set(whole))


def test_what_has_just_been_reported_is_no_wall_of_empty_boxes(company: Company, client: Client) -> None:
    text = words(page(client, company.responder, make_incident(company)))
    for empty in ("No files yet", "Nothing had to be decided", "Nobody has joined yet", "Nothing of this kind"):
        assert empty not in text
