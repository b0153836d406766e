"""What the demo company has learned: a review that is published, one that is being written, and what is done about it.

All of it goes through the services that the portal itself uses. It happens once, after what the other stories tell.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import override

from governance.models import Document, Workflow
from incidents.models import Incident, Postmortem
from incidents.services import (
    actions,
    effects,
    escalation,
    feedback,
    findings,
    hypotheses,
    incidents,
    intake,
    pins,
    reporters,
    reviews,
    triage,
)
from portal import timers
from portal.models import Message, User
from portal.models.messages import MessageState

DAY = 24 * 60
TITLE = "Refunds were paid out twice"
SAYS = {
    "timeline": "At half past nine a customer wrote that she got her money back twice. The run of the night had begun "
    "anew after the bank closed the connection, and paid what it had paid before. At ten nothing was paid out any "
    "more, at eleven it was clear which customers it concerns.",
    "impact": "23 refunds were paid twice, 1 870 € in all. 19 customers have sent the money back so far.",
    "cause": "The flow asks the bank for a payment without a key of its own. When it begins anew, the bank cannot know "
    "that it is the same payment. The run of a copy with the same input has shown it.",
    "remediation": "Paying out was stopped, the list was compared by hand, and the rest was paid with a check before.",
    "verification": "The list of the bank and ours agree for both days. Finance has looked at each of the 23.",
    "prevention": "Each refund carries a key that stays the same when a run begins anew, so that the bank refuses it "
    "the second time. A run that begins anew asks a person first.",
    "decisions": "Stopping was decided within ten minutes. Whether to ask for the money back waited until noon for "
    "somebody who may decide it.",
}


def happen(users: Mapping[str, User], *, at: datetime) -> None:
    """Let it all happen once, at times before `at`; nothing where it has happened before."""
    contracts = Incident.objects.filter(submission_key="demo:contracts", state="resolved").first()
    if contracts is None or Incident.objects.filter(title=TITLE).exists():
        return
    with override("en"):
        Lessons(users, at).tell(contracts)


class Lessons:
    """Who learned what; `ago` says how many minutes before now."""

    def __init__(self, users: Mapping[str, User], at: datetime) -> None:
        self.users, self.at = users, at

    def ago(self, number: float) -> datetime:
        return self.at - timedelta(minutes=number)

    def tell(self, contracts: Incident) -> None:
        incident = self.paid_twice()
        self.review(Postmortem.objects.get(incident=incident))
        self.over(incident)
        self.begun(contracts)
        self.said_to_the_platform(contracts)
        late = Message.objects.filter(state=MessageState.PENDING, created_at__lte=self.ago(60))
        late.update(state=MessageState.SUPPRESSED, reason="demo company")
        timers.fire_due(at=self.at)  # the clock would do just this

    def paid_twice(self) -> Incident:
        lead, by = self.users["lead"], self.users["responder"]
        found = intake.report(
            by=self.users["reporter"],
            title=TITLE,
            workflow=Workflow.objects.get(key="refunds"),
            started_at=self.ago(2.4 * DAY),
            submission_key="demo:paid-twice",
            answers={"customers": "yes", "money": "yes", "law": "unknown", "can_wait": "no"},
            description="A customer got her money twice and asks what to do with it.",
            at=self.ago(2.3 * DAY),
        )
        escalation.acknowledge(run=found.run, by=by, at=self.ago(2.3 * DAY - 6))
        why = "Money is lost with every run"
        triage.confirm_severity(incident=found, severity="sev2", by=by, reason=why, at=self.ago(2.3 * DAY - 9))
        playbook = Document.objects.get(kind="playbook", key="nothing-happens").effective_version_id
        assert playbook is not None
        pins.choose(incident=found, playbook=playbook, by=by, at=self.ago(2.3 * DAY - 12))
        incidents.say_plan(
            incident=found, plan="Stop the run and compare the lists", by=by, at=self.ago(2.3 * DAY - 15)
        )
        note = "Nothing is paid out until both lists agree."
        incidents.contain(incident=found, note=note, by=lead, at=self.ago(2.3 * DAY - 24))
        return incidents.resolve(
            incident=found,
            resolution="The lists were compared, and the open refunds were paid once.",
            checked="The account of the bank shows each refund once.",
            by=by,
            at=self.ago(2.3 * DAY - 140),
        )

    def review(self, review: Postmortem) -> None:
        lead, by, engineer = self.users["lead"], self.users["responder"], self.users["engineering"]
        asks = "Who may decide to ask customers for money back?\nDoes another flow begin anew without a key?"
        reviews.hand_over(review=review, owner=lead, questions=asks, by=by, at=self.ago(2 * DAY))
        supposed = hypotheses.suppose(
            review=review,
            text="The run began anew and paid everything a second time",
            test="Run a copy with the input of that night, and close the connection halfway",
            method="replay",
            owner=engineer,
            by=lead,
            at=self.ago(1.9 * DAY),
        )
        other = hypotheses.suppose(
            review=review,
            text="The bank has booked the same file twice",
            test="Ask the bank for its list of files",
            method="data_set",
            owner=by,
            by=lead,
            at=self.ago(1.89 * DAY),
        )
        shown = "The copy paid the first eleven again, in the same order as that night."
        hypotheses.judge(hypothesis=supposed, verdict="confirmed", result=shown, by=engineer, at=self.ago(1.5 * DAY))
        shown = "The bank got one file, at 02:14."
        hypotheses.judge(hypothesis=other, verdict="refuted", result=shown, by=by, at=self.ago(1.45 * DAY))
        cause = findings.add(
            review=review,
            kind="cause",
            origin="systemic",
            text="A refund has no key that stays the same when a run begins anew",
            hypothesis=supposed,
            by=lead,
            at=self.ago(1.4 * DAY),
        )
        step = findings.add(
            review=review,
            kind="guardrail",
            text="Before a run begins anew the playbook should ask what has been paid already",
            playbook=Document.objects.get(kind="playbook", key="nothing-happens"),
            step="how-far",
            by=lead,
            at=self.ago(1.38 * DAY),
        )
        well = "The reporter was asked twice what she sees, and that led to the list of the bank"
        findings.add(review=review, kind="went_well", text=well, by=lead, at=self.ago(1.37 * DAY))
        reviews.write(review=review, texts=SAYS, seen={}, by=lead, at=self.ago(1.3 * DAY))
        self.act(review.incident, cause)
        reviews.publish(review=review, by=lead, at=self.ago(1.1 * DAY))
        findings.propose(finding=step, by=lead, at=self.ago(1 * DAY))

    def act(self, incident: Incident, cause: findings.Finding) -> None:
        lead, engineer = self.users["lead"], self.users["engineering"]
        about: Any = {"incident": incident, "finding": cause, "by": lead}
        stop = actions.Plan(
            title="Ask a person before refunds begin anew",
            owner=engineer,
            due_at=self.ago(0.5 * DAY),
            measure="Refunds paid twice in a month",
            horizon="immediate",
            impact=3,
            effort=1,
            baseline="23",
            goal="0",
            artefact_kind="workflow",
            artefact="Refunds 3.1.0",
        )
        done = actions.plan(plan=stop, at=self.ago(1.28 * DAY), **about)
        key = actions.Plan(
            title="Give each refund a key of its own",
            owner=engineer,
            due_at=self.at + timedelta(days=12),
            measure="Refunds that the bank refuses because they were paid before",
            impact=3,
            effort=2,
            artefact_kind="workflow",
            artefact="Refunds 4.0.0",
        )
        actions.plan(plan=key, at=self.ago(1.27 * DAY), **about)
        others = actions.Plan(
            title="Look for other flows that begin anew without a key",
            owner=lead,
            due_at=self.at + timedelta(days=5),
            measure="Flows that were looked at, of all that pay or order something",
            impact=2,
            effort=3,
        )
        actions.plan(plan=others, at=self.ago(1.26 * DAY), **about)
        what = "Version 3.1.0 waits for a click in the channel of finance before it begins anew."
        actions.done(item=done, what=what, artefact="Refunds 3.1.0", by=engineer, at=self.ago(0.9 * DAY))
        note = "It waited last night, and finance let it go on after a look."
        effects.check(item=done, value="0", note=note, by=lead, at=self.ago(0.2 * DAY))

    def over(self, incident: Incident) -> None:
        found = Incident.objects.get(pk=incident.pk)
        reporters.confirm(incident=found, person=self.users["reporter"], at=self.ago(1 * DAY))

    def begun(self, contracts: Incident) -> None:
        """A review that no rule demands, and that has just begun."""
        lead = self.users["lead"]
        review = reviews.begin(incident=contracts, by=lead, at=self.ago(300))
        hypotheses.suppose(review=review, text="Nobody knew when the key expires", by=lead, at=self.ago(290))

    def said_to_the_platform(self, contracts: Incident) -> None:
        assert contracts.workflow is not None
        given = feedback.give(
            platform=contracts.workflow.platform,
            workflow=contracts.workflow,
            text="Say two weeks before when a key expires, and to whom the flow belongs",
            by=self.users["lead"],
            incident=contracts,
            at=self.ago(280),
        )
        words = "A check of all keys every Monday is planned."
        feedback.answer(feedback=given, state="planned", text=words, by=self.users["admin"], at=self.ago(120))
