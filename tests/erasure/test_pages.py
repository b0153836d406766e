"""The doors: erasing a person in the admin, setting and lifting legal holds, and where holds are seen."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.services import changes
from portal import access, audit
from portal.models import AuditEntry, LegalHold, User
from portal.services import erasure, hold, leaving
from tests.factories_governance import Company
from tests.factories_incidents import later, make_incident, make_root

pytestmark = pytest.mark.django_db
ADD, LIST = "/admin/portal/legalhold/add/", "/admin/portal/legalhold/"


@pytest.fixture
def root(client: Client) -> User:
    root = make_root()
    client.force_login(root)
    return root


def gone(company: Company) -> User:
    leaving.deactivate(person=company.outsider, by=make_root(), reason="has another job", at=later(1))
    return User.objects.get(pk=company.outsider.pk)


def test_the_page_of_somebody_who_left_offers_to_erase_with_a_preview(
    company: Company, client: Client, root: User
) -> None:
    person = company.outsider
    page = reverse("admin:portal_user_change", args=[person.pk])
    address = reverse("admin:portal_user_erase", args=[person.pk])
    assert address not in client.get(page).content.decode()
    assert "is still here. Let them leave first." in client.get(address).content.decode()
    person = gone(company)
    assert address in client.get(page).content.decode()
    shown = client.get(address).content.decode()
    assert "1 way to be reached." in shown and "That this person acted, when and on what" in shown
    preview = erasure.preview_person(person)
    assert len(preview.stays) == 1, "what goes is not among what stays"
    assert not any(" 0 " in f" {line}" for line in preview.lines)

    wrong = client.post(address, {"reason": "asked for it", "address": "other@example.test"})
    assert "This is not the address of the person. Nothing was erased." in wrong.content.decode()
    assert 'value="asked for it"' in wrong.content.decode()
    bare = client.post(address, {"reason": "", "address": person.email})
    assert bare.status_code == 422 and "Please say why." in bare.content.decode()
    assert User.objects.get(pk=person.pk).name == "Outsider"

    done = client.post(address, {"reason": "asked for it", "address": person.email.upper()}, follow=True)
    erased = User.objects.get(pk=person.pk)
    assert erased.is_erased and f"They are called {erased.name} now." in done.content.decode()
    assert address not in client.get(page).content.decode()


def test_a_hold_on_a_person_stands_on_their_page(company: Company, client: Client, root: User) -> None:
    person = gone(company)
    typed = {"kind": "person", "which": person.email.upper(), "reason": "case 7/26"}
    done = client.post(ADD, typed, follow=True)
    assert "It is kept." in done.content.decode()
    row = LegalHold.objects.get()
    assert (row.subject_type, row.subject_id, row.why) == ("portal.user", str(person.pk), "case 7/26")
    told = AuditEntry.objects.get(verb="hold.set")
    assert (told.target_type, told.target_id) == ("portal.user", str(person.pk))
    page = client.get(reverse("admin:portal_user_change", args=[person.pk])).content.decode()
    assert "case 7/26. Nothing about this person can be erased." in page
    address = reverse("admin:portal_user_erase", args=[person.pk])
    assert "is kept for legal reasons (case 7/26)" in client.get(address).content.decode()
    posted = client.post(address, {"reason": "asked for it", "address": person.email})
    assert posted.status_code == 200 and not User.objects.get(pk=person.pk).is_erased


def test_a_hold_is_lifted_from_the_list_with_a_reason(company: Company, client: Client, root: User) -> None:
    hold.begin(subject=company.outsider, why="case 7/26", by=root, at=later(1))
    row = LegalHold.objects.get()
    chosen = {"action": "lift", "_selected_action": [str(row.pk)]}
    client.post(LIST, chosen | {"reason": ""})
    assert LegalHold.objects.get().lifted_at is None
    said = client.post(LIST, chosen | {"reason": "settled"}, follow=True).content.decode()
    assert "The hold is lifted." in said and LegalHold.objects.get().lifted_at is not None
    again = client.post(LIST, chosen | {"reason": "settled"}, follow=True).content.decode()
    assert "Somebody has ended this before you." in again
    assert client.get(f"{LIST}{row.pk}/change/").status_code == 200


@pytest.mark.parametrize(
    ("kind", "which", "sentence"),
    [
        ("person", "", "Say which one is kept."),
        ("person", "nobody@example.test", "There is nothing of this name."),
        ("incident", "INC-1999-0001", "There is nothing of this name."),
        ("change", "nothing", "There is nothing of this name."),
        ("everything", "INC-1999-0001", "Leave this empty, or choose what it is."),
    ],
)
def test_a_hold_needs_something_that_is_there(
    company: Company, client: Client, root: User, kind: str, which: str, sentence: str
) -> None:
    said = client.post(ADD, {"kind": kind, "which": which, "reason": "case 7/26"}).content.decode()
    assert sentence in said and 'value="case 7/26"' in said
    assert not LegalHold.objects.exists() and not AuditEntry.objects.filter(verb="hold.set").exists()


def test_the_same_is_not_held_twice(company: Company, client: Client, root: User) -> None:
    typed = {"kind": "everything", "which": "", "reason": "case 7/26"}
    client.post(ADD, typed)
    assert "This is kept for legal reasons already." in client.post(ADD, typed).content.decode()
    assert LegalHold.objects.count() == 1


def test_pages_of_what_is_held_say_so(company: Company, client: Client, root: User) -> None:
    incident = make_incident(company)
    change = changes.begin(document=company.rubric, by=company.admin, at=later(0))
    pages: list[tuple[User, Any]] = [(company.responder, incident), (company.admin, change)]
    for reader, subject in pages:
        client.force_login(reader)
        assert "Kept for legal reasons" not in client.get(subject.get_absolute_url()).content.decode()
        client.force_login(root)
        kind = {"incident": "incident", "changerequest": "change"}[subject._meta.model_name]
        client.post(ADD, {"kind": kind, "which": subject.reference.lower(), "reason": "case 7/26"})
        client.force_login(reader)
        shown = client.get(subject.get_absolute_url()).content.decode()
        assert "Kept for legal reasons since" in shown and "Nothing here can be erased." in shown


def test_only_administrators_set_and_lift_holds(company: Company) -> None:
    row = hold.begin(subject=None, why="case 7/26", by=make_root(), at=later(1))
    for by in (company.admin, company.lead):
        with pytest.raises(access.Refused):
            hold.begin(subject=company.outsider, why="mine", by=by, at=later(2))
        with pytest.raises(access.Refused):
            hold.lift(hold=row, reason="mine", by=by, at=later(2))
    assert list(hold.standing()) == [row] and audit.current() is None
