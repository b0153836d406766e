"""Nothing that somebody typed, and no name, is in the report for people outside (D102).

Every text of every row of the company is overwritten with a canary of its own, so that a new field is planted by
itself; a new model has to have a row here, or an excuse.
"""

import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection, models
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pypdf import PdfReader

from governance.models import Document, Platform, Workflow
from incidents.models import (
    Containment,
    DecisionRequest,
    Feedback,
    Incident,
    OutsideText,
    Postmortem,
    Recheck,
    Remedy,
    RoleAssignment,
    ScopeAnswer,
    ScopeStatement,
    StatusUpdate,
    StepEntry,
    TimelineEntry,
)
from incidents.reads import report_incident, report_outside
from incidents.services import effects, evidence, findings, hypotheses, incidents, report_sharing, reviews
from incidents.services.reviews import NotReviewed
from portal import access, audit, papers, seal
from portal.models import AuditEntry, Department, Team, User
from portal.papers import Course, Paper
from portal.papers.as_pdf import as_pdf
from tests.factories_governance import Company, make_person
from tests.factories_incidents import fresh, later
from tests.factories_keeping import make_company
from tests.factories_steps import make_stepped
from tests.incidents.test_action_items import done, planned
from tests.incidents.test_reviews import DAY, resolved, write

pytestmark = pytest.mark.django_db
APPROVED = "Orders stood still for an hour."
OPERATIONAL = "moved by the clock or by machines; no report reads it, or only numbers of it"
EXCUSED = dict.fromkeys(
    (
        *("Beat", "Source", "Event", "RefusedCall", "ReportDraft", "BoardView", "Silence", "Override", "Subscription"),
        *("DecisionCallback", "CallbackAttempt", "DecisionReading", "DecisionAnswer", "DecisionRecord", "DecisionText"),
        *("Recurrence", "GovernanceReport", "PatternReport", "FigureSum", "Fact"),
    ),
    OPERATIONAL,
)
KEYS = {
    "incidents.EscalationRun": "keys and digests by which the rules of the incident are found",
    "incidents.EscalationEvent": "a key of a level and an address of the rule",
    "incidents.ImpactScore": "keys",
    "incidents.OutsideText": "what may be read outside",
}
MORE = (User, Team, Department, Workflow, Platform, Document)
NOT_TYPED = {"password", "locale", "time_zone", "kind", "lifecycle", "verb", "reason_key", "scope_kind", "scope_value"}
"""Columns that the portal fills with a key of its own, without which nothing could be read."""


@pytest.fixture
def company() -> Company:
    return make_company(has_module=True)


@pytest.fixture
def review(company: Company) -> Postmortem:
    """A published review of an incident with a row of everything."""
    by, incident = company.responder, resolved(company)
    found = Postmortem.objects.get()
    said: Any = {"incident": fresh(incident), "by": by, "at": later(64)}
    incidents.add_note(text="x", **said)
    evidence.add(files=[evidence.Kept("x.txt", "cd" * 32, 4, "text/plain")], **said)
    row = hypotheses.suppose(review=found, text="x", by=by, at=later(70))
    hypotheses.judge(hypothesis=row, verdict="confirmed", test="x", result="x", by=by, at=later(80))
    module = Document.objects.get(kind="module")
    findings.add(review=found, kind="cause", text="x", origin="systemic", module=module, by=by, at=later(90))
    findings.add(review=found, kind="gap", text="x", area="vendor", by=by, at=later(90))
    item = done(planned(incident, company), company)
    effects.answer(incident=item.incident, helps=True, note="x", person=company.reporter, at=later(24 * DAY))
    effects.check(item=item, value="1", note="x", by=by, at=later(DAY))
    planned(incident, company)
    reviews.hand_over(review=found, owner=company.second, questions="x", by=by, at=later(100))
    write(found, company)
    reviews.publish(review=found, by=company.second, at=later(130))
    with audit.action(actor=company.admin, reason="scene", at=later(140)):
        for made in rest(company, incident):
            made.save(force_insert=True)
    return Postmortem.objects.get()


