"""What a judgment of a change says in sentences: whom it waits for, who has approved, what stops it (P16)."""

from __future__ import annotations

from collections.abc import Sequence

from governance.documents.sentences import Sentence, joined
from governance.documents.sentences import stored as _
from governance.rules.approval_facts import Counted, PanelFacts, Standing
from governance.rules.approval_names import FOR, name, names, what
from governance.rules.approval_quorum import Tally

WAITS_ALL = _("%(what)s: waits for %(names)s.")
WAITS_SOME = _("%(what)s: waits for %(count)d of these: %(names)s.")
APPROVED_BY = _("%(what)s: approved by %(names)s.")
LATER = _("%(what)s: is asked when the stage before it is approved.")
VETOED = _("%(what)s: vetoed by %(names)s.")
OBJECTED = _("%(what)s: %(names)s asked for changes; it waits for them to agree, or for another text.")
CONFLICT = _("%(what)s: approvals stand against %(names)s; %(deciders)s decides.")
REFUSED = _("%(what)s: decided against by the tie-breaker.")
NOBODY = _("%(what)s: there is nobody who could approve.")
TOO_FEW = _("%(what)s: only %(count)d can still approve.")

NO_POLICY = _("Not approved: no approval policy is in force.")
NO_ROW = _("Not approved: no row of the approval policy is for such a change.")
NO_NEEDS = _("Not approved: the rows that match name nobody who could approve.")
NOT_STANDARD = _("Not approved: no pre-approved row is for all of this, so it is no standard change.")
PRE_APPROVED = _("Approved in advance by the row “%(row)s”.")
APPROVED = _("Approved: %(needs)s.")
STOPPED = _("Refused. %(why)s")
NOT_YET = _("Not approved yet. %(why)s")
NEVER = _("Cannot be approved as things are. %(why)s")
NO_RETROSPECTIVE = _("The approval policy names nobody who judges a change afterwards.")
WILL_NEED = _("It will need: %(needs)s.")


def said(standing: Standing, tally: Tally, panel: PanelFacts) -> Sentence:
    """How the requirement stands, in one sentence."""
    named = {"what": what(standing)}
    against = names([name(review.by, panel) for review in tally.objections])
    if standing.state == "satisfied":
        return APPROVED_BY % {**named, "names": names([_counted(item, panel) for item in standing.counted])}
    if standing.state == "closed":
        return LATER % named
    if standing.state == "vetoed":
        vetoing = [name(review.by, panel) for review in tally.objections if review.verdict == "veto"]
        return VETOED % {**named, "names": names(vetoing)}
    if standing.state == "objected":
        return OBJECTED % {**named, "names": against}
    if standing.state == "conflict":
        deciders = names([name(person, panel) for person in tally.deciders], both=False)
        return CONFLICT % {**named, "names": against, "deciders": deciders}
    if standing.state == "refused":
        return REFUSED % named
    if standing.state == "unreachable":
        return (TOO_FEW if tally.possible else NOBODY) % {**named, "count": tally.possible}
    return _waiting(standing, named, panel)


def _waiting(standing: Standing, named: dict[str, Sentence], panel: PanelFacts) -> Sentence:
    missing, people = standing.needed - len(standing.counted), [name(item, panel) for item in standing.waits_for]
    if missing >= len(people) or missing == 1:
        return WAITS_ALL % {**named, "names": names(people, both=missing >= len(people))}
    return WAITS_SOME % {**named, "count": missing, "names": names(people)}


def _counted(item: Counted, panel: PanelFacts) -> str:
    own = name(item.person, panel)
    return own if item.on_behalf_of is None else FOR % {"name": own, "other": name(item.on_behalf_of, panel)}


def list_of(standings: Sequence[Standing]) -> Sentence:
    """What is needed, as a list: "Payments owners, 1 of 3; Board, 2 of 3"."""
    return joined("; ", [what(standing) for standing in standings])


def clauses(standings: Sequence[Standing]) -> Sentence:
    """The sentences of some standings, one after the other."""
    return joined(" ", [standing.sentence for standing in standings])
