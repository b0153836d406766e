"""One person of every role around incidents of one team, for the tests of who may open and do what."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from governance.models import ChangeRequest, Version
from governance.rules.deciding import Choice
from incidents.models import Incident, Postmortem
from incidents.services import (
    actions,
    beats,
    decisions,
    escalation,
    evidence,
    feedback,
    incidents,
    reviews,
    sources,
    tracking,
)
from portal import links, roles
from portal.models import AuditEntry, ContactMethod, Message, User
from tests import factories_governance as make
from tests.factories_governance import PASSWORD
from tests.factories_incidents import make_incident, run_of

ANONYMOUS = "anonymous"
ROLES = (
    ANONYMOUS,
    "reporter",  # has reported
    "responder",  # of the team, was told
    "second",  # of the team, not told yet
    "stranger",  # a responder of another team
    "lead",  # admin of the team
    "governance",
    "board",
    "auditor",
    "operator",
    "admin",  # is_staff and superuser
)
STAFF = ("lead", "governance", "auditor", "operator", "admin")


@dataclass
class Scene:
    """`incident` is open, told to `responder`; `restricted` too, of a workflow of the same team; `foreign` is of
    another team, reported by and told to people who are not in the cast. One more is over and has its review."""

    company: make.Company
    people: dict[str, User]
    incident: Incident
    restricted: Incident
    foreign: Incident
    draft: Version
    extra: dict[str, Any] = field(default_factory=dict)

    def client(self, role: str) -> Client:
        client = Client(raise_request_exception=False)
        if role != ANONYMOUS:
            assert client.login(username=self.people[role].email, password=PASSWORD)
        return client

    def values(self, role: str) -> dict[str, str]:
        """What stands in the addresses: mine where something belongs to a person."""
        mine = self.people.get(role, self.people["reporter"])
        return {
            "reference": self.incident.reference,
            "method": str(ContactMethod.objects.filter(user=mine).order_by("pk").values_list("pk", flat=True)[0]),
            "token": self.extra["track"],
            "link": self.extra["link"],
            "file": str(self.extra["file"].pk),
            **{name: self.extra[name] for name in ("decision", "over", "review", "action", "feedback")},
            "workflow": self.company.workflow.key,
            "source": "shop",
            "beat": "nightly",
            "person": str(self.company.outsider.pk),
            "document": str(self.company.matrix.pk),
            "draft": str(self.draft.pk),
            "matrix": str(self.company.matrix.effective_version_id),
            "entry": str(self.extra["entry"]),
            "change": ChangeRequest.objects.earliest("reference").reference,
            "nothing": "01900000-0000-7000-8000-000000000000",
        }


def make_scene() -> Scene:
    at = timezone.now()
    company = make.make_company(at=at)
    others = make.make_team("others", at=at, members=(make.make_person("watcher", role=roles.RESPONDER, at=at),))
    people = {
        "reporter": company.reporter,
        "responder": company.responder,
        "second": company.second,
        "stranger": make.make_person("stranger", role=roles.RESPONDER, teams=(others,), at=at),
        "lead": make.make_person("teamadmin", role=roles.TEAM_ADMIN, teams=(company.team,), at=at, is_staff=True),
        "governance": make.make_person("governance", role=roles.GOVERNANCE_ADMIN, at=at, is_staff=True),
        "board": make.make_person("board", role=roles.BOARD_MEMBER, at=at),
        "auditor": make.make_person("auditor", role=roles.AUDITOR, at=at, is_staff=True),
        "operator": make.make_person("keeper", role=roles.OPERATOR, at=at, is_staff=True),
        "admin": make.make_person("root", at=at, is_staff=True, is_superuser=True),
    }
    incident = make_incident(company, at=at)
    secret = make.make_workflow("payroll", team=company.team, data_class="restricted", at=at)
    restricted = make_incident(company, by=company.leader, workflow=secret, at=at)
    shop = make.make_workflow("web-shop", team=others, at=at)
    watcher = {"person": "watcher@example.test"}
    row = {"key": "shop", "scope": {"team": others.key}, "responsibility": "on_call", "holder": watcher}
    content = {"title": "Others", "scope": {"team": others.key}, "rows": [row]}
    make.make_document(content, kind="matrix", key="others", by=company.admin, at=at)
    foreign = make_incident(company, by=company.leader, workflow=shop, at=at)
    sources.set_up(key="shop", format="generic", workflow=None, by=None, at=at)
    rule = {"interval_minutes": 60, "by": people["admin"], "at": at}
    beats.set_up(key="nightly", name="Nightly", workflow=company.workflow, **rule)
    draft = make.make_draft(make.triage_rubric() | {"title": "Next"}, kind="rubric", key="company", by=company.admin)
    call = Message.objects.filter(event="incident.level", recipient=company.responder, subject_id=incident.pk)[0]
    link = links.make(call, company.responder.pk, "acknowledge", run_of(incident).generation)
    kept = evidence.Kept("note.txt", hashlib.sha256(b"note").hexdigest(), 4, "text/plain")
    evidence.path_of(kept.sha256).parent.mkdir(parents=True, exist_ok=True)
    evidence.path_of(kept.sha256).write_bytes(b"note")
    (file,) = evidence.add(incident=incident, files=[kept], by=company.reporter, at=at)
    entry = AuditEntry.objects.get(verb="incident.reported", target_id=str(incident.pk)).pk
    ways = (Choice("pay", "Pay it"), Choice("hold", "Hold it"))
    asking = decisions.Asking(question="Pay invoice 9?", choices=ways, workflow=company.workflow)
    decision = decisions.ask(asking, asked="form", key="form:scene", at=at, by=company.reporter)
    extra = {"track": tracking.make_track_token(incident), "link": link, "file": file, "entry": entry}
    extra["decision"] = decision.reference
    extra |= _learned(company, at)
    return Scene(company, people, incident, restricted, foreign, draft, extra)


def _learned(company: make.Company, at: datetime) -> dict[str, str]:
    """What follows an incident that is over: its review, an action, and feedback to the platform."""
    over, by = make_incident(company, at=at), company.responder
    escalation.acknowledge(run=run_of(over), by=by, at=at)
    over = incidents.resolve(incident=over, resolution="Back", checked="Looked", by=by, at=at)
    review = Postmortem.objects.filter(incident=over).first() or reviews.begin(incident=over, by=by, at=at)
    plan = actions.Plan(title="Renew it", owner=by, due_at=at + timedelta(days=9), measure="No expiry")
    action = actions.plan(incident=over, plan=plan, by=by, at=at)
    given = feedback.give(platform=company.workflow.platform, text="Say when it expires", by=by, at=at)
    return {"over": over.reference, "review": review.reference, "action": action.reference, "feedback": given.reference}
