"""What higher apps tell the kernel. Filled in ``AppConfig.ready``, read everywhere, never imports an app.

``timer_handlers``  kind -> handler(timers, *, at) -> ids of timers that stay armed (their subject was locked)
``access_rules``    model label -> rule(user, action, obj) -> None when allowed, else the reason as a sentence
``invariants``      name ("I4") -> check() -> list of sentences, one for each violation
``home_cards``      name -> card(user, *, at) -> list of portal.reads.home.Item
``home_parts``      name -> part(user, *, at) -> portal.reads.home.Part, or None when there is nothing to show
``home_ahead``      name -> ahead(user, *, at) -> portal.reads.home.Ahead, or None: the next date of somebody whom
                    nothing needs now
``nav_counts``      "<menu entry>.<who says so>" -> count(user) -> how many things wait for the person there;
                    one query at most, asked for every page
``event_types``     message event -> its portal.outbox.EventType
``answered``      model label -> answered(messages) -> {message id: reason} of those whose question about such a
                    subject was answered; a constant number of queries, no locks
``holdings``        "<app>.<what>" -> holdings(person, *, at, viewer) -> list of portal.reads.holdings.Holding: what
                    somebody who leaves holds
``api_routers``     name -> (prefix below /api/v1, dotted path of a ninja router), imported when addresses are read
``api_parts``       name -> dotted path of part() -> {paths, schemas, securitySchemes, tag}: doors that ninja does not
                    serve, for the document of the API
``leaving``         "<app>.<what>" -> pass_on(person, *, by, at): passes duties on inside the transaction in which
                    `person` has become inactive; holds the lock of the person
``after_migrate``   name -> follow-up of every migrate, after the seals are set; may run any number of times
``searched``        kind of what can be found -> portal.search.kinds.Searched: what is said about each, what touches it,
                    and which of them a person may open
``trails``          word in the address -> portal.reads.trail.Kind: objects whose audit trail can be read
``verbs``           audit verb ("incident.acknowledged") -> what it says after a name ("took it"), lazy
``words``           reason, value or process ("source %s": of any key) that code writes into the ledger, in English ->
                    the same for its reader, lazy
``facts``           name of a fact that code writes into the ledger ("generation") -> the same in words, lazy
``named_values``    model label -> named(obj) -> {field: words(value)} for its trail; the values are keys elsewhere
``readings``        name -> reading(text) of a sentence that code wrote, in the language of whoever reads it
``assigned``        "<app>.<what>" -> notes(person, *, at) -> list of sentences for whoever has just given `person` a
                    team or a role: what they lack for it; it stands all the same
``presence``        "<app>.<what>" -> follow(person, *, at): `person` is back, goes away or is here after all; called
                    inside the transaction that says so
``published``       "<app>.<what>" -> follow(document, version, change, *, at): `version` of `document` came into force
                    (or went out of it) by `change`; called inside the transaction of the publication
``grounds``         name -> grounds(user, document, *, at) -> list of portal.registry.Ground: what an emergency change
                    of `document` by `user` can be for now
``agenda``          name -> agenda(since, *, at) -> {point of a governance review: facts as English sentences of
                    templates}; `since` is when the last one was held, None when none was
``warnings``        template of a banner for every page, which knows `since` -> rows() -> query set of (that template,
                    since when) while it has to be shown; part of the one question that every page asks
``packs``           kind of an evidence pack -> portal.evidence.contents.Contributor: how such a thing is found, what is
                    said about it, and how all of a period are listed
``accounts``        label of a sealed table that is no history -> portal.reads.accounts.Account: how its rows are tied
                    to the entries of the ledger
``workflow_notes``  name -> note(workflow, *, at) -> list of portal.registry.Note that stand on the page of a workflow
``copies``          model label -> columns into which code copies names of people; erasing a person replaces them there
``involves``        model label -> involved(person, keys) -> those of `keys` (texts) with which `person` has to do
``holdable``        word ("incident") -> find(reference) -> what can be kept for legal reasons, or None
``forgetting``      "<app>.<what>" -> forget(person): deletes what `person` kept for their own use
``cleaning``        name -> clean(): makes an index forget words that were erased, in the same transaction
``feeds``           name -> follow(touched, *, at): `touched` is what was sealed since, {label: keys as text}, or None
                    when everything is to be made anew; in the transaction that keeps the place of the feed
``sweeps``          name -> sweep(*, at, grace, stop) -> how many it tried: sends what no worker took
                    until `stop()`; the clock gives each a thread of its own
``erasable``        model label of an entry's target -> stored(entry) -> list of portal.registry.Stored: the words that
                    people typed and for which `entry` stands
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

V = TypeVar("V")


@dataclass(frozen=True)
class Note:
    """A banner: a bold fact, a sentence, and one way on."""

    fact: str
    text: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True)
class Ground:
    """What an emergency change is for: something open that `user` has the authority to act on.

    `refusal` says why the user's authority does not reach; empty: it does.
    """

    label: str
    subject: Any
    url: str = ""
    refusal: str = ""


@dataclass(frozen=True)
class Stored:
    """Words for which an entry of the ledger stands: the columns `fields` of `row`, a part of `subject`.

    `copies` are rows beside, (query set, column of JSON), that repeat the words; `remove` takes a file away; a row
    that `goes` holds nothing else.
    """

    row: Any
    fields: tuple[str, ...]
    subject: Any
    copies: tuple[tuple[Any, str], ...] = ()
    remove: Callable[[], None] | None = None
    goes: bool = False


class Register(Generic[V]):
    """A dictionary that refuses to be filled twice under one name."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._entries: dict[str, V] = {}

    def add(self, name: str, entry: V) -> V:
        known = self._entries.get(name)
        if known is not None and known is not entry:
            raise RuntimeError(f"{self.what} {name!r} is registered twice")
        self._entries[name] = entry
        return entry

    def add_all(self, entries: Mapping[str, V]) -> None:
        for name, entry in entries.items():
            self.add(name, entry)

    def get(self, name: str) -> V | None:
        return self._entries.get(name)

    def __getitem__(self, name: str) -> V:
        return self._entries[name]

    def items(self) -> list[tuple[str, V]]:
        return sorted(self._entries.items())


