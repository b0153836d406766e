"""A person with an unusual name who did many things, and a search through every cell of the database."""

import json
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import authenticate
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client

from incidents.models import Incident
from incidents.services import escalation, evidence, incidents, joining, triage
from portal import audit, delivery
from portal.models import Channel, ContactMethod, Lane, Message, User
from portal.services import absences, leaving, people, tokens
from tests.factories_governance import NOW, PASSWORD, Company
from tests.factories_incidents import fresh, later, make_incident, make_root, run_of, tick

FIRST, FAMILY = "Zenobia", "Quackenbush-Örtel"
NAME = f"{FIRST} {FAMILY}"
MAIL, OLD_MAIL, PHONE = "zenobia.q@canary.example", "responder@example.test", "+4930901820"


def live(company: Company) -> tuple[User, Incident]:
    """`company.responder` under the canary's name lives through an incident and leaves; who they are and it."""
    person, root = company.responder, make_root()
    with audit.action(actor=root, reason="married", at=NOW):
        person.name = NAME
        person.save(update_fields=["name"])
    person.refresh_from_db()
    _set_up(person, root)
    incident = make_incident(company, at=NOW)
    tick(minutes=1)
    escalation.acknowledge(run=run_of(incident), by=person, at=later(2))
    incidents.say_plan(incident=fresh(incident), plan="Restart it", by=person, at=later(3))
    triage.confirm_severity(incident=fresh(incident), severity="sev2", reason="many shops", by=person, at=later(4))
    joining.invite(incident=fresh(incident), to=company.outsider, reason="knows shops", by=person, at=later(5))
    kept = evidence.Kept("log.txt", "cd" * 32, 4, "text/plain")
    evidence.add(incident=fresh(incident), files=[kept], by=person, at=later(6))
    escalation.reassign(run=run_of(incident), to=company.second, by=person, reason="my shift ends", at=later(7))
    escalation.reassign(run=run_of(incident), to=person, by=company.second, reason="yours after all", at=later(8))
    incidents.resolve(incident=fresh(incident), resolution="It runs", checked="Looked", by=person, at=later(9))
    second = make_incident(company, at=later(10))
    tick(minutes=11)
    pending = list(Message.objects.filter(state="pending", due_at__lte=later(12)).values_list("pk", flat=True))
    delivery.work(pending, at=later(12))
    with audit.action(actor=root, reason="new address", at=later(13)):
        person.refresh_from_db()
        person.email = MAIL
        person.save(update_fields=["email"])
        people.sync_address(person=person)
    authenticate(None, email=MAIL.upper(), password="wrong")
    leaving.deactivate(person=person, by=root, reason="has another job", at=later(20))
    LogEntry.objects.create(
        user=root,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(person.pk),
        object_repr=NAME,
        action_flag=CHANGE,
        change_message=json.dumps([{"changed": {"name": NAME}}]),
    )
    person.refresh_from_db()
    return person, fresh(second)


def _set_up(person: User, root: User) -> None:
    with audit.action(actor=person, reason="contact method added", at=NOW):
        ContactMethod(user=person, channel=Channel.SMS, address=PHONE, lane=Lane.URGENT, order=5, verified_at=NOW).save(
            force_insert=True
        )
    absences.add(
        user=person, starts_at=NOW + timedelta(days=9), ends_at=NOW + timedelta(days=10), cover=None, by=person, at=NOW
    )
    tokens.create(user=person, name=f"Laptop of {FIRST}", scope="read", days=30, by=person, at=NOW)
    assert Client().login(username=person.email, password=PASSWORD)


def cells() -> list[tuple[str, str]]:
    """Every cell that holds text, as (table.column, text); JSON as it is stored."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, bytes | memoryview):
                        value = bytes(value).decode("utf-8", "replace")
                    if value is not None and not isinstance(value, int | float):
                        found.append((f"{table}.{name}", value if isinstance(value, str) else str(value)))
    return found


def where(*words: str) -> set[str]:
    """The columns in which one of `words` stands, whatever the case and however JSON writes it."""
    forms = {form.lower() for word in words for form in (word, json.dumps(word)[1:-1])}
    return {column for column, text in cells() if any(form in text.lower() for form in forms)}


def messages_to(person: User) -> Any:
    return Message.objects.filter(recipient=person)
