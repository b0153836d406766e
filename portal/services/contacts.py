"""How people are reached: their contact methods, proved by a link that is sent to the method itself."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from portal import access, audit, ids, limits, links, outbox, registry, secrets
from portal.channels import chat, network, services, sms
from portal.errors import DomainError
from portal.models import Channel, ContactMethod, DataClass, Lane, Message, User

VERIFY, TEST, INVITATION = "contact.verify", "contact.test", "account.invitation"
PURPOSE, SET_PASSWORD = "verify_contact", "set_password"
SERVICES = {Channel.CHAT: chat.check_address, Channel.SMS: sms.check_address}
MOST = 10  # methods of one person
HOUR = timedelta(hours=1)
PAUSE = timedelta(minutes=1)  # between two messages that a person sends to the same method


class BadAddress(DomainError):
    """Nothing can be sent there."""


class TooMany(DomainError):
    """The person has as many methods as allowed, or has just sent a message there."""


class AlreadyKnown(DomainError):
    """The person has this method."""


class NotVerified(DomainError):
    """Only a proved address takes a test message."""


class NoPlace(DomainError):
    """There is nothing before or behind to change places with."""


class Gone(DomainError):
    """The method was removed."""


def register() -> None:
    """Tell the registry the kinds of messages that go to one method."""
    classes = {"address": DataClass.PUBLIC, "channel": DataClass.PUBLIC}
    registry.event_types.add(
        VERIFY, outbox.EventType(name=VERIFY, lane=Lane.URGENT, data_classes=classes, to_unverified=True)
    )
    registry.event_types.add(
        INVITATION, outbox.EventType(name=INVITATION, lane=Lane.URGENT, data_classes=classes, to_unverified=True)
    )
    registry.event_types.add(TEST, outbox.EventType(name=TEST, lane=Lane.URGENT, data_classes=classes))


def add(
    *,
    user: User,
    channel: str,
    address: str,
    lane: str,
    by: User,
    at: datetime,
    wait_minutes: int = 0,
    label: str = "",
) -> tuple[ContactMethod, str]:
    """A new method and, for a webhook, its signing secret (shown once); sends the link that proves it.

    The address of a chat or a text message service is a secret and is kept encrypted; people see `label`.
    Raises BadAddress, AlreadyKnown, TooMany.
    """
    address = _usable(channel, address)
    shown = secret = secrets.signing_secret() if channel == Channel.WEBHOOK else ""
    if channel in SERVICES:
        address, secret = _named(address, label), address
    with audit.action(actor=by, reason="contact method added", at=at) as action:
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        mine = ContactMethod.objects.filter(user=user)
        if mine.filter(channel=channel, address=address, lane=lane).exists():
            raise AlreadyKnown(_("You have this one already."))
        order = mine.count()
        if order >= MOST:
            raise TooMany(_("%(most)s ways to reach you are enough. Remove one first.") % {"most": MOST})
        method = ContactMethod(user=user, channel=channel, address=address, lane=lane, order=order)
        method.wait_minutes = wait_minutes
        method.secret = secrets.encrypt(secret) if secret else ""
        access.require(by, "add", method)
        method.save()
        action.record(verb="contact_method.added", target=method)
        send(VERIFY, method, at, [{"purpose": PURPOSE, "generation": 0}])
    return method, shown


def _usable(channel: str, address: str) -> str:
    address = address.strip()
    if channel == Channel.WEBHOOK:
        return network.check_address(address)
    if channel in SERVICES:
        SERVICES[Channel(channel)](address)
        return address
    try:
        validate_email(address)
    except ValidationError:
        raise BadAddress(_("This is not an e-mail address.")) from None
    return address.lower()


def _named(address: str, label: str) -> str:
    """What stands for the secret `address` on pages: its service and the person's own word for it."""
    word = " ".join(label.split())[: limits.NAME_LENGTH] or _("mine")
    return f"{services.schema(address)}: {word}"


def change(*, method: ContactMethod, lane: str, wait_minutes: int, by: User, at: datetime) -> ContactMethod:
    """For which news `method` is, and how long to wait for an answer before the next one. Raises AlreadyKnown, Gone."""
    with audit.action(actor=by, reason="contact method changed", at=at) as action:
        method = _locked(method, by)
        same = ContactMethod.objects.filter(user_id=method.user_id, channel=method.channel, address=method.address)
        if same.filter(lane=lane).exclude(pk=method.pk).exists():
            raise AlreadyKnown(_("You have this one already."))
        if (method.lane, method.wait_minutes) != (lane, wait_minutes):
            method.lane, method.wait_minutes = lane, wait_minutes
            method.save(update_fields=["lane", "wait_minutes"])
            action.record(verb="contact_method.changed", target=method)
    return method


