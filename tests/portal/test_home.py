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


def test_more_than_eight_things_are_one_link_away(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.home_cards, "_entries", {"a": card(*(item(f"Thing {n}.") for n in range(11)))})
    client.force_login(factories.make_user())
    page = client.get("/").content.decode()
    assert "3 more things need you." in page and '<a href="?show=all">' in page and "Thing 10." not in page
    every = client.get("/?show=all").content.decode()
    assert "Thing 10." in every and "more things" not in every


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


def test_whoever_has_nothing_to_do_sees_the_next_date_and_one_way_on(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = home.Ahead(url="/late/", button="Look late", sentence="Later.", at=NOW + timedelta(days=2))
    soon = home.Ahead(url="/soon/", button="Look soon", sentence="Sooner.", at=NOW + timedelta(days=1))
    some = home.Ahead(url="/some/", button="Look")
    entries: dict[str, Any] = {name: (lambda user, *, at, it=it: it) for name, it in (("a", late), ("b", some))}
    monkeypatch.setattr(registry.home_cards, "_entries", {})
    monkeypatch.setattr(registry.home_ahead, "_entries", entries | {"c": lambda user, *, at: soon})
    client.force_login(factories.make_user())
    page = client.get("/").content.decode()
    assert "Sooner." in page and '<a class="btn small" href="/soon/">Look soon</a>' in page
    assert "Later." not in page
    monkeypatch.setattr(registry.home_ahead, "_entries", {"b": entries["b"], "none": lambda user, *, at: None})
    page = client.get("/").content.decode()
    assert "When something does, it stands here" in page and '<a class="btn small" href="/some/">Look</a>' in page


def test_whom_something_needs_is_not_asked_for_the_next_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.home_cards, "_entries", {"a": card(item("First thing", NOW))})
    monkeypatch.setattr(registry.home_ahead, "_entries", {"a": lambda user, *, at: pytest.fail("asked")})
    assert home.now(factories.make_user(), at=NOW).ahead is None


def test_severity_and_time_stand_before_the_reason_that_speaks_of_them(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [home.Item(f"{n} thing", "By then.", "/x/", "Do", NOW, severity=f"sev{n}") for n in (1, 2)]
    monkeypatch.setattr(registry.home_cards, "_entries", {"a": card(*rows)})
    client.force_login(factories.make_user())
    first, second = client.get("/").content.decode().partition('id="also"')[::2]
    assert first.index('data-sev="1"') < first.index("By then.")
    assert second.index('data-sev="2"') < second.index("late by") < second.index("By then.")


def test_one_has_to_sign_in(client: Any) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/")
    assert client.post("/").status_code in (302, 405)
