"""The ledger: every state change writes an entry in the same transaction (DESIGN 1.5, I10)."""

from .record import (
    Action,
    NoEntryAboutIt,
    action,
    canonical,
    commitment,
    current,
    log_digest,
    log_proof,
    log_text,
    plain,
    row_digest,
    row_text,
)

__all__ = [
    "Action",
    "NoEntryAboutIt",
    "action",
    "canonical",
    "commitment",
    "current",
    "log_digest",
    "log_proof",
    "log_text",
    "plain",
    "row_digest",
    "row_text",
]
