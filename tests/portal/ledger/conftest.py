"""A signing key of its own for each test."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def signer() -> Any:
    from portal.audit import notes
    from tests.portal.ledger import book

    return notes.Signer.generate(book.NAME)


@pytest.fixture
def key_file(tmp_path: Path, settings: Any, signer: Any) -> Path:
    """The key where the clock looks for it."""
    from tests.portal.ledger import book

    settings.LEDGER_KEY_FILE = tmp_path / "ledger.key"
    book.write_key(settings.LEDGER_KEY_FILE, signer)
    return tmp_path / "ledger.key"
