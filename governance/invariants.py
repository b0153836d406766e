"""What must always hold between the documents and what is derived from them (DESIGN section 12)."""

from governance.documents import base
from governance.documents.matrix import ON_CALL
from governance.models import Assignment, ChangeRequest, Document, LayerMember, Version
from governance.models.changes import ChangeModel
from governance.reads import approval, assignments, documents, drafters, people
from portal.models import Membership, User


def approved_digests() -> list[str]:
    """I15: what is in force was approved, letter by letter, by people who had not written it, or by a rule of policy.

    Who could be asked then is not known any more, so the quorum is judged when it is published and not here.
    """
    found = []
    in_force = Document.objects.filter(effective_version__isnull=False).values("effective_version")
    for version in Version.objects.filter(pk__in=in_force).select_related("document").order_by("pk"):
        if not _is_approved(version):
            found.append(f"I15: {version} is in force without an approval of its digest.")
        if base.digest(version.content) != version.digest:
            found.append(f"I15: the text of {version} does not fit its digest.")
        if version.frozen_at is None:
            found.append(f"I15: {version} is in force but not frozen.")
    return found


def _is_approved(version: Version) -> bool:
    rows = ChangeRequest.objects.filter(version=version, published_at__isnull=False).select_related("undoes")
    change = approval.select(rows).order_by("-published_at").first()
    if change is None:
        return False
    given = [row for row in change.reviews.all() if row.verdict == "approve" and row.digest == version.digest]
    match change.model:
        case ChangeModel.GENESIS:
            return True
        case ChangeModel.REPAIR:
            return any(row.by_id != change.requested_by_id for row in given)
        case ChangeModel.EMERGENCY:
            return change.ground_id is not None
        case ChangeModel.STANDARD if change.undoes is not None:
            return change.undoes.falls_back_at is not None
        case ChangeModel.STANDARD:
            return approval.judge(change, at=change.published_at).approved
    if change.policy_id is None:
        return bool(given)  # from before there was a policy
    makers = approval.facts(change).makers
    return any(row.by_id not in makers and row.on_behalf_of_id not in makers for row in given)


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
    drafting, given = drafters.drafters(matrices, workflows), drafters.stored()
    if drafting != set(given):
        found.append(f"I15: {len(drafting ^ set(given))} rows on documents differ from the matrices in force.")
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
