"""Kinds of news that only tests know, and channels that keep what they were handed."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def events() -> Iterator[None]:
    from portal import registry
    from tests.portal import news

    classes = dict.fromkeys(news.WORDS, "public")
    registry.event_types.add(news.ASK, news.Words(news.ASK, "urgent", classes, wants_answer=True))
    registry.event_types.add(news.TELL, news.Words(news.TELL, "routine", classes))
    yield
    del registry.event_types._entries[news.ASK], registry.event_types._entries[news.TELL]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The envelopes that every channel was handed; each accepts all."""
    from portal import delivery
    from tests.portal import news

    handed: list[Any] = []

    def send(envelope: Any, *, deadline: float) -> Any:
        handed.append(envelope)
        return news.SENT

    for name in ("email", "webhook", "sms", "chat"):
        monkeypatch.setitem(delivery.SENDERS, name, send)
    return handed
