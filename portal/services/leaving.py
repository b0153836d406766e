"""People leave and come back. There is one way out: it shows what they hold before, and passes it on at once.

Resolution ignores inactive people, so alternates answer without an edit of any document; what nobody takes over
is a gap, and its owners are told. The apps above pass on what is running (``registry.leaving``).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import access, audit, outbox, registry
from portal.errors import DomainError
from portal.models import Channel, ContactMethod, DataClass, Lane, User
from portal.reads import holdings
from portal.services import absences, administrators, contacts, tokens

GAPS = "person.gaps"
LISTED = 30  # gaps that one message names; it counts the others


class NotYourself(DomainError):
    """People do not deactivate themselves."""


class AlreadySo(DomainError):
    """The person has left, or is here."""


def register() -> None:
    """Name the message to the outbox."""
    classes = dict.fromkeys(("name", "gaps", "more", "url"), DataClass.INTERNAL)
    registry.event_types.add(GAPS, outbox.EventType(name=GAPS, lane=Lane.URGENT, data_classes=classes))


def why_not(person: User, by: User) -> str:
    """Why `by` cannot let `person` leave, or nothing; asked again under the lock."""
    try:
        _judge(person, by, administrators.active())
    except DomainError as error:
        return str(error)
    return ""


def deactivate(*, person: User, by: User, reason: str, at: datetime) -> User:
    """From now on `person` sees and receives nothing, and what they hold passes on.

    Sessions, the password and API tokens end, contact methods stop, running incidents go on with whoever is
    responsible now, the owners of gaps are told. Locks the person and the administrators, then incidents. Raises
    NotYourself, administrators.LastAdmin, AlreadySo, access.Refused.
    """
    with audit.action(actor=by, reason=reason, at=at) as action:
        person = _lock(person, by)
        held = holdings.of(person, at=at)
        person.is_active = False
        person.set_unusable_password()  # ends every session: each carries a digest of the password
        person.save(update_fields=["is_active", "password"])
        for method in ContactMethod.objects.select_for_update(no_key=True).filter(user=person, is_active=True):
            method.is_active = False
            method.save(update_fields=["is_active"])
        tokens.revoke_all(user=person, by=by, at=at)
        data = {"holdings": Counter(row.section for row in held)}
        action.record(verb="user.deactivated", target=person, data=data)
        for _name, pass_on in registry.leaving.items():
            pass_on(person=person, by=by, at=at)
        _tell_of_gaps(person, [row.gap for row in held if row.gap is not None], action, at=at)
    return person


def reactivate(*, person: User, by: User, reason: str, at: datetime) -> User:
    """`person` is back with the same roles, teams and duties; a link to set a password goes to their address.

    Other ways to reach them stay off until they are added anew. Raises AlreadySo.
    """
    with audit.action(actor=by, reason=reason, at=at) as action:
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if person.is_active:
            raise AlreadySo(_("%(person)s is here already.") % {"person": person})
        if person.is_erased:
            raise AlreadySo(_("The personal data of this person was erased. Whoever comes back is added anew."))
        person.is_active = True
        person.save(update_fields=["is_active"])
        own = ContactMethod.objects.filter(user=person, channel=Channel.EMAIL, address=person.email)
        methods = list(own.select_for_update(no_key=True).order_by("order", "pk"))
        for method in methods:
            method.is_active = True
            method.save(update_fields=["is_active"])
        action.record(verb="user.reactivated", target=person)
        absences.follow(person, at=at)
        if methods:
            contacts.send(contacts.INVITATION, methods[0], at, [{"purpose": contacts.SET_PASSWORD, "generation": 0}])
    return person


def _lock(person: User, by: User) -> User:
    """Lock `person`, `by` and the administrators in one order, so that two of them cannot send each other away."""
    held = administrators.lock([person, by])
    if not held[by.pk].is_active:
        raise access.Refused(_("Your account is not active any more."))
    _judge(held[person.pk], by, administrators.active().filter(pk__in=list(held)))
    return held[person.pk]


def _judge(person: User, by: User, admins: Iterable[User]) -> None:
    if person == by:
        raise NotYourself(_("You cannot deactivate yourself. Ask another administrator."))
    if not person.is_active:
        raise AlreadySo(_("%(person)s has left already.") % {"person": person})
    administrators.require_another(person, admins)


def _tell_of_gaps(person: User, gaps: list[holdings.Gap], action: audit.Action, *, at: datetime) -> None:
    """One message to each owner with every gap that is theirs; each gap stands in the ledger."""
    mine: dict[User, list[holdings.Gap]] = defaultdict(list)
    for gap in gaps:
        for owner in gap.owners:
            if owner != person:
                mine[owner].append(gap)
    label, key = person._meta.label_lower, str(person.pk)
    action.record_many(
        [
            (
                "duty.left_open",
                label,
                key,
                {"kind": gap.kind, "what": gap.what, "where": gap.where, "told": [str(user.pk) for user in gap.owners]},
            )
            for gap in gaps
        ]
    )
    url = settings.SITE_URL + reverse("admin:portal_user_change", args=[person.pk])
    notes = [
        outbox.Note(
            event=GAPS,
            subject=person,
            to=[owner],
            key=f"{GAPS}:{person.pk}:{at.isoformat()}",
            context={
                "name": str(person),
                "gaps": [{"kind": gap.kind, "what": gap.what, "where": gap.where} for gap in own[:LISTED]],
                "more": max(0, len(own) - LISTED),
                "url": url,
            },
        )
        for owner, own in mine.items()
    ]
    outbox.enqueue_many(notes, at)
