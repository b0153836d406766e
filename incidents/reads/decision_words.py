"""How the states of decisions look and sound."""

from typing import Any

from django.utils.translation import gettext_lazy as _

TONES = {
    "open": "info",
    "waiting": "warn",
    "contested": "bad",
    "decided": "ok",
    "denied": "bad",
    "held": "warn",
    "withdrawn": "",
    "closed": "",
}

CALLBACKS: dict[str, tuple[str, Any]] = {
    "pending": ("open", _("The workflow has not taken the answer yet")),
    "sending": ("open", _("The answer is on its way to the workflow")),
    "sent": ("ok", _("The workflow has taken the answer")),
    "dead": ("bad", _("The workflow could not be reached")),
}

STILL_OPEN = _("Still open")

ENDS = {
    "deny": _("If nobody decides by then, it counts as denied, since the policy says so."),
    "hold": _("If nobody decides by then, nothing is done, and the process waits."),
    "fallback": _("If nobody decides by then, nothing is done, and the process waits."),
}

OUTCOMES = {
    "decided": _("Decided"),
    "denied": _("Denied, because nobody decided in time"),
    "held": _("Held, because nobody decided in time"),
    "withdrawn": _("Withdrawn by whoever asked"),
}

AFTER = {
    "decided": _("Nothing has to be done here any more."),
    "denied": _("It counts as denied, as the policy says. If it still matters, ask again."),
    "held": _("Nothing was done, and the process waits. If it still matters, ask again."),
}


def word(decision: Any) -> str:
    """The state of `decision` as a mark says it."""
    label = str(STILL_OPEN if decision.state == "open" else decision.get_state_display())
    return label[:1].upper() + label[1:]
