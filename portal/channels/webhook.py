"""Signed webhooks (Standard Webhooks) to addresses outside (``network`` judges them)."""

import json

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


def headers(envelope: channels.Envelope, text: str) -> dict[str, str]:
    found = {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": envelope.message_id,
        "webhook-timestamp": str(int(envelope.at.timestamp())),
    }
    if envelope.secret:
        found["webhook-signature"] = Webhook(envelope.secret).sign(envelope.message_id, envelope.at, text)
    if envelope.possible_duplicate:
        found["X-Possible-Duplicate"] = "yes"
    return found


def send(envelope: channels.Envelope, *, deadline: float) -> channels.Outcome:
    """Try once, at most `deadline` seconds in all."""
    line = network.Line()
    try:
        return network.within(deadline, lambda: _try(envelope, line, deadline))
    except network.Unanswered:
        return channels.Outcome(channels.UNKNOWN if line.cut() else channels.RETRY, "no answer within the deadline")


def _try(envelope: channels.Envelope, line: network.Line, deadline: float) -> channels.Outcome:
    try:
        network.judge(envelope.address, network.resolver)
    except network.Unanswered as error:
        return channels.Outcome(channels.RETRY, str(error))
    except channels.BadAddress as error:
        return channels.Outcome(channels.REFUSED, str(error))
    text = body(envelope)
    try:
        with network.session(line) as session:
            answer = session.post(
                envelope.address,
                data=text.encode(),
                headers=headers(envelope, text),
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
