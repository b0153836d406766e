"""What forms of documents say beside the words of ``labels``: values to choose from, help, names of one row."""

from __future__ import annotations

from collections.abc import Mapping

from governance.documents import labels, section_help
from governance.documents.sentences import Sentence
from governance.documents.sentences import Sentence as _

CHANNELS: dict[str, str] = {
    "bridge": _("call"),
    "status_page": _("status page"),
    "email": _("e-mail"),
    "chat": _("chat"),
    "sms": _("text message"),
    "inbox": _("inbox of the portal"),
}
MODELS = {"standard": _("standard change"), "normal": _("normal change"), "emergency": _("emergency change")}
BANDS = {"low": _("low risk"), "medium": _("medium risk"), "high": _("high risk")}
VALUES: dict[str, Mapping[str, str]] = {
    "stages": labels.STAGES,
    "letter": labels.LETTERS,
    "severity": labels.SEVERITIES,
    "minimum_severity": {**labels.SEVERITIES, "sev4": _("SEV4, so always")},
    "hint": {**labels.SEVERITIES, "any": _("any hint, or none")},
    "risk": {
        "low": _("low risk only"),
        "medium": _("up to medium risk"),
        "high": _("up to high risk"),
        "any": _("any risk"),
    },
    "criticality": {
        "high": _("high criticality"),
        "medium": _("medium criticality"),
        "low": _("low criticality"),
        "any": _("any criticality"),
    },
    "kind": {
        "report": _("somebody reports it"),
        "event": _("any event"),
        "connector": _("a failing connector or step"),
        "dependency": _("an event while a workflow upstream has an open incident"),
        "count": _("several events within some minutes"),
        "threshold": _("a number beyond a limit"),
        "heartbeat": _("a missing beat"),
        "timebox": _("a missed timebox"),
    },
    "formats": {
        "generic": _("generic JSON"),
        "node_red": "Node-RED",
        "n8n": "n8n",
        "alertmanager": "Prometheus Alertmanager",
        "pagerduty": "PagerDuty Events v2",
        "slack": _("Slack incoming webhook"),
    },
    "comparison": {
        "above": _("is above the limit"),
        "at_least": _("is at the limit or above"),
        "below": _("is below the limit"),
        "at_most": _("is at the limit or below"),
        "equal": _("is the limit exactly"),
    },
    "required": {
        "timeline": _("timeline"),
        "impact": _("impact"),
        "cause": _("root cause"),
        "remediation": _("remediation"),
        "verification": _("verification"),
        "prevention": _("prevention"),
    },
    "timebox": {"triage": _("time to triage"), "decision": _("time to decide")},
    "function": {
        "product": _("product"),
        "engineering": _("engineering"),
        "operations": _("operations"),
        "customer_success": _("customer success"),
    },
    "asks": {
        "what": _("what happened"),
        "impact": _("what it means for those affected"),
        "doing": _("what is being done"),
        "who": _("who leads, or whom to ask"),
        "next": _("when the next news comes"),
    },
    "channels": CHANNELS,
    "channel": CHANNELS,
    "data_class": section_help.DATA_CLASSES,
    "detail": {"business": _("what it means for them"), "technical": _("technical details too")},
    "event": {
        "opened": _("it has begun"),
        "update": _("there is news, or it is time for some"),
        "workaround": _("another way is taken, or the last version comes back"),
        "delayed": _("it takes longer than we said"),
        "resolved": _("it works again"),
        "wrap_up": _("it was looked back on"),
    },
    "occasion": {
        "huddle": _("huddle in the crisis"),
        "daily": _("daily update"),
        "wrap_up": _("wrap-up when it is over"),
    },
    "release": {
        "pre_approved": _("at once, it is approved already"),
        "prepared": _("after somebody has released it"),
    },
    "use": {"plain": _("everybody understands it"), "jargon": _("explain it to people outside technology")},
    "does": {
        "scope": _("check how far it goes"),
        "containment": _("stop the damage"),
        "action": _("do something"),
        "gate": _("decide"),
        "rollback": _("go back"),
        "integrity": _("check the data"),
        "verification": _("show that it works"),
        "communication": _("tell somebody"),
    },
    "next": {"end": _("the end of the scenario")},
    "on_timeout": {"next": _("tell the next level"), "hold": _("keep waiting"), "deny": _("refuse what was asked")},
    "priority": {"p1": "P1", "p2": "P2", "p3": "P3", "p4": "P4"},
    "how": {
        "any": _("any one of them"),
        "number": _("so many of them"),
        "percent": _("so many percent of them"),
        "all": _("all of them"),
    },
    "kinds": {
        "matrix": _("ownership matrices"),
        "escalation": _("escalation policies"),
        "rubric": _("triage rubrics"),
        "module": _("playbook modules"),
        "playbook": _("playbooks"),
        "approval": _("approval policies"),
        "communication": _("communication plans"),
        "glossary": _("glossaries"),
    },
    "models": MODELS,
    "freeze_exempt": MODELS,
    "actions": {"publish": _("publish"), "retire": _("retire"), "restore": _("roll back")},
    "bands": BANDS,
    "band_if_yes": BANDS,
    "criticalities": {"high": _("high criticality"), "medium": _("medium criticality"), "low": _("low criticality")},
}
"""Words for fixed values, by field."""