def move(*, method: ContactMethod, earlier: bool, by: User, at: datetime) -> None:
    """`method` changes places with the one before it (or behind it) for the same news. Raises NoPlace, Gone."""
    with audit.action(actor=by, reason="order of contact methods", at=at) as action:
        User.objects.select_for_update(no_key=True).get(pk=method.user_id)
        method = _locked(method, by)
        rows = list(ContactMethod.objects.select_for_update(no_key=True).filter(user=method.user_id))
        rows.sort(key=lambda row: (row.order, row.pk))
        mine = [row for row in rows if row.lane == method.lane]
        place = mine.index(method)
        other = place - 1 if earlier else place + 1
        if not 0 <= other < len(mine):
            raise NoPlace(_("This way has that place already."))
        first, second = rows.index(method), rows.index(mine[other])
        rows[first], rows[second] = rows[second], rows[first]
        for order, row in enumerate(rows):
            if row.order != order:
                row.order = order
                row.save(update_fields=["order"])
        action.record(verb="contact_method.moved", target=method)


def send_proof(*, method: ContactMethod, by: User, at: datetime) -> Message:
    """Send the link once more. Raises TooMany within a minute."""
    with audit.action(actor=by, reason="link asked for again", at=at):
        method = _locked(method, by)
        return send(VERIFY, method, at, [{"purpose": PURPOSE, "generation": 0}])


def send_test(*, method: ContactMethod, by: User, at: datetime) -> Message:
    """A test message to this method. Raises NotVerified, TooMany."""
    with audit.action(actor=by, reason="test message", at=at) as action:
        method = _locked(method, by)
        if method.verified_at is None:
            raise NotVerified(_("Please open the link that we sent there first."))
        action.record(verb="contact_method.tested", target=method)
        return send(TEST, method, at, [])


def verify(*, grant: links.Grant, at: datetime) -> ContactMethod:
    """The link arrived, so the method works. Verifying twice is fine. Raises Gone."""
    message = Message.objects.select_related("recipient").get(pk=grant.message_id)
    with audit.action(actor=message.recipient, reason="link opened", at=at) as action:
        found = ContactMethod.objects.select_for_update(no_key=True).filter(user_id=grant.user_id)
        method = found.filter(messages=message).first()
        if method is None or not method.is_active:
            raise Gone(_("This way to reach you was removed."))
        if method.verified_at is None:
            method.verified_at = at
            method.save(update_fields=["verified_at"])
            action.record(verb="contact_method.verified", target=method)
    return method


def remove(*, method: ContactMethod, by: User, at: datetime) -> None:
    """Messages that wait for this method go to the person's next one."""
    with audit.action(actor=by, reason="contact method removed", at=at) as action:
        method = _locked(method, by)
        action.record(verb="contact_method.removed", target=method)
        method.delete()


def _locked(method: ContactMethod, by: User) -> ContactMethod:
    found = ContactMethod.objects.select_for_update(no_key=True).filter(pk=method.pk).first()
    if found is None:
        raise Gone(_("This way to reach you was removed."))
    access.require(by, "change", found)
    return found


def send(event: str, method: ContactMethod, at: datetime, actions: list[dict[str, object]]) -> Message:
    """One message to exactly this method, verified or not."""
    if Message.objects.filter(method=method, event=event, created_at__gt=at - PAUSE).exists():
        raise TooMany(_("We sent one less than a minute ago. Please wait a moment."))
    # NOTE: else whoever adds an address and removes it again makes the portal write to strangers without end.
    own = Message.objects.filter(recipient=method.user_id, subject_type=method._meta.label_lower)
    if own.filter(created_at__gt=at - HOUR).count() >= limits.PROOFS:
        raise TooMany(_("We sent many within an hour. Please wait a while."))
    context = {"address": method.address, "channel": method.channel, "actions": actions}
    data_class = str(outbox.CHANNEL_CLASSES[Channel(method.channel)])
    message = Message(
        event=event,
        subject_type=method._meta.label_lower,
        subject_id=method.pk,
        recipient_id=method.user_id,
        channel=method.channel,
        method=method,
        key=f"{event}:{method.pk}:{ids.uuid7()}",
        lane=Lane.URGENT,
        data_class=data_class,
        context={data_class: context},
        due_at=at,
        deadline_at=at + outbox.DEADLINES[Lane.URGENT],
        created_at=at,
    )
    return outbox.insert(message)
