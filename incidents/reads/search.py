"""Incidents, reviews, actions and decisions, as the search of the portal finds them."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from incidents.models import (
    ActionItem,
    DecisionRequest,
    DecisionText,
    Finding,
    Hypothesis,
    Incident,
    Postmortem,
    PostmortemSection,
    TimelineText,
)
from incidents.reads import action_items, board, decisions, reviews
from incidents.reads.decision_words import word
from portal import registry
from portal.models import User
from portal.models.people import DataClass
from portal.search.kinds import Entry, Searched, Shown, same

CHUNK = 500
REPORTED = ("description", "just_before", "who_is_hurt", "plan", "resolution", "deviation")
KINDS = {Incident.Kind.NEAR_MISS, Incident.Kind.DRILL}


def _rows(rows: QuerySet[Any], subjects: set[str] | None) -> Iterator[list[Any]]:
    """`rows` (those of `subjects`) in parts, each small enough to read what hangs on it at once."""
    if subjects is not None:
        yield list(rows.filter(pk__any=sorted(subjects)))
        return
    last: list[Any] = []
    while part := list((rows.filter(pk__gt=last[-1].pk) if last else rows).order_by("pk")[:CHUNK]):
        yield part
        last = part


def _texts(pairs: Iterable[tuple[Any, ...]]) -> dict[Any, list[str]]:
    """What is said, by whatever it belongs to."""
    found: dict[Any, list[str]] = defaultdict(list)
    for key, *said in pairs:
        found[key] += filter(None, said)
    return found


def _written(text: str) -> Iterator[str]:
    """The words of a decider without the names of their fields."""
    content = json.loads(text)
    more = content.pop("more", {})
    yield from (str(value) for value in (*content.values(), *more.values()) if value)


def _judge(rows: Callable[[User], QuerySet[Any]]) -> Callable[[User, set[str]], set[str]]:
    """Which of some subjects stand in `rows` of a person; one query."""

    def seen(user: User, subjects: set[str]) -> set[str]:
        return {str(pk) for pk in rows(user).filter(pk__any=sorted(subjects)).order_by().values_list("pk", flat=True)}

    return seen


# Incidents


def _incidents(subjects: set[str] | None) -> Iterator[Entry]:
    """What was reported, planned and resolved, and what everybody concerned was told on the timeline."""
    shown = ("reference", "title", "workflow", "reported_at", *REPORTED)
    for part in _rows(Incident.objects.only(*shown), subjects):
        told = TimelineText.objects.filter(entry__incident__in=part, entry__is_public=True).order_by("pk")
        texts = _texts(told.values_list("entry__incident_id", "text"))
        for row in part:
            said = [getattr(row, name) for name in REPORTED]
            text = "\n".join(dict.fromkeys(filter(None, (*said, *texts[row.pk]))))
            yield Entry(str(row.pk), row.title, text, row.reported_at, row.reference, row.workflow_id)


def _incidents_shown(subjects: set[str]) -> dict[str, Shown]:
    rows = Incident.objects.filter(pk__any=sorted(subjects))
    found = {}
    for row in rows.only("reference", "title", "kind", "state", "severity"):
        kind = f", {row.get_kind_display()}" if row.kind in KINDS else ""
        detail = f"{row.reference}, {row.get_state_display()}{kind}"
        found[str(row.pk)] = Shown(row.title, row.get_absolute_url(), detail, row.severity)
    return found


def _all_incidents(text: str) -> str:
    return reverse("incidents:board") + "?" + urlencode({"state": "all", "q": text[: board.WORDS]})


# Reviews and actions


def _reviews(subjects: set[str] | None) -> Iterator[Entry]:
    """What a review says, supposes and finds."""
    for part in _rows(Postmortem.objects.select_related("incident"), subjects):
        of = {"postmortem__in": part}
        texts = _texts(
            [
                *PostmortemSection.objects.filter(**of).order_by("pk").values_list("postmortem_id", "text"),
                *Hypothesis.objects.filter(**of).order_by("number").values_list("postmortem_id", "text", "result"),
                *Finding.objects.filter(**of).order_by("number").values_list("postmortem_id", "text"),
            ]
        )
        for row in part:
            text = "\n".join(filter(None, (*texts[row.pk], row.questions)))
            incident = row.incident
            yield Entry(str(row.pk), incident.title, text, row.opened_at, row.reference, incident.workflow_id)


def _of_review(model: Any) -> Any:
    """From keys of `model` to the reviews to which its rows belong."""

    def lead(keys: set[str]) -> Iterator[str]:
        return map(str, model.objects.filter(pk__in=keys).values_list("postmortem_id", flat=True))

    return lead


def _reviews_of(keys: set[str]) -> Iterator[str]:
    """The reviews of incidents, whose titles they bear."""
    return map(str, Postmortem.objects.filter(incident_id__in=sorted(keys)).values_list("pk", flat=True))


def _reviews_shown(subjects: set[str]) -> dict[str, Shown]:
    rows = Postmortem.objects.filter(pk__any=sorted(subjects)).select_related("incident")
    return {
        str(row.pk): Shown(row.incident.title, row.get_absolute_url(), f"{row.reference}, {row.get_state_display()}")
        for row in rows
    }


def _actions(subjects: set[str] | None) -> Iterator[Entry]:
    for part in _rows(ActionItem.objects.select_related("incident"), subjects):
        for row in part:
            text = "\n".join(filter(None, (row.measure, row.artefact, row.ending)))
            yield Entry(str(row.pk), row.title, text, row.at, row.reference, row.incident.workflow_id)


def _actions_shown(subjects: set[str]) -> dict[str, Shown]:
    rows = ActionItem.objects.filter(pk__any=sorted(subjects))
    return {
        str(row.pk): Shown(row.title, row.get_absolute_url(), f"{row.reference}, {row.get_state_display()}")
        for row in rows
    }


# Decisions


def _decisions(subjects: set[str] | None) -> Iterator[Entry]:
    """What was asked, what could be chosen, and why somebody chose; of restricted data nothing but the number."""
    for part in _rows(DecisionRequest.objects.select_related("incident"), subjects):
        said = DecisionText.objects.filter(record__request__in=part).order_by("pk")
        texts = _texts((key, *_written(text)) for key, text in said.values_list("record__request_id", "text"))
        for row in part:
            workflow = row.workflow_id or (row.incident.workflow_id if row.incident else None)
            if row.data_class == DataClass.RESTRICTED:
                yield Entry(str(row.pk), row.reference, "", row.opened_at, row.reference, workflow)
                continue
            titles = [str(choice.get("title", "")) for choice in row.choices]
            text = "\n".join(filter(None, (row.details, *titles, row.delay_costs, *texts[row.pk])))
            yield Entry(str(row.pk), row.question, text, row.opened_at, row.reference, workflow)


def _decisions_shown(subjects: set[str]) -> dict[str, Shown]:
    rows = DecisionRequest.objects.filter(pk__any=sorted(subjects))
    return {
        str(row.pk): Shown(row.question, row.get_absolute_url(), f"{row.reference}, {word(row)}", row.severity)
        for row in rows
    }


def register() -> None:
    def label(model: Any) -> str:
        return str(model._meta.label_lower)

    add, seen = registry.searched.add, _judge(Incident.objects.visible_to)
    many = gettext_lazy("Incidents")
    add("incident", Searched(many, {label(Incident): same}, _incidents, seen, _incidents_shown, all_of=_all_incidents))
    touches: dict[str, Callable[[set[str]], Iterable[str]]] = {label(Postmortem): same, label(Incident): _reviews_of}
    touches |= {label(model): _of_review(model) for model in (PostmortemSection, Hypothesis, Finding)}
    add("review", Searched(gettext_lazy("Reviews"), touches, _reviews, _judge(reviews.seen), _reviews_shown))
    touches, seen = {label(ActionItem): same}, _judge(action_items.seen)
    add("action", Searched(gettext_lazy("Actions"), touches, _actions, seen, _actions_shown))
    touches, seen = {label(DecisionRequest): same}, _judge(decisions.seen)
    add("decision", Searched(gettext_lazy("Decisions"), touches, _decisions, seen, _decisions_shown))
