"""How the sealed logs of governance are accounted for in the ledger (I10)."""

from collections.abc import Iterator

from governance.documents import base
from governance.models import Version
from portal import registry
from portal.reads.accounts import Account, Finding, Walk, chunks


def texts_fit_their_digests(walk: Walk) -> Iterator[Finding]:
    """The text of each version gives the digest that its history proves."""
    for part in chunks(Version.objects.only("content", "digest"), 200):
        for version in part:
            if base.digest(version.content) != version.digest:
                yield Finding.of("log.text", "governance.Version", row=version.pk)
        walk.step(len(part))


ACCOUNTS = (
    Account(
        "governance.Version",
        "Tracked, but for its text, which has to give its digest.",
        look=texts_fit_their_digests,
    ),
    Account(
        "governance.Edit",
        "Proven by the entry of the edit, of the draft or of the rebase.",
        owner="version_id",
        about="governance.version",
    ),
    Account(
        "governance.Review",
        "Proven by the entry change.reviewed.",
        owner="change_request_id",
        about="governance.changerequest",
    ),
    Account(
        "governance.DocumentCheck",
        "Proven by the entry document.checked.",
        owner="document_id",
        about="governance.document",
    ),
    Account(
        "governance.Attestation",
        "Proven by the entry document.attested.",
        owner="version.document_id",
        about="governance.document",
    ),
)


def register() -> None:
    registry.accounts.add_all({account.model: account for account in ACCOUNTS})
