"""Publishing: who may, what it writes, what it refuses (U5)."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from governance import invariants
from governance.models import Assignment, ChangeRequest, Document, Review, Version, Workflow
from governance.services import changes, publishing, versions
from portal import access, registry, roles
from portal.models import AuditEntry, AuditPayload
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.unchanged import refused

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


def draft(company, *, by=None, **changed) -> Version:
    """A draft of the next company matrix: second is on call."""
    content = make.company_matrix(
        triage_team="triage",
        on_call=company.second.email,
        alternates=(company.lead.email,),
        lead=company.lead.email,
        accountable=company.leader.email,
    )
    return make.make_draft(content | changed, kind="matrix", key="company", by=by or company.admin)


def payload(verb: str) -> dict:
    entry = AuditEntry.objects.filter(verb=verb).latest("pk")
    return json.loads(AuditPayload.objects.get(entry=entry).content)


def test_publishing_freezes_the_version_and_brings_it_into_force(company) -> None:
    version = draft(company)
    request = changes.send(version=version, reason="Second takes over", by=company.admin, at=LATER)
    version.refresh_from_db()
    assert version.frozen_at == LATER
    assert Document.objects.get(pk=company.matrix.pk).effective_version == version
    assert (request.state, request.reason, request.requested_by, request.published_at) == (
        "published",
        "Second takes over",
        company.admin,
        LATER,
    )
    assert request.reference.startswith("CHG-2026-")


def test_a_standard_change_is_judged_by_the_policy_that_was_in_force(company) -> None:
    version = draft(company)
    change = changes.send(version=version, reason="why", by=company.admin, at=LATER)
    policy = Document.objects.get(kind="approval").effective_version
    assert (change.model, change.policy, change.submitted_at, change.approved_at) == ("standard", policy, LATER, LATER)
    assert not Review.objects.exists()


def test_the_audit_says_which_rule_let_it_through_and_who_sees_what_now(company) -> None:
    changes.send(version=draft(company), reason="Second takes over", by=company.admin, at=LATER)
    said = payload("version.published")
    assert said["reason"] == "Second takes over"
    assert said["data"]["rule"] == "standard"
    assert said["data"]["views"]["change"] == "+0 -1"
    assert said["data"]["views"]["removed"] == ["Order sync: Responder"]


def test_history_rows_and_entries_of_a_publication_share_one_request_id(company) -> None:
    changes.send(version=draft(company), reason="why", by=company.admin, at=LATER)
    entries = AuditEntry.objects.filter(at=LATER)
    assert len(set(entries.values_list("request_id", flat=True))) == 1
    assert set(entries.values_list("verb", flat=True)) == {
        "version.published",
        "governance.version.changed",
        "governance.document.changed",
        "governance.changerequest.created",
        "governance.changerequest.changed",
        "change.submitted",
        "change.approved",
    }


def test_a_reason_is_mandatory(company) -> None:
    version = draft(company)
    for reason in ("", "   ", "x" * 501):
        with refused(changes.ReasonMissing, "why this version shall take effect"):
            changes.send(version=version, reason=reason, by=company.admin, at=LATER)


def test_nobody_but_a_governance_admin_may_publish(company) -> None:
    version = draft(company)
    root = make.make_person("root", is_superuser=True, is_staff=True)
    gone = make.make_person("gone", role=roles.GOVERNANCE_ADMIN, is_active=False)
    board = make.make_person("board", role=roles.BOARD_MEMBER)
    for person in (root, board, company.responder, gone):
        with refused(access.Refused):
            changes.send(version=version, reason="mine now", by=person, at=LATER)


def test_a_draft_that_began_before_another_publication_is_refused(company) -> None:
    first, second = draft(company), draft(company, title="Another")
    changes.send(version=first, reason="first", by=company.admin, at=LATER)
    with refused(changes.Conflicted, "take it over first"):
        changes.send(version=second, reason="second", by=company.admin, at=LATER)


def test_a_version_is_published_once(company) -> None:
    version = draft(company)
    changes.send(version=version, reason="first", by=company.admin, at=LATER)
    with refused(versions.Frozen):
        changes.send(version=version, reason="again", by=company.admin, at=LATER)


def test_publishing_the_same_words_again_is_refused(company) -> None:
    version = versions.draft_from_effective(document=company.matrix, by=company.admin, at=NOW)
    with refused(changes.NotSubmittable, "word for word"):
        changes.send(version=version, reason="again", by=company.admin, at=LATER)


def test_blocking_findings_are_refused_in_their_own_words(company) -> None:
    version = draft(company, rows=[])
    with refused(changes.NotSubmittable, "has no default holder") as info:
        changes.send(version=version, reason="empty", by=company.admin, at=LATER)
    assert all(finding.blocking for finding in info.value.findings) and len(info.value.findings) == 5


def test_findings_are_judged_by_how_people_are_now(company) -> None:
    version = draft(company)
    from portal.services import leaving

    leaving.deactivate(person=company.second, by=company.admin, reason="left", at=LATER)
    with refused(changes.NotSubmittable, "Second is no longer active"):
        changes.send(version=version, reason="too late", by=company.admin, at=LATER)


def test_a_board_that_does_not_exist_is_refused(company) -> None:
    from uuid import uuid4

    policy = make.escalation_policy(leadership="leadership")
    policy["levels"][0]["targets"] = [{"board": str(uuid4())}]
    version = make.make_draft(policy, kind="escalation", key="company", by=company.admin)
    with refused(changes.NotSubmittable, "This board does not exist or is no longer used"):
        changes.send(version=version, reason="board", by=company.admin, at=LATER)


def test_a_text_that_does_not_fit_its_digest_is_refused(company) -> None:
    version = draft(company)
    Version.objects.filter(pk=version.pk).update(digest="0" * 64)
    with refused(publishing.NotPublishable, "does not fit its digest"):
        changes.send(version=version, reason="tampered", by=company.admin, at=LATER)


def test_a_published_version_is_sealed(company) -> None:
    effective = Document.objects.get(pk=company.matrix.pk).effective_version_id
    for change in ({"content": "{}"}, {"digest": "0" * 64}, {"frozen_at": None}):
        with pytest.raises(IntegrityError, match="sealed"), transaction.atomic():
            Version.objects.filter(pk=effective).update(**change)


def test_going_back_is_a_new_version_with_the_old_words(company) -> None:
    old = Document.objects.get(pk=company.matrix.pk).effective_version
    changes.send(version=draft(company), reason="try", by=company.admin, at=LATER)
    exported = versions.export_yaml(old)
    _, back = versions.import_yaml(kind="matrix", text=exported, key="company", by=company.admin, at=LATER)
    changes.send(version=back, reason="back", by=company.admin, at=LATER)
    assert (back.number, back.digest) == (3, old.digest)
    assert invariants.approved_digests() == []


def test_the_title_of_a_document_follows_its_text(company) -> None:
    changes.send(version=draft(company, title="New name"), reason="name", by=company.admin, at=LATER)
    assert Document.objects.get(pk=company.matrix.pk).title == "New name"


def test_everything_holds_after_publishing(company) -> None:
    assert [name for name, _ in registry.invariants.items() if name in ("I15", "I15 compiled", "I17 on call")] == [
        "I15",
        "I15 compiled",
        "I17 on call",
    ]
    for check in (invariants.approved_digests, invariants.compiled, invariants.somebody_on_call):
        assert check() == []


def test_the_invariants_see_what_was_forged(company) -> None:
    ChangeRequest.objects.filter(document=company.policy).update(version=company.rubric.effective_version)
    assert invariants.approved_digests() != []
    Assignment.objects.first().delete()
    assert invariants.compiled() != []
    Assignment.objects.filter(responsibility="on_call").update(user=company.lead)
    from portal.services import leaving

    leaving.deactivate(person=company.lead, by=company.admin, reason="left", at=LATER)
    assert len(invariants.somebody_on_call()) == Workflow.objects.count()


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Document, {"kind": "recipe"}),
        (ChangeRequest, {"state": "perhaps"}),
        (ChangeRequest, {"model": "quick"}),
        (Assignment, {"letter": "X"}),
        (Assignment, {"role": "both", "position": 9}),
        (Workflow, {"criticality": "extreme"}),
        (Workflow, {"environment": "moon"}),
        (Workflow, {"lifecycle": "sleeping"}),
        (Workflow, {"data_class": "secret"}),
    ],
)
def test_the_database_refuses_values_that_nobody_chose(company, model, values) -> None:
    row = model.objects.filter(user__isnull=False).first() if model is Assignment else model.objects.first()
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**values)


def test_one_cell_has_one_accountable(company) -> None:
    row = Assignment.objects.filter(letter="A", position=0).first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(
            workflow=row.workflow,
            responsibility=row.responsibility,
            severity=row.severity,
            letter="A",
            position=0,
            user=company.outsider,
            version=row.version,
            row="x",
        )


@pytest.mark.parametrize(
    "values", [{"key": "company", "scope_kind": "team"}, {"key": "other", "scope_kind": "default"}]
)
def test_a_document_has_one_key_and_one_scope(company, values) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.bulk_create([Document(kind="matrix", title="x", **values)])


def test_a_version_has_one_number(company) -> None:
    version = Version(
        document=company.matrix, number=1, content="{}", digest="0", created_by=company.admin, created_at=NOW
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.bulk_create([version])


def test_one_person_has_one_open_normal_change_per_document(company) -> None:
    def open_change(reference: str) -> ChangeRequest:
        return ChangeRequest(
            reference=reference,
            document=company.matrix,
            version=company.matrix.effective_version,
            state="in_review",
            reason="x",
            requested_by=company.admin,
            requested_at=NOW,
        )

    with pytest.raises(IntegrityError), transaction.atomic():
        ChangeRequest.objects.bulk_create([open_change("CHG-1"), open_change("CHG-2")])