def rest(company: Company, incident: Incident) -> Iterator[models.Model]:
    """Rows of which only the words count."""
    who: Any = {"by": company.responder, "at": later(20)}
    here: Any = {"incident": incident} | who
    version = make_stepped(company.admin).effective_version
    yield StepEntry(version=version, scenario="x", step="x", did="skipped", reason="x", **here)
    stated = ScopeStatement(number=1, scope="x", aim="x", reason="x", **here)
    yield stated
    yield ScopeAnswer(statement=stated, function="support", agrees=False, why="x", by=company.second, at=later(21))
    yield Containment(incident=incident, what="x", by=company.responder, since=later(20))
    yield Remedy(kind="permanent", what="x", rationale="x", artefact="x", **here)
    yield Recheck(subject="x", result="failed", note="x", **here)
    yield RoleAssignment(
        incident=incident, role="x", title="x", user=company.second, assumed_at=later(20), handover={"a": "x"}, note="x"
    )
    told: Any = {"incident": incident, "audience": "x", "event": "update", "state": "sent", "by": company.responder}
    told |= {"written_at": later(20), "sent_at": later(20), "expected_at": later(40)}
    yield StatusUpdate(subject="x", answers={"a": "x"}, business="x", technical="x", **told)
    yield DecisionRequest(
        **{"reference": "DEC-1", "asked": "form", "incident": incident, "question": "x", "details": "x"},
        **{"delay_costs": "x", "severity": "sev1", "opened_at": later(20), "choices": [{"key": "a", "title": "x"}]},
        **{"ended_at": later(50), "due_at": later(30), "state": "withdrawn", "requester": company.responder},
    )
    yield Feedback(reference="FBK-1", platform=company.workflow.platform, incident=incident, text="x", **who)


def planted_models() -> list[type[models.Model]]:
    own = [model for model in apps.get_app_config("incidents").get_models() if "Historical" not in model.__name__]
    return [model for model in own if model.__name__ not in EXCUSED and model._meta.label not in KEYS] + list(MORE)


def plant() -> set[str]:
    """Overwrite every text with its canary; returns all of them."""
    found = set()
    with seal.lifted():
        for model in planted_models():
            for number, row in enumerate(model._default_manager.order_by("pk"), start=1):
                values = {}
                for field in model._meta.concrete_fields:
                    if field.choices or field.is_relation or field.name in NOT_TYPED or field.primary_key:
                        continue
                    canary = f"canary{model.__name__}{field.name}{number}".replace("_", "").lower()
                    value = getattr(row, field.name)
                    if isinstance(field, models.EmailField):
                        canary += "@x.example"
                    if isinstance(field, models.CharField | models.TextField):
                        values[field.name] = canary[: field.max_length]
                    elif isinstance(field, models.JSONField):
                        values[field.name] = words(value, canary)
                if values:
                    model._default_manager.filter(pk=row.pk).update(**values)
                    found |= {str(value) for value in values.values()}
    return found


def words(value: Any, canary: str) -> Any:
    """`value` with every text in it replaced, keys of choices left."""
    if isinstance(value, str):
        return canary
    if isinstance(value, list):
        return [words(each, canary) for each in value] or [canary]
    if isinstance(value, dict):
        return {name: each if name == "key" else words(each, canary) for name, each in value.items()}
    return value


def test_each_model_has_a_row_here_or_an_excuse(review: Postmortem) -> None:
    assert [model.__name__ for model in planted_models() if not model._default_manager.exists()] == []


PLANTED = (models.CharField, models.TextField, models.JSONField)
SAYS_NOTHING = (
    *(
        models.BooleanField,
        models.IntegerField,
        models.FloatField,
        models.DateField,
        models.TimeField,
        models.UUIDField,
    ),
    *(models.ForeignKey, models.OneToOneField, models.BinaryField),
)
"""Kinds of columns that hold no words: numbers, ids and moments, which are looked for by themselves."""
ELSEWHERE = {
    *("governance.Dependency", "governance.WorkflowChange", "governance.Edit", "governance.Version"),
    *("governance.ChangeRequest", "governance.Review", "portal.AuditEntry", "portal.AuditPayload"),
}
"""Read for the facts of the whole report, which are made for every profile; this one takes no row of them."""


