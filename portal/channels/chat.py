"""Chats by apprise; the address is a secret, because whoever has it can write there."""

from typing import Any

from portal import channels
from portal.channels import services

SERVICES = {
    "discord",
    "gchat",
    "json",
    "jsons",
    "matrix",
    "matrixs",
    "mmost",
    "mmosts",
    "ntfy",
    "ntfys",
    "rocket",
    "rockets",
    "slack",
    "tgram",
    "workflow",
    "workflows",
    "wxteams",
    "zulip",
}


def check_address(address: str) -> Any:
    """The service behind `address`. Raises BadAddress."""
    return services.check(address, SERVICES)


def send(envelope: channels.Envelope, *, deadline: float) -> channels.Outcome:
    """Try once, at most `deadline` seconds in all."""
    return services.send(
        envelope.secret, SERVICES, title=envelope.subject, body=envelope.text or envelope.short, deadline=deadline
    )
