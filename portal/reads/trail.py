"""The audit trail of one object in plain words: every entry of the ledger about it, newest first.

Edits of tracked rows are entries too, with what each field was and is. Entries of one action stand together. Words
that were erased are gone here as well: the entry remains and says so.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from portal import access, limits, registry, roles
from portal.models import AuditEntry, User

LONGEST = 300  # characters of one value
SEVERITY = re.compile("sev[1-4]")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
HIDDEN = ("id", "submission_key", "track_generation")  # of no interest to any reader
SECRET = re.compile("secret|digest|token|signing|password|salt")
EDITS = {
    "created": gettext_lazy("wrote down a new record"),
    "changed": gettext_lazy("changed the record"),
    "deleted": gettext_lazy("removed the record"),
}


def _may_view(user: User, obj: Any) -> bool:
    """Whoever may view it; auditors read the trail of everything."""
    return bool(access.can(user, "view", obj)) or roles.AUDITOR in access.groups(user).values()


@dataclass(frozen=True)
class Kind:
    """Objects whose trail can be read: `find` by the word in the address (None: no such object); `may` says by whom.

    `label` is that of their model and `key` the word in the address of one of them; `named` finds some of them, query
    set or list, by a part of their name.
    """

    word: Any
    find: Callable[[str], Any]
    may: Callable[[User, Any], bool] = _may_view
    label: str = ""
    key: Callable[[Any], str] = str
    named: Callable[[str], Iterable[Any]] | None = None


@dataclass(frozen=True)
class Change:
    """One field or fact: `before` is None where there was nothing to compare with."""

    name: str
    before: str | None
    after: str


@dataclass(frozen=True)
class Step:
    """What one entry (by its key) says."""

    what: str
    changes: list[Change]
    is_erased: bool
    entry: int


@dataclass(frozen=True)
class Action:
    """What somebody did at one time for one reason."""

    at: datetime
    who: str
    reason: str
    request_id: UUID
    steps: list[Step]


@dataclass(frozen=True)
class Page:
    actions: list[Action]
    older: int | None


def get(user: User, kind: str, key: str) -> tuple[Kind, Any]:
    """The object called `key`, if `user` may read its trail. Raises LookupError."""
    found = registry.trails.get(kind)
    obj = found.find(key) if found else None
    if found is None or not obj or not may_read(user, kind, obj):
        raise LookupError(key)
    return found, obj


def may_read(user: User, kind: str, obj: Any) -> bool:
    """Whether `user` may read the trail of `obj`, for pages that link to it."""
    return user.is_active and registry.trails[kind].may(user, obj)


def page(obj: models.Model, *, before: int | None = None, rows: int = limits.PAGE_ROWS) -> Page:
    """The newest `rows` entries about `obj`, older than entry `before`; a constant number of queries."""
    entries = AuditEntry.objects.filter(target_type=obj._meta.label_lower, target_id=str(obj.pk))
    if before is not None:
        entries = entries.filter(id__lt=before)
    found = list(entries.select_related("payload", "actor").order_by("-id")[: rows + 1])
    shown = found[:rows]
    names = _Names(type(obj), obj)
    contents = {entry.pk: content_of(entry) for entry in shown}
    names.learn(content.get("data") for content in contents.values())
    actions = []
    for request_id, together in groupby(shown, key=lambda entry: entry.request_id):
        part = list(together)
        reason = next((text for entry in part if (text := contents[entry.pk].get("reason"))), "")
        steps = [_step(entry, contents[entry.pk], names) for entry in reversed(part)]
        actions.append(Action(part[0].at, who(part[0]), _why(part[0], reason), request_id, steps))
    return Page(actions, shown[-1].pk if len(found) > rows else None)


def said(entry: AuditEntry, model: Any, obj: Any) -> Action:
    """What `entry` alone says about `obj` of `model` (None: it is not there any more)."""
    names, content = _Names(model, obj), content_of(entry)
    names.learn([content.get("data")])
    why = _why(entry, content.get("reason") or "")
    return Action(entry.at, who(entry), why, entry.request_id, [_step(entry, content, names)])


def kind_of(label: str) -> tuple[str, Kind] | None:
    """The trail of objects with this model label, if there is one: its word in the address, and what it is."""
    return next(((name, kind) for name, kind in registry.trails.items() if kind.label == label), None)


def _why(entry: AuditEntry, reason: str) -> str:
    return worded(reason) if entry.actor else _read(reason)


def who(entry: AuditEntry) -> str:
    """A person by name, else the process that acted ("clock", "source n8n") in the reader's language."""
    if entry.actor is not None:
        return entry.actor.name or entry.actor.email
    kind, _space, key = entry.actor_label.partition(" ")
    named = registry.words.get(f"{kind} %s")
    return str(named) % key if named and key else worded(entry.actor_label)