HELP = section_help.HELP

ONE: dict[str, str] = {
    "responsibilities": _("Add a responsibility"),
    "roles": _("Add a role"),
    "decisions": _("Add a decision"),
    "conflict": _("Add a rule"),
    "limits": _("Add an authority limit"),
    "holders": _("Add a holder"),
    "members": _("Add a member"),
    "training": _("Add a topic"),
    "options": _("Add an answer"),
    "triggers": _("Add a trigger"),
    "timeboxes": _("Add a timebox"),
    "levels": _("Add a level"),
    "paths": _("Add a path"),
    "targets": _("Add somebody to tell"),
    "fallback": _("Add somebody to tell"),
    "news": _("Add news"),
    "exceptions": _("Add a kind of exception"),
    "learning": _("Add a severity"),
    "dimensions": _("Add a question"),
    "departments": _("Add a department"),
    "weights": _("Add a weight"),
    "thresholds": _("Add a threshold"),
    "signals": _("Add a rule"),
    "symptoms": _("Add a symptom"),
    "functions": _("Add somebody who agrees"),
    "questions": _("Add a question"),
    "audiences": _("Add an audience"),
    "cadence": _("Add a rhythm"),
    "meetings": _("Add a meeting"),
    "templates": _("Add a template"),
    "statements": _("Add a statement"),
    "tone": _("Add a rule of tone"),
    "terms": _("Add a term"),
    "scenarios": _("Add a scenario"),
    "modules": _("Add a module"),
    "steps": _("Add a step"),
    "containment": _("Add a step"),
    "remediation": _("Add a step"),
    "rollback": _("Add a step"),
    "integrity": _("Add a check"),
    "verification": _("Add a proof"),
    "liaison": _("Add words"),
    "manual": _("Add work by hand"),
    "platforms": _("Add a platform"),
    "rows": _("Add a rule"),
    "needs": _("Add somebody who approves"),
    "retrospective": _("Add somebody who judges it"),
    "risk": _("Add a question"),
}
"""What the button says that adds a row to a list."""
ADD = _("Add a row")

