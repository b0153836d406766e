"""What the on-call page offers beside the plan: shares, coverage, questions, closing, another end."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from governance.models import Override, Swap
from governance.services import handovers, swaps
from portal import roles
from portal.models import Message
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_oncall import make_override, make_schedule
from tests.flows.rows import nothing_written
from tests.governance.test_oncall_page import post, signed_in, text, weekly

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def at_nine() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def keeper_of(company: Company) -> Any:
    return make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))


def test_hours_are_shown_by_person_and_who_carries_much_is_named(company: Company) -> None:
    make_schedule("orders", team=company.team, people=(company.responder, company.responder, company.second))
    make_schedule("nights", team=company.leadership, people=(company.lead,))
    page = signed_in(company.responder).get("/oncall/")
    shares = page.context["oncall"].shares
    assert [(row.name, row.hours, row.nights, row.weekends) for row in shares.rows][0] == ("Responder", 337, 112, 96)
    assert sum(row.hours for row in shares.rows) == 28 * 24
    assert shares.rows[0].is_me and shares.uneven is None
    chosen = signed_in(company.responder).get("/oncall/?shares=nights").context["oncall"].shares
    assert [(row.name, row.hours) for row in chosen.rows] == [("Lead", 672)]
    assert signed_in(company.responder).get("/oncall/?shares=nothing").status_code == 200


def test_coverage_names_gaps_lone_people_and_counts_the_rest(company: Company) -> None:
    weekly(company)
    make_schedule("alone", team=company.team, people=(company.lead,))
    short = make_schedule(
        "short", team=company.team, people=(company.lead, company.second), ends_on=NOW.date() + 7 * DAY
    )
    make_override(short, None, NOW, NOW + 3 * HOUR, by=company.admin)
    said = text(signed_in(company.outsider).get("/oncall/"))
    assert "1 gap Short" in said
    assert "rests on one person Alone Lead answers at every minute, and nobody else ever." in said
    assert "1 schedule covered at every minute, by several people" in said
    assert "3 h are closed on purpose and count as no gap." in said


def test_an_admin_of_the_team_closes_on_purpose_and_a_peer_cannot(company: Company) -> None:
    schedule, client = weekly(company), signed_in(keeper_of(company))
    assert "Nobody, on purpose (closed)" in text(client.get("/oncall/"))
    assert post(client, schedule, who="nobody").status_code == 302
    assert "Saved. Nobody answers in that time, on purpose." in text(client.get("/oncall/"))
    assert Override.objects.get().person is None
    peer = signed_in(company.second)
    assert "Nobody, on purpose (closed)" not in text(peer.get("/oncall/"))
    with nothing_written():
        assert post(peer, schedule, who="nobody").status_code == 422


def test_the_end_of_an_override_is_changed_on_the_page(company: Company) -> None:
    schedule, client, peer = weekly(company), signed_in(company.lead), signed_in(company.second)
    post(client, schedule)
    override = Override.objects.get()
    path = f"/oncall/overrides/{override.pk}/change/"
    assert path in client.get("/oncall/").content.decode()
    answer = client.post(path, {"until_at": "2026-03-02T18:00", "reason": "longer"}, follow=True)
    assert "Saved. Those concerned were told." in text(answer)
    override.refresh_from_db()
    assert override.until_at - override.from_at == 6 * HOUR
    with nothing_written():
        for data in ({"until_at": "", "reason": "x"}, {"until_at": "0001-01-01T00:00", "reason": "x"}, {"reason": ""}):
            client.post(path, data)
        refused = peer.post(path, {"until_at": "2026-03-02T19:00", "reason": "x"}, follow=True)
    assert "The admins of the team Orders can do this." in text(refused)


def asked(company: Company, **extra: Any) -> Swap:
    schedule = weekly(company)
    times = {"from_at": NOW + DAY, "until_at": NOW + DAY + HOUR, "reason": "dentist"}
    return swaps.ask(schedule=schedule, person=company.lead, by=company.responder, at=NOW, **(times | extra))


def test_who_is_asked_takes_the_shift_on_the_page(company: Company) -> None:
    swap, client = asked(company), signed_in(company.lead)
    said = text(client.get("/oncall/"))
    assert "Responder asks you to answer for Orders" in said and "Why: dentist" in said
    assert client.get("/oncall/").content.decode().count('class="btn primary"') == 1
    assert "Take this shift" in said
    assert "Taken. You answer in that time, and Responder was told." in text(answer(client, swap, "accept"))
    assert Override.objects.get().person == company.lead
    assert "Lead" in text(signed_in(company.responder).get("/oncall/")) and "accepted" in text(
        signed_in(company.responder).get("/oncall/")
    )


def test_a_shift_that_has_begun_is_asked_for_now_and_not_late(company: Company) -> None:
    asked(company, from_at=NOW, until_at=NOW + HOUR)
    page = signed_in(company.lead).get("/oncall/").content.decode()
    assert re.search(r'<div class="when">(.*?)</div>', page)[1] == "now"


def answer(client: Any, swap: Swap, do: str, **extra: str) -> Any:
    return client.post(f"/oncall/swaps/{swap.pk}/", {"do": do} | extra, follow=True)


def test_who_is_asked_declines_and_who_asked_asks_somebody_else(company: Company) -> None:
    swap, client = asked(company), signed_in(company.lead)
    said = text(answer(client, swap, "decline", answer="away"))
    assert "Declined. Responder was told and still has the shift." in said
    mine = signed_in(company.responder).get("/oncall/")
    assert "declined" in text(mine) and "“away”" in text(mine) and "Ask somebody else" in text(mine)


def test_who_asked_does_not_ask_any_more_and_others_know_nothing(company: Company) -> None:
    swap, mine = asked(company), signed_in(company.responder)
    stranger = signed_in(company.second)
    assert stranger.post(f"/oncall/swaps/{swap.pk}/", {"do": "accept"}).status_code == 404
    assert "Say whether you take the shift." in text(answer(mine, swap, "odd"))
    assert "Taken back. Lead is not asked any more." in text(answer(mine, swap, "withdraw"))
    assert "This was answered already, or taken back." in text(answer(signed_in(company.lead), swap, "accept"))


def test_an_exchange_is_offered_by_the_form(company: Company) -> None:
    schedule, client = weekly(company), signed_in(company.responder)
    other = {"who": "other", "person": "lead@example.test"}
    back = {"back_from_at": "2026-03-04T09:00", "back_until_at": "2026-03-04T12:00"}
    with nothing_written():
        half = post(client, schedule, **other, back_from_at=back["back_from_at"])
        alone = post(client, schedule, **back)
    assert "Say both times of the exchange, or none." in text(half)
    assert "An exchange needs somebody else." in text(alone)
    assert post(client, schedule, **other, **back).status_code == 302
    assert Swap.objects.get().back_until_at == datetime.fromisoformat("2026-03-04T12:00+00:00")


def test_a_person_sees_when_they_were_told_of_a_shift(company: Company) -> None:
    schedule = weekly(company)
    at = NOW + 6 * DAY
    with make._action(at):
        handovers.replan([schedule.pk], at=at)
    comes = Message.objects.filter(event=handovers.EVENT, context__restricted__kind="on").first()
    assert comes is not None
    with time_machine.travel(at, tick=False):
        said = text(signed_in(comes.recipient).get("/oncall/"))
    assert "you were told" in said
