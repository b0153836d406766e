"""The report about an incident (D83), and the page of it that leadership reads.

What happened, what it did, why, what was decided, what follows, by which versions, and how all of it can be proven.
Made of the facts of the ledger and, where there is one, of the review.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from incidents.models import (
    ActionItem,
    DecisionRequest,
    EscalationRun,
    Fact,
    Finding,
    Hypothesis,
    Incident,
    Postmortem,
    ReportReading,
    StatusUpdate,
)
from incidents.models.reviews import PROMPTS, Section
from incidents.reads import report_proof, review_facts, reviews
from incidents.reads.review_facts import duration
from portal.models import User
from portal.models.people import DataClass
from portal.papers import Block, Course, Facts, Line, Paper, Points, Table, Text, Value, shortened
from portal.papers import Section as Part

CAUSES = (Finding.Kind.CAUSE,)
ROLES = {
    "lead": gettext_lazy("led it"),
    "step": gettext_lazy("owned a step"),
    "team": gettext_lazy("keeps the team"),
    "board": gettext_lazy("sits on the board"),
}
LONG, SHORT, FEW = 300, 130, 4
"""Characters of a text and of a line on the one page of the brief, and how many lines."""


@dataclass(frozen=True)
class Known:
    """All that a report says of an incident; `review` and `standing` are None without a review."""

    incident: Incident
    at: datetime
    facts: review_facts.Facts
    review: Postmortem | None
    standing: reviews.Standing | None
    actions: list[ActionItem]

    def text(self, section: Section) -> str:
        return self.standing.texts.get(section, "").strip() if self.standing is not None else ""

    @property
    def findings(self) -> list[Finding]:
        return self.standing.findings if self.standing is not None else []

    @property
    def hypotheses(self) -> list[Hypothesis]:
        return self.standing.hypotheses if self.standing is not None else []


def known(incident: Incident, user: User, *, at: datetime) -> Known:
    """What `user` may know; a constant number of queries."""
    run = EscalationRun.objects.filter(incident=incident).first()
    review = Postmortem.objects.filter(incident=incident).select_related("owner", "published_by").first()
    standing = reviews.standing(review) if review is not None else None
    actions = standing.actions if standing is not None else list(_actions(incident))
    return Known(incident, at, review_facts.of_incident(incident, run, user, at=at), review, standing, actions)


def _actions(incident: Incident) -> Iterable[ActionItem]:
    return ActionItem.objects.filter(incident=incident).select_related("owner").order_by("due_at", "pk")


def frame(known: Known, kind: str, title: str, lead: str, parts: Iterable[Part], **more: str) -> Paper:
    """A paper about the incident, of its data class; parts that say nothing are left out."""
    incident = known.incident
    values = {
        "reference": incident.reference,
        "data_class": incident.data_class,
        "marked": marked(incident.data_class),
        "author": str(settings.SITE_NAME),
    } | more
    return Paper(
        kind=kind,
        title=title,
        lead=lead,
        made_at=known.at,
        language=get_language() or settings.LANGUAGE_CODE,
        sections=tuple(part for part in parts if part.blocks),
        **values,
    )


def marked(data_class: str) -> str:
    """The class as it stands above a paper."""
    word = str(DataClass(data_class).label)
    return word[:1].upper() + word[1:]


def full(known: Known) -> Paper:
    """The whole report."""
    lead = _("What happened, what it did, why, what was decided and what follows from it.")
    if known.review is not None and known.review.state == Postmortem.State.OPEN:
        lead += " " + _("Its review is still being written.")
    return frame(known, "incident-report", known.incident.title, lead, _parts(known))


def _parts(known: Known) -> list[Part]:
    facts = known.facts
    return [
        Part("summary", _("At a glance"), (_summary(known.incident),)),
        Part("impact", str(Section.IMPACT.label), _written(known, Section.IMPACT, Facts(tuple(facts.impact)))),
        Part("cause", str(Section.CAUSE.label), _written(known, Section.CAUSE, *_causes(known))),
        Part(
            "timeline",
            str(Section.TIMELINE.label),
            _written(known, Section.TIMELINE, Course(tuple(_course(facts)), _("Nothing is written down."))),
        ),
        Part("decisions", _("What was decided"), (_decisions(facts),)),
        Part("remediation", str(Section.REMEDIATION.label), _written(known, Section.REMEDIATION)),
        Part("verification", str(Section.VERIFICATION.label), _written(known, Section.VERIFICATION)),
        Part("prevention", str(Section.PREVENTION.label), _written(known, Section.PREVENTION, *_others(known))),
        *(Part(section, str(section.label), _written(known, section)) for section in PROMPTS),
        Part("actions", _("What is done about it"), (actions(known.actions),)),
        Part("promises", _("What was promised"), tuple(_promises(facts))),
        Part("deviations", _("What did not go as promised"), tuple(_deviations(facts))),
        Part("versions", _("By which versions it ran"), (_versions(facts),)),
        Part("readers", _("Who has read it"), tuple(readers(known.review))),
        Part("receipts", _("How this can be proven"), report_proof.blocks(known.incident)),
    ]


def _written(known: Known, section: Section, *more: Block) -> tuple[Block, ...]:
    text = known.text(section)
    return ((Text(text),) if text else ()) + more


def _summary(incident: Incident) -> Facts:
    rows = (
        (_("Severity"), incident.get_severity_display()),
        (_("State"), incident.get_state_display()),
        (_("Process"), incident.workflow.name if incident.workflow is not None else ""),
        (_("Team"), incident.team.name),
        (_("Led by"), str(incident.lead or "")),
        (_("First noticed"), incident.started_at),
        (_("Reported"), incident.reported_at),
        (_("Works again since"), incident.resolved_at),
        (_("How it was resolved"), incident.resolution),
    )
    return Facts(tuple((name, value) for name, value in rows if value))


def _causes(known: Known) -> list[Block]:
    rows = tuple((row.text, row.get_origin_display()) for row in known.findings if row.kind in CAUSES)
    tested = (
        [row for row in known.standing.hypotheses if row.verdict != Hypothesis.Verdict.OPEN] if known.standing else []
    )
    found: list[Block] = []
    if rows:
        found.append(Table(_("Causes"), (_("Cause"), _("Where it lies")), rows))
    if tested:
        head = (_("Supposed"), _("How it was tested"), _("What came of it"), _("Verdict"))
        lines = tuple((row.text, row.test, row.result, row.get_verdict_display()) for row in tested)
        found.append(Table(_("What was tested"), head, lines))
    return found


def _others(known: Known) -> list[Block]:
    """What was found besides causes, with the change that it has led to."""
    rows = tuple(
        (row.text, row.get_kind_display(), row.change.reference if row.change is not None else row.closing)
        for row in known.findings
        if row.kind not in CAUSES
    )
    return [Table(_("What was found besides"), (_("Finding"), _("Kind"), _("What came of it")), rows)] if rows else []


def _course(facts: review_facts.Facts) -> Iterable[Line]:
    return (Line(row.at, row.text, row.detail or "", row.kind) for row in facts.timeline)


def _decisions(facts: review_facts.Facts) -> Table:
    head = (_("Question"), _("Asked"), _("Took"), _("Outcome"), _("By"))
    rows = tuple(
        (
            f"{row.reference} {row.question}",
            row.asked_at,
            took(row),
            row.outcome,
            row.by,
        )
        for row in facts.decisions
    )
    return Table("", head, rows, _("Nobody had to be asked for a decision."))


def took(row: review_facts.Taken) -> str:
    """How long a decision took, and that it was late when it was."""
    if row.ended_at is None:
        return ""
    text = duration(row.asked_at, row.ended_at)
    return _("%(duration)s, late") % {"duration": text} if row.is_late else text


def actions(rows: Iterable[ActionItem]) -> Table:
    """Actions with who does them until when, and whether they help."""
    head = (_("Action"), _("Who"), _("Until"), _("State"), _("Effect"))
    lines = tuple(
        (
            f"{row.reference} {row.title}",
            str(row.owner),
            row.due_at,
            row.get_state_display(),
            row.get_effect_display() if row.state == ActionItem.State.DONE else "",
        )
        for row in rows
    )
    return Table("", head, lines, _("Nothing is planned."))


def _promises(facts: review_facts.Facts) -> Iterable[Block]:
    if not facts.promises:
        return
    head = (_("What"), _("To whom"), _("Until"), _("Kept"))
    rows = tuple(
        (row.what, row.audience, row.by, row.kept_at or (_("no") if row.missed_at else "")) for row in facts.promises
    )
    yield Table("", head, rows)


def _deviations(facts: review_facts.Facts) -> Iterable[Block]:
    if facts.deviations:
        yield Course(tuple(Line(row.at, row.text, row.detail or "", "bad") for row in facts.deviations))
    if facts.findings:
        yield Points(tuple(row.text for row in facts.findings))


def _versions(facts: review_facts.Facts) -> Table:
    head = (_("Document"), _("Version"), _("Approved"), _("Fingerprint"))
    rows = tuple(
        (
            f"{line.pin.version.document.title} ({line.pin.version.document.get_kind_display()})",
            line.pin.version.number,
            line.approval.change.reference if line.approval is not None and line.approval.fits else _("no"),
            line.pin.version.digest[:16],
        )
        for line in facts.versions
    )
    return Table("", head, rows, _("It ran by no rules: nobody was called and nothing was rated."))


def readers(review: Postmortem | None) -> Iterable[Block]:
    """Who was asked to read it, and when they did."""
    if review is None:
        return
    rows = ReportReading.objects.filter(postmortem=review).select_related("user").order_by("user__name", "pk")
    found = tuple((str(row.user), str(ROLES.get(row.role, row.role)), row.read_at or _("not yet")) for row in rows)
    if found:
        yield Table("", (_("Who"), _("As"), pgettext("done", "Read")), found)


# One page for leadership


def brief(known: Known) -> Paper:
    """What happened, what it did and cost, what was decided by whom, what changes and what is open: on one page."""
    lead = _("For leadership, on one page. The whole report says more.")
    return frame(known, "executive-brief", known.incident.title, lead, _brief(known))


def _brief(known: Known) -> list[Part]:
    incident, facts = known.incident, known.facts
    happened = shortened(known.text(Section.TIMELINE) or incident.description or incident.title, LONG)
    impact = shortened(known.text(Section.IMPACT) or incident.who_is_hurt, LONG)
    changes = shortened(known.text(Section.PREVENTION), LONG)
    cause = shortened(known.text(Section.CAUSE), LONG)
    rows = (
        (_("Severity"), incident.get_severity_display()),
        (_("State"), incident.get_state_display()),
        (_("First noticed"), incident.started_at),
        (_("Works again since"), incident.resolved_at),
    )
    return [
        Part("happened", _("What happened"), (Text(happened), Facts(tuple(row for row in rows if row[1])))),
        Part("impact", _("What it did"), tuple(Text(text) for text in (impact,) if text)),
        Part("cost", _("What it cost"), (Facts(tuple(cost(known))),)),
        Part("cause", _("Why"), tuple(Text(text) for text in (cause,) if text)),
        Part("decisions", _("What was decided, and by whom"), (_decided(facts),)),
        Part("changes", _("What changes"), _changes(known, changes)),
        Part("open", _("What is still open"), (_open(known),)),
    ]


def cost(known: Known) -> Iterable[tuple[str, str]]:
    """How long it lasted, whom it called, and what waiting for decisions cost, as those say who asked; two queries."""
    incident = known.incident
    yield _("It lasted"), duration(incident.started_at, incident.resolved_at or known.at)
    fact = Fact.objects.filter(subject_id=incident.pk).first()
    if fact is not None and fact.people:
        calls, nights = (sum(each[place] for each in fact.people.values()) for place in (0, 1))
        said = _("%(people)d, called %(calls)d times, %(nights)d of them at night")
        yield _("People"), said % {"people": len(fact.people), "calls": calls, "nights": nights}
    sent = StatusUpdate.objects.filter(incident=incident, state=StatusUpdate.State.SENT).count()
    if sent:
        yield _("News that was written"), str(sent)
    waited = [row for row in known.facts.decisions if row.seconds is not None]
    if waited:
        whole = max(row.seconds or 0 for row in waited)
        longest = next(row for row in waited if row.seconds == whole)
        yield _("Longest wait for a decision"), took(longest)
    texts = DecisionRequest.objects.filter(incident=incident).exclude(delay_costs="").order_by("opened_at")
    for text in texts.values_list("delay_costs", flat=True)[:2]:
        yield _("Waiting cost"), shortened(text, SHORT)


def _decided(facts: review_facts.Facts) -> Block:
    rows = [row for row in facts.decisions if row.ended_at is not None]
    lines = [
        shortened(f"{row.question}: {row.outcome}" + (f" ({row.by})" if row.by else ""), SHORT) for row in rows[:FEW]
    ]
    return Points((*lines, *_more(len(rows))), _("Nobody had to be asked for a decision."))


def _changes(known: Known, text: str) -> tuple[Block, ...]:
    rows = [row.change for row in known.findings if row.change is not None]
    lines = [shortened(f"{row.reference} {row.reason} ({row.get_state_display()})", SHORT) for row in rows[:FEW]]
    found: tuple[Block, ...] = (Text(text),) if text else ()
    if lines or not text:
        found += (Points((*lines, *_more(len(rows))), _("Nothing is planned.")),)
    return found


def _open(known: Known) -> Block:
    rows = [row for row in known.actions if row.state == ActionItem.State.OPEN]
    head = (_("Action"), _("Who"), _("Until"))
    lines: tuple[tuple[Value, ...], ...] = tuple(
        (shortened(f"{row.reference} {row.title}", 90), str(row.owner), row.due_at) for row in rows[:FEW]
    )
    if len(rows) > FEW:
        lines += ((_more(len(rows))[0], "", ""),)
    return Table("", head, lines, _("Nothing is open."))


def _more(count: int) -> tuple[str, ...]:
    return (_("and %(count)d more") % {"count": count - FEW},) if count > FEW else ()
