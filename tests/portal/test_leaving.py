"""People leave on one page that shows what they hold; it passes on, and owners hear of gaps."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from portal import delivery, rendering, roles
from portal.models import AuditEntry, ContactMethod, Membership, Message, User
from portal.reads import holdings
from portal.services import administrators, leaving, people
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Any) -> User:
    boss = factories.make_user("boss@example.com", name="Boss", roles=(roles.ADMIN,))
    client.force_login(boss)
    return boss


def leave(person: User, by: User, reason: str = "has another job") -> User:
    return leaving.deactivate(person=person, by=by, reason=reason, at=NOW)


def page(person: User) -> str:
    return reverse("admin:portal_user_leave", args=[person.pk])


def rows(person: User) -> list[tuple[str, str, str]]:
    return [(row.title, row.after, row.gap.names if row.gap else "") for row in holdings.own(person, at=NOW)]


def is_active(person: User) -> bool:
    return User.objects.get(pk=person.pk).is_active


def gaps_told(person: User) -> list[list[dict[str, str]]]:
    told = Message.objects.filter(event=leaving.GAPS, recipient=person, channel="inbox")
    return [message.context[message.data_class]["gaps"] for message in told]


# What they hold


def test_what_a_person_holds_says_what_becomes_of_each(boss: User) -> None:
    team, full = factories.make_team("pay", name="Payments"), factories.make_team("ops", name="Ops")
    chief = factories.make_user(name="Chief", teams=(team,), roles=(roles.TEAM_ADMIN,))
    other, away = factories.make_user(teams=(full,)), factories.make_user(name="Ana")
    nia = factories.make_user("nia@example.com", name="Nia", teams=(team, full), roles=(roles.OPERATOR,))
    factories.make_absence(away, NOW, NOW + timedelta(days=3), cover=nia)
    leave(chief, boss)  # the team keeps one person
    assert rows(nia) == [
        ("operator", "Nobody else has this role: Boss is told.", "Boss"),
        ("Ops", "1 other stays in the team.", ""),
        ("Payments", "Nobody is left in the team: nobody is told.", "nobody"),
        ("Ana", "Nobody covers then; the next alternate answers. Ana is told.", "Ana"),
        ("nia@example.com", "Nothing is sent there any more.", ""),
    ]
    assert other.is_active


def test_the_owner_of_a_gap_is_the_team_admin_else_governance_else_the_operators() -> None:
    team = factories.make_team()
    nia = factories.make_user(teams=(team,), roles=(roles.OPERATOR,))
    assert holdings.Owners(nia).of(team.pk) == ()
    operator = factories.make_user(roles=(roles.OPERATOR,))
    assert holdings.Owners(nia).of(team.pk) == (operator,)
    governor = factories.make_user(roles=(roles.GOVERNANCE_ADMIN,))
    assert holdings.Owners(nia).of(team.pk) == (governor,)
    chief = factories.make_user(teams=(team,), roles=(roles.TEAM_ADMIN,))
    assert holdings.Owners(nia).of(team.pk) == (chief,)
    assert holdings.Owners(nia).of(None) == (governor,)
    assert holdings.Owners(chief).of(team.pk) == (governor,)


# Leaving


def test_who_leaves_is_out_at_once(client: Any, boss: User) -> None:
    nia = factories.make_user("nia@example.com")
    client.force_login(nia)
    assert client.get("/").status_code == 200
    leave(nia, boss)
    assert client.get("/").status_code == 302
    assert not client.login(email="nia@example.com", password=factories.PASSWORD)
    assert not ContactMethod.objects.filter(user=nia, is_active=True).exists()
    leaving.reactivate(person=nia, by=boss, reason="back", at=NOW)
    assert Session.objects.exists()
    assert client.get("/").status_code == 302, "the old session came back with the person"


def test_a_message_that_waited_is_not_sent_to_who_has_left(boss: User) -> None:
    nia = factories.make_user()
    people.invite(person=nia, by=boss, reason="first day", at=NOW)
    leave(nia, boss)
    waiting = Message.objects.get(recipient=nia, event="account.invitation")
    assert delivery.work([waiting.pk], at=NOW) == 0
    waiting.refresh_from_db()
    assert waiting.state == "suppressed"


def test_owners_hear_of_each_gap_once_in_one_message(boss: User) -> None:
    team = factories.make_team("pay", name="Payments")
    governor = factories.make_user("gov@example.com", roles=(roles.GOVERNANCE_ADMIN,))
    ana = factories.make_user(name="Ana")
    nia = factories.make_user(name="Nia", teams=(team,))
    factories.make_absence(ana, NOW, NOW + timedelta(days=3), cover=nia)
    leave(nia, boss)
    team_gap = {"kind": "team", "what": "Payments", "where": ""}
    cover_gap = {"kind": "cover", "what": "Ana", "where": "2026-11-20 – 2026-11-23"}
    assert gaps_told(governor) == [[team_gap, cover_gap]]
    assert gaps_told(ana) == [[cover_gap]]
    assert AuditEntry.objects.filter(verb="duty.left_open").count() == 2
    words = rendering.render(Message.objects.filter(recipient=governor, channel="inbox").get(), governor)
    assert words.subject == "Nia has left: somebody has to take over"
    assert "- Team Payments: nobody is left" in words.text
    assert "another job" not in words.text + words.html + words.short


def test_who_holds_nothing_leaves_without_a_message(boss: User) -> None:
    leave(factories.make_user(), boss)
    assert not Message.objects.filter(event=leaving.GAPS).exists()


@pytest.mark.parametrize("who", ["oneself", "gone", "by somebody gone"])
def test_who_cannot_leave(boss: User, who: str) -> None:
    nia, gone = factories.make_user(), factories.make_user(name="Gia")
    leave(gone, boss)
    before = AuditEntry.objects.count()
    person, by, text = {
        "oneself": (boss, boss, "You cannot deactivate yourself"),
        "gone": (gone, boss, "Gia has left already"),
        "by somebody gone": (nia, gone, "not active any more"),
    }[who]
    with pytest.raises(leaving.DomainError, match=text):
        leave(person, by)
    assert is_active(boss) and is_active(nia)
    assert AuditEntry.objects.count() == before


def test_the_last_administrator_stays(boss: User) -> None:
    helper = factories.make_user()
    with pytest.raises(administrators.LastAdmin, match="Boss is the last administrator"):
        leave(boss, helper)
    assert is_active(boss)
    factories.make_user(roles=(roles.ADMIN,))
    leave(boss, helper)
    assert not is_active(boss)


# Other doors


def gone(membership: Membership) -> bool:
    return not Membership.objects.filter(pk=membership.pk).exists()


def test_the_last_administrator_keeps_the_role(client: Any, boss: User) -> None:
    mine = Membership.objects.get(user=boss)
    path = reverse("admin:portal_membership_delete", args=[mine.pk])
    left = factories.make_user(name="Gone", roles=(roles.ADMIN,))
    leave(left, boss)
    before = AuditEntry.objects.count()
    answer = client.post(path, {"post": "yes", "reason": "tidying up"}, follow=True)
    assert "Boss is the last administrator. Make somebody else one first." in answer.content.decode()
    assert not gone(mine) and AuditEntry.objects.count() == before
    assert User.objects.get(pk=boss.pk).is_staff
    factories.make_user(roles=(roles.ADMIN,))
    client.post(path, {"post": "yes", "reason": "tidying up"})
    assert gone(mine) and not User.objects.get(pk=boss.pk).is_staff


def test_an_administrator_who_has_left_may_lose_the_role(client: Any, boss: User) -> None:
    left = factories.make_user(roles=(roles.ADMIN,))
    leave(left, boss)
    theirs = Membership.objects.get(user=left)
    client.post(reverse("admin:portal_membership_delete", args=[theirs.pk]), {"post": "yes", "reason": "tidying up"})
    assert gone(theirs)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (roles.GOVERNANCE_ADMIN, "Nia is the last with the role governance admin"),
        (roles.OPERATOR, "Nia is the last with the role operator"),
        ("", "Nia is the last in the team Payments"),
    ],
)
def test_whoever_is_the_last_with_something_needed_keeps_it(boss: User, what: str, text: str) -> None:
    teams = () if what else (factories.make_team("pay", name="Payments"),)
    nia = factories.make_user(name="Nia", roles=(what,) if what else (), teams=teams)
    leave(factories.make_user(roles=(what,) if what else (), teams=teams), boss)
    membership, before = Membership.objects.get(user=nia), AuditEntry.objects.count()

    def end() -> None:
        if what:
            people.revoke_role(person=nia, role=what, by=boss, reason="moved", at=NOW)
        else:
            people.leave_team(person=nia, team=teams[0], by=boss, reason="moved", at=NOW)

    with pytest.raises(people.LastOne, match=text):
        end()
    assert not gone(membership) and AuditEntry.objects.count() == before
    factories.make_user(roles=(what,) if what else (), teams=teams)
    end()
    assert gone(membership)


def test_nobody_has_to_stay_in_a_team_that_is_not_in_use(boss: User) -> None:
    team = factories.make_team("pay")
    nia = factories.make_user(teams=(team,))
    with factories.action():
        team.is_active = False
        team.save(update_fields=["is_active"])
    people.leave_team(person=nia, team=team, by=boss, reason="the team is history", at=NOW)
    assert not Membership.objects.filter(user=nia).exists()


# Coming back


def test_who_comes_back_has_the_same_roles_and_sets_a_new_password(boss: User) -> None:
    nia = factories.make_user("nia@example.com", roles=(roles.RESPONDER,))
    extra = factories.make_contact_method(nia)
    leave(nia, boss)
    nia = leaving.reactivate(person=nia, by=boss, reason="came back", at=NOW)
    assert nia.is_active and not nia.has_usable_password()
    assert Membership.objects.get(user=nia).group.name == roles.RESPONDER
    methods = ContactMethod.objects.filter(user=nia, is_active=True)
    assert methods.get().address == "nia@example.com" != extra.address
    assert Message.objects.filter(recipient=nia, event="account.invitation").count() == 1
    with pytest.raises(leaving.AlreadySo, match="is here already"):
        leaving.reactivate(person=nia, by=boss, reason="again", at=NOW)


# The admin


def test_the_page_shows_everything_and_changes_nothing(client: Any, boss: User) -> None:
    nia = factories.make_user(name="Nia", teams=(factories.make_team("pay", name="Payments"),))
    before = AuditEntry.objects.count()
    shown = client.get(page(nia)).content.decode()
    assert "Payments" in shown and "Nobody is left in the team" in shown
    assert "For one thing nobody takes over" in shown
    assert "style=" not in shown.split("<main")[-1]
    assert AuditEntry.objects.count() == before and is_active(nia)


def test_leaving_needs_a_reason(client: Any, boss: User) -> None:
    nia = factories.make_user()
    answer = client.post(page(nia), {"reason": " "})
    assert answer.status_code == 422 and "Please say why." in answer.content.decode()
    assert is_active(nia)
    assert client.post(page(nia), {"reason": "left"})["Location"].endswith(f"/{nia.pk}/change/")
    assert not is_active(nia)
    assert User.history.filter(id=nia.pk).first().reason == "left"


def test_the_page_refuses_oneself(client: Any, boss: User) -> None:
    shown = client.get(page(boss)).content.decode()
    assert "You cannot deactivate yourself" in shown and 'name="reason"' not in shown
    answer = client.post(page(boss), {"reason": "bye"})
    assert answer.status_code == 422 and is_active(boss)


def test_unticking_leads_to_the_page_and_changes_only_the_rest(client: Any, boss: User) -> None:
    nia = factories.make_user("nia@example.com", name="Nia")
    change = reverse("admin:portal_user_change", args=[nia.pk])
    answer = client.post(change, {"email": nia.email, "name": "Nia B.", "reason": "left us"})
    assert answer["Location"] == page(nia)
    assert User.objects.get(pk=nia.pk).name == "Nia B." and is_active(nia)
    assert 'value="left us"' in client.get(page(nia)).content.decode()


def test_ticking_again_brings_them_back(client: Any, boss: User) -> None:
    nia = factories.make_user("nia@example.com", name="Nia")
    leave(nia, boss)
    change = reverse("admin:portal_user_change", args=[nia.pk])
    client.post(change, {"email": nia.email, "name": "Nia", "is_active": "on", "reason": "back"})
    assert is_active(nia)
    assert AuditEntry.objects.filter(verb="user.reactivated").count() == 1


def test_several_leave_one_after_the_other(client: Any, boss: User) -> None:
    ana, nia = factories.make_user(name="Ana"), factories.make_user(name="Nia")
    form = {"action": "leave", "_selected_action": [str(nia.pk), str(ana.pk)], "reason": "the branch is closed"}
    answer = client.post(reverse("admin:portal_user_changelist"), form)
    assert answer["Location"] == page(ana) and is_active(ana)
    assert "the branch is closed" in client.get(page(ana)).content.decode()
    assert client.post(page(ana), {"reason": "closed"})["Location"] == page(nia)
    assert client.post(page(nia), {"reason": "closed"})["Location"].endswith(f"/{nia.pk}/change/")
    assert not is_active(ana) and not is_active(nia)


def test_several_come_back_with_one_reason(client: Any, boss: User) -> None:
    ana, nia = factories.make_user(), factories.make_user()
    leave(ana, boss)
    leave(nia, boss)
    form = {"action": "come_back", "_selected_action": [str(nia.pk), str(ana.pk)]}
    client.post(reverse("admin:portal_user_changelist"), form)
    assert not is_active(ana)
    client.post(reverse("admin:portal_user_changelist"), form | {"reason": "open again"})
    assert is_active(ana) and is_active(nia)


def test_only_who_may_change_people_opens_the_page(client: Any, boss: User) -> None:
    nia, chief = factories.make_user(), factories.make_user(roles=(roles.TEAM_ADMIN,), is_staff=True)
    client.force_login(chief)
    assert client.get(page(nia)).status_code == 403
    assert client.post(page(nia), {"reason": "x"}).status_code == 403
    assert is_active(nia)
