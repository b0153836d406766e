"""People, teams, ways to be reached, absences."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from portal import access, delivery, limits, links, roles
from portal.models import Absence, AuditEntry, ContactMethod, Membership, Message, User
from portal.services import absences, contacts, leaving, people
from tests import factories

pytestmark = pytest.mark.django_db
NOW = factories.NOW


def everything() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (User, Membership, ContactMethod, Absence, Message, AuditEntry))


def refused(error: type[Exception], words: str, act: Any) -> None:
    before = everything()
    with pytest.raises(error, match=words):
        act()
    assert everything() == before


def test_a_person_signs_in_with_the_address_and_is_reached_there() -> None:
    admin = factories.make_user()
    person = people.create_person(email="Ada@Example.com", name="Ada", by=admin, reason="new", at=NOW, verified=True)
    assert person.email == "ada@example.com"
    method = ContactMethod.objects.get(user=person)
    assert (method.address, method.verified_at) == ("ada@example.com", NOW)
    assert person.emailaddress_set.get().verified
    assert not person.has_usable_password()


def test_one_address_belongs_to_one_person() -> None:
    factories.make_user("ada@example.com")
    refused(
        people.AddressTaken,
        "already here",
        lambda: people.create_person(email="ADA@example.com", by=None, actor_label="t", reason="x", at=NOW),
    )


def test_nobody_deactivates_themselves() -> None:
    admin = factories.make_user()
    refused(
        leaving.NotYourself,
        "another administrator",
        lambda: leaving.deactivate(person=admin, by=admin, reason="x", at=NOW),
    )


def test_a_deactivated_person_keeps_the_history() -> None:
    admin, person = factories.make_user(), factories.make_user()
    leaving.deactivate(person=person, by=admin, reason="left the company", at=NOW)
    row = User.history.filter(id=person.pk).first()
    assert (row.is_active, row.reason, row.history_user_id) == (False, "left the company", admin.pk)


def test_membership_comes_and_goes_with_history() -> None:
    team, person = factories.make_team(), factories.make_user()
    factories.make_user(teams=(team,))
    common: dict[str, Any] = {"person": person, "team": team, "by": person, "reason": "moved", "at": NOW}
    people.join_team(**common)
    assert person.groups.get() == team.group
    refused(people.AlreadyThere, "already in", lambda: people.join_team(**common))
    people.leave_team(**common)
    refused(people.NotThere, "is not in", lambda: people.leave_team(**common))
    mine = Membership.history.filter(user=person)
    assert list(mine.values_list("history_type", flat=True)) == ["-", "+"]


def test_the_admin_role_opens_and_closes_the_admin() -> None:
    person = factories.make_user(roles=(roles.ADMIN,))
    factories.make_user(roles=(roles.ADMIN,))
    assert User.objects.get(pk=person.pk).is_staff
    people.revoke_role(person=person, role=roles.ADMIN, by=None, actor_label="t", reason="x", at=NOW)
    assert not User.objects.get(pk=person.pk).is_staff


def test_a_new_way_gets_a_link_that_proves_it(mailoutbox: list[Any]) -> None:
    person, now = factories.make_user(), timezone.now()
    method, secret = contacts.add(
        user=person, channel="email", address=" Other@Example.com ", lane="urgent", by=person, at=now
    )
    assert (method.address, method.verified_at, secret) == ("other@example.com", None, "")
    message = Message.objects.get(method=method)
    delivery.work([message.pk])
    assert [mail.to for mail in mailoutbox] == [["other@example.com"]]
    token = re.search(r"/go/([^/\s]+)/", mailoutbox[0].body)
    assert token
    contacts.verify(grant=links.read(token[1]), at=now)
    assert ContactMethod.objects.get(pk=method.pk).verified_at == now


def test_a_webhook_has_a_secret_that_is_stored_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.channels import network

    monkeypatch.setattr(network, "resolver", lambda host, port: ["93.184.216.34"])
    person = factories.make_user()
    method, secret = contacts.add(
        user=person, channel="webhook", address="https://hooks.example.com/x", lane="urgent", by=person, at=NOW
    )
    assert secret.startswith("whsec_")
    assert secret not in ContactMethod.objects.get(pk=method.pk).secret
    assert all(secret not in entry.payload.content for entry in AuditEntry.objects.all())


@pytest.mark.parametrize("address", ["", "x", "a@b@c", "a\r\nBcc: b@example.com", "\x00@example.com"])
def test_a_way_that_leads_nowhere_is_refused(address: str) -> None:
    person = factories.make_user()
    refused(
        contacts.BadAddress,
        "not an e-mail address",
        lambda: contacts.add(user=person, channel="email", address=address, lane="urgent", by=person, at=NOW),
    )


def test_nobody_changes_the_ways_of_others() -> None:
    owner, other = factories.make_user(), factories.make_user()
    method = ContactMethod.objects.get(user=owner)
    for act in (contacts.remove, contacts.send_test):
        refused(access.Refused, "somebody else", lambda act=act: act(method=method, by=other, at=NOW))
    refused(
        access.Refused,
        "somebody else",
        lambda: contacts.add(user=owner, channel="email", address="x@example.com", lane="urgent", by=other, at=NOW),
    )


def test_a_test_goes_only_to_a_proved_way_and_not_twice_a_minute() -> None:
    person = factories.make_user()
    method = factories.make_contact_method(person, verified_at=None)
    refused(contacts.NotVerified, "open the link", lambda: contacts.send_test(method=method, by=person, at=NOW))
    proved = ContactMethod.objects.get(user=person, address=person.email)
    assert contacts.send_test(method=proved, by=person, at=NOW).method == proved
    refused(contacts.TooMany, "wait a moment", lambda: contacts.send_test(method=proved, by=person, at=NOW))
    contacts.send_test(method=proved, by=person, at=NOW + timedelta(minutes=1))


def test_ten_ways_are_enough() -> None:
    person = factories.make_user()
    for _ in range(contacts.MOST - 1):
        factories.make_contact_method(person)
    refused(
        contacts.TooMany,
        "10 ways",
        lambda: contacts.add(user=person, channel="email", address="x@example.com", lane="urgent", by=person, at=NOW),
    )


def test_adding_and_removing_addresses_does_not_write_to_strangers_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "PROOFS", 3)
    person = factories.make_user()

    def add(number: int, at: datetime) -> Any:
        address = f"x{number}@example.com"
        return contacts.add(user=person, channel="email", address=address, lane="urgent", by=person, at=at)[0]

    for number in range(3):
        contacts.remove(method=add(number, NOW), by=person, at=NOW)
    refused(contacts.TooMany, "within an hour", lambda: add(3, NOW))
    add(3, NOW + timedelta(hours=1))


def test_a_removed_way_takes_no_proof() -> None:
    person = factories.make_user()
    method, _ = contacts.add(user=person, channel="email", address="x@example.com", lane="urgent", by=person, at=NOW)
    message = Message.objects.get(method=method)
    grant = links.read(links.make(message, person.pk, contacts.PURPOSE, 0))
    contacts.remove(method=method, by=person, at=NOW)
    refused(contacts.Gone, "removed", lambda: contacts.verify(grant=grant, at=NOW))


def test_away_with_a_cover_and_back_again() -> None:
    person, cover = factories.make_user(), factories.make_user()
    absence = absences.add(user=person, starts_at=NOW, ends_at=NOW + timedelta(days=2), cover=cover, by=person, at=NOW)
    entry = AuditEntry.objects.filter(verb="absence.added").get()
    assert json.loads(entry.payload.content)["reason"] == "away"
    absences.cancel(absence=absence, by=person, at=NOW)
    refused(absences.Gone, "taken back", lambda: absences.cancel(absence=absence, by=person, at=NOW))


def test_what_is_past_of_an_absence_stays_as_it_was_and_nobody_was_away_before_saying_so() -> None:
    person, day = factories.make_user(), timedelta(days=1)
    begun, later = (
        absences.add(user=person, starts_at=NOW + n * day, ends_at=NOW + (n + 2) * day, cover=None, by=person, at=NOW)
        for n in (0, 10)
    )
    common: dict[str, Any] = {"cover": None, "by": person}
    absences.change(absence=begun, starts_at=NOW + 2 * day, ends_at=NOW + 3 * day, at=NOW + day, **common)
    absences.change(absence=later, starts_at=NOW, ends_at=NOW + 6 * day, at=NOW + 4 * day, **common)
    found = Absence.objects.order_by("starts_at").values_list("starts_at", "ends_at")
    assert list(found) == [(NOW, NOW + 3 * day), (NOW + 4 * day, NOW + 6 * day)]


def test_impossible_absences_are_refused() -> None:
    person, cover, gone = factories.make_user(), factories.make_user(), factories.make_user(is_active=False)
    day = timedelta(days=1)
    factories.make_absence(cover, NOW, NOW + day)
    factories.make_absence(person, NOW + 10 * day, NOW + 11 * day)
    cases = [
        ("before you leave", NOW + day, NOW, None),
        ("over already", NOW - 2 * day, NOW - day, None),
        ("already said", NOW + 9 * day, NOW + 12 * day, None),
        ("somebody else", NOW, NOW + day, person),
        ("away then, too", NOW, NOW + day, cover),
        ("does not work here", NOW, NOW + day, gone),
    ]
    for words, start, end, by in cases:
        refused(
            absences.BadAbsence,
            words,
            lambda start=start, end=end, by=by: absences.add(
                user=person, starts_at=start, ends_at=end, cover=by, by=person, at=NOW
            ),
        )


def test_an_invitation_leads_to_a_password_and_proves_the_address(mailoutbox: list[Any], client: Any) -> None:
    admin, now = factories.make_user(), timezone.now()
    person = people.create_person(email="new@example.com", name="Nia", by=admin, reason="new", at=now)
    people.invite(person=person, by=admin, reason="new", at=now)
    delivery.work(list(Message.objects.filter(recipient=person).values_list("pk", flat=True)))
    (path,) = re.findall(r"http://testserver(/go/\S+/)", mailoutbox[0].body)
    assert client.get(path).status_code == 200
    page = client.post(path, follow=True)
    answer = client.post(
        page.request["PATH_INFO"], {"password1": "a long enough phrase", "password2": "a long enough phrase"}
    )
    assert answer.status_code == 302
    assert User.objects.get(pk=person.pk).check_password("a long enough phrase")
    assert ContactMethod.objects.get(user=person).verified_at is not None
    assert client.get(path).status_code == 410
    assert client.login(email="new@example.com", password="a long enough phrase")


def test_the_first_administrator_has_a_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", factories.PASSWORD)
    call_command("createsuperuser", "--noinput", "--email", "root@example.com", verbosity=0)
    person = User.objects.get()
    assert (person.is_superuser, person.history.get().actor_label) == (True, "createsuperuser")
    assert ContactMethod.objects.get().verified_at is not None
