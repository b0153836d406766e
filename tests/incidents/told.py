"""A company with a communication plan, and updates that were sent by it."""

from copy import deepcopy
from datetime import datetime
from typing import Any

from governance.models import Document
from incidents.models import Incident, StatusUpdate
from portal import audit
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import NOW, Company

HUDDLE = {
    "key": "huddle",
    "title": "Huddle",
    "occasion": "huddle",
    "minimum_severity": "sev2",
    "after_minutes": 60,
    "every_minutes": 120,
    "leads": {"role": "lead"},
    "audiences": ["responders", "business"],
    "agenda": ["What do we know now?", "What do we promise next?"],
}
DAILY = {
    "key": "daily",
    "title": "Daily update",
    "occasion": "daily",
    "minimum_severity": "sev3",
    "at": "09:30",
    "leads": {"role": "lead"},
    "audiences": ["business", "leadership"],
    "agenda": ["What changed?"],
}
WRAP_UP = {
    "key": "wrap-up",
    "title": "Wrap-up",
    "occasion": "wrap_up",
    "minimum_severity": "sev3",
    "after_minutes": 30,
    "leads": {"role": "lead"},
    "audiences": ["business", "leadership"],
    "agenda": ["What helped?"],
}


def plan_content(company: Company, **more: Any) -> dict[str, Any]:
    """Five audiences: the leader is the leadership, the outsider the business; everybody else is told by events."""
    base = {"issuer": {"role": "lead"}, "feedback": "By phone."}
    functions = ["product", "engineering", "operations", "customer_success"]
    questions = ["what", "impact", "doing", "who", "next"]
    audiences = [
        {"key": "responders", "data_class": "confidential", "detail": "technical", "channels": ["chat", "inbox"]},
        {"key": "business", "data_class": "internal", "channels": ["inbox"], "who": company.outsider},
        {"key": "leadership", "data_class": "confidential", "channels": ["inbox"], "who": company.leader},
        {"key": "customers", "data_class": "public", "channels": ["status_page"]},
        {"key": "partners", "data_class": "public", "channels": ["email"]},
    ]
    return {
        "title": "Plan",
        "functions": [
            {"key": one.replace("_", "-"), "title": one.capitalize(), "function": one, "agrees": "Agrees."}
            for one in functions
        ],
        "questions": [{"key": one, "title": f"{one}?", "asks": one} for one in questions],
        "audiences": [
            {"title": item["key"].capitalize(), **deepcopy(base), **{key: item[key] for key in item if key != "who"}}
            | ({"members": [{"person": item["who"].email}]} if "who" in item else {})
            for item in audiences
        ],
        "cadence": [
            {"key": f"{one['key']}-any", "title": one["key"], "audience": one["key"], "severity": "any"}
            | ({"after_minutes": 240} if one["key"] == "leadership" else {})
            | {"every_minutes": 60}
            for one in audiences
        ]
        + [
            {
                "key": "leadership-sev1",
                "title": "At once",
                "audience": "leadership",
                "severity": "sev1",
                "after_minutes": 10,
                "every_minutes": 240,
            }
        ],
        "meetings": [HUDDLE, DAILY, WRAP_UP],
    } | more


def make_plan(company: Company, **more: Any) -> Document:
    content = deepcopy(plan_content(company, **more))  # nothing of it is named twice
    return make.make_document(content, kind="communication", key="plan", by=company.admin)


def make_update(
    incident: Incident, audience: str = "customers", *, by: User, at: datetime = NOW, **extra: Any
) -> StatusUpdate:
    """An update that was sent."""
    values: dict[str, Any] = {
        "event": "update",
        "state": "sent",
        "subject": "Payments are slow",
        "business": "Some payments take an hour.",
        "written_at": at,
        "sent_at": at,
        "plan_id": incident.communication_id,
    } | extra
    with audit.action(actor=by, reason="sent", at=at):
        row = StatusUpdate(incident=incident, audience=audience, by=by, **values)
        row.save()
    return row
