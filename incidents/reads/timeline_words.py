"""What an entry of the timeline says: who did what, in words that a person reads."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from governance.reads.sentences import lasting, said
from incidents.models.incidents import IncidentState, Severity
from incidents.models.response import Function
from incidents.reads import timeline_learned
from incidents.reads.overrides import holds
from portal import moments


def said_of(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    """Mark (done, bad, decision or empty), sentence and detail of an entry `verb` with its `facts`."""
    found: tuple[str, str, str] = WORDS.get(verb, _plain)(verb, facts)
    return found


def names(people: Any) -> str:
    """ "Ines, Jonas and Helen" without an opinion on commas."""
    listed = [str(name) for name in people or []]
    if len(listed) < 2:
        return "".join(listed)
    return _("%(some)s and %(last)s") % {"some": ", ".join(listed[:-1]), "last": listed[-1]}


def _plain(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    return "", _("%(name)s: %(verb)s") % {"name": facts["name"], "verb": verb.replace("_", " ")}, ""


def _reported(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    who = facts["name"] or facts.get("source") or _("Somebody")
    return "", _("%(name)s reported it") % {"name": who}, ""


def _scored(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    detail = " ".join(part for part in (str(facts.get("because") or ""), said(facts.get("sentence", ""))) if part)
    words = {name: severity(facts.get(name)) for name in ("severity", "before", "after")}
    if not words["after"]:
        return "decision", _("Rated %(severity)s") % words, detail
    if words["after"] != words["before"]:
        return "decision", _("New facts: rated %(after)s instead of %(before)s") % words, detail
    if words["severity"] == words["after"]:
        return "", _("New facts: still %(after)s") % words, detail
    return "", _("New facts suggest %(severity)s; it stays %(after)s") % words, detail


def _told(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    by = parse_datetime(facts.get("answer_by") or "")
    again = _("again") + " " if (facts.get("round") or 1) > 1 else ""
    text = _("%(names)s told %(again)s(%(title)s)") % {
        "names": names(facts.get("people")),
        "again": again,
        "title": said(facts.get("title", "")),
    }
    return "", text, _("Asked to answer by %(time)s.") % {"time": clock(by)} if by else ""


def clock(at: datetime) -> str:
    return f"{timezone.localtime(at):%H:%M}"


def _snoozed(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    until = parse_datetime(facts.get("until") or "")
    if until is None:
        return "decision", _("%(name)s put off the calls") % facts, ""
    return "decision", _("%(name)s put off the calls until %(time)s") % {**facts, "time": clock(until)}, ""


def _timebox(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    count = int(facts.get("minutes") or 0)
    is_triage = facts.get("which") == "triage"
    text = _("Nobody rated it within %(time)s") if is_triage else _("No decision within %(time)s")
    return "bad", text % {"time": lasting(count)}, facts.get("title", "")


def _trigger(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    text = said(facts.get("sentence", ""))
    if facts.get("before"):
        before, after = severity(facts["before"]), severity(facts.get("after"))
        raised = {"text": text.removesuffix("."), "before": before, "after": after}
        text = _("%(text)s; raised from %(before)s to %(after)s") % raised
    people = facts.get("people")
    return "bad", text, _("%(names)s told besides") % {"names": names(people)} if people else ""


def _severity(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    before, after = severity(facts.get("before")), severity(facts.get("after"))
    if before == after:
        return "decision", _("%(name)s confirmed %(severity)s") % {"name": facts["name"], "severity": after}, ""
    changed = {"name": facts["name"], "before": before, "after": after}
    return "decision", _("%(name)s changed the severity from %(before)s to %(after)s") % changed, ""


def _re_escalated(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    if facts.get("because") == "no_progress":
        return "bad", _("No progress since %(name)s answered; the next level is called") % facts, ""
    return "bad", _("Nobody answered; the levels are called again"), ""


def _re_resolved(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    if not facts.get("people"):
        return "", _("The rules were applied anew"), ""
    return "", _("The rules were applied anew; %(people)s told") % {"people": names(facts["people"])}, ""


def _silent(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    why = {
        "silent": _("%(name)s gives no sign as %(title)s"),
        "absent": _("%(name)s is away, and is %(title)s"),
        "left": _("%(name)s does not work here any more, and was %(title)s"),
    }
    text = why.get(facts.get("which", ""), why["silent"]) % {"name": facts["name"], "title": said(facts["title"])}
    return "bad", text, _deputies(facts)


def _deputies(facts: dict[str, Any]) -> str:
    people = facts.get("people")
    return _("%(names)s can step in and were told.") % {"names": names(people)} if people else ""


def _given_up(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    text = _("%(name)s gave up the role %(title)s; nobody has it now")
    return "bad", text % {"name": facts["name"], "title": said(facts["title"])}, _deputies(facts)


def _rotate(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    words = {"name": facts["name"], "title": said(facts["title"]), "time": lasting(60 * int(facts.get("hours") or 0))}
    return "", _("%(name)s has been %(title)s for %(time)s or more; it is time to hand over") % words, ""


def _passed(kind: str, text: str) -> Any:
    """A role or the lead that changed hands; the detail says what is still open."""

    def words(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
        known = {**facts, "title": said(facts.get("title", ""))}
        missing = facts.get("missing")
        return kind, _(text) % known, _("Still open: %(points)s.") % {"points": "; ".join(missing)} if missing else ""

    return words


def _scope(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    if int(facts.get("number") or 1) > 1:
        return "decision", _("%(name)s changed scope and aim") % facts, ""
    return "decision", _("%(name)s stated scope and aim") % facts, ""


def _agreed(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    function = facts.get("function")
    words = {"name": facts["name"], "function": Function(function).label if function in Function.values else function}
    if verb == "scope_agreed":
        return "done", _("%(name)s agreed to scope and aim for %(function)s") % words, ""
    return "bad", _("%(name)s objected to scope and aim for %(function)s") % words, ""


def _step_done(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    if facts.get("choice"):
        return "decision", _("Decided “%(title)s”: %(choice)s") % facts, ""
    return "done", _("%(name)s did “%(title)s”") % facts, ""


def _halted(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    known = {"name": facts.get("name", ""), "workflow": facts.get("workflow") or ""}
    is_isolated, of = facts.get("kind") == "isolated", bool(known["workflow"])
    if verb == "halted" and is_isolated:
        text = _("%(name)s isolated something of %(workflow)s") if of else _("%(name)s isolated something")
    elif verb == "halted":
        text = _("%(name)s halted something of %(workflow)s") if of else _("%(name)s halted something")
    elif verb == "released":
        text = _("%(name)s let run again what stood still in %(workflow)s") if of else _("%(name)s let it run again")
    else:
        text = _("Something in %(workflow)s stays halted") if of else _("Something stays halted")
    return "done" if verb == "released" else "decision", text % known, ""


def _remedy(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    until = parse_datetime(facts.get("until") or "")
    known = {"name": facts.get("name", ""), "time": moments.in_words(until) if until else ""}
    if verb == "workaround":
        return "decision", _("%(name)s put a workaround in place until %(time)s") % known, ""
    return "decision", _("%(name)s keeps the workaround until %(time)s") % known, ""


def _rechecked(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    known = {"name": facts.get("name", ""), "passed": facts.get("passed", 0), "waived": facts.get("waived", 0)}
    if known["waived"]:
        text = _("%(name)s looked again: %(passed)s work, %(waived)s not looked at")
        return "decision", text % known, ""
    return "done", _("%(name)s looked again at everything concerned: it works") % known, ""


def _recheck_failed(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    known = {"name": facts.get("name", ""), "failed": facts.get("failed", 0)}
    known["all"] = sum(facts.get(result, 0) for result in ("failed", "passed", "waived"))
    return "bad", _("%(name)s looked again: %(failed)s of %(all)s do not work yet") % known, ""


def _decision_ended(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    known = {"name": facts["name"], "choice": facts.get("choice", ""), "reference": facts.get("reference", "")}
    match facts.get("outcome"):
        case "decided":
            return "decision", _("%(name)s decided: %(choice)s (%(reference)s)") % known, ""
        case "withdrawn":
            return "", _("%(reference)s does not have to be decided any more") % known, ""
        case "denied":
            return "bad", _("Nobody decided %(reference)s in time: denied, as the policy says") % known, ""
    return "bad", _("Nobody decided %(reference)s in time; it is held") % known, ""


def _by(kind: str, text: str) -> Any:
    """A sentence that needs only the facts of its row."""

    def words(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
        known: dict[str, Any] = {
            "from": "",
            "to": "",
            "title": "",
            "before": "",
            "after": "",
            "decision": "",
            "source": "",
            "other": "",
            "number": "",
            **facts,
        }
        known["people"] = names(facts.get("people"))
        known["title"] = said(known["title"])
        return kind, _(text) % known, said(facts.get("sentence", ""))

    return words


def _callback_dead(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    text = _("The workflow that waits for the decision %(decision)s could not be told; the operators know")
    return "bad", text % {"decision": facts.get("decision")}, str(facts.get("why") or "")


def _overridden(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    until = parse_datetime(facts.get("until") or "")
    words = {"name": facts.get("who") or "", "holds": holds(facts), "until": clock(until) if until else ""}
    text = _("%(name)s has set a rule aside until %(until)s. %(holds)s") % words
    return "decision", text, str(facts.get("reason") or "")


def _meeting(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    known = {"title": said(facts.get("title", "")), "names": names(facts.get("names"))}
    if known["names"]:
        text = _("%(title)s: %(names)s leads, everybody concerned was told") % known
    else:
        text = _("%(title)s: everybody concerned was told, but nobody is there to lead it") % known
    return "" if known["names"] else "bad", text, names(facts.get("people"))


def _leadership(verb: str, facts: dict[str, Any]) -> tuple[str, str, str]:
    people = names(facts.get("people"))
    if people:
        return "decision", _("Leadership joins, as the plan says: %(people)s") % {"people": people}, ""
    return "bad", _("Leadership should join now, but the plan names nobody who is there; the operators know"), ""


WORDS: dict[str, Any] = {
    **timeline_learned.TOLD,
    **{verb: _by(kind, text) for verb, (kind, text) in timeline_learned.PLAIN.items()},
    "reported": _reported,
    "scored": _scored,
    "specialists": _by("", gettext_noop("%(people)s brought in as specialists")),
    "described": _by("", gettext_noop("%(name)s wrote down what users see; before it read")),
    "told": _told,
    "timebox": _timebox,
    "trigger": _trigger,
    "severity": _severity,
    "re_escalated": _re_escalated,
    "near_miss": _by("", gettext_noop("Recorded as a near miss; %(people)s will read it")),
    "news": _by("", gettext_noop("Periodic news sent to %(people)s")),
    "nobody": _by("bad", gettext_noop("Nobody could be told for %(title)s; the operators know")),
    "nobody_reached": _by("bad", gettext_noop("Nobody was reached; the operators know")),
    "exhausted": _by("bad", gettext_noop("Everybody was told and nobody answered")),
    "cap_reached": _by("bad", gettext_noop("The escalation reached its limit; the operators know")),
    "acknowledged": _by("done", gettext_noop("%(name)s answered and leads now")),
    "unacknowledged": _by("bad", gettext_noop("%(name)s gave it back; the levels go on")),
    "left": _by("bad", gettext_noop("%(name)s does not work here any more; nobody leads, people are called again")),
    "passed_on": _by("", gettext_noop("%(name)s does not work here any more; who is responsible now is told")),
    "escalated": _by("decision", gettext_noop("%(name)s called the next level at once")),
    "reassigned": _passed("decision", gettext_noop("%(name)s handed it to %(to)s")),
    "role_assumed": _by("done", gettext_noop("%(name)s is %(title)s now")),
    "role_assigned": _by("decision", gettext_noop("%(name)s made %(to)s the %(title)s")),
    "role_handed_over": _passed("decision", gettext_noop("%(name)s handed the role %(title)s to %(to)s")),
    "role_stepped_in": _by("decision", gettext_noop("%(name)s stepped in for %(before)s as %(title)s")),
    "role_given_up": _given_up,
    "role_asked": _by("", gettext_noop("%(name)s asked %(to)s for a sign as %(title)s")),
    "role_confirmed": _by("done", gettext_noop("%(name)s is here as %(title)s")),
    "role_rotate": _rotate,
    "role_silent": _silent,
    "snoozed": _snoozed,
    "resumed": _by("", gettext_noop("The pause is over; the levels go on")),
    "re_resolved": _re_resolved,
    "workflow": _by("decision", gettext_noop("%(name)s changed the workflow from %(before)s to %(after)s")),
    "talk": _by("", gettext_noop("%(name)s said where people talk")),
    "plan": _by("decision", gettext_noop("%(name)s said what will be done")),
    "contained": _by("done", gettext_noop("Contained: it cannot get worse")),
    "monitoring": _by("done", gettext_noop("A fix is in place and is being watched")),
    "resolved": _by("done", gettext_noop("Resolved: it works again")),
    "reopened": _by("bad", gettext_noop("Opened again: it does not work after all")),
    "declined": _by("", gettext_noop("%(name)s found no incident")),
    "closed": _by("done", gettext_noop("Closed")),
    "note": _by("", gettext_noop("%(name)s wrote")),
    "joined": _by("", gettext_noop("%(name)s joined")),
    "evidence": _by("", gettext_noop("A file was added")),
    "affected": _by("", gettext_noop("%(name)s is affected too")),
    "authority_asked": _by("decision", gettext_noop("%(name)s asked %(to)s to decide")),
    "playbook": _by("decision", gettext_noop("%(name)s chose the playbook %(title)s, version %(number)s")),
    "switched": _by("decision", gettext_noop("%(name)s switched %(title)s to version %(number)s")),
    "scenario": _by("decision", gettext_noop("%(name)s chose the scenario %(title)s")),
    "scope": _scope,
    "scope_agreed": _agreed,
    "scope_objected": _agreed,
    "scope_overruled": _by("decision", gettext_noop("%(name)s went on before everybody had agreed to scope and aim")),
    "step_taken": _by("", gettext_noop("%(name)s took on “%(title)s”")),
    "step_released": _by("", gettext_noop("%(name)s gave “%(title)s” back")),
    "step_freed": _by("bad", gettext_noop("“%(title)s” is nobody’s step now: %(name)s does not work on it any more")),
    "step_done": _step_done,
    "step_changed": _by("bad", gettext_noop("%(name)s did “%(title)s” otherwise than the playbook says")),
    "step_skipped": _by("bad", gettext_noop("%(name)s left out “%(title)s”")),
    "step_failed": _by("bad", gettext_noop("“%(title)s” did not pass, says %(name)s")),
    "gate_asked": _by("decision", gettext_noop("%(name)s asked for a decision: %(title)s (%(decision)s)")),
    "halted": _halted,
    "released": _halted,
    "stays_halted": _halted,
    "workaround": _remedy,
    "fixed": _by("done", gettext_noop("%(name)s repaired it for good")),
    "remedy_extended": _remedy,
    "remedy_removed": _by("done", gettext_noop("%(name)s took the workaround away")),
    "remedy_soon": _by("", gettext_noop("A workaround ends soon; %(people)s reminded")),
    "remedy_over": _by("bad", gettext_noop("A workaround has ended and is still in place; %(people)s told")),
    "rechecked": _rechecked,
    "recheck_failed": _recheck_failed,
    "invited": _by("decision", gettext_noop("%(name)s asked %(to)s to help")),
    "worse": _by("bad", gettext_noop("%(name)s says that it got worse")),
    "works_again": _by("", gettext_noop("%(name)s says that it works again")),
    "confirmed": _by("done", gettext_noop("It works again for %(name)s")),
    "reminded": _by("", gettext_noop("%(people)s asked once more whether it works again")),
    "happened": _by("bad", gettext_noop("%(name)s says that it happened after all: it is an incident now")),
    "merged": _by("decision", gettext_noop("%(name)s found that it is the same as %(other)s; it goes on there")),
    "decision_requested": _by("decision", gettext_noop("Decision asked for: %(question)s (%(reference)s)")),
    "decision_asked": _by("", gettext_noop("Asked to decide %(reference)s: %(people)s (%(title)s)")),
    "decision_nobody": _by("bad", gettext_noop("Nobody could be asked to decide %(reference)s (%(title)s)")),
    "decision_ended": _decision_ended,
    "merged_here": _by("decision", gettext_noop("%(name)s found that %(other)s is the same; it goes on here")),
    "callback_dead": _callback_dead,
    "meeting": _meeting,
    "leadership": _leadership,
    "update": _by("done", gettext_noop("%(name)s sent news to %(title)s")),
    "update_due": _by("", gettext_noop("News for %(title)s is due")),
    "update_overdue": _by("bad", gettext_noop("News for %(title)s is overdue")),
    "promise_missed": _by("bad", gettext_noop("What was promised to %(title)s did not come in time")),
    "overridden": _overridden,
    "event": _by("", gettext_noop("%(source)s sent another event of the same kind")),
}


def severity(value: Any) -> str:
    return str(Severity(value).label) if value in Severity.values else ""


def state(value: Any) -> str:
    return str(IncidentState(value).label) if value in IncidentState.values else ""