def test_each_column_is_planted_or_cannot_hold_a_word() -> None:
    kinds = [field for model in planted_models() for field in model._meta.concrete_fields]
    assert [str(field) for field in kinds if not isinstance(field, PLANTED + SAYS_NOTHING)] == []


def test_each_table_that_the_report_reads_is_planted_or_excused(company: Company, review: Postmortem) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        report_outside.outside(known(company))
    tables = {table for query in queries for table in re.findall(r'(?:FROM|JOIN) "(\w+)"', query["sql"])}
    named = {model._meta.db_table: model for model in apps.get_models()}
    excused = {f"incidents.{name}" for name in EXCUSED} | set(KEYS) | ELSEWHERE
    left = {named[table]._meta.label for table in tables if named[table] not in planted_models()}
    assert left - excused == set()


def marks() -> set[str]:
    """Every id and every exact moment of the rows, as files would write them."""
    found = set()
    for model in planted_models():
        for values in model._default_manager.values_list(*(field.attname for field in model._meta.concrete_fields)):
            for value in values:
                if isinstance(value, UUID):
                    found |= {str(value), value.hex}
                elif isinstance(value, datetime):
                    found |= {f"{value:%Y-%m-%dT%H:%M}", f"{value:%Y%m%d%H%M}"}
    return found


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_id_and_no_moment_leaves(company: Company, review: Postmortem, language: str) -> None:
    """In both languages; the time when the file was made is not one of the incident."""
    plant()
    with translation.override(language):
        texts = forms(report_outside.outside(known(company)))
    for form, text in texts.items():
        assert [mark for mark in marks() if mark.lower() in squeezed(text)] == [], form
        assert "canary" not in squeezed(text), form


