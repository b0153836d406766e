"""How what a report says can be proven: where its entries stand in the ledger, and the tree that somebody signed."""

from django.utils.translation import gettext as _

from incidents.models import Incident
from portal import registry
from portal.models import AuditEntry
from portal.models.ledger import Checkpoint, Leaf
from portal.papers import Block, Facts, Table, Text, Value

VERBS = ("incident.reported", "incident.severity_confirmed", "incident.resolved", "incident.review_published")


def blocks(incident: Incident) -> tuple[Block, ...]:
    """The newest signed tree, and the leaves of the entries that count most; three queries."""
    label = incident._meta.label_lower
    entries = AuditEntry.objects.filter(target_type=label, target_id=str(incident.pk))
    leaves = Leaf.objects.filter(entry__in=entries.filter(verb__in=VERBS)).select_related("entry").order_by("index")
    rows = tuple((_word(row.entry.verb), row.entry.at, row.index, row.hash) for row in leaves)
    tree = Checkpoint.objects.order_by("-id").first()
    words = _("Each entry has a receipt, which anybody can check against the signed root without trusting this portal.")
    facts: list[tuple[str, Value]] = [(_("Entries about this incident"), entries.count())]
    if tree is not None:
        facts += [(_("Entries in the signed ledger"), tree.size), (_("Root of the ledger"), tree.root)]
        facts += [(_("Signed"), tree.at)]
    head = (_("Entry"), _("When"), _("Place"), _("Leaf (SHA-256)"))
    return (
        Text(words, is_quiet=True),
        Facts(tuple(facts)),
        Table("", head, rows, _("Nothing is sealed yet; it takes a second or two.")),
    )


def _word(verb: str) -> str:
    return str(registry.verbs.get(verb) or verb)
