"""Audit trails of incidents and sources, and what their entries say after a name."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from governance.reads import documents
from incidents.models import EscalationRun, Incident, Source
from incidents.reads import scoring
from portal import registry
from portal.reads import trail
from portal.reads.trail import Kind

VERBS = {
    "beat.came": _("sent a sign of life"),
    "beat.created": _("set up a beat"),
    "beat.paused": _("paused the beat"),
    "beat.resumed": _("resumed the beat"),
    "beat.rotated": _("made a new secret for the beat"),
    "decision.callback_dead": _("could not tell the workflow"),
    "decision.requested": _("asked for a decision"),
    "decision.answered": _("answered the decision"),
    "decision.decided": _("decided"),
    "decision.denied": _("let it be denied, as the policy says"),
    "decision.held": _("held it, since nobody decided in time"),
    "decision.withdrawn": _("withdrew the question"),
    "decision.data_given": _("gave data for the decision"),
    "decision.contested": _("contested the decision"),
    "decision.unsettled": _("said that nobody has settled it in time"),
    "decision.recused": _("stepped back from the decision"),
    "decision.passed_on": _("asked the next level for the decision"),
    "decision.reading_added": _("added a reading of the data"),
    "decision.reading_holds": _("said which reading of the data holds"),
    "incident.decision_requested": _("asked for a decision"),
    "incident.decision_asked": _("asked somebody to decide"),
    "incident.decision_nobody": _("found nobody to decide"),
    "incident.decision_ended": _("ended a decision"),
    "escalation.re_resolved": _("looked up anew who is told"),
    "escalation.stepped": _("told the next people"),
    "escalation.capped": _("stopped after the most steps there may be"),
    "event.received": _("sent an event"),
    "evidence.added": _("added a file"),
    "evidence.spoiled": _("wanted a file that is not any more what was given"),
    "evidence.taken": _("took a copy of a file"),
    "incident.acknowledged": _("took the incident"),
    "incident.affected": _("is affected too"),
    "incident.authority_asked": _("asked somebody with more authority to decide"),
    "incident.playbook": _("chose the playbook"),
    "incident.talk": _("said where people talk"),
    "incident.scenario": _("chose the scenario"),
    "incident.scope": _("stated scope and aim"),
    "incident.scope_agreed": _("agreed to scope and aim"),
    "incident.scope_objected": _("objected to scope and aim"),
    "incident.scope_overruled": _("went on before everybody had agreed"),
    "incident.step_taken": _("took on a step"),
    "incident.step_released": _("gave a step back"),
    "incident.step_done": _("did a step"),
    "incident.step_changed": _("did a step otherwise"),
    "incident.step_skipped": _("left out a step"),
    "incident.step_freed": _("left a step to nobody"),
    "incident.step_failed": _("said that a check did not pass"),
    "incident.gate_asked": _("asked for a decision"),
    "incident.switched": _("switched to the newer version"),
    "incident.callback_dead": _("could not tell the workflow"),
    "incident.closed": _("closed it"),
    "incident.confirmed": _("confirmed how severe it is"),
    "incident.contained": _("said that it cannot get worse"),
    "incident.halted": _("halted or isolated something"),
    "incident.released": _("let something run again"),
    "incident.stays_halted": _("left something halted"),
    "incident.workaround": _("put a workaround in place"),
    "incident.fixed": _("repaired it for good"),
    "incident.remedy_extended": _("kept a workaround longer"),
    "incident.remedy_removed": _("took a workaround away"),
    "incident.remedy_soon": _("reminded people that a workaround ends"),
    "incident.remedy_over": _("told people that a workaround has ended"),
    "incident.rechecked": _("looked again at what was concerned"),
    "incident.recheck_failed": _("looked again, and it does not work yet"),
    "incident.declined": _("declined it"),
    "incident.escalated": _("called the next level"),
    "incident.happened": _("said that it happened after all"),
    "incident.invited": _("asked somebody to help"),
    "incident.joined": _("joined the work"),
    "incident.lead_left": _("left while leading it"),
    "incident.merged": _("closed it as a duplicate"),
    "incident.merged_here": _("brought a duplicate here"),
    "incident.monitoring": _("began to watch whether it holds"),
    "incident.note": _("wrote a note"),
    "incident.overridden": _("treated it otherwise, as a rule is set aside"),
    "incident.plan": _("said what will be done"),
    "incident.re_escalated": _("called people again"),
    "incident.reassigned": _("gave it to somebody else"),
    "incident.reminded": _("reminded the people who work on it"),
    "incident.reopened": _("opened it again"),
    "incident.reported": _("reported it"),
    "incident.role_asked": _("asked for a sign"),
    "incident.role_assigned": _("gave somebody a role"),
    "incident.role_assumed": _("took a role"),
    "incident.role_confirmed": _("gave a sign"),
    "incident.role_given_up": _("gave a role up"),
    "incident.role_handed_over": _("handed a role over"),
    "incident.role_rotate": _("said that it is time to hand a role over"),
    "incident.role_silent": _("told the deputies of a role"),
    "incident.role_stepped_in": _("stepped in for somebody"),
    "incident.resolved": _("resolved it"),
    "incident.review_opened": _("opened its review"),
    "incident.review_handed_over": _("handed its review over"),
    "incident.review_soon": _("reminded of its review"),
    "incident.review_overdue": _("told people that its review is overdue"),
    "incident.review_written": _("wrote its review"),
    "incident.review_published": _("published its review"),
    "incident.cause_supposed": _("named a possible cause"),
    "incident.cause_judged": _("said what a test showed"),
    "incident.found": _("wrote down what was found"),
    "incident.change_proposed": _("proposed a change"),
    "incident.finding_settled": _("settled what was found"),
    "incident.finding_closed": _("closed what was found, as the change is published"),
    "incident.action_planned": _("planned an action"),
    "incident.action_changed": _("changed an action"),
    "incident.action_soon": _("reminded of an action"),
    "incident.action_overdue": _("told people that an action is overdue"),
    "incident.action_done": _("did an action"),
    "incident.action_dropped": _("dropped an action"),
    "incident.effect": _("looked whether an action helps"),
    "incident.help_answered": _("said whether an action helps"),
    "incident.came_back": _("saw an earlier cause again"),
    "feedback.given": _("gave feedback"),
    "feedback.answered": _("answered feedback"),
    "incident.resumed": _("let it go on after a pause"),
    "incident.scored": _("rated it"),
    "incident.severity_confirmed": _("confirmed how severe it is"),
    "incident.snoozed": _("paused it for a time"),
    "incident.specialists_told": _("told people whose knowledge may help"),
    "incident.timebox_passed": _("said that the time is over"),
    "incident.triggered": _("raised it by a trigger"),
    "incident.unacknowledged": _("gave it back"),
    "incident.workflow": _("named the process"),
    "incident.works_again": _("said that it works again"),
    "incident.worse": _("said that it got worse"),
    "subscription.began": _("follows it from now on"),
    "subscription.ended": _("follows it no more"),
    "incident.meeting": _("called people together"),
    "incident.leadership": _("had leadership join"),
    "incident.update": _("sent news"),
    "incident.update_due": _("reminded of news that is due"),
    "incident.update_overdue": _("raised the alarm about news that is overdue"),
    "incident.promise_missed": _("noted a promise that was not kept"),
    "update.drafted": _("began to write news"),
    "update.written": _("changed news that is being written"),
    "update.submitted": _("asked for a look at news"),
    "update.dropped": _("dropped news that was not sent"),
    "override.begun": _("set a rule aside for a time"),
    "override.ended": _("let the rule hold again"),
    "override.fell_back": _("let the rule hold again, as the time was over"),
    "silence.begun": _("began to silence"),
    "silence.ended": _("ended the silence"),
    "silence.lifted": _("lifted the silence"),
    "silence.planned": _("planned a silence"),
    "source.created": _("set up the source"),
    "source.reading_changed": _("changed how its messages are read"),
    "source.rotated": _("made new secrets for the source"),
}

WORDS = {
    "a cause came back": pgettext_lazy("why", "a cause came back"),
    "begins a review": pgettext_lazy("why", "begins a review"),
    "hands over the review": pgettext_lazy("why", "hands over the review"),
    "writes the review": pgettext_lazy("why", "writes the review"),
    "publishes the review": pgettext_lazy("why", "publishes the review"),
    "supposes a cause": pgettext_lazy("why", "supposes a cause"),
    "plans a test": pgettext_lazy("why", "plans a test"),
    "plans an action": pgettext_lazy("why", "plans an action"),
    "changes an action": pgettext_lazy("why", "changes an action"),
    "whether it helps": pgettext_lazy("why", "whether it helps"),
    "looks whether it helps": pgettext_lazy("why", "looks whether it helps"),
    "a beat came": pgettext_lazy("why", "a beat came"),
    "a trigger raised the severity": pgettext_lazy("why", "a trigger raised the severity"),
    "acknowledged": pgettext_lazy("why", "acknowledged"),
    "affected too": pgettext_lazy("why", "affected too"),
    "beat set up": pgettext_lazy("why", "beat set up"),
    "closed": pgettext_lazy("why", "closed"),
    "contain": pgettext_lazy("why", "contain"),
    "decision": pgettext_lazy("why", "decision"),
    "data given": pgettext_lazy("why", "data given"),
    "decision answered": pgettext_lazy("why", "decision answered"),
    "decision asked": pgettext_lazy("why", "decision asked"),
    "reading added": pgettext_lazy("why", "reading added"),
    "event received": pgettext_lazy("why", "event received"),
    "evidence added": pgettext_lazy("why", "evidence added"),
    "evidence spoiled": pgettext_lazy("why", "evidence spoiled"),
    "evidence taken": pgettext_lazy("why", "evidence taken"),
    "invite": pgettext_lazy("why", "invite"),
    "it got worse": pgettext_lazy("why", "it got worse"),
    "it happened": pgettext_lazy("why", "it happened"),
    "it works again": pgettext_lazy("why", "it works again"),
    "joined": pgettext_lazy("why", "joined"),
    "monitor": pgettext_lazy("why", "monitor"),
    "newer rules": pgettext_lazy("why", "newer rules"),
    "no": pgettext_lazy("why", "no"),
    "no_progress": pgettext_lazy("why", "no progress"),
    "not yet": pgettext_lazy("why", "not yet"),
    "note": pgettext_lazy("why", "note"),
    "override ended": pgettext_lazy("why", "override ended"),
    "follows": pgettext_lazy("why", "follows"),
    "follows no more": pgettext_lazy("why", "follows no more"),
    "playbook chosen": pgettext_lazy("why", "playbook chosen"),
    "reported": pgettext_lazy("why", "reported"),
    "role taken": pgettext_lazy("why", "role taken"),
    "asked for a sign": pgettext_lazy("why", "asked for a sign"),
    "gave a sign": pgettext_lazy("why", "gave a sign"),
    "handed over": pgettext_lazy("why", "handed over"),
    "stepped in": pgettext_lazy("why", "stepped in"),
    "resolved": pgettext_lazy("why", "resolved"),
    "scenario chosen": pgettext_lazy("why", "scenario chosen"),
    "scope": pgettext_lazy("why", "scope"),
    "scope answered": pgettext_lazy("why", "scope answered"),
    "where people talk": pgettext_lazy("why", "where people talk"),
    "secrets rotated": pgettext_lazy("why", "secrets rotated"),
    "writes news": pgettext_lazy("why", "writes news"),
    "severity changed": pgettext_lazy("why", "severity changed"),
    "silence": pgettext_lazy("why", "silence"),
    "silence lifted": pgettext_lazy("why", "silence lifted"),
    "somebody has left": pgettext_lazy("why", "somebody has left"),
    "source set up": pgettext_lazy("why", "source set up"),
    "step ended": pgettext_lazy("why", "step ended"),
    "looked again": pgettext_lazy("why", "looked again"),
    "step given back": pgettext_lazy("why", "step given back"),
    "step taken": pgettext_lazy("why", "step taken"),
    "triage": pgettext_lazy("why", "triage"),
    "unanswered": pgettext_lazy("why", "unanswered"),
    "unknown": pgettext_lazy("why", "unknown"),
    "yes": pgettext_lazy("why", "yes"),
}
WHO = {
    "beat %s": pgettext_lazy("who", "beat %s"),
    "machine": pgettext_lazy("who", "machine"),
    "source %s": pgettext_lazy("who", "source %s"),
    "tracking page": pgettext_lazy("who", "tracking page"),
}
FACTS = {
    "action": pgettext_lazy("fact", "decision"),
    "after": pgettext_lazy("fact", "after"),
    "because": pgettext_lazy("fact", "because"),
    "before": pgettext_lazy("fact", "before"),
    "choice": pgettext_lazy("fact", "choice"),
    "format": pgettext_lazy("fact", "format"),
    "function": pgettext_lazy("fact", "function"),
    "generation": pgettext_lazy("fact", "round of calls"),
    "level": pgettext_lazy("fact", "level"),
    "other": pgettext_lazy("fact", "other incident"),
    "people": pgettext_lazy("fact", "people"),
    "severity": pgettext_lazy("fact", "severity"),
    "scenario": pgettext_lazy("fact", "scenario"),
    "since": pgettext_lazy("fact", "since"),
    "source": pgettext_lazy("fact", "source"),
    "step": pgettext_lazy("fact", "step"),
    "suggested": pgettext_lazy("fact", "suggested"),
    "to": pgettext_lazy("fact", "to"),
    "total": pgettext_lazy("fact", "total"),
    "until": pgettext_lazy("fact", "until"),
    "which": pgettext_lazy("fact", "time for"),
    "workflow": pgettext_lazy("fact", "workflow"),
}


def _named(incident: Incident) -> dict[str, Callable[[Any], str]]:
    """Triggers and paths by their titles in the pinned policy, answers by what was asked."""
    run = EscalationRun.objects.filter(incident=incident).first()
    pinned = [(run.policy_id, run.policy_digest)] if run else []
    titles: dict[str, dict[str, str]] = {"trigger": {}, "path": {}}
    for found in documents.pinned(pinned).values():
        titles["trigger"] = {item.key: item.title for item in found.content.triggers}
        titles["path"] = {item.key: item.title for item in found.content.paths}
    rubric = scoring.asked(incident)
    asked = {item.key: item.title for item in rubric.dimensions} if rubric else {}

    def title(known: dict[str, str]) -> Callable[[Any], str]:
        return lambda key: known.get(key, str(key))

    def answers(given: Any) -> str:
        return "; ".join(f"{asked.get(key, key)}: {trail.worded(str(answer))}" for key, answer in given.items())

    return {name: title(known) for name, known in titles.items()} | {"answers": answers}


def _incident(key: str) -> Any:
    return Incident.objects.select_related("workflow", "team").filter(reference=key).first()


def _incidents(text: str) -> Any:
    return Incident.objects.filter(title__icontains=text).order_by("-reported_at", "-pk")


def _source(key: str) -> Any:
    return Source.objects.filter(key=key).first()


def register() -> None:
    of_incidents: dict[str, Any] = {"label": "incidents.incident", "key": attrgetter("reference"), "named": _incidents}
    registry.trails.add("incident", Kind(_("Incident"), _incident, **of_incidents))
    of_sources: dict[str, Any] = {"label": "incidents.source", "key": attrgetter("key")}
    registry.trails.add("source", Kind(_("Source"), _source, **of_sources))
    registry.verbs.add_all(VERBS)
    registry.words.add_all(WORDS | WHO)
    registry.facts.add_all(FACTS)
    registry.named_values.add("incidents.incident", _named)
