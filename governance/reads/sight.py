"""In words: how many people and teams come to see workflows, and how many no longer do."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.models import Workflow
from governance.reads.assignments import Viewer


def said(added: Collection[Viewer], removed: Collection[Viewer]) -> list[str]:
    """A sentence for each direction, and in it for people and for teams; each of them is counted once.

    At most one query for each sentence.
    """
    groups = [(word, [item for item in items if item.kind == kind]) for word, kind, items in _sides(added, removed)]
    return [_sentence(word, items) for word, items in groups if items] or [_("Nobody may see more or less than now.")]


def _sides(added: Collection[Viewer], removed: Collection[Viewer]) -> list[tuple[str, str, Collection[Viewer]]]:
    return [
        ("more people", "user", added),
        ("more teams", "team", added),
        ("fewer people", "user", removed),
        ("fewer teams", "team", removed),
    ]


def _sentence(word: str, items: list[Viewer]) -> str:
    count = len({item.holder for item in items})
    workflows = {item.workflow for item in items}
    if len(workflows) > 1:
        return _several(word, count) % {"count": count, "workflows": len(workflows)}
    name = Workflow.objects.filter(pk__in=workflows).values_list("name", flat=True).first()
    return _one(word, count) % {"count": count, "workflow": name}


def _one(word: str, count: int) -> str:
    """About one workflow."""
    if word == "more people":
        return ngettext(
            "%(count)s more person may see “%(workflow)s”.", "%(count)s more people may see “%(workflow)s”.", count
        )
    if word == "more teams":
        return ngettext(
            "%(count)s more team may see “%(workflow)s”.", "%(count)s more teams may see “%(workflow)s”.", count
        )
    if word == "fewer people":
        return ngettext(
            "%(count)s person fewer may see “%(workflow)s”.", "%(count)s people fewer may see “%(workflow)s”.", count
        )
    return ngettext(
        "%(count)s team fewer may see “%(workflow)s”.", "%(count)s teams fewer may see “%(workflow)s”.", count
    )


def _several(word: str, count: int) -> str:
    """About several workflows."""
    if word == "more people":
        return ngettext(
            "%(count)s person may see more than now: this concerns %(workflows)s workflows.",
            "%(count)s people may see more than now: this concerns %(workflows)s workflows.",
            count,
        )
    if word == "more teams":
        return ngettext(
            "%(count)s team may see more than now: this concerns %(workflows)s workflows.",
            "%(count)s teams may see more than now: this concerns %(workflows)s workflows.",
            count,
        )
    if word == "fewer people":
        return ngettext(
            "%(count)s person may see less than now: this concerns %(workflows)s workflows.",
            "%(count)s people may see less than now: this concerns %(workflows)s workflows.",
            count,
        )
    return ngettext(
        "%(count)s team may see less than now: this concerns %(workflows)s workflows.",
        "%(count)s teams may see less than now: this concerns %(workflows)s workflows.",
        count,
    )
