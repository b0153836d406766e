"""`/profile/` and `/inbox/`."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from portal import audit, secrets
from portal.models import Absence, AuditEntry, ContactMethod, Message, User
from portal.services import contacts
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(client: Any) -> User:
    person = factories.make_user("ada@example.com", name="Ada")
    client.force_login(person)
    return person


def test_light_or_dark_is_chosen_on_the_profile(client: Any, person: User) -> None:
    assert "data-theme-choice" in client.get("/profile/").content.decode()
    client.cookies["theme"] = "dark"
    assert '<option value="dark" selected>' in client.get("/profile/").content.decode()


def test_language_and_zone_are_kept(client: Any, person: User) -> None:
    form = {"name": "Ada L.", "locale": "de", "time_zone": "Europe/Berlin"}
    assert client.post(reverse("profile-preferences"), form).url == "/profile/"
    person.refresh_from_db()
    assert (person.name, person.locale, person.time_zone) == ("Ada L.", "de", "Europe/Berlin")


@pytest.mark.parametrize("change", [{"time_zone": "Mars/Base"}, {"locale": "xx"}, {"name": ""}, {"name": "a\x00b"}])
def test_what_does_not_exist_is_refused_on_the_page(client: Any, person: User, change: dict[str, str]) -> None:
    before = AuditEntry.objects.count()
    form = {"name": "Ada", "locale": "de", "time_zone": ""} | change
    assert client.post(reverse("profile-preferences"), form).status_code == 422
    assert AuditEntry.objects.count() == before
    assert User.objects.get(pk=person.pk).locale == ""


def test_a_way_is_added_tested_and_removed(client: Any, person: User) -> None:
    form = {"channel": "email", "address": "other@example.com", "lane": "urgent"}
    assert client.post(reverse("profile-method-add"), form).url == "/profile/"
    method = ContactMethod.objects.get(address="other@example.com")
    assert "not confirmed yet" in client.get("/profile/").content.decode()
    proved = ContactMethod.objects.get(address="ada@example.com")
    assert client.post(reverse("profile-method-test", args=[proved.pk])).status_code == 302
    assert Message.objects.filter(event=contacts.TEST, method=proved).count() == 1
    client.post(reverse("profile-method-remove", args=[method.pk]))
    assert not ContactMethod.objects.filter(pk=method.pk).exists()


def test_an_inside_address_for_a_webhook_is_refused_in_words(client: Any, person: User) -> None:
    form = {"channel": "webhook", "address": "https://127.0.0.1/x", "lane": "urgent"}
    answer = client.post(reverse("profile-method-add"), form)
    assert answer.status_code == 422
    assert "private network" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]  # else this page shows the signing secret, this once
    assert ContactMethod.objects.filter(user=person).count() == 1


def test_the_ways_of_others_do_not_exist_for_me(client: Any, person: User) -> None:
    other = ContactMethod.objects.get(user=factories.make_user())
    for name in ("link", "test", "remove"):
        assert client.post(reverse(f"profile-method-{name}", args=[other.pk])).status_code == 404
    assert ContactMethod.objects.filter(pk=other.pk).exists()


def test_away_and_back(client: Any, person: User) -> None:
    cover = factories.make_user("kofi@example.com")
    start = timezone.now() + timedelta(days=1)
    form = {
        "starts_at": f"{start:%Y-%m-%dT%H:%M}",
        "ends_at": f"{start + timedelta(days=2):%Y-%m-%dT%H:%M}",
        "cover": "Kofi@example.com",
    }
    assert client.post(reverse("profile-absence-add"), form).status_code == 302
    absence = Absence.objects.get()
    assert absence.cover == cover
    again = client.post(reverse("profile-absence-add"), form)
    assert again.status_code == 422
    assert again.context["away"].errors == {"starts_at": ["You have already said that you are away at that time."]}
    client.post(reverse("profile-absence-cancel", args=[absence.pk]))
    assert not Absence.objects.exists()


@pytest.mark.parametrize("year", ["0001", "1970", "9999"])
def test_a_date_of_another_age_is_refused(client: Any, person: User, year: str) -> None:
    form = {"starts_at": f"{year}-01-01T00:00", "ends_at": f"{year}-12-31T00:00", "cover": ""}
    assert client.post(reverse("profile-absence-add"), form).status_code == 422
    assert not Absence.objects.exists()


def test_the_inbox_shows_what_i_was_told_and_marks_it_read(client: Any, person: User) -> None:
    method = ContactMethod.objects.get(user=person)
    contacts.send_test(method=method, by=person, at=timezone.now())
    Message.objects.update(channel="inbox", context={"restricted": {"address": "<b>x</b>"}}, data_class="restricted")
    page = client.get("/inbox/").content.decode()
    assert "Test: you can be reached here" in page
    assert "&lt;b&gt;" in page
    assert "<b>x" not in page
    assert client.post(reverse("inbox-read")).status_code == 302
    assert Message.objects.get().read_at is not None


def test_a_long_address_in_the_inbox_shows_its_beginning_and_leads_to_its_end(client: Any, person: User) -> None:
    contacts.send_test(method=ContactMethod.objects.get(user=person), by=person, at=timezone.now())
    address = "https://portal.example.com/" + "signed" * 20
    Message.objects.update(channel="inbox", context={"restricted": {"address": address}}, data_class="restricted")
    page = client.get("/inbox/").content.decode()
    assert f'<a href="{address}" rel="nofollow">{address[:39]}…</a>' in page
    assert page.count(address) == 1


def test_the_inbox_leads_to_the_exact_place_with_one_button_and_no_one_time_link(client: Any, person: User) -> None:
    contacts.send_test(method=ContactMethod.objects.get(user=person), by=person, at=timezone.now())
    facts = {"title": "Orders late", "severity": "sev1", "url": settings.SITE_URL + "/incidents/INC-1/"}
    asked = facts | {"actions": [{"purpose": "acknowledge", "generation": 1}]}
    Message.objects.update(channel="inbox", event="incident.level", context={"internal": asked}, data_class="internal")
    page = client.get("/inbox/").content.decode()
    assert page.count('href="/incidents/INC-1/"') == 2  # the title, and the button that a phone has no room for
    assert 'href="/incidents/INC-1/">Open the incident<span' in page
    assert "/go/" not in page and "Take it with one click" not in page and "INC-1/\n" not in page
    assert re.search(r"<p>[^·]*· You are asked to take this incident\.</p>", page)
    assert f"<p>{settings.SITE_NAME}" not in page


def test_only_the_newest_message_not_read_stands_open(client: Any, person: User) -> None:
    for number in range(3):
        at = timezone.now() + timedelta(minutes=5 * number)
        contacts.send_test(method=ContactMethod.objects.get(user=person), by=person, at=at)
    Message.objects.update(channel="inbox", event="incident.level", context={"internal": {"title": "Late"}})
    Message.objects.update(data_class="internal", subject_id=F("id"))
    assert client.get("/inbox/").content.decode().count("<details open>") == 1
    newest = Message.objects.order_by("-created_at", "-id")[:1].get()
    Message.objects.exclude(pk=newest.pk).update(read_at=timezone.now())
    page = client.get("/inbox/").content.decode()
    assert page.count("<details open>") == 1
    assert page.index("<details open>") < page.index("<details>")
    Message.objects.update(read_at=timezone.now())
    assert "<details open>" not in client.get("/inbox/").content.decode()


@pytest.mark.parametrize("before", ["x", "2026-13-01", "9999-12-31T23:59:59+00:00", "2026-01-01"])
def test_a_strange_place_in_the_inbox_is_its_beginning(client: Any, person: User, before: str) -> None:
    assert client.get("/inbox/", {"before": before}).status_code == 200


def test_a_get_changes_nothing(client: Any, person: User) -> None:
    for name in ("profile-preferences", "profile-method-add", "profile-absence-add"):
        assert client.get(reverse(name)).url == "/profile/"
    assert client.get(reverse("inbox-read")).status_code == 405


def test_pages_speak_the_language_and_the_time_of_the_person(client: Any, person: User) -> None:
    absence = factories.make_absence(person, factories.NOW.replace(year=2030), factories.NOW.replace(year=2031))
    client.post(reverse("profile-preferences"), {"name": "Ada", "locale": "de", "time_zone": "Asia/Tokyo"})
    answer = client.get("/profile/")
    assert answer["Content-Language"] == "de"
    assert "21:00" in answer.content.decode()
    assert absence.starts_at.hour == 12


@pytest.mark.parametrize("name", ["profile-preferences", "profile-method-add", "profile-absence-add"])
def test_who_reloads_a_refused_form_is_led_to_the_profile(client: Any, person: User, name: str) -> None:
    assert client.post(reverse(name), {}).status_code == 422
    assert client.get(reverse(name)).url == "/profile/"


def add_way(person: User, address: str, **fields: Any) -> ContactMethod:
    with audit.action(actor=person, reason="test", at=timezone.now()):
        method = ContactMethod(user=person, channel="email", address=address, verified_at=timezone.now(), **fields)
        method.save()
    return method


def test_the_ways_are_put_in_order_with_waits_and_read_as_a_sentence(client: Any, person: User) -> None:
    second = add_way(person, "phone@example.com", order=5)
    assert "At once by e-mail, by e-mail only when that fails." in client.get("/profile/").content.decode()
    assert client.post(reverse("profile-method-move", args=[second.pk]), {"to": "earlier"}).status_code == 302
    form = {"lane": "urgent", "wait_minutes": "5"}
    assert client.post(reverse("profile-method-change", args=[second.pk]), form).status_code == 302
    ways = ContactMethod.objects.filter(user=person).order_by("order")
    assert [(way.address, way.wait_minutes) for way in ways] == [("phone@example.com", 5), ("ada@example.com", 0)]
    assert "At once by e-mail, after 5 minutes by e-mail." in client.get("/profile/").content.decode()


@pytest.mark.parametrize("form", [{"lane": "urgent", "wait_minutes": "-1"}, {"lane": "x", "wait_minutes": "1"}, {}])
def test_a_wait_that_makes_no_sense_changes_nothing(client: Any, person: User, form: dict[str, str]) -> None:
    way, entries = ContactMethod.objects.get(user=person), AuditEntry.objects.count()
    assert client.post(reverse("profile-method-change", args=[way.pk]), form).status_code == 302
    assert "Nothing was changed." in client.get("/profile/").content.decode()
    assert ContactMethod.objects.get(user=person).wait_minutes == 0
    assert AuditEntry.objects.count() == entries


def test_the_first_way_cannot_go_further_up(client: Any, person: User) -> None:
    way = ContactMethod.objects.get(user=person)
    client.post(reverse("profile-method-move", args=[way.pk]), {"to": "earlier"})
    assert "has that place already" in client.get("/profile/").content.decode()


def test_quiet_hours_are_set_said_and_taken_back(client: Any, person: User) -> None:
    assert client.post(reverse("profile-quiet"), {"begin": "22:00", "end": "07:00"}).url == "/profile/"
    assert "Between 22:00 and 07:00" in client.get("/profile/").content.decode()
    assert client.post(reverse("profile-quiet"), {"begin": "", "end": ""}).url == "/profile/"
    person.refresh_from_db()
    assert (person.quiet_from, person.quiet_until) == (None, None)


@pytest.mark.parametrize(
    "form", [{"begin": "22:00"}, {"begin": "22:00", "end": "22:00"}, {"begin": "x", "end": "1:00"}]
)
def test_half_quiet_hours_are_refused(client: Any, person: User, form: dict[str, str]) -> None:
    assert client.post(reverse("profile-quiet"), form).status_code == 422
    person.refresh_from_db()
    assert person.quiet_from is None


def test_the_address_of_a_chat_is_a_secret_that_no_page_shows(client: Any, person: User) -> None:
    url = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
    form = {"channel": "chat", "address": url, "label": "on-call room", "lane": "urgent"}
    assert client.post(reverse("profile-method-add"), form).url == "/profile/"
    way = ContactMethod.objects.get(channel="chat")
    assert (way.address, secrets.decrypt(way.secret)) == ("slack: on-call room", url)
    page = client.get("/profile/").content.decode()
    assert "slack: on-call room" in page
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in page


@pytest.mark.parametrize("address", ["file:///etc/passwd", "exec://rm", "dbus://", "https://example.com/x", "slack://"])
def test_other_services_are_refused_for_a_chat(client: Any, person: User, address: str) -> None:
    form = {"channel": "chat", "address": address, "label": "x", "lane": "urgent"}
    assert client.post(reverse("profile-method-add"), form).status_code == 422
    assert not ContactMethod.objects.filter(channel="chat").exists()
