"""Erasure of personal data: words go, what was done stays provable (D75, D102).

A leaf of the ledger holds no name, only the commitment to a payload; erasure deletes the payload with its salt, and
the tree stays as it was. Each erasure writes an entry ``ledger.erased`` whose data is {"subject": "portal.user <id>",
"entries": [ids of entries whose payload went], "history": [[table, id] of history rows whose words went]}.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from portal import access, audit, history, registry, seal
from portal.errors import DomainError
from portal.models import AuditEntry, AuditPayload, Message, User
from portal.services import hold, personal, tokens, traces

USER = "portal.user"
VERB = "ledger.erased"


class NotErasable(DomainError):
    """This cannot be erased, or not yet; the sentence says why."""


@dataclass
class Preview:
    """What an erasure takes: `lines` of what goes, `stays` of what does not."""

    lines: list[str]
    stays: list[str] = field(default_factory=list)


def register() -> None:
    registry.verbs.add(VERB, gettext_lazy("erased words"))
    registry.facts.add_all(
        {"entries": pgettext_lazy("fact", "entries"), "history": pgettext_lazy("fact", "history rows")}
    )
    registry.copies.add_all(personal.COPIES)


# A person


def why_not(person: User, by: Any) -> str:
    """Why `by` cannot erase the personal data of `person`, or nothing; asked again under the lock."""
    try:
        _judge(person, by)
    except DomainError as error:
        return str(error)
    return ""


def _judge(person: User, by: Any) -> None:
    require(by)
    if person.is_active:
        raise NotErasable(_("%(person)s is still here. Let them leave first.") % {"person": person})
    if person.is_erased:
        raise NotErasable(_("The personal data of this person was erased before."))
    with transaction.atomic():
        hold.wait()
        hold.require_free([(USER, str(person.pk)), *personal.involved(person)])


def require(by: Any) -> None:
    """Only staff who may change people erase words. Raises access.Refused."""
    access.require(by, "change", User)
    if not by.is_staff:
        raise access.Refused(_("Your role does not include this. An administrator can change that."))


def preview_person(person: User) -> Preview:
    """What erasing `person` takes and leaves. Reads the whole database; changes nothing."""
    words = personal.words(person)
    gone = personal.found(person, words)
    traces.copies(words, gone, replace=False)
    gone.entries = set(_erasable(gone).values_list("pk", flat=True))
    messages = Message.objects.filter(recipient=person).count()
    ways = len(personal.ways(person))
    counted = (
        (ways, ngettext("%(count)d way to be reached.", "%(count)d ways to be reached.", ways)),
        (
            messages,
            ngettext("The text of %(count)d message to them.", "The text of %(count)d messages to them.", messages),
        ),
        (
            gone.copies,
            ngettext(
                "Their name in %(count)d other place where the portal wrote it.",
                "Their name in %(count)d other places where the portal wrote it.",
                gone.copies,
            ),
        ),
    )
    lines = [_("Name, e-mail address, time zone and language, also earlier ones."), _entries(gone), _rows(gone)]
    lines += [text % {"count": count} for count, text in counted if count]
    stays = [_("That this person acted, when and on what, as “%(name)s”.") % {"name": words.name}]
    for model, count in traces.remaining(words, gone, without=personal.handled()):
        stays.append(_typed(model, count))
    return Preview(lines, stays)


def _typed(model: Any, count: int) -> str:
    what = str(getattr(model, "instance_type", model)._meta.verbose_name_plural)
    if model is AuditPayload:
        what = _("entries of the ledger")
    if hasattr(model, "instance_type"):
        what = _("%(what)s (history)") % {"what": what}
    return ngettext(
        "%(what)s: %(count)d row with words that somebody wrote about them.",
        "%(what)s: %(count)d rows with words that somebody wrote about them.",
        count,
    ) % {"what": capfirst(what), "count": count}


def erase_person(*, person: User, by: User, reason: str, at: datetime) -> User:
    """Nobody can learn any more from the portal who `person` was; that somebody acted, when and on what, stays.

    `reason` stays in the ledger and must not name the person. Locks the person; everything in one transaction.
    Raises NotErasable, hold.Held, access.Refused.
    """
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        _judge(person, by)
        if personal.words(person).found(reason):
            raise NotErasable(_("The reason stays. Write it without the name and the addresses of the person."))
        with audit.action(actor=by, reason="API tokens revoked", at=at):
            tokens.revoke_all(user=person, by=by, at=at)
            personal.stop_ways(person)
        # NOTE: an action of its own: what it records must fit the rows as they are now.
        with audit.action(actor=by, reason=reason, at=at) as action:
            words = personal.words(person)
            gone = personal.found(person, words)
            for _name, forget in registry.forgetting.items():
                forget(person)
            with seal.lifted():
                traces.copies(words, gone, replace=True)
                personal.replace(person, words)
                _finish(gone)
            action.record(verb=VERB, target=person, data={"subject": f"{USER} {person.pk}", **gone.said()})
    return User.objects.get(pk=person.pk)


def _finish(gone: traces.Gone) -> None:
    """Drop the payloads, and what indexes remember of words that are gone."""
    _drop(gone)
    for _name, clean in registry.cleaning.items():
        clean()


def _drop(gone: traces.Gone) -> None:
    """Delete the payloads (salt and words) that `gone` names; keep in it only those that there were.

    What was erased before stays told, or nobody could say why those words are missing.
    """
    there = _erasable(gone)
    gone.entries = set(there.values_list("pk", flat=True))
    there.delete()


def _erasable(gone: traces.Gone) -> QuerySet[AuditPayload]:
    return AuditPayload.objects.filter(pk__in=sorted(gone.entries)).exclude(entry__verb=VERB)


# Single entries


@dataclass
class Words:
    """The words of some actions: all their entries, what is stored for them, and what they belong to."""

    entries: list[AuditEntry]
    stored: list[registry.Stored]
    gone: traces.Gone

    @property
    def subjects(self) -> set[tuple[str, str]]:
        found = {(entry.target_type, entry.target_id) for entry in self.entries if entry.target_id}
        found |= {(USER, str(entry.actor_id)) for entry in self.entries if entry.actor_id}
        return found | {(item.subject._meta.label_lower, str(item.subject.pk)) for item in self.stored}


def words_of(entries: Iterable[int]) -> Words:
    """The words of the actions to which `entries` belong: those of one action go together, they share its reason."""
    requests = AuditEntry.objects.filter(pk__in=list(entries)).values("request_id")
    every = list(AuditEntry.objects.filter(request_id__in=requests).order_by("pk"))
    stored: dict[tuple[str, str, tuple[str, ...]], registry.Stored] = {}
    for entry in every:
        find = registry.erasable.get(entry.target_type)
        for item in find(entry) if find else ():
            stored[item.row._meta.label_lower, str(item.row.pk), item.fields] = item
    gone = traces.Gone({entry.pk for entry in every})
    for model in history.tracked_models():
        gone.take_rows(
            model, history.model_of(model)._base_manager.filter(request_id__in={e.request_id for e in every})
        )
    for item in stored.values():
        if history.is_tracked(type(item.row)):
            gone.take_rows(type(item.row), _past(item))
    found = Words(every, list(stored.values()), gone)
    gone.entries = set(_erasable(gone).values_list("pk", flat=True))
    return found


def _tracked(item: registry.Stored) -> list[str]:
    past = {column.name for column in history.model_of(type(item.row)).tracked_fields}
    return [name for name in item.fields if name in past]


def _past(item: registry.Stored) -> Any:
    """The history rows that repeat the words of `item`, one list."""
    fields, key = _tracked(item), item.row._meta.pk.attname
    rows = history.model_of(type(item.row))._base_manager.filter(**{key: item.row.pk}) if fields else []
    return [row for row in rows if any(getattr(row, name) not in ("", traces.ERASED) for name in fields)]


def preview_words(found: Words) -> Preview:
    lines = [_entries(found.gone), _rows(found.gone)]
    for item in found.stored:
        names = ", ".join(str(item.row._meta.get_field(name).verbose_name) for name in item.fields)
        lines.append(capfirst(f"{item.row._meta.verbose_name}: {names}"))
    return Preview(lines, [_("Who acted, when and on what."), _("The proof that the entry stands in the ledger.")])


def why_not_words(found: Words, by: Any) -> str:
    """Why `by` cannot erase the words `found`, or nothing."""
    try:
        _judge_words(found, by)
    except DomainError as error:
        return str(error)
    return ""


def _judge_words(found: Words, by: Any) -> None:
    require(by)
    if any(entry.verb == VERB for entry in found.entries):
        raise NotErasable(_("This entry says what was erased; it stays."))
    if any(entry.target_type == "portal.legalhold" or entry.verb.startswith("hold.") for entry in found.entries):
        raise NotErasable(_("This entry says what is kept for legal reasons; it stays."))
    if not found.gone.entries and not found.stored:
        raise NotErasable(_("The words of this entry were erased before."))
    with transaction.atomic():
        hold.wait()
        hold.require_free(found.subjects)


def erase_words(*, entries: Iterable[int], by: User, reason: str, at: datetime) -> Words:
    """The words of `entries`, and of the actions to which they belong, are gone, here and where they are stored.

    `reason` stays in the ledger and must not repeat them. Files go when the transaction is done. Raises NotErasable,
    hold.Held, access.Refused.
    """
    with audit.action(actor=by, reason=reason, at=at) as action:
        found = words_of(entries)
        _judge_words(found, by)
        with seal.lifted():
            for item in found.stored:
                _blank(item, found.gone)
            for model in history.tracked_models():
                rows = history.model_of(model)._base_manager
                rows.filter(request_id__in={entry.request_id for entry in found.entries}).update(reason=traces.ERASED)
            _finish(found.gone)
        first = found.entries[0]
        data = {"subject": f"{first.target_type} {first.target_id}", **found.gone.said()}
        action.record_many([(VERB, first.target_type, first.target_id, data)])
    return found


def _blank(item: registry.Stored, gone: traces.Gone) -> None:
    """Put ``[erased]`` in the place of the words of `item`, of its history and of what repeats it."""
    typed = [text for name in item.fields if (text := getattr(item.row, name)) not in ("", traces.ERASED)]
    for row in _past(item) if history.is_tracked(type(item.row)) else ():
        typed += [text for name in _tracked(item) if (text := getattr(row, name)) not in ("", traces.ERASED)]
        new = {name: traces.ERASED for name in _tracked(item) if getattr(row, name)}
        type(row)._base_manager.filter(pk=row.pk).update(**new)
    rows = type(item.row)._base_manager.filter(pk=item.row.pk)
    if item.goes:
        rows.delete()
    else:
        rows.update(**{name: traces.ERASED for name in item.fields if getattr(item.row, name)})
    repeated = traces.Repeated(typed)
    for beside, column in item.copies:
        repeated.blank(beside, column)
    repeated.in_history(item.subject, gone)
    label, key = item.subject._meta.label_lower, str(item.subject.pk)
    gone.entries |= repeated.payloads(label, key)
    if item.remove is not None:
        transaction.on_commit(item.remove)


def _entries(gone: traces.Gone) -> str:
    count = len(gone.entries)
    return ngettext(
        "%(count)d entry of the ledger loses its words.", "%(count)d entries of the ledger lose their words.", count
    ) % {"count": count}


def _rows(gone: traces.Gone) -> str:
    count = len(gone.rows)
    return ngettext("%(count)d history row loses its words.", "%(count)d history rows lose their words.", count) % {
        "count": count
    }
