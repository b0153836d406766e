"""What must always hold between the documents and what is derived from them (DESIGN section 12)."""

from collections import defaultdict
from uuid import UUID

from governance.documents import base
from governance.documents.matrix import ON_CALL
from governance.models import Assignment, Document, LayerMember, Review, Version
from governance.reads import assignments, documents, people
from portal.models import Membership, User


def approved_digests() -> list[str]:
    """I15: the digest of an effective version is the one that its reviews approved, and the one of its text."""
    found = []
    approved: dict[UUID, set[str]] = defaultdict(set)
    reviews = Review.objects.filter(verdict=Review.Verdict.APPROVE)
    for version_id, digest in reviews.values_list("change_request__version", "digest"):
        approved[version_id].add(digest)
    in_force = Document.objects.filter(effective_version__isnull=False).values("effective_version")
    for version in Version.objects.filter(pk__in=in_force).select_related("document").order_by("pk"):
        if approved[version.pk] != {version.digest}:
            found.append(f"I15: {version} is in force without an approval of its digest.")
        if base.digest(version.content) != version.digest:
            found.append(f"I15: the text of {version} does not fit its digest.")
        if version.frozen_at is None:
            found.append(f"I15: {version} is in force but not frozen.")
    return found


def compiled() -> list[str]:
    """Assignment and guardian's rows are exactly what the effective matrices come to."""
    matrices, workflows = documents.matrices(), list(people.workflows().values())
    wanted = assignments.held(matrices, workflows)
    stored = assignments.stored()
    found = []
    if set(wanted) != set(stored):
        found.append(f"I15: {len(set(wanted) ^ set(stored))} rows of Assignment differ from the matrices in force.")
    seen = assignments.viewers(matrices, workflows, stored)
    rows = assignments.stored_viewers()
    if seen != set(rows):
        found.append(f"I15: {len(seen ^ set(rows))} view rows on workflows differ from Assignment.")
    return found


def somebody_on_call() -> list[str]:
    """I17, the part of the matrices: who is on call for a workflow has at least one active person behind it."""
    active = set(User.objects.active().values_list("pk", flat=True))
    teams = dict.fromkeys(
        Membership.objects.filter(user__is_active=True, group__team__is_active=True).values_list(
            "group__team", flat=True
        )
    )
    turns = LayerMember.objects.filter(person__is_active=True, layer__schedule__is_active=True)
    schedules = set(turns.values_list("layer__schedule", flat=True))
    answered: dict[tuple[object, str], bool] = {}
    rows = Assignment.objects.filter(responsibility=ON_CALL, letter__in=["R", "A"])
    names = ("workflow", "severity", "user", "team", "schedule", "role")
    for workflow, severity, user, team, schedule, role in rows.values_list(*names):
        key = (workflow, severity)
        somebody = bool(role) or user in active or team in teams or schedule in schedules
        answered[key] = answered.get(key, False) or somebody
    return [
        f"I17: nobody active is on call for workflow {key[0]} at {key[1]}."
        for key, held in answered.items()
        if not held
    ]
