"""The admin: a reason for every change, history in view, nothing governed is deleted."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse

from portal import access, audit, history, roles
from portal.admin.base import ReadOnlyAdmin, ReasonedAdmin
from portal.models import Absence, AuditEntry, Department, Membership, Message, Team, User
from portal.services import absences
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Any) -> User:
    boss = factories.make_user("boss@example.com", name="Boss", roles=(roles.ADMIN,))
    client.force_login(boss)
    return boss


def change(client: Any, obj: Any, **form: Any) -> Any:
    return client.post(reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk]), form)


def test_a_change_needs_a_reason(client: Any, boss: User) -> None:
    department = factories.make_department("ops", "Ops")
    before = AuditEntry.objects.count()
    answer = change(client, department, key="ops", name="Operations")
    assert answer.status_code == 200
    assert "This field is required" in answer.content.decode()
    assert Department.objects.get().name == "Ops"
    assert AuditEntry.objects.count() == before


def test_a_change_is_in_history_with_person_and_reason(client: Any, boss: User) -> None:
    department = factories.make_department("ops", "Ops")
    assert change(client, department, key="ops", name="Operations", reason="clearer name").status_code == 302
    row = history.model_of(Department).objects.first()
    assert (row.name, row.reason, row.history_user) == ("Operations", "clearer name", boss)
    page = client.get(reverse("admin:portal_department_history", args=[department.pk])).content.decode()
    assert "clearer name" in page
    assert "style=" not in page
    heads = re.findall(r'<th scope="col">(.*?)</th>', page.partition('id="change-history"')[2])
    assert heads == ["Object", "Who", "Reason", "When", "What", "Changes"]


def test_a_new_team_gets_its_group(client: Any, boss: User) -> None:
    department = factories.make_department()
    form = {"key": "pay", "name": "Payments", "department": department.pk, "is_active": "on", "reason": "new team"}
    assert client.post(reverse("admin:portal_team_add"), form).status_code == 302
    assert Team.objects.get().group.name == "team:pay"


def test_a_new_person_is_invited(client: Any, boss: User) -> None:
    form = {"email": "New@Example.com", "name": "Nia", "is_active": "on", "reason": "joins on Monday"}
    assert client.post(reverse("admin:portal_user_add"), form).status_code == 302
    person = User.objects.get(email="new@example.com")
    assert not person.has_usable_password()
    assert Message.objects.filter(recipient=person, event="account.invitation").count() == 1
    form["email"] = "NEW@example.com"
    assert client.post(reverse("admin:portal_user_add"), form).status_code == 200
    assert User.objects.filter(email__iexact="new@example.com").count() == 1


def test_a_new_address_is_the_new_log_in(client: Any, boss: User) -> None:
    person = factories.make_user("old@example.com", name="Nia")
    change(client, person, email="fresh@example.com", name="Nia", is_active="on", reason="married")
    assert person.emailaddress_set.get().email == "fresh@example.com"
    client.logout()
    assert client.login(email="fresh@example.com", password=factories.PASSWORD)


def test_nobody_deactivates_themselves(client: Any, boss: User) -> None:
    answer = change(client, boss, email=boss.email, name="Boss", reason="bye")
    assert answer.status_code == 302
    assert User.objects.get(pk=boss.pk).is_active


def test_a_membership_goes_only_with_a_reason(client: Any, boss: User) -> None:
    membership = factories.make_membership(factories.make_user(), factories.make_team())
    factories.make_membership(factories.make_user(), membership.group.team)
    path = reverse("admin:portal_membership_delete", args=[membership.pk])
    assert "Reason" in client.get(path).content.decode()
    client.post(path, {"post": "yes"})
    assert Membership.objects.filter(pk=membership.pk).exists()
    client.post(path, {"post": "yes", "reason": "moved on"})
    assert not Membership.objects.filter(pk=membership.pk).exists()
    assert Membership.history.first().reason == "moved on"


def test_people_and_teams_are_retired_not_deleted(client: Any, boss: User) -> None:
    for obj in (factories.make_user(), factories.make_team(), factories.make_department()):
        path = reverse(f"admin:portal_{obj._meta.model_name}_delete", args=[obj.pk])
        assert client.post(path, {"post": "yes", "reason": "x"}).status_code == 403
        assert type(obj).objects.filter(pk=obj.pk).exists()


def test_an_action_needs_a_reason(client: Any, boss: User) -> None:
    person = factories.make_user(password=None)
    path = reverse("admin:portal_user_changelist")
    form = {"action": "invite", "_selected_action": [str(person.pk)]}
    client.post(path, form)
    assert not Message.objects.exists()
    client.post(path, form | {"reason": "the first one was lost"})
    assert Message.objects.filter(recipient=person).count() == 1


def test_who_only_sees_people_invites_nobody(client: Any) -> None:
    client.force_login(factories.make_user("keeper@example.com", roles=(roles.TEAM_ADMIN,), is_staff=True))
    person = factories.make_user(password=None)
    path, before = reverse("admin:portal_user_changelist"), AuditEntry.objects.count()
    assert b"Send the invitation again" not in client.get(path).content
    client.post(path, {"action": "invite", "_selected_action": [str(person.pk)], "reason": "x"})
    assert not Message.objects.exists() and AuditEntry.objects.count() == before


def split(**days: str) -> dict[str, str]:
    """The fields of the admin's times at 08:00 of `days` (field -> date)."""
    return {f"{name}_{part}": text for name, day in days.items() for part, text in enumerate((day, "08:00"))}


