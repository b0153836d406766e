"""`/`: what needs me now."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from portal import registry
from portal.models import User
from portal.reads import home
from tests import factories

pytestmark = pytest.mark.django_db
NOW = factories.NOW


def card(*items: home.Item) -> Any:
    def needs(user: User, *, at: datetime) -> list[home.Item]:
        return list(items)

    return needs


def item(title: str, due_at: datetime | None = None) -> home.Item:
    return home.Item(title=title, reason="Because.", url="/x/", button="Do", due_at=due_at)


def test_the_soonest_thing_comes_first_and_what_has_no_time_last(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = {"a": card(item("later", NOW + timedelta(hours=1)), item("whenever")), "b": card(item("soon", NOW))}
    monkeypatch.setattr(registry.home_cards, "_entries", cards)
    now = home.now(factories.make_user(), at=NOW)
    assert now.first and now.first.title == "soon"
    assert [other.title for other in now.others] == ["later", "whenever"]


def test_more_than_eight_things_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.home_cards, "_entries", {"a": card(*(item(str(n)) for n in range(11)))})
    now = home.now(factories.make_user(), at=NOW)
    assert (len(now.others), now.more) == (7, 3)


def test_the_page_has_one_primary_button(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.home_cards, "_entries", {"a": card(item("First thing", NOW), item("Second thing"))})
    client.force_login(factories.make_user(name="Mara Voss"))
    page = client.get("/").content.decode()
    assert page.count("btn primary") == 1
    assert page.index("First thing") < page.index("Second thing")
    assert "Mara" in page


def test_nothing_to_do_is_said_too(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.home_cards, "_entries", {})
    client.force_login(factories.make_user())
    page = client.get("/").content.decode()
    assert "Nothing needs you" in page
    assert "btn primary" not in page


def test_one_has_to_sign_in(client: Any) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/")
    assert client.post("/").status_code in (302, 405)
