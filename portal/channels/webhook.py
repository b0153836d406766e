"""Signed webhooks (Standard Webhooks) to addresses outside (``network`` judges them)."""

import json
from datetime import datetime

import requests
from requests_hardened.ip_filter import InvalidIPAddress
from standardwebhooks import Webhook

from portal import channels
from portal.channels import network


def body(envelope: channels.Envelope) -> str:
    """The signed JSON text; `id` is the idempotency key of the receiver."""
    return json.dumps(
        {
            "id": envelope.message_id,
            "type": envelope.event,
            "timestamp": envelope.at.isoformat(),
            "subject": envelope.subject,
            "text": envelope.short or envelope.text,
            "thread": envelope.thread,
            "possible_duplicate": envelope.possible_duplicate,
            "data": envelope.data,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def headers(*, key: str, at: datetime, secret: str, text: str, possible_duplicate: bool = False) -> dict[str, str]:
    """The headers of the standard for `text`, whose id is `key`; signed when there is a `secret`."""
    found = {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
    }
    if secret:
        found["webhook-signature"] = Webhook(secret).sign(key, at, text)
    if possible_duplicate:
        found["X-Possible-Duplicate"] = "yes"
    return found


def send(envelope: channels.Envelope, *, deadline: float) -> channels.Outcome:
    """Try once, at most `deadline` seconds in all."""
    text = body(envelope)
    signed = headers(
        key=envelope.message_id,
        at=envelope.at,
        secret=envelope.secret,
        text=text,
        possible_duplicate=envelope.possible_duplicate,
    )
    return post(envelope.address, text, signed, deadline=deadline)


def post(address: str, text: str, signed: dict[str, str], *, deadline: float) -> channels.Outcome:
    """Post `text` with the headers `signed` to `address` once, at most `deadline` seconds in all."""
    line = network.Line()
    try:
        return network.within(deadline, lambda: _try(address, text, signed, line, deadline))
    except network.Unanswered:
        return channels.Outcome(channels.UNKNOWN if line.cut() else channels.RETRY, "no answer within the deadline")


def _try(address: str, text: str, signed: dict[str, str], line: network.Line, deadline: float) -> channels.Outcome:
    try:
        network.judge(address, network.resolver)
    except network.Unanswered as error:
        return channels.Outcome(channels.RETRY, str(error))
    except channels.BadAddress as error:
        return channels.Outcome(channels.REFUSED, str(error))
    try:
        with network.session(line) as session:
            answer = session.post(
                address,
                data=text.encode(),
                headers=signed,
                timeout=(min(network.CONNECT, deadline), deadline),
                stream=True,
            )
            answer.close()
        return network.verdict(answer)
    except InvalidIPAddress:
        return channels.Outcome(channels.REFUSED, "the address leads into a private network")
    except (requests.RequestException, OSError, ValueError) as error:
        detail = channels.one_line(type(error).__name__)
        return channels.Outcome(channels.UNKNOWN if line.begun else channels.RETRY, detail)