def test_the_admin_refuses_at_the_fields_what_the_service_refuses(client: Any, boss: User) -> None:
    person, cover, gone = (factories.make_user(f"{name}@example.com") for name in ("ann", "bea", "gus"))
    start, day = factories.NOW.replace(year=2126, month=3, day=10), timedelta(days=1)
    factories.make_absence(cover, start, start + day)
    factories.make_absence(person, start + 20 * day, start + 21 * day)
    mine = factories.make_absence(person, start + 10 * day, start + 11 * day)
    past = factories.make_absence(person, start - 40000 * day, start - 39999 * day)
    with audit.action(actor=None, actor_label="test", reason="left", at=factories.NOW):
        gone.is_active = False
        gone.save(update_fields=["is_active"])
    before = list(Absence.objects.order_by("pk").values()), AuditEntry.objects.count(), Message.objects.count()
    for field, stands_in, first, last, sentence in [
        ("ends_at", "", "2126-03-12", "2126-03-11", "You come back before you leave. Please check the times."),
        ("starts_at", "", "2126-03-30", "2126-03-31", "You have already said that you are away at that time."),
        ("cover", person, "2126-04-20", "2126-04-21", "Choose somebody else to stand in for you."),
        ("cover", cover, "2126-03-10", "2126-03-11", f"{cover} is away then, too."),
        ("cover", gone, "2126-04-20", "2126-04-21", f"{gone} does not work here any more."),
    ]:
        form = split(starts_at=first, ends_at=last) | {"cover": str(getattr(stands_in, "pk", "")), "reason": "x"}
        added = client.post("/admin/portal/absence/add/", form | {"user": str(person.pk)})
        for said in (added, change(client, mine, **form)):
            assert said.status_code == 200
            assert said.context["adminform"].form.errors == {field: [sentence]}
    form = split(starts_at="2016-03-11", ends_at="2016-03-12") | {"user": str(person.pk), "reason": "x"}
    said = client.post("/admin/portal/absence/add/", form).context["adminform"].form.errors
    assert said == {"ends_at": ["This is over already."]}
    form = split(starts_at="2126-05-01", ends_at="2126-05-02") | {"reason": "x"}
    said = change(client, past, **form).context["adminform"].form.errors
    assert said == {"__all__": ["This was already taken back, or is over."]}
    assert before == (
        list(Absence.objects.order_by("pk").values()),
        AuditEntry.objects.count(),
        Message.objects.count(),
    )
    assert change(client, mine, **form, user=str(cover.pk)).status_code == 302
    mine.refresh_from_db()
    assert (mine.user, mine.starts_at.isoformat()[:10]) == (person, "2126-05-01")
    entry = AuditEntry.objects.filter(verb="absence.changed").get()
    assert (entry.actor_label, entry.target_id) == (str(boss), str(mine.pk))