def content_of(entry: AuditEntry) -> dict[str, Any]:
    """The words of `entry`; empty when they were erased."""
    payload = getattr(entry, "payload", None)
    try:
        content = json.loads(payload.content) if payload is not None else None
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _step(entry: AuditEntry, content: dict[str, Any], names: "_Names") -> Step:
    data, is_edit = content.get("data"), bool(content.get("history"))
    what = done(entry.verb, is_edit=is_edit)
    changes = list(names.said(data, is_edit=is_edit)) if isinstance(data, dict) else []
    return Step(what, changes, not content, entry.pk)


def done(verb: str, *, is_edit: bool) -> str:
    """What `verb` of the ledger says after a name; `is_edit`: of a tracked row."""
    last = verb.rpartition(".")[2]
    return str((EDITS.get(last) if is_edit else registry.verbs.get(verb)) or last.replace("_", " "))


def _plain(value: Any) -> str:
    """What is nested, without its brackets; names of facts and words of ours as their reader says them."""
    if isinstance(value, dict):
        pairs = ((registry.facts.get(name) or name.replace("_", " "), item) for name, item in value.items())
        return ", ".join(f"{word}: {_plain(item) or pgettext('value', 'nothing')}" for word, item in pairs)
    return ", ".join(map(_plain, value)) if isinstance(value, list) else worded(str(value))


def worded(text: str) -> str:
    """A reason or value of ours in the reader's language; what people typed stays."""
    return str(registry.words.get(text) or text)


def _read(text: str) -> str:
    """As ``worded``, where no person had a say: sentences of ours with names in them as well."""
    for _name, reading in registry.readings.items():
        text = reading(text)
    return worded(text)