timer_handlers: Register[Callable[..., Any]] = Register("timer handler")
access_rules: Register[Callable[..., str | None]] = Register("access rule")
invariants: Register[Callable[[], list[str]]] = Register("invariant")
home_cards: Register[Callable[..., list[Any]]] = Register("home card")
home_parts: Register[Callable[..., Any]] = Register("part of the first page")
home_ahead: Register[Callable[..., Any]] = Register("next date on the first page")
nav_counts: Register[Callable[[Any], int]] = Register("number in the menu")
event_types: Register[Any] = Register("message event")
answered: Register[Callable[..., dict[Any, str]]] = Register("judge of answers")
holdings: Register[Callable[..., list[Any]]] = Register("holdings")
leaving: Register[Callable[..., None]] = Register("follow-up of leaving")
assigned: Register[Callable[..., list[str]]] = Register("note of an assignment")
presence: Register[Callable[..., None]] = Register("follow-up of being away")
after_migrate: Register[Callable[[], None]] = Register("follow-up of migrate")
searched: Register[Any] = Register("kind of what can be found")
trails: Register[Any] = Register("audit trail")
verbs: Register[Any] = Register("words of an audit verb")
words: Register[Any] = Register("words of a reason")
facts: Register[Any] = Register("name of a fact")
named_values: Register[Callable[[Any], dict[str, Callable[[Any], str]]]] = Register("values of a trail")
readings: Register[Callable[[str], str]] = Register("reading of sentences")
api_routers: Register[tuple[str, str]] = Register("router of the API")
api_parts: Register[str] = Register("part of the API's document")
accounts: Register[Any] = Register("account of a sealed table")
agenda: Register[Callable[..., dict[str, list[str]]]] = Register("agenda")
packs: Register[Any] = Register("evidence pack")
workflow_notes: Register[Callable[..., list[Note]]] = Register("note of a workflow")
published: Register[Callable[..., None]] = Register("follow-up of a publication")
warnings: Register[Callable[[], Any]] = Register("warning on every page")
copies: Register[tuple[str, ...]] = Register("columns with names")
involves: Register[Callable[..., set[str]]] = Register("judge of involvement")
holdable: Register[Callable[[str], Any]] = Register("what can be held")
forgetting: Register[Callable[..., None]] = Register("personal rows")
cleaning: Register[Callable[[], None]] = Register("cleaning of an index")
erasable: Register[Callable[..., list[Stored]]] = Register("words of entries")
feeds: Register[Callable[..., None]] = Register("feed")
sweeps: Register[Callable[..., int]] = Register("sweep")
grounds: Register[Callable[..., list[Ground]]] = Register("ground of an emergency change")
