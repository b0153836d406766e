"""What has happened in the demo company: calls of machines, reports, and what people did about them.

All of it goes through the services that the portal itself uses, at times of the last hours. It happens once.
"""

import json
from datetime import datetime, time, timedelta
from typing import Any

from django.utils.translation import override

from governance.models import Document, Workflow
from governance.services import workflow_changes
from incidents.forms import intake as forms
from incidents.models import BoardView, Incident, Source
from incidents.services import (
    beats,
    board_views,
    escalation,
    incidents,
    intake,
    joining,
    merging,
    pins,
    receive,
    silences,
    source_settings,
    sources,
    triage,
)
from portal import audit, timers
from portal.models import ContactMethod, User
from portal.models.people import Channel, Lane
from portal.services import contacts
from portal.services import people as persons

SOURCES = (  # key, name, format, workflow
    ("n8n", "n8n of finance", Source.Format.N8N, ""),
    ("alertmanager", "Alertmanager of the shop", Source.Format.ALERTMANAGER, ""),
    ("pagerduty", "Monitoring of refunds", Source.Format.PAGERDUTY, "refunds"),
    ("marketing-chat", "Messages of the newsletter tool", Source.Format.SLACK, "newsletter"),
    ("queue-watch", "Queue watch", Source.Format.GENERIC, "order-sync"),
)
MAPPING = {"title": "alert.headline", "workflow": "alert.flow", "dedup_key": "alert.queue", "severity": "alert.level"}
PAUSE = 9
"""So many minutes before now the story pauses; `_demo_response` tells what happened after that."""
CARD_TOKEN = "Card provider: the access token has expired"


def happen(users: dict[str, User], *, at: datetime) -> None:
    """Let it all happen once, at times before `at`; nothing when the demo has sources already."""
    if Source.objects.exists() or Incident.objects.exists():
        return
    with override("en"):
        Story(users, at).tell()


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