def test_a_team_admin_keeps_the_absences_of_the_own_team_only(client: Any) -> None:
    team, other = factories.make_team("orders"), factories.make_team("returns")
    make = factories.make_user
    keeper = make("keeper@example.com", roles=(roles.TEAM_ADMIN,), teams=(team,), is_staff=True)
    mate, stranger = make("mate@example.com", teams=(team,)), make("stranger@example.com", teams=(other,))
    chief = make("chief@example.com", roles=(roles.TEAM_ADMIN,), teams=(other,), is_staff=True)
    client.force_login(keeper)
    times = split(starts_at="2126-03-02", ends_at="2126-03-03")
    for person in (stranger, chief):  # a role in common is no team in common
        before = AuditEntry.objects.count()
        said = client.post("/admin/portal/absence/add/", times | {"user": str(person.pk), "reason": "x"}, follow=True)
        assert "This belongs to somebody else." in said.content.decode()
        assert not Absence.objects.exists() and AuditEntry.objects.count() == before
        row = factories.make_absence(person, factories.NOW, factories.NOW.replace(year=2127))
        before = AuditEntry.objects.count()
        assert change(client, row, **times, user=str(mate.pk), reason="x").status_code == 403
        with pytest.raises(access.Refused):
            absences.cancel(absence=row, by=keeper, at=factories.NOW)
        assert Absence.objects.get().user == person and AuditEntry.objects.count() == before
        with audit.action(actor=None, actor_label="test", reason="over", at=factories.NOW):
            row.delete()
    assert client.post("/admin/portal/absence/add/", times | {"user": str(mate.pk), "reason": "x"}).status_code == 302
    row = Absence.objects.get(user=mate)
    said = change(client, row, **times, user=str(stranger.pk), reason="x")
    assert said.status_code == 302 and Absence.objects.get().user == mate
    assert change(client, row, **times | {"ends_at_0": "2126-03-04"}, user=str(mate.pk), reason="x").status_code == 302
    assert Absence.objects.get().ends_at.day == 4


def test_the_past_is_not_brought_back_by_a_raw_edit(client: Any, boss: User) -> None:
    department = factories.make_department("ops", "Ops")
    row = history.model_of(Department).objects.get()
    path = reverse("admin:portal_department_simple_history", args=[department.pk, row.pk])
    assert client.get(path).status_code == 200
    assert client.post(path, {"key": "ops", "name": "x", "reason": "y"}).status_code == 403


def test_every_list_opens_and_finds(client: Any, boss: User) -> None:
    factories.make_absence(boss, factories.NOW, factories.NOW.replace(year=2027))
    for model, page in admin.site._registry.items():
        if model._meta.app_label != "portal":
            continue
        path = reverse(f"admin:portal_{model._meta.model_name}_changelist")
        assert client.get(path, {"q": "a"}).status_code == 200, path
        assert page.list_display != ("__str__",), path
        assert page.search_fields, path
        assert not page.list_editable and not page.inlines, path
        assert isinstance(page, ReasonedAdmin | ReadOnlyAdmin), path


def test_lists_are_headed_by_what_stands_in_them_and_the_ledger_speaks_words(client: Any, boss: User) -> None:
    department = factories.make_department("ops", "Ops")
    change(client, department, key="ops", name="Operations", reason="clearer name")
    page = client.get(reverse("admin:portal_auditentry_changelist")).content.decode()
    assert "<h1>Audit entries</h1>" in page and "Select audit entry" not in page
    assert "changed the record" in page and ">department<" in page and "portal.department.changed" not in page
    assert '<a href="?target_type=portal.department">department</a>' in re.sub(r"\s+", " ", page).replace(
        "> ", ">"
    ).replace(" <", "<")
    assert "<h1>Departments</h1>" in client.get(reverse("admin:portal_department_changelist")).content.decode()


def test_the_ledger_is_read_only(client: Any, boss: User) -> None:
    entry = AuditEntry.objects.first()
    assert client.get(reverse("admin:portal_auditentry_change", args=[entry.pk])).status_code == 200
    assert client.post(reverse("admin:portal_auditentry_change", args=[entry.pk]), {"verb": "x"}).status_code == 403
    assert client.get(reverse("admin:portal_auditentry_add")).status_code == 403


def test_the_admin_is_behind_our_sign_in(client: Any) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.request["PATH_INFO"] == reverse("account_login")
    client.force_login(factories.make_user())
    assert client.get("/admin/").status_code == 302


def test_no_page_of_another_package_changes_people() -> None:
    foreign = {model._meta.label for model in admin.site._registry} - {"auth.Group"}
    assert not {label for label in foreign if label.split(".")[0] not in ("portal", "governance", "incidents")}


def test_a_time_zone_must_exist(client: Any, boss: User) -> None:
    form = {"email": boss.email, "name": "Boss", "is_active": "on", "reason": "moved", "time_zone": "Mars/Base"}
    assert "no time zone of this name" in change(client, boss, **form).content.decode()
    assert User.objects.get(pk=boss.pk).time_zone == ""