class _Names:
    """Values of fields as people know them: names for keys, words for choices."""

    def __init__(self, model: Any, obj: Any) -> None:
        self.model = model
        named = registry.named_values.get(model._meta.label_lower) if obj is not None else None
        self.named = named(obj) if named else {}
        self.known: dict[tuple[Any, str], str] = {}

    def field(self, name: str) -> Any:
        try:
            return self.model._meta.get_field(name)  # by its name or that of its column
        except FieldDoesNotExist:
            return None

    def learn(self, every: Iterable[Any]) -> None:
        """Read the names of all that `every` points to: one query for each table."""
        asked: dict[Any, set[str]] = {}
        for data in every:
            for name, value in data.items() if isinstance(data, dict) else ():
                column = self.field(name)
                if column is None and name in PEOPLE:
                    keys = value if isinstance(value, list) else [value]
                    asked.setdefault(User, set()).update(str(key) for key in keys)
                if column is None or not column.is_relation or column.related_model is None:
                    continue
                both = (value.get("before"), value.get("after")) if isinstance(value, dict) else (value,)
                asked.setdefault(column.related_model, set()).update(str(one) for one in both if one is not None)
        for model, wanted in asked.items():
            for row in model._base_manager.filter(pk__in=[key for key in wanted if _fits(model, key)]):
                # NOTE: a title may be restricted, a reference tells nothing.
                self.known[model, str(row.pk)] = str(getattr(row, "reference", "") or getattr(row, "name", "") or row)

    def said(self, data: dict[str, Any], *, is_edit: bool) -> Iterable[Change]:
        for name, value in data.items():
            if name in HIDDEN:
                continue
            column = self.field(name)
            word = str(getattr(column, "verbose_name", "") or registry.facts.get(name) or name.replace("_", " "))
            if SECRET.search(name):
                yield Change(word, None, _("not shown"))
                continue
            if is_edit and isinstance(value, dict) and set(value) == {"before", "after"}:
                yield Change(word, self.value(name, column, value["before"]), self.value(name, column, value["after"]))
            elif value not in (None, "", [], {}):
                yield Change(word, None, self.value(name, column, value))

    def value(self, name: str, column: Any, value: Any) -> str:
        match value:
            case _ if value in (None, "", [], {}):  # NOTE: the pattern {} would match every dictionary
                return pgettext("value", "nothing")
            case _ if name in self.named:
                text = self.named[name](value)
            case bool():
                return _("yes") if value else _("no")
            case list() if column is None and name in PEOPLE:
                text = ", ".join(map(self.fact, value))
            case list() | dict():
                text = _plain(value)
            case _ if column is not None and column.is_relation:
                text = self.known.get((column.related_model, str(value)), str(value))
            case _ if getattr(column, "choices", None):
                text = str(dict(column.flatchoices).get(value, value))
            case _ if isinstance(column, models.DateTimeField):
                text = _time(str(value))
            case str() if column is None:
                text = self.fact(value)
            case str() if SEVERITY.fullmatch(value):
                text = value.upper()
            case int():
                text = intcomma(value)
            case _:
                text = str(value)
        return text if len(text) <= LONGEST else text[:LONGEST] + "…"

    def fact(self, value: str) -> str:
        """What code wrote down beside the fields: a person, a time, a severity, a word of ours."""
        known = self.known.get((User, value))
        if known is None and MOMENT.match(value):
            known = _time(value)
        return known or (value.upper() if SEVERITY.fullmatch(value) else worded(value))


def _fits(model: Any, key: Any) -> bool:
    """Whether `key` can be a key of `model` at all."""
    try:
        model._meta.pk.to_python(key)
    except ValidationError:
        return False
    return True


def _time(text: str) -> str:
    try:
        return formats.date_format(timezone.localtime(datetime.fromisoformat(text)), "DATETIME_FORMAT")
    except ValueError:
        return text


PEOPLE = ("people", "person", "to", "told")  # facts that are the key of a person, or a list of them
WORDS = {
    "API token made": pgettext_lazy("why", "API token made"),
    "API token revoked": pgettext_lazy("why", "API token revoked"),
    "API tokens revoked": pgettext_lazy("why", "API tokens revoked"),
    "address proved by its mail": pgettext_lazy("why", "address proved by its mail"),
    "administrator made on the server": pgettext_lazy("why", "administrator made on the server"),
    "away": pgettext_lazy("why", "away"),
    "away at other times": pgettext_lazy("why", "away at other times"),
    "contact method added": pgettext_lazy("why", "contact method added"),
    "contact method changed": pgettext_lazy("why", "contact method changed"),
    "contact method removed": pgettext_lazy("why", "contact method removed"),
    "here after all": pgettext_lazy("why", "here after all"),
    "link asked for again": pgettext_lazy("why", "link asked for again"),
    "link opened": pgettext_lazy("why", "link opened"),
    "order of contact methods": pgettext_lazy("why", "order of contact methods"),
    "own preferences": pgettext_lazy("why", "own preferences"),
    "own quiet hours": pgettext_lazy("why", "own quiet hours"),
    "password changed by its owner": pgettext_lazy("why", "password changed by its owner"),
    "password chosen": pgettext_lazy("why", "password chosen"),
    "password set on the server": pgettext_lazy("why", "password set on the server"),
    "second factor added": pgettext_lazy("why", "second factor added"),
    "second factor removed": pgettext_lazy("why", "second factor removed"),
    "signed in": pgettext_lazy("why", "signed in"),
    "signed out": pgettext_lazy("why", "signed out"),
    "test message": pgettext_lazy("why", "test message"),
    "timers due": pgettext_lazy("why", "timers due"),
    "wrong e-mail or password": pgettext_lazy("why", "wrong e-mail or password"),
}
WHO = {
    "clock": pgettext_lazy("who", "clock"),
    "delivery": pgettext_lazy("who", "delivery"),
    "sign-in": pgettext_lazy("who", "sign-in"),
}
FACTS = {
    "holdings": pgettext_lazy("fact", "what was held"),
    "kind": pgettext_lazy("fact", "kind"),
    "name": pgettext_lazy("fact", "name"),
    "person": pgettext_lazy("fact", "person"),
    "told": pgettext_lazy("fact", "told"),
    "what": pgettext_lazy("fact", "what"),
    "where": pgettext_lazy("fact", "where"),
}


