"""Receipts: that one entry is in the ledger, for somebody who keeps it elsewhere (C2SP tlog-proof)."""

from django.utils.translation import gettext as _

from portal.audit import leaves, proofs, tree
from portal.errors import DomainError
from portal.models.audit import AuditEntry
from portal.models.ledger import Checkpoint, Leaf, Witnessing


class NotSealed(DomainError):
    """The entry has no place in a signed tree yet."""


class NotProvable(NotSealed):
    """Hashes were taken out of the tree."""


def receipt(entry: AuditEntry, *, checkpoint: Checkpoint | None = None) -> proofs.Proof:
    """The proof that `entry` is in the ledger of `checkpoint`, else of the newest one; its `extra` is the leaf.

    Raises NotSealed, NotProvable.
    """
    leaf = Leaf.objects.filter(entry=entry).first()
    found = checkpoint or Checkpoint.objects.order_by("-id").first()
    if leaf is None or found is None or leaf.index >= found.size:
        raise NotSealed(_("This entry is not sealed yet. It takes a second or two; try again then."))
    try:
        hashes = tuple(tree.inclusion(leaf.index, found.size))
    except tree.Broken:
        raise NotProvable(_("The ledger was changed: nobody can prove this entry by it any more.")) from None
    return proofs.Proof(index=leaf.index, hashes=hashes, note=cosigned(found), extra=leaves.of(entry))


def cosigned(checkpoint: Checkpoint) -> str:
    """The signed note of `checkpoint` with the lines of all witnesses that cosigned it."""
    taken = Witnessing.objects.filter(checkpoint=checkpoint, result=Witnessing.Result.TAKEN).exclude(signatures="")
    return checkpoint.note + "".join(taken.order_by("id").values_list("signatures", flat=True))
