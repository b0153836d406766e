"""What the timeline says of what follows an incident: its review, its actions, and a cause that is seen again."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop


def _effect(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    known = {"title": facts.get("title", ""), "reference": facts.get("reference", "")}
    match facts.get("effect"):
        case "helped":
            return "done", _("It helps: %(title)s (%(reference)s)") % known, ""
        case "not_helped":
            return "bad", _("It does not help: %(title)s (%(reference)s)") % known, ""
    return "", _("Nobody knows yet whether it helps: %(title)s (%(reference)s)") % known, ""


def _came_back(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    known = {"other": facts.get("other", "")}
    match facts.get("because"):
        case "cause":
            return "bad", _("The cause of %(other)s is seen again") % known, ""
        case "pattern":
            return "bad", _("The failure pattern of %(other)s is seen again") % known, ""
    return "bad", _("The process of %(other)s has trouble again") % known, ""


TOLD = {"effect": _effect, "came_back": _came_back}
PLAIN = {
    "review_opened": ("", gettext_noop("The review %(reference)s is open; %(name)s writes it")),
    "review_handed_over": ("", gettext_noop("%(name)s writes the review now")),
    "review_soon": ("", gettext_noop("The review is due soon; %(people)s reminded")),
    "review_overdue": ("bad", gettext_noop("The review is overdue; %(people)s told")),
    "review_published": ("done", gettext_noop("The review %(reference)s is published")),
    "change_proposed": ("decision", gettext_noop("%(name)s proposes a change: %(change)s")),
    "action_planned": ("decision", gettext_noop("%(name)s sees to it: %(title)s (%(reference)s)")),
    "action_soon": ("", gettext_noop("%(reference)s is due soon; %(people)s reminded")),
    "action_overdue": ("bad", gettext_noop("%(reference)s is overdue; %(people)s told")),
    "action_done": ("done", gettext_noop("%(name)s did it: %(title)s (%(reference)s)")),
    "action_dropped": ("", gettext_noop("%(name)s dropped it: %(title)s (%(reference)s)")),
}
"""Verb -> (mark, sentence)."""