def _person(key: str) -> User | None:
    try:
        return User.objects.filter(pk=UUID(key)).first() if "-" in key else User.objects.filter(pk=key).first()
    except (ValueError, ValidationError):
        return None


def _key(obj: Any) -> str:
    return str(obj.pk)


def _called(text: str) -> Iterable[User]:
    return User.objects.filter(models.Q(name__icontains=text) | models.Q(email__iexact=text)).order_by("name", "pk")


def _may_read_person(user: User, person: User) -> bool:
    """People read their own trail; admins and auditors that of everybody."""
    held = access.groups(user).values()
    return user.pk == person.pk or user.is_superuser or roles.ADMIN in held or roles.AUDITOR in held


VERBS = {
    "absence.added": gettext_lazy("entered time off"),
    "absence.calendar_read": gettext_lazy("read time off from a calendar"),
    "absence.cancelled": gettext_lazy("took back time off"),
    "absence.changed": gettext_lazy("changed time off"),
    "api_token.created": gettext_lazy("made an API token"),
    "api_token.revoked": gettext_lazy("revoked an API token"),
    "contact_method.added": gettext_lazy("added a way to be reached"),
    "contact_method.changed": gettext_lazy("changed a way to be reached"),
    "contact_method.moved": gettext_lazy("changed the order of the ways to be reached"),
    "contact_method.removed": gettext_lazy("removed a way to be reached"),
    "contact_method.tested": gettext_lazy("sent a test message"),
    "contact_method.verified": gettext_lazy("proved a way to be reached"),
    "duty.left_open": gettext_lazy("left a duty open"),
    "message.died": gettext_lazy("could not deliver a message"),
    "team.created": gettext_lazy("created the team"),
    "timer.parked": gettext_lazy("set a timer aside"),
    "user.created": gettext_lazy("created the account"),
    "user.deactivated": gettext_lazy("deactivated the account"),
    "user.invited": gettext_lazy("sent an invitation"),
    "user.password_changed": gettext_lazy("changed the password"),
    "user.reactivated": gettext_lazy("activated the account again"),
    "user.second_factor_added": gettext_lazy("added a second factor"),
    "user.second_factor_removed": gettext_lazy("removed a second factor"),
    "user.sign_in_refused": gettext_lazy("refused a log-in"),
    "user.signed_in": gettext_lazy("signed in"),
    "user.signed_out": gettext_lazy("signed out"),
}


def register() -> None:
    registry.trails.add("person", Kind(gettext_lazy("Person"), _person, _may_read_person, "portal.user", _key, _called))
    registry.verbs.add_all(VERBS)
    registry.words.add_all(WORDS | WHO)
    registry.facts.add_all(FACTS)
