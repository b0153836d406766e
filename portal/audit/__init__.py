"""The ledger: every state change writes an entry in the same transaction (DESIGN 1.5, I10)."""

from .record import Action, action, canonical, commitment, current, plain, row_digest

__all__ = ["Action", "action", "canonical", "commitment", "current", "plain", "row_digest"]
