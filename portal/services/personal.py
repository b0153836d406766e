"""The rows that are about one person: what they hold of them, and what stands there when it is erased."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session

from portal import history, registry
from portal.models import (
    Absence,
    ApiToken,
    Attempt,
    AuditEntry,
    ContactMethod,
    IdempotencyKey,
    LegalHold,
    Message,
    SearchEntry,
    SearchPart,
    SearchWord,
    User,
)
from portal.services import traces

OWN: dict[Any, str] = {User: "id", ContactMethod: "user_id", Absence: "user_id", ApiToken: "user_id"}
COPIES = {
    "admin.logentry": ("object_repr", "change_message"),
    "portal.attempt": ("address", "detail"),
    "portal.auditrun": ("about", "report"),
    "portal.breaker": ("reason",),
    "portal.heartbeat": ("detail",),
    "portal.idempotencykey": ("response",),
    "portal.message": ("context", "reason"),
    "portal.timer": ("data", "reason"),
}


def words(person: User) -> traces.Words:
    """What `person` is and was called, and where they are and were reached."""
    past = history.model_of(User)._base_manager.filter(id=person.pk)
    known = list(past.values_list("name", "email").distinct()) + [(person.name, person.email)]
    addresses = {email for _name, email in known} | set(
        EmailAddress.objects.filter(user=person).values_list("email", flat=True)
    )
    for model in (ContactMethod, history.model_of(ContactMethod)):
        addresses |= set(model._base_manager.filter(user_id=person.pk).values_list("address", flat=True))
    names = {name for name, _email in known}
    return traces.Words(names, addresses, name=person.erased_name, address=person.erased_email)


def found(person: User, words: traces.Words) -> traces.Gone:
    """The history rows about `person`, and the entries about these rows or with their names in what code wrote."""
    gone = traces.Gone()
    for model, column in OWN.items():
        rows = list(history.model_of(model)._base_manager.filter(**{column: person.pk}))
        gone.take_rows(model, rows)
        key = model._meta.pk.attname
        keys = {str(getattr(row, key)) for row in rows}
        keys |= {str(pk) for pk in model._base_manager.filter(**{column: person.pk}).values_list("pk", flat=True)}
        about = AuditEntry.objects.filter(target_type=model._meta.label_lower, target_id__in=sorted(keys))
        gone.entries |= set(
            about.filter(payload__isnull=False).exclude(verb__startswith="hold.").values_list("pk", flat=True)
        )
    gone.entries |= traces.payloads(words)
    return gone


def handled() -> set[Any]:
    """Models whose rows about the person are replaced one by one, and the index, which only repeats what others say."""
    index = {SearchEntry, SearchWord, SearchPart}
    return {*OWN, *map(history.model_of, OWN), EmailAddress, Authenticator, SocialAccount, Session} | index


def ways(person: User) -> list[ContactMethod]:
    return list(ContactMethod.objects.filter(user=person))


def involved(person: User) -> list[tuple[str, str]]:
    """What is held by name and has to do with `person`: (model label, key)."""
    held: dict[str, set[str]] = {}
    rows = LegalHold.objects.filter(lifted_at=None).exclude(subject_type="")
    for label, key in rows.values_list("subject_type", "subject_id"):
        held.setdefault(label, set()).add(key)
    found = []
    for label, keys in held.items():
        judge = registry.involves.get(label)
        mine = judge(person, keys) if judge else set()
        done = AuditEntry.objects.filter(actor=person, target_type=label, target_id__in=sorted(keys))
        found += [(label, key) for key in mine | set(done.values_list("target_id", flat=True))]
    return found


def stop_ways(person: User) -> None:
    """No way to be reached is left in use, whatever was added since they left. Call inside ``audit.action``."""
    for method in ContactMethod.objects.select_for_update(no_key=True).filter(user=person, is_active=True):
        method.is_active = False
        method.save(update_fields=["is_active"])


def replace(person: User, words: traces.Words) -> None:
    """Put neutral words in the rows about `person` and in their history alike, so that both still fit each other.

    NOTE: updates past the history on purpose: a history row of the change would keep what it takes away. Call under
    ``seal.lifted``.
    """
    bare: dict[str, Any] = {"name": words.name, "email": words.address, "time_zone": "", "locale": ""}
    bare |= {"quiet_from": None, "quiet_until": None}
    User.objects.filter(pk=person.pk).update(last_login=None, **bare)
    history.model_of(User)._base_manager.filter(id=person.pk).update(**bare)
    _replace_ways(person)
    ApiToken.objects.filter(user=person).update(name=traces.ERASED)
    history.model_of(ApiToken)._base_manager.filter(user_id=person.pk).update(name=traces.ERASED)
    for model, column in OWN.items():
        history.model_of(model)._base_manager.filter(**{column: person.pk}).update(reason=traces.ERASED)
    _replace_labels(person, words)
    Message.objects.filter(recipient=person).update(context={})
    Attempt.objects.filter(message__recipient=person).exclude(address="").update(address=traces.ERASED)
    _forget_access(person)


def _replace_ways(person: User) -> None:
    past = history.model_of(ContactMethod)._base_manager.filter(user_id=person.pk)
    keys = set(past.values_list("id", flat=True)) | set(
        ContactMethod.objects.filter(user=person).values_list("pk", flat=True)
    )
    for key in keys:
        ContactMethod.objects.filter(pk=key).update(address=f"erased-{key.hex}", secret="")
        past.filter(id=key).update(address=f"erased-{key.hex}")


def _replace_labels(person: User, words: traces.Words) -> None:
    """The name beside each entry and history row whose actor is `person`: a copy that no proof holds."""
    AuditEntry.objects.filter(actor=person).update(actor_label=words.name)
    for model in history.tracked_models():
        history.model_of(model)._base_manager.filter(history_user=person).update(actor_label=words.name)
    for model, column in OWN.items():
        keys = model._base_manager.filter(**{column: person.pk}).values_list("pk", flat=True)
        rows = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
        rows.filter(object_id__in=[str(key) for key in keys]).update(object_repr=words.name)


def _forget_access(person: User) -> None:
    """What signing in and programs of `person` left behind."""
    EmailAddress.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    SocialAccount.objects.filter(user=person).delete()
    IdempotencyKey.objects.filter(token__user=person).delete()
    mine = [row.pk for row in Session.objects.all() if row.get_decoded().get("_auth_user_id") == str(person.pk)]
    Session.objects.filter(pk__in=mine).delete()