LABELS: dict[str, str] = {
    "Approval.rows": _("Rules"),
    "retrospective": _("Emergency changes"),
    "risk": _("Questions about risk"),
    "Rule.when": _("For which changes"),
    "Rule.needs": _("Who has to approve"),
    "Rule.pre_approved": _("Approved in advance"),
    "Requirement.how": _("How many of them"),
    "Requirement.next": _("Next authority"),
    "Requirement.tie_breaker": _("Who decides a conflict"),
    "Who.of": _("Who"),
    "Matrix.title": _("Title of the document"),
    "Communication.title": _("Title of the document"),
    "Glossary.title": _("Title of the document"),
    "functions": _("Agreed between"),
    "cadence": _("How often"),
    "tone": _("How we speak"),
    "SignOff.title": _("Function in our words"),
    "SignOff.function": _("It is"),
    "SignOff.agrees": _("Agrees to"),
    "Question.title": _("Question"),
    "Audience.title": _("Audience"),
    "Audience.data_class": _("May see what is"),
    "Audience.detail": _("They read"),
    "Cadence.title": _("Name of the row"),
    "Cadence.after_minutes": _("Begins after minutes"),
    "Cadence.every_minutes": _("Then every so many minutes"),
    "Meeting.after_minutes": _("Begins after minutes"),
    "Meeting.every_minutes": _("Repeated every so many minutes"),
    "Meeting.audiences": _("Takes part"),
    "Template.event": _("Used when"),
    "Statement.text": _("Word for word"),
    "Statement.release": _("May go out"),
    "ToneRule.title": _("Rule"),
    "Term.title": _("Word"),
    "Role.limits": _("Authority limits"),
    "Role.artefacts": _("Leaves behind"),
    "Role.handoff": _("Handed over when"),
    "Role.hours": _("Hours before it is handed over"),
    "Limit.severity": _("At severity"),
    "Limit.risk": _("Up to risk"),
    "Decision.options": _("Acceptable answers"),
    "Decision.minutes": _("Minutes to decide"),
    "Decision.responsibility": _("Decided by whoever holds"),
    "decisions": _("Named decisions"),
    "conflict": _("Conflict rule"),
    "ConflictRule.tie_breaker": _("Who decides"),
    "ConflictRule.minutes": _("Minutes to settle it"),
    "Trigger.severity": _("Raises severity to at least"),
    "Trigger.hint": _("Hint of the sender"),
    "Trigger.count": _("So many events"),
    "Trigger.minutes": _("Within minutes"),
    "Trigger.targets": _("Also tells"),
    "Threshold.targets": _("Brings in"),
    "rows": _("Owners"),
    "Option.title": _("Answer"),
    "Target.of": _("Who"),
    "Holder.of": _("Who"),
    "Module.title": _("What the failure is called"),
    "Playbook.title": _("Title of the document"),
    "Playbook.when": _("When to take it"),
    "Instruction.title": _("What to do"),
    "Instruction.responsibility": _("Done by whoever holds"),
    "ManualWork.when": _("When to begin"),
    "ManualWork.back": _("How to come back"),
    "PlatformUse.note": _("What of it"),
    "Scenario.when": _("How to recognize it"),
    "Scenario.rollback": _("How to go back"),
    "Step.title": _("Step"),
    "Step.responsibility": _("Done by whoever holds"),
    "GateOption.title": _("Option"),
    "GateOption.when": _("When to choose it"),
    "GateOption.role": _("Or the role"),
    "LiaisonText.when": _("Said when"),
}
"""Words of forms where those of ``labels`` are too short, by ``Schema.field``; of a section by its name alone."""

BASICS = _("Basics")
BASICS_HELP = _("What the document is called, and what counts for all of it.")
ROWS_HELP = _("Who holds each responsibility is kept in the ownership grid, cell by cell.")

KEPT: dict[str, dict[str, Sentence]] = {
    "matrix": {
        "/responsibilities/exceptions": _("Always there: somebody has to approve exceptions."),
        "/responsibilities/log_keeping": _("Always there: somebody has to keep the log."),
        "/responsibilities/data_integrity": _("Always there: somebody has to own data integrity in handoffs."),
    }
}
"""Rows that the company's document of a kind always has, by path, and why (D3, D7, D14)."""

NAMED = _("We do not know “%(name)s”. Write a name and choose from the list.")
NUMBER = _("Write a whole number, for example 30.")
LEAST = _("Write a number from %(least)s to %(most)s.")
EMPTY = _("Write something here, or remove the row.")
EMPTY_ALONE = _("Write something here.")
NOBODY = _("Name somebody here, or remove the row.")
CHOOSE = _("Choose one.")
TOO_LONG = _("This is longer than %(count)s characters; shorten it.")
