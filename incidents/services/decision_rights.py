"""Who may answer a decision, with which of its choices and by which authority (D3, D7, D20, D21).

Pages ask before the click, ``decision_answers`` asks again under the lock. Whoever was asked may answer with what their
level permits, once that level's data is there, as far as the limits of roles reach; a gate of a playbook besides
whoever works on its incident, within what the option demands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.utils.translation import gettext as _

from governance.documents.facts import PeopleFacts
from governance.documents.playbook import GateOption
from governance.reads import documents, people
from governance.reads.sentences import said
from governance.rules import authority, deciding, ownership
from governance.rules.authority import RISKS, Authority
from governance.rules.deciding import Choice
from governance.rules.resolution import Candidate
from incidents import access
from incidents.models import DecisionAnswer, DecisionRequest, EscalationEvent
from incidents.models.decisions import DecisionState
from incidents.services import decision_cases
from incidents.services.decision_cases import DecisionCase
from portal.access import can
from portal.models import User

INTEGRITY = "data_integrity"
"""The responsibility whose holder rules over two readings of the same data (D12)."""
TIE = "tie-breaker"
"""The level key of whoever settles a contradiction."""


@dataclass(frozen=True)
class Verdict:
    """Whether a person may take a choice: `reason` says by what right, or why not; `level` through which.

    `escalate` are those whose authority reaches, where it is only the limit that does not.
    """

    allowed: bool
    reason: str
    level: str = ""
    escalate: tuple[Candidate, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True)
class Rights:
    """What `user` may do about the decision of `case` at `at`."""

    case: DecisionCase
    user: User
    at: datetime

    @cached_property
    def levels(self) -> dict[str, str]:
        """Levels through which `user` is asked, with the sentence that says why."""
        run = self.case.run
        told = EscalationEvent.objects.filter(run=run, user=self.user, outcome="told").exclude(kind="news")
        if self.is_contested:
            told = told.filter(level_key=TIE, generation=run.generation)
        else:  # whoever was asked before a contradiction came to nothing is asked still
            told = told.exclude(level_key=TIE)
        found = {row.level_key: row.decided_by for row in told.order_by("pk")}
        decision = self.case.decision
        is_gate = bool(decision.step) and decision.incident is not None and not self.is_contested
        if not found and is_gate and can(self.user, "decide", decision.incident):
            found[deciding.FIRST] = _("Works on the incident whose playbook asks.")
        return found

    @property
    def is_contested(self) -> bool:
        return self.case.decision.state == DecisionState.CONTESTED

    @cached_property
    def is_recused(self) -> bool:
        answers = DecisionAnswer.objects.filter(request=self.case.decision, by=self.user)
        return answers.filter(says=DecisionAnswer.Says.RECUSAL).exists()

    @cached_property
    def folk(self) -> PeopleFacts:
        return people.facts(self.at)

    @cached_property
    def why_not(self) -> str:
        """Why `user` may not answer at all; empty when they may, with one choice at least perhaps."""
        decision = self.case.decision
        if not self.user.is_active:
            return _("Your account is not active.")
        if not decision.is_asked:
            return _("It is over: %(state)s.") % {"state": decision.get_state_display()}
        if self.is_recused:
            return _("You have said that you are not free to decide this.")
        if self.is_contested and TIE not in self.levels:
            return _("It is contested; whoever settles contradictions has been asked.")
        if not self.levels:
            return _("You were not asked to decide this.")
        return ""

    def verdict(self, choice: str, risk: str = "") -> Verdict:
        """Whether `user` may take `choice`, rating the risk as `risk`."""
        if self.why_not:
            return Verdict(False, self.why_not)
        if choice not in {each.key for each in self.case.choices}:
            return Verdict(False, _("Choose one of the ways to decide."))
        permitting = [key for key in self.levels if choice in {each.key for each in self._permitted(key)}]
        if not permitting:
            return Verdict(False, _("Your level may not choose this; a higher one may."))
        ready = [key for key in permitting if not self._missing(key)]
        if not ready:
            owed = ", ".join(self._missing(permitting[0]))
            return Verdict(False, _("First it has to be known: %(owed)s.") % {"owed": owed})
        judged = self._authority(choice, max(filter(None, (self.case.decision.risk, risk)), key=RISKS.index))
        level = ready[-1]
        if not judged:
            return Verdict(False, said(judged.sentence), level, judged.escalate_to)
        limited = judged.sentence is not authority.NOT_LIMITED and judged.sentence != authority.NOT_LIMITED
        return Verdict(True, str(judged.sentence) if limited else self.levels[level], level)

    def _permitted(self, key: str) -> tuple[Choice, ...]:
        return self.case.choices if key == TIE else self.case.permitted(key)

    def _missing(self, key: str) -> tuple[str, ...]:
        return () if key == TIE else self.case.missing(key)

    def _authority(self, choice: str, risk: str) -> Authority:
        """By every limit that speaks of this choice, of the named decision, or of the option of the gate."""
        case, decision = self.case, self.case.decision
        option = option_of(decision, choice)
        keys = [choice, decision.name, *([option.authority] if option is not None and option.authority else [])]
        holding = access.holding(decision.incident) if decision.incident is not None else {}
        found = Authority(True, authority.NOT_LIMITED)
        for key in dict.fromkeys(filter(None, keys)):
            if not authority.is_limited(case.matrices, case.workflow, key):
                continue
            about = (decision.severity, risk, self.folk, self.at)
            found = authority.may(case.matrices, case.workflow, self.user.pk, key, *about, holding=holding)
            if not found:
                return found
        if option is not None and option.role:
            return self._in_role(option.role, holding, found)
        return found

    def _in_role(self, role: str, holding: Mapping[str, UUID], found: Authority) -> Authority:
        """The option is for a role: whoever holds it in the incident, else whom the matrix names."""
        case = self.case
        here, _missing = ownership.expand(case.matrices, case.workflow, "role", role, self.folk, self.at)
        if holding.get(role) == self.user.pk or self.user.pk in {each.person for each in here}:
            return found
        title = next((each.title for each in authority.roles(case.matrices, case.workflow) if each.key == role), role)
        return Authority(False, authority.OTHERS % {"roles": title}, escalate_to=tuple(here))


def option_of(decision: DecisionRequest, choice: str) -> GateOption | None:
    """The option of the gate that `choice` stands for; None where no gate asks."""
    if decision.playbook_id is None or not decision.step:
        return None
    version = decision.playbook
    assert version is not None
    content = documents.pinned({(version.pk, version.digest)})[version.pk].content
    steps = [step for scenario in content.scenarios if scenario.key == decision.scenario for step in scenario.steps]
    options = [option for step in steps if step.key == decision.step for option in step.options]
    return next((option for option in options if option.key == choice), None)


def of(decision: DecisionRequest, user: User, *, at: datetime) -> Rights:
    """The rights of `user` for a page; locks nothing."""
    return Rights(decision_cases.open_one(decision), user, at)


def may_answer(user: User, decision: DecisionRequest, *, at: datetime) -> str:
    """Empty when `user` may answer with one of the choices, else why not."""
    rights = of(decision, user, at=at)
    if rights.why_not:
        return rights.why_not
    verdicts = [rights.verdict(choice.key) for choice in rights.case.choices]
    return "" if any(verdicts) else verdicts[0].reason


def rules_over(case: DecisionCase, user: User, at: datetime) -> bool:
    """Whether `user` answers for the integrity of data here (D12)."""
    folk = people.facts(at)
    found = ownership.resolve(case.matrices, case.workflow, INTEGRITY, case.run.severity, folk, at)
    return user.pk in {person.person for group in found.groups for person in group.people}
