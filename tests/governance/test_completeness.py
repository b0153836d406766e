"""The logs of governance are proven row by row: who edited, who judged, who has read (I10)."""

import pytest

from governance.models import Attestation, ChangeRequest, Document, DocumentCheck, Edit, Review, Version
from governance.services import attestations, checks, versions
from portal.models import AuditEntry
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.governing import Governed, in_force, make_governed, propose, say, through, words
from tests.portal.ledger.forging import change, copy_of, remove, remove_entry, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def governed() -> Governed:
    """The glossary was changed: objected to, approved by two, published, read and looked at."""
    found = make_governed()
    say(propose(found, words(veto="Somebody asked has said no."), by=found.other), "request_changes", found.one)
    through(propose(found, words(veto="Somebody asked has said no, for all.")))
    glossary = Document.objects.get(kind="glossary")
    seen = in_force(glossary).digest
    attestations.attest(document=glossary, seen=seen, by=found.one, at=NOW)
    checks.check(document=glossary, outcome="confirm", note="fits", seen=seen, by=found.author, at=NOW)
    return found


def entry_of(verb: str) -> AuditEntry:
    return AuditEntry.objects.filter(verb=verb).latest("pk")


def entry_about(review: Review) -> AuditEntry:
    return AuditEntry.objects.get(verb="change.reviewed", target_id=str(review.change_request_id))


def edited(row: object, entry: AuditEntry) -> list[str]:
    return [f"{row._meta.label} {row.pk} is not what audit entry {entry.pk} committed to."]  # type: ignore[attr-defined]


def test_a_governed_change_is_complete(governed: Governed) -> None:
    assert told() == []
    for model in (Edit, Review, DocumentCheck, Attestation):
        assert model._base_manager.exists()


def test_a_verdict_that_was_turned_round(governed: Governed) -> None:
    review = Review.objects.filter(verdict="approve").latest("pk")
    change(review, verdict="veto")
    assert told() == edited(review, entry_of("change.reviewed"))


def test_a_verdict_that_nobody_gave(governed: Governed) -> None:
    review = copy_of(Review.objects.filter(verdict="approve").latest("pk"), by_id=governed.boss.pk)
    assert told() == [f"governance.Review {review.pk} is listed in no audit entry of its change."]


def test_a_verdict_that_was_taken_away(governed: Governed) -> None:
    review = Review.objects.filter(verdict="request_changes").get()
    remove(review)
    entry = entry_about(review)
    assert told() == [f"Audit entry {entry.pk} lists governance.Review {review.pk}, which is not there."]


def test_the_entry_of_a_verdict_that_was_taken_away(governed: Governed) -> None:
    review = Review.objects.filter(verdict="request_changes").get()
    remove_entry(entry_about(review))
    assert told() == [f"governance.Review {review.pk} has no audit entry."]


def test_a_contributor_who_was_taken_out_of_an_edit(governed: Governed) -> None:
    edit = Edit.objects.latest("pk")
    change(edit, by_id=governed.boss.pk)
    (sentence,) = told()
    assert sentence.startswith(f"governance.Edit {edit.pk} is not what audit entry ")


def test_an_edit_that_was_deleted(governed: Governed) -> None:
    edit = Edit.objects.latest("pk")
    remove(edit)
    (sentence,) = told()
    assert sentence.endswith(f"lists governance.Edit {edit.pk}, which is not there.")


def test_edits_that_a_newer_draft_carries_on_are_proven_there(governed: Governed) -> None:
    version = in_force(Document.objects.get(kind="glossary"))
    with make._action(NOW):
        copy = versions.copied(version, at=NOW)
    assert copy.edits.exists() and told() == []
    change(copy.edits.earliest("pk"), field="forged")
    assert len(told()) == 1


def test_a_confirmation_that_nobody_gave(governed: Governed) -> None:
    given = copy_of(Attestation.objects.get(), person_id=governed.two.pk)
    assert told() == [f"governance.Attestation {given.pk} is listed in no audit entry of its change."]


def test_a_check_with_another_outcome(governed: Governed) -> None:
    check = DocumentCheck.objects.get()
    change(check, outcome="retire")
    assert told() == edited(check, entry_of("document.checked"))


def test_a_text_that_was_changed_under_its_digest(governed: Governed) -> None:
    version = in_force(Document.objects.get(kind="glossary"))
    change(version, content=version.content.replace("no", "yes"))
    assert told() == [f"governance.Version {version.pk} does not fit its commitment."]


def test_a_text_and_its_digest_changed_alike(governed: Governed) -> None:
    other, mine = Version.objects.exclude(digest=in_force(Document.objects.get(kind="glossary")).digest)[:2]
    change(mine, content=other.content, digest=other.digest)
    assert told() == [f"governance.Version {mine.pk} differs from its last history row in digest."]


def test_a_version_put_into_force_behind_the_portal(governed: Governed) -> None:
    glossary = Document.objects.get(kind="glossary")
    change(glossary, effective_version=glossary.versions.earliest("number"))
    assert told() == [f"governance.Document {glossary.pk} differs from its last history row in effective_version_id."]


def test_a_change_approved_behind_the_portal(governed: Governed) -> None:
    asked = ChangeRequest.objects.filter(state="in_review").first() or ChangeRequest.objects.latest("pk")
    change(asked, stated_band="low" if asked.stated_band != "low" else "high")
    assert told() == [f"governance.ChangeRequest {asked.pk} differs from its last history row in stated_band."]
