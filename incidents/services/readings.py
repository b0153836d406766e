"""Those whose roles a review concerns say that they have read it; who has not is reminded once, after a week (D83)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import BoardSeat, Review
from governance.reads import checks
from governance.rules.incident_roles import COMMANDER
from incidents.models import Incident, Postmortem, ReportReading, RoleAssignment, StepEntry
from incidents.services import cases, participants, review_timers
from portal import access, audit, timers
from portal.errors import DomainError
from portal.models import Timer, User

KIND = "review.to_read"  # of the timer
REMINDED_AFTER = timedelta(days=7)
COMMANDERS = (COMMANDER, COMMANDER.replace("-", "_"))
LEAD, STEP, TEAM, BOARD = "lead", "step", "team", "board"
"""For what somebody reads it; the first that fits is kept."""


class NotAsked(DomainError):
    """There is nothing to confirm; nothing was recorded."""


def ask(review: Postmortem, *, at: datetime) -> list[User]:
    """`review` was just published: ask everybody else concerned to read it; what they said of an earlier one is void.

    Call inside the action of the publication, which holds the incident. Returns whom it has asked.
    """
    roles = concerned(review.incident, at=at)
    if review.published_by_id is not None:
        roles.pop(review.published_by_id, None)
    people = list(User.objects.active().filter(pk__in=roles).order_by("name", "pk"))
    if review.incident.is_restricted:
        people = [user for user in people if access.can(user, "view", review.incident)]
    else:
        participants.let_in(review.incident, people, at=at)
    known = {row.user_id: row for row in ReportReading.objects.filter(postmortem=review)}
    for user in people:
        row = known.get(user.pk) or ReportReading(postmortem=review, user=user)
        row.role, row.asked_at, row.read_at = roles[user.pk], at, None
        row.save()
    timers.schedule(kind=KIND, subject=review, due_at=at + REMINDED_AFTER, at=at)
    return people


def concerned(incident: Incident, *, at: datetime) -> dict[UUID, str]:
    """{id: for what} of whoever led it, owned its steps, keeps the team, or sits on a board that approved its playbook.

    Five queries at most.
    """
    led = RoleAssignment.objects.filter(incident=incident, role__in=COMMANDERS).values_list("user", flat=True)
    stepped = StepEntry.objects.filter(incident=incident).values_list("by", flat=True)
    found: dict[UUID, str] = {}
    for role, keys in (
        (LEAD, [incident.lead_id, *led]),
        (STEP, stepped),
        (TEAM, review_timers.team_admins(incident)),
        (BOARD, _board(incident, at)),
    ):
        for key in keys:
            if key is not None:
                found.setdefault(key, role)
    return found


def _board(incident: Incident, at: datetime) -> list[UUID]:
    """Who sits now on a board of those who gave verdicts on the playbook of `incident`."""
    if incident.playbook is None:
        return []
    verdicts = Review.objects.filter(change_request__document=incident.playbook.document_id)
    judges = set(verdicts.values_list("by", flat=True)) | set(verdicts.values_list("on_behalf_of", flat=True))
    boards = BoardSeat.objects.filter(person__in=judges - {None}).values("board")
    seats = BoardSeat.objects.all().in_office(checks.today(at)).filter(board__in=boards, board__is_active=True)
    return list(seats.values_list("person", flat=True))


def confirm(*, review: Postmortem, by: User, at: datetime) -> ReportReading:
    """`by` has read the published report. Raises NotAsked."""
    with audit.action(actor=by, reason="has read the report", at=at) as action:
        review = Postmortem.objects.select_for_update(no_key=True).get(pk=review.pk)
        access.require(by, "view", review.incident)
        row = ReportReading.objects.filter(postmortem=review, user=by).first()
        if row is None or review.state != Postmortem.State.PUBLISHED:
            raise NotAsked(_("Nobody asked you to confirm that you have read this report."))
        if row.read_at is not None:
            raise NotAsked(_("You have confirmed it already."))
        row.read_at = at
        row.save(update_fields=["read_at"])
        action.record(verb="report.read", target=review.incident, data={"reference": review.reference})
    return row


def fire(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``review.to_read``: remind those who have not read it, once."""
    known = Postmortem.objects.in_bulk([timer.subject_id for timer in due])
    held = cases.lock_free({review.incident_id for review in known.values()})
    left = set()
    for timer in due:
        review = known.get(timer.subject_id)
        if review is None:
            continue
        if review.incident_id not in held:
            left.add(timer.pk)
            continue
        review.incident = held[review.incident_id][0]
        if review.state == Postmortem.State.PUBLISHED:
            _remind(review, at=at)
    return left


def _remind(review: Postmortem, *, at: datetime) -> None:
    rows = ReportReading.objects.filter(postmortem=review, read_at=None, user__is_active=True).select_related("user")
    people = [row.user for row in rows.order_by("user__name", "pk")]
    people = [user for user in people if access.can(user, "view", review.incident)]  # it may have become confidential
    url = settings.SITE_URL + reverse("incidents:review-report", args=[review.reference])
    key = f"review:{review.pk}:to_read:{review.published_at}"
    if people:
        review_timers.tell("to_read", review, people, key, at=at, url=url)
