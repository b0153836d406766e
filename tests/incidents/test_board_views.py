"""Filters of the board under a name: kept, listed, renamed, removed, for one person alone."""

from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from incidents.models import BoardView, Incident
from incidents.services import board_views
from portal import limits
from portal.models import User
from tests.factories_governance import NOW, Company
from tests.factories_incidents import make_incident
from tests.incidents.test_board import change, titles

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def keep(user: User, name: str, **filters: str) -> Any:
    return client_of(user).post("/incidents/views/", filters | {"name": name})


def test_filters_are_kept_under_a_name_and_stand_above_the_list(company: Company) -> None:
    answer = keep(company.responder, "Orders <b>", team="orders", q="late", after="zz", foreign="1")
    assert (answer.status_code, answer["Location"]) == (302, "/incidents/?team=orders&q=late")
    page = client_of(company.responder).get("/incidents/?team=orders&q=late").content.decode()
    assert escape("Orders <b>") in page and "Rename or remove" in page and "Keep this view" not in page
    assert "Orders &lt;b" not in client_of(company.second).get("/incidents/").content.decode()


def test_a_name_stands_for_one_view_whatever_its_case(company: Company) -> None:
    keep(company.responder, "Late", q="late")
    answer = keep(company.responder, "LATE", q="other")
    assert answer.status_code == 422 and "already have a view" in answer.content.decode()
    assert BoardView.objects.get().query == "q=late"
    assert keep(company.second, "Late", q="late").status_code == 302


def test_a_name_stands_for_one_view_in_every_script(company: Company) -> None:
    keep(company.responder, "Ärger", q="late")
    assert keep(company.responder, "ÄRGER", q="other").status_code == 422
    other = board_views.save(user=company.responder, name="Other", query="q=x", at=NOW)
    with pytest.raises(board_views.NotKept, match="^You already have a view called “äRGER”. Choose another name.$"):
        board_views.rename(view=other, name="äRGER")
    assert sorted(BoardView.objects.values_list("name", "query")) == [("Other", "q=x"), ("Ärger", "q=late")]


def test_a_name_of_120_characters_is_the_longest(company: Company) -> None:
    assert keep(company.responder, "x" * 121, q="late").status_code == 422
    assert not BoardView.objects.exists()
    assert keep(company.responder, "x" * 120, q="late").status_code == 302
    assert "x" * 120 in client_of(company.responder).get("/incidents/").content.decode()


def test_a_view_removed_in_another_window_is_not_renamed(company: Company) -> None:
    view = board_views.save(user=company.responder, name="Mine", query="q=late", at=NOW)
    BoardView.objects.all().delete()
    with pytest.raises(board_views.NotKept, match="^The view “Mine” is gone; the incidents are still there.$"):
        board_views.rename(view=view, name="Yours")
    assert not BoardView.objects.exists()


def test_a_view_of_a_team_or_process_that_is_gone_says_what_it_asks_for(company: Company) -> None:
    make_incident(company, title="Real")
    keep(company.responder, "Old team", team="disbanded", workflow="unknown")
    page = client_of(company.responder).get("/incidents/?team=disbanded&workflow=unknown").content.decode()
    assert '<option value="disbanded" selected>disbanded</option>' in page
    assert '<option value="unknown" selected>unknown</option>' in page
    assert "No incident fits these filters" in page and "Rename or remove" in page and "Real" not in page
    change(company.workflow, lifecycle="retired")
    page = client_of(company.responder).get(f"/incidents/?workflow={company.workflow.key}").content.decode()
    assert f'<option value="{company.workflow.key}" selected>{company.workflow.name}</option>' in page
    assert "Real" in page


def test_a_view_shows_nobody_more_than_they_may_see(company: Company) -> None:
    change(make_incident(company, title="Payroll zebra"), is_restricted=True)
    keep(company.outsider, "All", state="all", q="zebra")
    page = client_of(company.outsider).get("/incidents/?state=all&q=zebra").content.decode()
    assert "Payroll" not in page and "No incident fits these filters" in page


def test_twenty_views_are_the_most(company: Company) -> None:
    for number in range(limits.BOARD_VIEWS):
        board_views.save(user=company.responder, name=f"View {number}", query="", at=NOW)
    answer = keep(company.responder, "One more", q="late")
    assert answer.status_code == 422 and "20 views" in answer.content.decode()
    assert BoardView.objects.count() == limits.BOARD_VIEWS


def test_a_view_is_renamed_and_removed_by_its_owner_alone(company: Company) -> None:
    make_incident(company)
    view = board_views.save(user=company.responder, name="Mine", query="q=late", at=NOW)
    board_views.save(user=company.responder, name="Other", query="q=x", at=NOW)
    address = f"/incidents/views/{view.pk}/"
    stranger = client_of(company.second)
    assert {stranger.post(address, {"name": "Theirs"}).status_code, stranger.get(address).status_code} == {404}
    assert stranger.post(address + "remove/").status_code == 404
    owner = client_of(company.responder)
    assert owner.post(address, {"name": "other"}).status_code == 422
    assert owner.post(address, {"name": " "}).status_code == 422
    assert BoardView.objects.get(pk=view.pk).name == "Mine"
    assert owner.post(address, {"name": "MINE"}).status_code == 302
    assert BoardView.objects.get(pk=view.pk).name == "MINE"
    assert owner.post(address + "remove/").status_code == 302
    assert not BoardView.objects.filter(pk=view.pk).exists() and Incident.objects.count() == 1


def test_near_misses_are_told_apart(company: Company) -> None:
    make_incident(company, title="Real")
    change(make_incident(company, title="Nearly"), kind=Incident.Kind.NEAR_MISS)
    assert titles(company.responder, kind="near_miss") == ["Nearly"]
    assert titles(company.responder, kind="incident") == ["Real"]
    assert sorted(titles(company.responder, kind="broken")) == ["Nearly", "Real"]
    assert "near miss" in client_of(company.responder).get("/incidents/").content.decode()
