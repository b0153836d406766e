"""What forms of documents say beside the words of ``labels``: values to choose from, help, names of one row."""

from __future__ import annotations

from collections.abc import Mapping

from governance.documents import labels
from governance.documents.sentences import Sentence
from governance.documents.sentences import Sentence as _

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
    "timebox": {"triage": _("time to triage"), "decision": _("time to decide")},
    "on_timeout": {"next": _("tell the next level"), "hold": _("keep waiting"), "deny": _("refuse what was asked")},
    "priority": {"p1": "P1", "p2": "P2", "p3": "P3", "p4": "P4"},
}
"""Words for fixed values, by field."""

HELP: dict[str, str] = {
    "responsibilities": _("Duties of an outage. Each names the stages that it covers; together they cover all."),
    "roles": _("Who acts in an incident, what they may do by themselves and what they leave behind."),
    "decisions": _("Decisions with a name: who takes them, between which answers, and how fast."),
    "conflict": _("Who decides when those responsible contradict each other, or read the data differently."),
    "Matrix.triage_team": _("This team owns every incident whose workflow nobody can name yet."),
    "Responsibility.stages": _("During which stages of an outage this duty counts."),
    "Responsibility.description": _("What whoever holds it has to do, in a sentence."),
    "Role.holders": _("People or teams, the first one acts first. Write a name and choose from the list."),
    "Role.limits": _("What the role may do without asking, and up to where. Beyond it has to ask."),
    "Role.artefacts": _("What the role leaves behind in writing, one per line."),
    "Role.handoff": _("What has to be true before somebody else takes over, one per line."),
    "Role.hours": _("After so many hours the role goes to somebody rested."),
    "Decision.options": _("The acceptable answers. Nothing else may be decided here."),
    "Decision.minutes": _("How long the decision may take, in minutes."),
    "Decision.responsibility": _("Whoever holds this responsibility decides."),
    "ConflictRule.tie_breaker": _("A person, a team, a role or a schedule. Write a name and choose from the list."),
    "ConflictRule.minutes": _("By when the conflict is settled, in minutes."),
    "ConflictRule.note": _("What holds until then."),
    "triggers": _("What sets the escalation off, who is told and what is captured."),
    "timeboxes": _("How long triage and decision may take. A severity with a row of its own beats “any severity”."),
    "levels": _("The steps of the ladder: whom each tells, and how long they have to answer."),
    "paths": _("Which levels follow each other, for which workflows and severities. The most specific path applies."),
    "repeats": _("When nobody has answered at the end, the whole path is told again."),
    "fallback": _("Whom to tell when nobody at all could be reached."),
    "follow_up": _("When to ask again after somebody has taken an incident."),
    "exceptions": _("Kinds of exception with a path and a time of their own."),
    "Escalation.cap": _("One incident never tells people in more steps than this, news included."),
    "Level.targets": _("Responsibilities, roles, people, teams or schedules. Write a name and choose from the list."),
    "Level.window_minutes": _("How long they have to answer before the next level is told."),
    "Level.required_data": _("What has to be known at this level, one per line."),
    "Level.permitted_actions": _("What this level may do, one per line."),
    "Level.consequence": _("What a delay at this level means."),
    "Criteria.minimum_severity": _("The level takes part at this severity or worse."),
    "Criteria.criticality": _("Leave all unchecked for every workflow."),
    "Trigger.kind": _("The first trigger that fits an event decides, so put those with narrow conditions first."),
    "Trigger.formats": _("Leave all unchecked for every system."),
    "Trigger.words": _("One per line; one of them has to be in the title or in the step that failed. Empty: any."),
    "Trigger.hint": _("The sender suggests this severity or a worse one."),
    "Trigger.criticality": _("Leave all unchecked for every workflow."),
    "Trigger.count": _("For several events: the incident opens with this one; those before are held back."),
    "Trigger.minutes": _("For several events: within so many minutes."),
    "Trigger.fact": _("For a number beyond a limit: where it stands in the event, for example details.queue."),
    "Trigger.value": _("For a number beyond a limit, for example 100 or 0.95."),
    "Trigger.severity": _("The incident is at least as severe. Empty: as the rubric scores it."),
    "Trigger.told": _("Who is told, in words; the ladder of the path is always told."),
    "Trigger.targets": _("Who is told besides the ladder. Write a name and choose from the list."),
    "Trigger.captured": _(
        "What is written down at once, one per line: a name such as step or workflow_version, or a place in the event."
    ),
    "Trigger.timebox": _("It starts with the trigger. For a missed timebox: the one that was missed."),
    "Target.alternate": _("0 is the holder of the responsibility, 1 who stands in first, and so on."),
    "Path.news": _("News for those who need not act."),
    "Threshold.targets": _("Specialists who are told as soon as it holds, besides the ladder."),
    "Threshold.path": _("Key of a path of the escalation policy. Empty: the policy's own rule decides."),
    "dimensions": _("The questions in business words, and how many points each answer counts."),
    "criticality": _("Points for the criticality of the workflow itself."),
    "departments": _("How departments weigh the questions when they take other risks than the company."),
    "thresholds": _("From so many points on: how serious it is, what to do now and what may wait."),
    "signals": _("Events without answers: the first rule that fits gives the severity."),
    "symptoms": _("What people see, and what it usually comes from."),
    "Cause.causes": _("Likely causes, one per line, the most likely first."),
}
"""What a field is for, by ``Schema.field``; of a section by its name alone."""

ONE: dict[str, str] = {
    "responsibilities": _("Add a responsibility"),
    "roles": _("Add a role"),
    "decisions": _("Add a decision"),
    "conflict": _("Add a rule"),
    "limits": _("Add an authority limit"),
    "holders": _("Add a holder"),
    "options": _("Add an answer"),
    "triggers": _("Add a trigger"),
    "timeboxes": _("Add a timebox"),
    "levels": _("Add a level"),
    "paths": _("Add a path"),
    "targets": _("Add somebody to tell"),
    "fallback": _("Add somebody to tell"),
    "news": _("Add news"),
    "exceptions": _("Add a kind of exception"),
    "dimensions": _("Add a question"),
    "departments": _("Add a department"),
    "weights": _("Add a weight"),
    "thresholds": _("Add a threshold"),
    "signals": _("Add a rule"),
    "symptoms": _("Add a symptom"),
}
"""What the button says that adds a row to a list."""
ADD = _("Add a row")

LABELS: dict[str, str] = {
    "Matrix.title": _("Title of the document"),
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
