"""Ask a witness outside for its cosignature (C2SP tlog-witness): one POST to a checked address, one short answer."""

from dataclasses import dataclass

import requests
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import HTTPError

from portal import channels
from portal.channels import network

PATH = "/add-checkpoint"
LONGEST = 64 * 1024  # bytes of an answer


class NoReply(Exception):
    """Nothing that could be read came back; it may be tried again. The message says why."""


class NotAllowed(Exception):
    """The address, or what answers there, cannot be used. The message says why."""


@dataclass(frozen=True)
class Reply:
    """What the witness answered; `content_type` without parameters, in lower case."""

    status: int
    content_type: str
    body: bytes


def post(address: str, body: str, *, deadline: float) -> Reply:
    """Send `body` to the witness at `address`, at most `deadline` seconds in all. Raises NoReply, NotAllowed."""
    line = network.Line()
    try:
        return network.within(deadline, lambda: _try(address, body, line, deadline))
    except network.Unanswered:
        line.cut()
        raise NoReply("It did not answer in time.") from None


def _try(address: str, body: str, line: network.Line, deadline: float) -> Reply:
    try:
        network.judge(address, network.resolver)
    except network.Unanswered:
        raise NoReply("The name of its address could not be looked up.") from None
    except channels.BadAddress:
        raise NotAllowed("Its address is not a public https:// address.") from None
    try:
        with network.session(line) as session:
            answer = session.post(
                address.rstrip("/") + PATH,
                data=body.encode(),
                headers={"Content-Type": "text/plain; charset=utf-8", "Accept-Encoding": "identity"},
                timeout=(min(network.CONNECT, deadline), deadline),
                stream=True,
            )
            with answer:
                read = answer.raw.read(LONGEST + 1, decode_content=False)
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    except InvalidIPAddress:
        raise NotAllowed("Its address leads into a private network.") from None
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        raise NoReply(f"It cannot be reached ({channels.one_line(type(error).__name__)}).") from None
    if len(read) > LONGEST:
        raise NotAllowed(f"Its answer is longer than {LONGEST} bytes.")
    return Reply(answer.status_code, kind, read)
