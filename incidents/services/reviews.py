"""Reviews: opened by the rule of the policy when an incident is resolved, handed over, written, published (D82, D92).

Every move locks the incident, then its review. What is published stays as it is; when the incident is resolved once
more, its review is open again.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from governance.documents.base import Pinned
from governance.documents.escalation import Escalation, Learning
from governance.reads import documents, people
from governance.rules import learning
from governance.rules.ownership import responsible_for_stage
from incidents import access
from incidents.models import EscalationRun, Incident, Participant, Postmortem, PostmortemSection
from incidents.models.incidents import IncidentState
from incidents.models.reviews import Section
from incidents.services import cases, messages, participants, readings, review_timers, timeline
from portal import audit, ids, limits, timers
from portal.errors import DomainError
from portal.models import Timer, User
from portal.models.timers import TimerState

State = Postmortem.State
OVER = (IncidentState.RESOLVED, IncidentState.CLOSED)
CLOSE = "incident.close"


class NotReviewed(DomainError):
    """Something is missing or does not fit; `fields` maps sections to sentences."""

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


@dataclass
class Held:
    """A review that this move holds, with its incident and the open action."""

    review: Postmortem
    incident: Incident
    action: audit.Action
    at: datetime
    by: User

    def log(self, verb: str, text: str = "", **data: str) -> int:
        """Timeline and ledger say that `verb` happened."""
        self.action.record(verb=f"incident.{verb}", target=self.incident, data=data)
        return timeline.add(self.incident, verb=verb, by=self.by, at=self.at, data=data, text=text)


@contextmanager
def holding(review: Postmortem, *, by: User, reason: str, at: datetime, is_open: bool = True) -> Iterator[Held]:
    """Lock the incident, then its review, and judge. Raises NotReviewed, access.Refused."""
    with audit.action(actor=by, reason=reason, at=at) as action:
        incident, _run = cases.lock(review.incident)
        found = Postmortem.objects.select_for_update(no_key=True).get(pk=review.pk)
        found.incident = incident
        access.require(by, "review", incident)
        if is_open and found.state != State.OPEN:
            raise NotReviewed(_("It is published, so what it says stays as it is."))
        yield Held(found, incident, action, at, by)


# Opened


def resolved(incident: Incident, run: EscalationRun | None, *, by: User | None, at: datetime) -> Postmortem | None:
    """`incident` was just resolved: its review opens, or is open again, where the pinned policy demands one.

    Call inside the action of the resolution, which holds the incident.
    """
    known = Postmortem.objects.select_for_update(no_key=True).filter(incident=incident).first()
    policy, rule = _rule(incident, run)
    if known is not None:
        known.state, known.published_at, known.published_by = State.OPEN, None, None
        known.due_at = learning.due(rule, at)
        known.save(update_fields=["state", "published_at", "published_by", "due_at"])
        review_timers.promise(known, at=at)
        return known
    if not rule.demanded or incident.kind != Incident.Kind.INCIDENT:
        return None
    return _open(incident, run, policy, rule, by=by, at=at)


def begin(*, incident: Incident, by: User, at: datetime) -> Postmortem:
    """A review that no rule demands, of what is over; also of a near miss (D41). Raises NotReviewed, Refused."""
    with audit.action(actor=by, reason="begins a review", at=at):
        found, run = cases.lock(incident)
        access.require(by, "review", found)
        if Postmortem.objects.filter(incident=found).exists():
            raise NotReviewed(_("There is a review of it already."))
        if found.state not in OVER and found.kind != Incident.Kind.NEAR_MISS:
            raise NotReviewed(_("It can be reviewed when it is over."))
        policy, rule = _rule(found, run)
        return _open(found, run, policy, rule, by=by, at=at)


def rule_of(incident: Incident) -> Learning:
    """What the policy to which `incident` is pinned wants to follow it; two queries."""
    return _rule(incident, EscalationRun.objects.filter(incident=incident).first())[1]


def _rule(incident: Incident, run: EscalationRun | None) -> tuple[Pinned[Escalation] | None, Learning]:
    """The pinned policy, and what it wants to follow an incident of this severity."""
    pinned = documents.pinned({(run.policy_id, run.policy_digest)})[run.policy_id] if run is not None else None
    return pinned, learning.rule(pinned, incident.severity)


def _open(
    incident: Incident,
    run: EscalationRun | None,
    policy: Pinned[Escalation] | None,
    rule: Learning,
    *,
    by: User | None,
    at: datetime,
) -> Postmortem:
    owner = _owner(incident, at) or incident.lead or by
    made = Postmortem(
        reference=ids.reference("REV", at.year),
        incident=incident,
        policy_id=run.policy_id if run is not None else None,
        is_demanded=rule.demanded,
        required=list(rule.required),
        owner=owner,
        opened_at=at,
        due_at=learning.due(rule, at),
    )
    made.save()
    _log_opened(made, by=by, at=at)
    review_timers.promise(made, at=at)
    _ask(made, by=by, at=at)
    return made


def _log_opened(review: Postmortem, *, by: User | None, at: datetime) -> None:
    action = audit.current()
    assert action is not None, "a review is opened inside an action"
    data = {"name": str(review.owner or ""), "reference": review.reference, "until": messages.iso(review.due_at)}
    action.record(verb="incident.review_opened", target=review.incident, data=data)
    timeline.add(review.incident, verb="review_opened", by=by, at=at, data=data)


def _owner(incident: Incident, at: datetime) -> User | None:
    """Who answers for the stage of the review by the matrices to which `incident` is pinned."""
    matrices, workflow = access.matrices_of(incident), people.workflow_facts(incident.workflow)
    found = responsible_for_stage(matrices, workflow, "review", incident.severity, people.facts(at), at)
    named = [each.person for resolution in found for each in resolution.people]
    known = {user.pk: user for user in User.objects.active().filter(pk__in=named)}
    return next((known[pk] for pk in named if pk in known), None)


def _ask(review: Postmortem, *, by: User | None, at: datetime) -> None:
    """Whoever writes the review can open the incident, and hears of it."""
    if review.owner is None:
        return
    participants.let_in(review.incident, [review.owner], at=at)
    if review.owner != by:
        key = f"review:{review.pk}:{at.timestamp()}"
        review_timers.tell(
            "assigned", review, [review.owner], key, at=at, name=str(by or ""), questions=review.questions
        )


# Handed over, written, published


def hand_over(*, review: Postmortem, owner: User, questions: str, by: User, at: datetime) -> Postmortem:
    """Whoever led the incident, or writes its review so far, names who writes it, and leaves open questions.

    Raises NotReviewed, Refused.
    """
    with holding(review, by=by, reason="hands over the review", at=at) as held:
        if not owner.is_active:
            raise NotReviewed(_("%(name)s has left. Choose somebody else.") % {"name": owner})
        found, questions = held.review, _fits(questions)
        found.owner, found.handed_by, found.questions = owner, by, questions
        found.save(update_fields=["owner", "handed_by", "questions"])
        held.log("review_handed_over", questions, name=str(owner))
        _ask(found, by=by, at=at)
    return found


def write(
    *, review: Postmortem, texts: Mapping[str, str], seen: Mapping[str, str], by: User, at: datetime
) -> Postmortem:
    """Keep what `texts` says under each section (by key).

    `seen` is what stood there when `by` began to write: a section that somebody else has changed since is refused,
    and nothing is kept. Raises NotReviewed, Refused.
    """
    with holding(review, by=by, reason="writes the review", at=at) as held:
        rows = {row.section: row for row in PostmortemSection.objects.filter(postmortem=held.review)}
        wanted = {key: _fits(text) for key, text in texts.items() if key in Section.values}
        changed = {key: text for key, text in wanted.items() if text != (rows[key].text if key in rows else "")}
        wrong = {
            key: _("Somebody else has changed this since you opened it. Nothing was overwritten.")
            for key in changed
            if key in rows and rows[key].text != lines(seen.get(key, ""))
        }
        if wrong:
            raise NotReviewed(_("Somebody else has written here, too."), wrong)
        for key, text in changed.items():
            row = rows.get(key) or PostmortemSection(postmortem=held.review, section=key)
            row.text, row.by, row.at = text, by, at
            row.save()
        if changed:
            held.action.record(verb="incident.review_written", target=held.incident, data={"sections": sorted(changed)})
    return held.review


def finish(
    *, review: Postmortem, texts: Mapping[str, str], seen: Mapping[str, str], by: User, at: datetime
) -> Postmortem:
    """``write`` and ``publish``, or neither. Raises NotReviewed, Refused."""
    with audit.action(actor=by, reason="publishes the review", at=at):
        return publish(review=write(review=review, texts=texts, seen=seen, by=by, at=at), by=by, at=at)


def publish(*, review: Postmortem, by: User, at: datetime) -> Postmortem:
    """It says all that its rule requires: everybody concerned may read it, and the incident may close.

    Raises NotReviewed, Refused.
    """
    with holding(review, by=by, reason="publishes the review", at=at) as held:
        found = held.review
        written = dict(found.sections.values_list("section", "text"))
        if missing := learning.missing(found.required, written):
            sentence = _("Write this before it is published.")
            raise NotReviewed(_("Some sections are empty."), dict.fromkeys(missing, sentence))
        found.state, found.published_at, found.published_by = State.PUBLISHED, at, by
        found.save(update_fields=["state", "published_at", "published_by"])
        timers.cancel(subject=found, at=at, reason="published")
        _let_close(held.incident, at=at)
        held.log("review_published", reference=found.reference)
        readings.ask(found, at=at)
        key = f"review:{found.pk}:published:{at.timestamp()}"
        to = [user for user in _concerned(held.incident) if user != by]
        review_timers.tell("published", found, to, key, at=at, name=str(by))
    return found


def _let_close(incident: Incident, *, at: datetime) -> None:
    """Where nobody's answer is waited for any more, the clock closes `incident` now."""
    waits = Timer.objects.filter(subject_id=incident.pk, kind=CLOSE, state=TimerState.ARMED)
    if incident.state == IncidentState.RESOLVED and not waits.exists():
        timers.schedule(kind=CLOSE, subject=incident, due_at=at, at=at)


def _concerned(incident: Incident) -> list[User]:
    """Everybody who worked on it or reported it."""
    parts = [Participant.Role.TOLD, Participant.Role.JOINED, Participant.Role.REPORTER]
    took_part = Q(participations__incident=incident, participations__role__in=parts)
    return list(User.objects.active().filter(took_part).distinct().order_by("name", "pk"))


def lines(text: str) -> str:
    """`text` without outer blanks, its lines parted alike whatever a browser sends."""
    return "\n".join(text.strip().splitlines())


def _fits(text: str) -> str:
    text = lines(text)
    if len(text) > limits.TEXT_LENGTH:
        raise NotReviewed(_("Use at most %(count)d characters.") % {"count": limits.TEXT_LENGTH})
    return text