class Story:
    """What happened, in its order; `ago` says how many minutes before now."""

    def __init__(self, users: dict[str, User], at: datetime) -> None:
        self.users, self.at = users, at
        self.workflows = {row.key: row for row in Workflow.objects.select_related("team")}
        self.sources: dict[str, Source] = {}

    def tell(self) -> None:
        self.set_up_sources()
        self.set_up_beats()
        self.give_preferences()
        self.over_already()
        self.quiet_for_a_while()
        self.card_payments()
        self.counted()
        self.refused()
        timers.fire_due(at=self.ago(PAUSE))  # the clock would do just this: a sign of life is missing, news are due
        self.queue_too_long()

    def ago(self, number: float) -> datetime:
        return self.at - minutes(number)

    def iso(self, number: float) -> str:
        return self.ago(number).isoformat(timespec="seconds")

    # Set up

    def set_up_sources(self) -> None:
        admin, then = self.users["admin"], self.ago(3 * 24 * 60)
        for key, name, format, workflow in SOURCES:
            source, _secrets = source_settings.set_up(
                name=name, key=key, format=format, workflow=self.workflows.get(workflow), by=admin, at=then
            )
            self.sources[key] = source
        self.sources["queue-watch"] = source_settings.save_reading(
            source=self.sources["queue-watch"],
            mapping=MAPPING,
            redact=["alert.contact"],
            seen=source_settings.state(self.sources["queue-watch"]),
            reason="The queue watch has fields of its own",
            by=admin,
            at=then + minutes(5),
        )

    def set_up_beats(self) -> None:
        """One is alive; the other was last heard the day before and is found missing by the clock."""
        admin, then = self.users["admin"], self.ago(3 * 24 * 60)
        _beat, alive = beats.set_up(
            key="order-sync",
            name="Order sync, every hour",
            workflow=self.workflows["order-sync"],
            interval_minutes=60,
            grace_minutes=10,
            by=admin,
            at=then,
        )
        _beat, nightly = beats.set_up(
            key="newsletter-nightly",
            name="Newsletter list, every night",
            workflow=self.workflows["newsletter"],
            interval_minutes=24 * 60,
            grace_minutes=30,
            by=admin,
            at=then,
        )
        beats.beat(token=nightly, at=self.ago(24 * 60 + 45))
        beats.beat(token=alive, at=self.ago(21))

    def give_preferences(self) -> None:
        """The lead sleeps at night and has a second way to be reached; the responder keeps a view of the board."""
        lead, responder = self.users["lead"], self.users["responder"]
        persons.set_quiet_hours(person=lead, begin=time(22), end=time(7), at=self.ago(2000))
        first = ContactMethod.objects.get(user=lead, order=0)
        contacts.change(method=first, lane=first.lane, wait_minutes=5, by=lead, at=self.ago(30))
        method, _secret = contacts.add(
            user=lead,
            channel=Channel.EMAIL,
            address="lena.at.home@demo.example",
            lane=Lane.URGENT,
            by=lead,
            at=self.ago(30),
        )
        with audit.action(actor=lead, reason="link opened", at=self.ago(29)) as action:
            method.verified_at = self.ago(29)
            method.save(update_fields=["verified_at"])
            action.record(verb="contact_method.verified", target=method)
        if not BoardView.objects.filter(user=responder).exists():
            board_views.save(
                user=responder, name="Payments, most severe", query="severity=sev1&team=payments", at=self.ago(900)
            )

    # What machines and people sent

    def send(self, key: str, content: dict[str, Any], ago: float) -> Incident | None:
        """What ``POST /api/v1/intake/<key>`` does once it knows the sender; a refusal is kept."""
        source, at, body = self.sources[key], self.ago(ago), json.dumps(content).encode()
        try:
            arrival = forms.read(body, source=source, at=at, content_type="application/json")
        except forms.Unacceptable as error:
            sources.note_refusal(
                source=source,
                status=422,
                error="unacceptable",
                detail=str(error),
                field=error.field,
                excerpt=forms.excerpt(body, source=source, secret=""),
                at=at,
            )
            return None
        return receive.receive(source=source, arrival=arrival, at=at).incident

    def report(self, key: str, title: str, workflow: str, ago: float, by: str = "reporter", **more: Any) -> Incident:
        return intake.report(
            by=self.users[by],
            title=title,
            workflow=self.workflows[workflow],
            started_at=self.ago(ago + 10),
            submission_key=f"demo:{key}",
            at=self.ago(ago),
            **({"answers": {}} | more),
        )

    def acknowledge(self, incident: Incident, by: str, ago: float) -> None:
        escalation.acknowledge(run=incident.run, by=self.users[by], at=self.ago(ago))

    # The last hours

    def over_already(self) -> None:
        """One that a person reported and people solved, two that ended by themselves, and a near miss."""
        contracts = self.report(
            "contracts",
            "Contracts are not sent to suppliers any more",
            "supplier-contracts",
            430,
            answers={"customers": "no", "money": "no", "law": "unknown", "can_wait": "no"},
            description="Since lunch no supplier got the mail with the contract. Three of them have called.",
            who_is_hurt="Three new suppliers",
        )
        self.acknowledge(contracts, "lead", 424)
        incidents.say_plan(
            incident=contracts, plan="Renew the signature service’s key", by=self.users["lead"], at=self.ago(410)
        )
        incidents.resolve(
            incident=contracts,
            resolution="The key of the signature service was renewed.",
            checked="The three contracts went out and one came back signed.",
            by=self.users["lead"],
            at=self.ago(365),
        )
        self.send("alertmanager", self.alert("firing", "ShopApiSlow", "The shop answers slowly", 190), 190)
        self.send("alertmanager", self.alert("resolved", "ShopApiSlow", "The shop answers slowly", 190), 183)
        event = {
            "event_action": "trigger",
            "dedup_key": "refund-balance",
            "payload": {"summary": "The refund account is below 500 €", "source": "bank", "severity": "warning"},
        }
        self.send("pagerduty", event, 150)
        self.send("pagerduty", event | {"event_action": "resolve"}, 141)
        self.report(
            "near-miss",
            "The refund list of last month was almost paid out again",
            "refunds",
            95,
            kind=Incident.Kind.NEAR_MISS,
            description="The old file was still in the folder. I saw it just before the run and took it out.",
        )

    def alert(self, status: str, name: str, summary: str, began: float) -> dict[str, Any]:
        labels = {"alertname": name, "workflow": "order-sync", "severity": "warning"}
        return {
            "version": "4",
            "groupKey": f'{{}}:{{alertname="{name}"}}',
            "status": status,
            "receiver": "portal",
            "groupLabels": {"alertname": name},
            "commonLabels": labels,
            "commonAnnotations": {"summary": summary},
            "alerts": [
                {
                    "status": status,
                    "labels": labels,
                    "annotations": {"summary": summary},
                    "startsAt": self.iso(began),
                    "fingerprint": name.lower(),
                }
            ],
        }

    def quiet_for_a_while(self) -> None:
        """The shop's alerts are silenced for now, and the newsletter gets maintenance tomorrow."""
        silences.plan(
            source=self.sources["alertmanager"],
            starts_at=self.ago(50),
            ends_at=self.at + minutes(130),
            reason="The shop moves to the new servers; short breaks are expected",
            by=self.users["admin"],
            at=self.ago(50),
        )
        self.send("alertmanager", self.alert("firing", "ShopDown", "One server of the shop does not answer", 31), 31)
        silences.plan(
            workflow=self.workflows["supplier-contracts"],
            starts_at=self.at + minutes(26 * 60),
            ends_at=self.at + minutes(28 * 60),
            reason="The signature service is updated",
            by=self.users["admin"],
            at=self.ago(45),
        )

    def failed(self, execution: str, ago: float) -> Incident | None:
        """What n8n posts when a run of the payment capture fails."""
        content = {
            "execution": {
                "id": execution,
                "url": f"https://n8n.demo.example/execution/{execution}",
                "error": {"message": CARD_TOKEN, "node": {"name": "Capture the payment"}},
                "lastNodeExecuted": "Capture the payment",
                "mode": "trigger",
            },
            "workflow": {"id": "capture", "name": "Payment capture"},
        }
        return self.send("n8n", content, ago)

    def card_payments(self) -> None:
        """Changed, failed, joined, reported by somebody else as well, merged, and being worked on."""
        for ago, version, summary in (
            (3000, "2.4.0", "Retries are spread over ten minutes"),
            (41, "2.5.0", "New access to the card provider"),
        ):
            workflow_changes.record(
                workflow=self.workflows["payment-capture"],
                summary=summary,
                version=version,
                changed_at=self.ago(ago),
                source="n8n of finance",
                call=f"demo:{version}",
                is_dated=True,
                label="source n8n",
                at=self.ago(ago),
            )
        found = self.failed("88102", 26)
        assert found is not None
        self.failed("88103", 25)
        lead, responder = self.users["lead"], self.users["responder"]
        self.acknowledge(found, "responder", 24)
        self.failed("88107", 23)
        twin = self.report(
            "cards",
            "Customers write that paying by card does not work",
            "payment-capture",
            20,
            answers={"customers": "yes", "money": "yes", "law": "unknown", "can_wait": "no"},
            who_is_hurt="Everybody who pays by card",
        )
        merging.merge(
            loser=twin, winner=found, by=lead, reason="Same workflow, same minutes, same error", at=self.ago(18)
        )
        self.acknowledge(found, "responder", 17)  # it is worse than it seemed, so people were called again
        triage.confirm_severity(
            incident=found,
            severity="sev1",
            by=responder,
            reason="No card payment came through for ten minutes",
            answers={"customers": "yes", "money": "yes", "law": "unknown", "can_wait": "no"},
            at=self.ago(16),
        )
        playbook = Document.objects.get(kind="playbook", key="nothing-happens").effective_version_id
        assert playbook is not None
        pins.choose(incident=found, playbook=playbook, by=responder, at=self.ago(15))
        joining.affected(
            incident=found,
            by=self.users["success"],
            text="About forty customers have written to us; they see an error after typing in their card.",
            since=self.ago(22),
            answers={"customers": "yes"},
            at=self.ago(14),
        )
        joining.invite(
            incident=found,
            to=self.users["engineering"],
            reason="You set up the access to the card provider",
            by=responder,
            at=self.ago(12),
        )
        incidents.say_plan(incident=found, plan="Go back to version 2.4.0", by=responder, at=self.ago(10))
        self.failed("88131", 9)

    def counted(self) -> None:
        """Not enough yet to disturb anybody."""
        for ago in (17, 13):
            self.send("marketing-chat", {"text": f"Timeout while reading the mailing list ({20 + ago} s)"}, ago)

    def refused(self) -> None:
        self.send("queue-watch", {"alert": {"flow": "order-sync", "queue": "orders", "level": "sev3"}}, 70)

    def queue(self, length: int, ago: float) -> Incident | None:
        content = {
            "alert": {
                "headline": f"{length} orders wait in the queue",
                "flow": "order-sync",
                "queue": "orders",
                "contact": "shop-watch@demo.example",
            },
            "details": {"queue": length, "oldest_minutes": length // 60},
        }
        return self.send("queue-watch", content, ago)

    def queue_too_long(self) -> None:
        """A trigger of the policy: below its limit nobody is disturbed."""
        self.queue(640, 9)
        self.queue(1240, 3)
