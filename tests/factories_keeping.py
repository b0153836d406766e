"""A module, a playbook built from it and a company in which they can come into force."""

from datetime import datetime
from typing import Any

from governance.models import Document, Platform, Version, Workflow
from portal.models import Message, User
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.remembered import remembered


def row(key: str) -> dict[str, str]:
    return {"key": key, "title": f"Do {key}", "how": "So."}


def module(**changed: Any) -> dict[str, Any]:
    """Content of a module that names nothing outside."""
    texts = ("technical_consequence", "business_consequence", "privacy", "how_to_test")
    content: dict[str, Any] = dict.fromkeys(texts, "It waits.") | {"title": "Stalled trigger"}
    content |= {"success_signals": ["It runs"], "measures": ["Within an hour"]}
    content |= {name: [row(name)] for name in ("rollback", "integrity", "verification")}
    return content | changed


def make_module(by: User, *, platform: Platform | None = None, at: datetime = NOW, **changed: Any) -> Document:
    """A module in force; it names `platform`."""
    named = {"platforms": [{"key": "it", "platform": platform.key}]} if platform else {}
    return make.make_document(module(**named, **changed), kind="module", key="stalled", by=by, at=at)


def playbook(version: int = 1, **changed: Any) -> dict[str, Any]:
    """Content of a playbook with one scenario, which pins a `version` of the module `stalled`."""
    pin = {"key": "stalled", "module": "stalled", "version": version}
    scenario = {"key": "nothing", "title": "Nothing happens", "modules": [pin], "category": "customers"}
    scenario |= {"rollback": "Back to the last version.", "steps": [{"key": "look", "title": "Look"}]}
    whole = {"title": "Nothing happens", "purpose": "To run again.", "measures": ["Within an hour"]}
    return whole | {"scenarios": [scenario]} | changed


def make_playbook(by: User, *, key: str = "nothing-happens", at: datetime = NOW, **changed: Any) -> Document:
    return make.make_document(playbook(**changed), kind="playbook", key=key, by=by, at=at)


@remembered
def make_company(*, at: datetime = NOW, has_module: bool = False) -> Company:
    """The small company, whose escalation policy knows the category `customers`; the module is in force if wanted."""
    policy = make.escalation_policy(leadership="leadership")
    levels = list(policy["paths"][0]["levels"])
    policy["paths"].append({"key": "customers", "title": "Customers", "levels": levels})
    policy["exceptions"] = [{"key": "customers", "title": "Customers", "path": "customers"}]
    company = make.make_company(at=at, policy=policy)
    if has_module:
        make_module(company.admin, at=at)
    return company


def next_version(document: Document, *, by: User, at: datetime = NOW, **changed: Any) -> Version:
    """Another version of a playbook comes into force."""
    draft = make.make_draft(playbook(**changed), kind="playbook", key=document.key, by=by, at=at)
    make.publish(draft, by=by, at=at)
    return draft


def told(event: str) -> list[str]:
    """Who was told of `event`, once for each message in the inbox."""
    rows = Message.objects.filter(event=event, channel="inbox").order_by("recipient__name", "created_at")
    return list(rows.values_list("recipient__name", flat=True))


def on(workflow: Workflow) -> dict[str, Any]:
    """The scope of one workflow."""
    return {"scope": {"workflow": workflow.key}}
