"""Names and quorums as parts of the sentences of a judgment.

NOTE they are no ``stored`` templates: as short as they are, they would be found in whatever a person has typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from governance.documents.sentences import Sentence, joined
from governance.documents.sentences import Sentence as _
from governance.rules.approval_facts import PanelFacts, Standing

MOST_NAMES = 5
SOMEBODY = _("somebody who is not known")
AND, OR = _("%(first)s and %(last)s"), _("%(first)s or %(last)s")
AND_OTHERS, OR_OTHERS = _("%(first)s and %(count)d others"), _("%(first)s or one of %(count)d others")
FOR = _("%(name)s for %(other)s")
QUORUM = _("%(title)s, %(needed)d of %(count)d")


def name(person: UUID, panel: PanelFacts) -> str:
    known = panel.people.get(person)
    return known.name if known is not None else SOMEBODY


def names(people: Sequence[str], *, both: bool = True) -> str:
    """ "A, B and C", or with "or" where not all of them are meant; of many the first few and how many more."""
    if len(people) < 2:
        return people[0] if people else SOMEBODY
    if len(people) > MOST_NAMES + 1:
        first = joined(", ", people[:MOST_NAMES])
        return (AND_OTHERS if both else OR_OTHERS) % {"first": first, "count": len(people) - MOST_NAMES}
    return (AND if both else OR) % {"first": joined(", ", people[:-1]), "last": people[-1]}


def what(standing: Standing) -> Sentence:
    """The requirement with its quorum: "Board, 2 of 3"; one person who has to approve needs no numbers."""
    if standing.needed == 1 and standing.asked <= 1:
        return joined("", [standing.title])
    return QUORUM % {"title": standing.title, "needed": standing.needed, "count": standing.asked}