def test_a_long_course_says_what_it_leaves_out_and_keeps_its_end(company: Company, review: Postmortem) -> None:
    incident = review.incident
    with audit.action(actor=company.admin, reason="scene", at=later(150)):
        for number in range(report_outside.MOST):
            TimelineEntry(incident=incident, verb="update", at=later(150 + number)).save()
        TimelineEntry(incident=incident, verb="reopened", at=later(390)).save()
    course = next(
        block
        for section in report_outside.outside(known(company)).sections
        for block in section.blocks
        if isinstance(block, Course)
    )
    said = [line.text for line in course.lines]
    whole = TimelineEntry.objects.filter(incident=incident, verb__in=report_outside.HAPPENED).count()
    assert len(said) == report_outside.MOST + 1 and said[-1] == "It was opened again"
    assert said[report_outside.MOST // 2] == f"and {whole - report_outside.MOST} more"


def squeezed(text: str) -> str:
    return "".join(text.split()).lower()


def forms(paper: Paper) -> dict[str, str]:
    """`paper` as everything that it can be, with what a file says of itself."""
    read = PdfReader(io.BytesIO(as_pdf(paper)))
    pages = " ".join(page.extract_text() for page in read.pages)
    html = render_to_string("portal/_paper.html", {"paper": paper}) + paper.title + paper.lead
    return {
        "html": html,
        "pdf": pages + str(read.metadata) + str([entry.title for entry in read.outline]),
        "md": papers.as_markdown(paper).replace("\\", ""),
        "json": json.dumps(papers.as_json(paper)),
    }


def known(company: Company) -> report_incident.Known:
    incident = Incident.objects.select_related("workflow", "team", "lead").get()
    return report_incident.known(incident, User.objects.get(pk=company.responder.pk), at=later(400))


def test_no_word_leaves_but_what_is_approved(company: Company, review: Postmortem) -> None:
    by = make_person("keeper", role="team admin", teams=(company.team,))
    report_sharing.write_outside(review=review, text=APPROVED, seen="", by=by, at=later(300))
    plant()
    full = squeezed(forms(report_incident.full(known(company)))["json"])
    for name in ("incidenttitle", "postmortemsectiontext", "findingtext", "actionitemtitle", "hypothesistext"):
        assert f"canary{name}" in full, name  # whoever may open it reads them, so a search that finds none means it
    for name in ("username", "teamname", "workflowname", "documenttitle", "decisionrequestquestion"):
        assert f"canary{name}" in full, name
    for form, text in forms(report_outside.outside(known(company))).items():
        assert "canary" not in squeezed(text), (form, squeezed(text))
        assert squeezed(APPROVED) in squeezed(text), form


def test_it_says_what_can_be_said(company: Company, review: Postmortem) -> None:
    text = papers.as_markdown(report_outside.outside(known(company))).replace("\\", "")
    for said in ("Team A", "Process A", "SEV1", "after 1 h 10 min", "It worked again", "Decision 1", "Action 2"):
        assert said in text, said
    assert "A cause that lies in how we work" in text and "A gap in governance: a vendor" in text
    assert "Known failure pattern**: yes" in text and "2026" not in text.partition("Anonymous")[2].partition("\n")[2]


def test_files_do_not_name_the_incident(client: Client, company: Company, review: Postmortem) -> None:
    client.force_login(company.responder)
    answer = client.get(f"/reviews/{review.reference}/report/?profile=outside&format=json")
    assert answer["Content-Disposition"] == 'attachment; filename="outside-report.json"'
    assert review.incident.reference not in answer.content.decode()
    assert '"kind":"outside-report"' in AuditEntry.objects.get(verb="report.taken").payload.content


def test_only_those_with_the_right_answer_for_the_words(client: Client, company: Company, review: Postmortem) -> None:
    keeper = make_person("keeper", role="team admin", teams=(company.team,))
    address = f"/reviews/{review.reference}/report/"
    with pytest.raises(access.Refused, match="governance admins and team admins"):
        report_sharing.write_outside(review=review, text="x", seen="", by=company.second, at=later(300))
    client.force_login(company.second)
    assert "Words for people outside" not in client.get(address + "?profile=outside").content.decode()
    assert client.post(address + "outside/", {"text": "x"}).status_code == 403
    client.force_login(keeper)
    assert "Words for people outside" in client.get(address + "?profile=outside").content.decode()
    assert client.post(address + "outside/", {"text": APPROVED, "seen": ""}).status_code == 302
    assert APPROVED in client.get(address + "?profile=outside").content.decode()
    assert OutsideText.objects.get().by == keeper and OutsideText.history.count() == 1  # type: ignore[attr-defined]
    refused = client.post(address + "outside/", {"text": "Other", "seen": "Not what stood there"})
    assert refused.status_code == 422 and "Somebody else has changed this" in refused.content.decode()
    with pytest.raises(NotReviewed):
        report_sharing.write_outside(review=review, text="y" * 10_001, seen=APPROVED, by=keeper, at=later(310))
    assert OutsideText.objects.get().text == APPROVED


def test_words_that_name_somebody_are_not_kept(client: Client, company: Company, review: Postmortem) -> None:
    keeper = make_person("keeper", role="team admin", teams=(company.team,))
    address = f"/reviews/{review.reference}/report/outside/"
    client.force_login(keeper)
    text = f"Responder has seen it: {review.incident.reference}, ada@shop.example, order 4711004711."
    answer = client.post(address, {"text": text, "seen": ""})
    assert answer.status_code == 422 and text in answer.content.decode()
    with pytest.raises(NotReviewed) as refused:
        report_sharing.write_outside(review=review, text=text, seen="", by=keeper, at=later(300))
    for named in ("Responder", review.incident.reference, "ada@shop.example", "4711004711"):
        assert named in str(refused.value)
    assert not OutsideText.objects.exists() and not AuditEntry.objects.filter(verb="report.outside_written").exists()
