"""Looking for entries of the ledger: by object, person, verb and period, a page at a time, newest first.

Objects and people have indexes that end in the id, everything else is read in the order of time. For verbs there is
no index: they are looked for among the next ``LOOKED`` entries, and the page says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal import limits, registry
from portal.models import AuditEntry, User
from portal.reads import keyset, trail
from portal.reads.ledger_entry import address_of, kind_word, model_of, name_of, names_in

LOOKED = 20_000  # entries among which a verb is looked for at once
OFFERED = 8  # objects or people of which one has to be chosen
TYPED = 200
EDIT = "edit."  # verbs of all tracked tables together: edit.created, edit.changed, edit.deleted
APPS = ("portal", "governance", "incidents")


@dataclass(frozen=True)
class Filters:
    """What the address asks for, as it was typed; empty for "any"."""

    object: str = ""
    person: str = ""
    verb: str = ""
    since: str = ""
    until: str = ""

    @property
    def narrows(self) -> bool:
        return self != Filters()

    def address(self, **other: str) -> str:
        """The query of these filters with `other` values; "?" without any."""
        changed = replace(self, **{name: value for name, value in other.items() if hasattr(self, name)})
        places = [(name, value) for name, value in other.items() if not hasattr(self, name) and value]
        return "?" + urlencode([(name, value) for name, value in vars(changed).items() if value] + places)


def filters(asked: Mapping[str, str]) -> Filters:
    return Filters(**{name: str(asked.get(name, "")).replace("\x00", "").strip()[:TYPED] for name in vars(Filters())})


@dataclass(frozen=True)
class Choice:
    """One of several things that fit: `word` says what kind, `value` is what the filter has to be."""

    name: str
    word: str
    url: str


@dataclass(frozen=True)
class Row:
    """`about` is the name of the object, `url` its trail; both may be empty."""

    entry: AuditEntry
    who: str
    what: str
    kind: str
    about: str
    url: str
    is_sealed: bool


@dataclass(frozen=True)
class Page:
    """`newer`, `older` and `further` are queries or empty; `looked` entries were looked through for a verb, back to
    `looked_until`, and `further` goes on there. `unknown` says what cannot be looked for, `choices` what could."""

    rows: list[Row] = field(default_factory=list)
    newer: str = ""
    older: str = ""
    further: str = ""
    total: int = 0
    is_more: bool = False
    looked: int = 0
    looked_until: datetime | None = None
    unknown: str = ""
    choices: list[Choice] = field(default_factory=list)


def page(asked: Filters, *, since: datetime | None, until: datetime | None, after: str = "", before: str = "") -> Page:
    """A page of what `asked` looks for, within [since, until); a constant number of questions."""
    rows, order = AuditEntry.objects.all(), ("-at", "-id")
    if asked.object:
        found = objects(asked.object)
        if len(found) != 1:
            unknown = "" if found else _("Nothing is called “%(text)s”.") % {"text": asked.object}
            return Page(unknown=unknown, choices=_offered(asked, found))
        ((_kind, label, key, _name),) = found
        rows, order = rows.filter(target_type=label, target_id=key), ("-id", "-id")
    rare = verb_is(asked.verb) if asked.verb else Q()
    if asked.person:
        people = persons(asked.person)
        if len(people) > 1:
            return Page(choices=[Choice(str(one), one.email, asked.address(person=one.email)) for one in people])
        if people:
            rows, order = rows.filter(actor=people[0]), ("-id", "-id")
        else:
            rare &= Q(actor=None, actor_label__in=processes(asked.person))
    if since:
        rows = rows.filter(at__gte=since)
    if until:
        rows = rows.filter(at__lt=until)
    return _looked(rows, order, rare, asked, after) if rare else _all(rows, order, asked, after, before)


def _all(rows: QuerySet[AuditEntry], order: tuple[str, str], asked: Filters, after: str, before: str) -> Page:
    cut = keyset.cut(_whole(rows), *order, after=after, before=before)
    count = rows.order_by()[: limits.COUNTED_ROWS + 1].count()
    return Page(
        _drawn(cut.rows),
        _with(asked, cut.newer),
        _with(asked, cut.older),
        total=min(count, limits.COUNTED_ROWS),
        is_more=count > limits.COUNTED_ROWS,
    )


def _looked(rows: QuerySet[AuditEntry], order: tuple[str, str], rare: Q, asked: Filters, after: str) -> Page:
    """A page of those that are `rare`, among the next ``LOOKED``."""
    window = keyset.behind(rows, *order, after)
    near, last = _near(window, order)
    found = list(_whole(near.filter(rare))[: limits.PAGE_ROWS + 1])
    shown, is_cut = found[: limits.PAGE_ROWS], len(found) > limits.PAGE_ROWS
    return Page(
        _drawn(shown),
        asked.address() if after else "",
        asked.address(after=keyset.cursor(shown[-1], *order)) if is_cut else "",
        "" if is_cut or last is None else asked.address(after=keyset.cursor(last, *order)),
        looked=LOOKED if last else 0,
        looked_until=last.at if last else None,
    )


def _near(window: QuerySet[AuditEntry], order: tuple[str, str]) -> tuple[QuerySet[AuditEntry], AuditEntry | None]:
    """The next ``LOOKED`` of `window`, and the last of them if there are so many.

    They are bounded by their ends, not by a list of their ids: for that the database would look for a frequent verb
    among all entries first.
    """
    if order[0] == "-id":
        ends = window[:LOOKED].aggregate(low=Min("pk"), high=Max("pk"), many=Count("pk"))
        if not ends["many"]:
            return window.none(), None
        last = AuditEntry.objects.only("pk", "at").get(pk=ends["low"]) if ends["many"] == LOOKED else None
        return window.filter(pk__gte=ends["low"], pk__lte=ends["high"]), last
    last = next(iter(window.only("pk", "at")[LOOKED - 1 : LOOKED]), None)
    if last is None:
        return window, None
    return window.filter(Q(at__gte=last.at) & (Q(at__gt=last.at) | Q(pk__gte=last.pk))), last


def _whole(rows: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
    return rows.select_related("actor", "leaf")


def _with(asked: Filters, place: str) -> str:
    return f"{asked.address()}&{place.removeprefix('?')}".replace("?&", "?") if place else ""


def _drawn(entries: list[AuditEntry]) -> list[Row]:
    """Rows with the names of what they are about; one question for each kind of object on the page."""
    wanted: dict[str, set[Any]] = defaultdict(set)
    for entry in entries:
        wanted[entry.target_type].add(entry.target_id)
    known: dict[tuple[str, str], Any] = {}
    for label, keys in wanted.items():
        model = model_of(label)
        if model is None:
            continue
        for obj in model._base_manager.only("pk", *names_in(model)).filter(pk__in=_keys(model, keys)):
            known[label, str(obj.pk)] = obj
    drawn = []
    for entry in entries:
        obj = known.get((entry.target_type, entry.target_id))
        drawn.append(
            Row(
                entry,
                trail.who(entry),
                trail.done(entry.verb, is_edit=is_edit(entry)),
                kind_word(entry.target_type),
                name_of(obj) if obj is not None else "",
                address_of(entry.target_type, obj),
                hasattr(entry, "leaf"),
            )
        )
    return drawn


def _keys(model: Any, keys: Iterable[str]) -> list[Any]:
    found = []
    for key in keys:
        try:
            found.append(model._meta.pk.to_python(key))
        except ValidationError:
            continue
    return [key for key in found if key is not None]


def is_edit(entry: AuditEntry) -> bool:
    """Whether the entry tells of one tracked row."""
    return entry.verb.startswith(f"{entry.target_type}.")


# What was typed


def objects(text: str) -> list[tuple[str, str, str, str]]:
    """(word, model label, key, value of the filter) of the objects that `text` may mean: a reference, a key of ours
    ("workflow:payments" too), an id, or a part of a name; at most ``OFFERED``."""
    kind, colon, key = text.partition(":")
    if colon and kind in dict(registry.trails.items()):
        obj = registry.trails[kind].find(key)
        return [_object(kind, registry.trails[kind], obj)] if obj else []
    named = [(name, item, item.find(text)) for name, item in registry.trails.items()]
    exact = [_object(name, item, obj) for name, item, obj in named if obj]
    if exact:
        return exact[:OFFERED]
    if (alone := _by_key(text)) is not None:
        return [alone]
    some = ((name, item, obj) for name, item in registry.trails.items() if item.named for obj in _few(item.named(text)))
    return [_object(name, item, obj) for name, item, obj in islice(some, OFFERED)]


def _few(rows: Any) -> list[Any]:
    return list(rows[:OFFERED])


def _object(name: str, kind: trail.Kind, obj: Any) -> tuple[str, str, str, str]:
    return str(kind.word), kind.label or obj._meta.label_lower, str(obj.pk), f"{name}:{kind.key(obj)}"


def _by_key(text: str) -> tuple[str, str, str, str] | None:
    """What has the id `text`, of whatever kind, if the ledger knows it: one entry for each label in the index."""
    entries = AuditEntry.objects.filter(target_type=OuterRef("label"), target_id=text)
    kinds = ContentType.objects.filter(app_label__in=APPS).annotate(label=Concat("app_label", Value("."), "model"))
    found = kinds.filter(Exists(entries)).order_by("label").values_list("label", flat=True).first()
    return None if found is None else (kind_word(found), found, text, text)


def _offered(asked: Filters, found: list[tuple[str, str, str, str]]) -> list[Choice]:
    names = []
    for word, label, key, value in found:
        obj = model_of(label)._base_manager.filter(pk=key).first()
        names.append(Choice(str(obj), word, asked.address(object=value)))
    return names


def persons(text: str) -> list[User]:
    """The people that `text` may mean: an e-mail address, else a part of a name; at most ``OFFERED``."""
    exact = list(User.objects.filter(Q(email__iexact=text) | Q(name__iexact=text)).order_by("pk")[:OFFERED])
    return exact or list(User.objects.filter(name__icontains=text).order_by("name", "pk")[:OFFERED])


def processes(text: str) -> list[str]:
    """What the ledger may call the process that its reader calls `text`."""
    plain = text.casefold()
    return sorted({text} | {name for name, word in registry.words.items() if str(word).casefold() == plain})


def verbs() -> list[tuple[str, str]]:
    """(value, words) of all that can have happened, by their words; different verbs with the same words are one."""
    return _verbs(get_language() or "")


@cache
def _verbs(language: str) -> list[tuple[str, str]]:
    merged: dict[str, list[str]] = defaultdict(list)
    for verb, words in registry.verbs.items():
        merged[str(words)].append(verb)
    for last, words in trail.EDITS.items():
        merged[str(words)].append(f"{EDIT}{last}")
    return sorted(((some[0], words) for words, some in merged.items()), key=lambda pair: pair[1].casefold())


def verb_is(value: str) -> Q:
    """Entries whose verb says the same as `value`."""
    last = value.removeprefix(EDIT)
    if value.startswith(EDIT) and last in trail.EDITS:
        return Q(verb=Concat(F("target_type"), Value(f".{last}")))
    words = registry.verbs.get(value)
    same = [verb for verb, said in registry.verbs.items() if words is not None and str(said) == str(words)]
    return Q(verb__in=same or [value])
