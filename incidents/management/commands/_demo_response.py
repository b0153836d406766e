"""How the demo company works on its most severe incident, and what waits there for a decision.

All of it goes through the services that the portal itself uses. It happens once, after what `_demo_events` tells.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import override

from governance.models import Workflow
from incidents.models import DecisionRequest, Incident, Remedy, Source
from incidents.services import bridges, decisions, gates, remedies, role_moves, scopes, steps, updates
from portal import timers
from portal.models import Message, User
from portal.models.messages import MessageState

PLAYBOOK, SCENARIO = "nothing-happens", "connection-refused"
SPENDING = "spending"
PAYMENT = "payment-above-limit"
LONGEST = 20
"""More steps than any ladder of the demo has."""
AGO = timedelta(hours=1)
"""What was said longer ago has long been read."""


def happen(users: Mapping[str, User], *, at: datetime) -> None:
    """Let it all happen once, at times before `at`; nothing without the incident, or where decisions are known."""
    found = Incident.objects.filter(playbook__document__key=PLAYBOOK, state="investigating").first()
    if found is None or DecisionRequest.objects.exists():
        return
    with override("en"):
        Response(users, found, at).tell()


class Response:
    """Who did what about `incident`; `ago` says how many minutes before now."""

    def __init__(self, users: Mapping[str, User], incident: Incident, at: datetime) -> None:
        self.users, self.incident, self.at = users, incident, at

    def tell(self) -> None:
        self.held_in_the_past()
        self.invoice_that_waits()
        self.call()
        self.roles()
        self.playbook()
        asked = self.question()
        self.no_waiting()
        self.meanwhile()
        self.decisions(asked)
        self.news()
        timers.fire_due(at=self.at)  # the clock would do just this

    def ago(self, number: float) -> datetime:
        return self.at - timedelta(minutes=number)

    # Decisions of workflows

    def held_in_the_past(self) -> None:
        """Nobody answered, level by level: nothing was allowed."""
        asked = decisions.ask(
            decisions.Asking(
                question="Send the newsletter with last week’s list?",
                name="accept-exception",
                details="The nightly update of the list has failed, and the letter is ready.",
                delay_costs="The offer in it ends on Sunday.",
                safe_default="refuse",
                severity="sev4",
                risk="low",
                workflow=Workflow.objects.get(key="newsletter"),
            ),
            asked="form",
            key="demo:newsletter",
            by=self.users["product"],
            at=self.ago(3 * 24 * 60),
        )
        for _step in range(LONGEST):
            asked.refresh_from_db()
            if not asked.is_asked or asked.due_at is None:
                break
            timers.fire_due(at=asked.due_at)
        late = Message.objects.filter(state=MessageState.PENDING, created_at__lte=self.at - AGO)
        late.filter(event__startswith="decision.").update(state=MessageState.SUPPRESSED, reason="demo company")

    def invoice_that_waits(self) -> None:
        """A workflow asks before it pays; the team lead let the time pass, so leadership is asked."""
        decisions.ask(
            decisions.Asking(
                question="Invoice above the limit: pay INV-9 over 25 000 €?",
                name=PAYMENT,
                details="The workflow stopped before the payment. The order is approved, the amount is above 10 000 €.",
                given={"Amount": "25 000 €", "Supplier": "Northwind Paper", "Order": "PO-4711"},
                delay_costs="From tomorrow on we lose 2 % discount, which is 500 €.",
                safe_default="ask-again",
                category=SPENDING,
                severity="sev3",
                risk="medium",
                workflow=Workflow.objects.get(key="supplier-contracts"),
                workflow_version="1.8.2",
            ),
            asked="api",
            key="demo:INV-9",
            source=Source.objects.get(key="n8n"),
            at=self.ago(42),
        )
        timers.fire_due(at=self.ago(12))

    # The incident

    def call(self) -> None:
        where = {"bridge": "https://meet.example.com/inc-5", "chat": "https://chat.example.com/channels/inc-5"}
        bridges.say_where(incident=self.incident, **where, by=self.users["responder"], at=self.ago(8.95))

    def roles(self) -> None:
        """Remy took the incident first; Lena, whom the matrix names, commands from now on."""
        about: dict[str, Any] = {"incident": self.incident}
        users = self.users
        role_moves.assume(**about, role="technical-lead", by=users["engineering"], at=self.ago(8.9))
        role_moves.assume(**about, role="communications-lead", by=users["success"], at=self.ago(8.8))
        role_moves.hand_over(
            **about,
            role="incident-commander",
            to=users["lead"],
            criteria=["The next commander has read the timeline", "Open decisions are named"],
            artefacts={
                "Timeline entries for every decision": "In the timeline",
                "Handoff note": "No payment by card since 2.5.0; the way back to 2.4.0 is not tried yet.",
            },
            note="Customer success hears the new name from you.",
            by=users["responder"],
            at=self.ago(8.6),
        )
        role_moves.assign(
            **about,
            role="business-liaison",
            to=users["product"],
            reason="You know which shops sell by card only",
            by=users["lead"],
            at=self.ago(8.3),
        )

    def playbook(self) -> None:
        """The damage is stopped, and three of four functions have agreed to scope and aim."""
        about: dict[str, Any] = {"incident": self.incident}
        users = self.users
        steps.choose_scenario(**about, scenario=SCENARIO, by=users["lead"], at=self.ago(8))
        steps.take(**about, step="how-far", by=users["lead"], at=self.ago(7.9))
        made = scopes.state(
            **about,
            scope="Every payment by card since version 2.5.0; payments by invoice work.",
            aim="Cards work again, and no customer pays twice.",
            by=users["lead"],
            at=self.ago(7.5),
        )
        steps.take(**about, step="stop-tries", by=users["engineering"], at=self.ago(7.3))
        steps.end(
            **about,
            step="stop-tries",
            visit=0,
            given=steps.Given(halted="Capturing payments; what comes in is kept in the queue"),
            by=users["engineering"],
            at=self.ago(6.9),
        )
        for name, ago in (("product", 6.6), ("engineering", 6.4), ("success", 6.1)):
            scopes.answer(**about, number=made.number, agrees=True, by=users[name], at=self.ago(ago))

    def question(self) -> DecisionRequest:
        return decisions.ask(
            decisions.Asking(
                question="Tell customers now that cards do not work?",
                name="tell-customers",
                delay_costs="About four customers a minute write to us.",
                safe_default="wait",
                severity="sev1",
                risk="low",
                incident=self.incident,
            ),
            asked="form",
            key="demo:tell-customers",
            by=self.users["lead"],
            at=self.ago(5.5),
        )

    def no_waiting(self) -> None:
        users = self.users
        scopes.overrule(
            incident=self.incident,
            reason="Operations is not reached, and every minute costs orders.",
            by=users["lead"],
            at=self.ago(5),
        )
        steps.end(
            incident=self.incident,
            step="how-far",
            visit=0,
            given=steps.Given(note="Refunds use the same connection. It has not become known.", checked=(0, 1, 2, 3)),
            by=users["lead"],
            at=self.ago(4.6),
        )

    def meanwhile(self) -> None:
        remedies.add(
            incident=self.incident,
            kind=Remedy.Kind.WORKAROUND,
            what="The checkout offers payment by invoice to everybody.",
            rationale="Customers can order at once, and the risk is small for two days.",
            artefact="Setting “payment methods” of the shop",
            expires_at=self.at + timedelta(days=2),
            by=self.users["product"],
            at=self.ago(4.3),
        )

    def decisions(self, asked: DecisionRequest) -> None:
        """Who tells customers has decided that; the gate of the playbook waits for whoever commands."""
        own, users = self.incident, self.users
        decisions.answer(
            decision=asked,
            choice="tell",
            words=decisions.Words(
                rationale="They see the error anyway, and now they know of the other way to pay.",
                assumptions="Payment by invoice works for everybody.",
            ),
            risk="low",
            by=users["success"],
            at=self.ago(4),
        )
        gates.ask(
            incident=own,
            step="cause",
            details="The token of the card provider was replaced with version 2.5.0 and is refused.",
            delay_costs="Each hour about 240 orders are not paid.",
            by=users["engineering"],
            at=self.ago(3),
        )

    def news(self) -> None:
        """The business teams hear it from their liaison."""
        answers = {
            "what": "Payments by card are refused.",
            "impact": "Customers see an error. No card was charged twice, and orders by invoice go through.",
            "doing": "The old connection is being prepared; payment by invoice is open to everybody meanwhile.",
            "who": "Lena Lead",
            "next": "In half an hour at the latest.",
            "meanwhile": "Offer payment by invoice.",
        }
        first = updates.draft(
            incident=self.incident,
            audience="business",
            event="update",
            words=None,
            by=self.users["product"],
            at=self.ago(3.5),
        )
        words = updates.Words(
            subject=first.subject,
            answers=answers,
            business=first.business,
            expected_at=self.at + timedelta(minutes=55),
            next_at=self.at + timedelta(minutes=25),
        )
        updates.save(update=first, words=words, by=self.users["product"], at=self.ago(2.5))
        updates.send(update=first, by=self.users["product"], at=self.ago(2))
