"""Signed webhooks (Standard Webhooks) to addresses outside, never to machines inside.

An address is judged when it is saved and again at each sending: https only, no user part, a plain host name
or a canonical public address, and *every* address that the name resolves to must be public. The connection
then goes to a checked address (requests-hardened pins it), follows no redirect and ends at a total deadline,
the look-up of the name included.
"""

import contextlib
import contextvars
import ipaddress
import json
import re
import socket
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import requests_hardened
from django.conf import settings
from django.utils.translation import gettext as _
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from standardwebhooks import Webhook
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from portal import channels, limits

T = TypeVar("T")
CONNECT = 3.0  # seconds
LOOK_UP = 5.0  # seconds, while a person waits for the page
MOST_HANGING = 64  # threads of this process whose look-up does not come back
Resolver = Callable[[str, int], list[str]]
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
EXTRA = [
    ipaddress.ip_network(text)
    for text in ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4", "5f00::/16")
] + [ipaddress.ip_network(text) for text in ("fec0::/10", "3fff::/20", "2001::/23", "::/96")]
HOST = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?\Z")
INSIDE = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "test", "invalid", "onion")


def resolve(host: str, port: int) -> list[str]:
    """All addresses of `host`, by the machine's resolver."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


resolver: Resolver = resolve
hanging = threading.BoundedSemaphore(MOST_HANGING)


class Unanswered(channels.BadAddress):
    """Nobody knows yet where the address leads."""


def _within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` gives, at most `seconds` later; raises Unanswered.

    The machine's resolver cannot be interrupted, so `call` has a thread of its own, which is left behind.
    """
    late = _("The name of this address could not be looked up. Please try again in a minute.")
    if not hanging.acquire(blocking=False):
        raise Unanswered(late)
    answer: futures.Future[T] = futures.Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:
            answer.set_exception(error)
        finally:
            hanging.release()

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="webhook", daemon=True).start()
    if not futures.wait([answer], seconds).done:
        raise Unanswered(late)
    return answer.result()


def is_public(text: str) -> bool:
    """Whether an address lies on the public internet, also when it hides another one inside."""
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if address.sixtofour is not None or address.teredo is not None or any(address in net for net in NAT64):
            return False
    inside = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return address.is_global and not inside and not any(address in net for net in EXTRA)


def check_address(url: str, *, names: Resolver | None = None) -> str:
    """`url` when a webhook may go there; raises BadAddress with the reason. `names` stands in for DNS."""
    return _within(LOOK_UP, lambda: _judge(url, names or resolver))


def _judge(url: str, names: Resolver) -> str:
    host, port, scheme = _parts(url)
    literal = _literal(host)
    if _loopback_allowed() and literal is not None and literal.is_loopback:
        return url
    if scheme != "https":
        raise channels.BadAddress(_("A webhook address must start with https://."))
    if literal is not None:
        addresses = [str(literal)]
    else:
        if not HOST.match(host) or host.rsplit(".", 1)[-1] in INSIDE:
            raise channels.BadAddress(_("This host name cannot be used for a webhook."))
        try:
            addresses = names(host, port)
        except (OSError, UnicodeError) as error:
            if getattr(error, "errno", None) == socket.EAI_AGAIN:
                words = _("The name of this address could not be looked up. Please try again in a minute.")
                raise Unanswered(words) from None
            raise channels.BadAddress(_("The host of this address is not known.")) from None
    if not addresses or not all(is_public(address) for address in addresses):
        raise channels.BadAddress(_("This address leads into a private network, where webhooks may not go."))
    return url


def _parts(url: str) -> tuple[str, int, str]:
    if len(url) > limits.ADDRESS_LENGTH or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise channels.BadAddress(_("This is not a usable web address."))
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
    except ValueError:
        raise channels.BadAddress(_("This is not a usable web address.")) from None
    if parts.scheme not in ("https", "http"):
        raise channels.BadAddress(_("A webhook address must start with https://."))
    if not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise channels.BadAddress(_("A webhook address may not contain a user name, a password or a #."))
    return parts.hostname.lower(), port, parts.scheme


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _loopback_allowed() -> bool:
    return bool(getattr(settings, "WEBHOOK_ALLOW_LOOPBACK", False))


class _Line:
    """The socket of one request, so that it can be cut at the deadline, and whether the request had begun."""

    def __init__(self) -> None:
        self.connection: Any = None
        self.begun = self.is_over = False
        self.lock = threading.Lock()

    def begin(self) -> None:
        """Bytes are about to leave. Raises OSError when the deadline has passed: then none ever will."""
        with self.lock:
            if self.is_over:
                raise OSError("the deadline has passed")
            self.begun = True

    def cut(self) -> bool:
        """End the request; returns whether it had begun, so that it may have arrived."""
        with self.lock:
            self.is_over = True
        sock = getattr(self.connection, "sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):  # it may be closed just now
                sock.shutdown(socket.SHUT_RDWR)
        return self.begun

    def watched(self, base: Any) -> Any:
        line = self

        class Connection(base):  # type: ignore[misc]
            def connect(self) -> None:
                line.connection = self
                super().connect()

            def request(self, *args: Any, **kwargs: Any) -> None:
                line.connection = self
                super().request(*args, **kwargs)

            def send(self, data: Any) -> None:
                if self.sock is None:
                    self.connect()
                line.begin()
                super().send(data)

        return Connection


def _session(line: _Line) -> requests.Session:
    manager = requests_hardened.Manager(
        requests_hardened.Config(
            ip_filter_enable=True,
            ip_filter_allow_loopback_ips=_loopback_allowed(),
            never_redirect=True,
            default_timeout=(CONNECT, CONNECT),
            user_agent_override="workflow-governance-portal",
        )
    )
    session: requests.Session = manager.get_session()
    session.trust_env = False  # no proxy, no .netrc
    pools = {
        "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": line.watched(HTTPConnection)}),
        "https": type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": line.watched(HTTPSConnection)}),
    }
    for adapter in session.adapters.values():
        if isinstance(adapter, IPFilterAdapter):
            adapter.poolmanager.pool_classes_by_scheme = pools
    return session


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
    line = _Line()
    try:
        return _within(deadline, lambda: _try(envelope, line, deadline))
    except Unanswered:
        return channels.Outcome(channels.UNKNOWN if line.cut() else channels.RETRY, "no answer within the deadline")


def _try(envelope: channels.Envelope, line: _Line, deadline: float) -> channels.Outcome:
    try:
        _judge(envelope.address, resolver)
    except Unanswered as error:
        return channels.Outcome(channels.RETRY, str(error))
    except channels.BadAddress as error:
        return channels.Outcome(channels.REFUSED, str(error))
    text = body(envelope)
    try:
        with _session(line) as session:
            answer = session.post(
                envelope.address,
                data=text.encode(),
                headers=headers(envelope, text),
                timeout=(min(CONNECT, deadline), deadline),
                stream=True,
            )
            answer.close()
        return _answered(answer.status_code)
    except InvalidIPAddress:
        return channels.Outcome(channels.REFUSED, "the address leads into a private network")
    except (requests.RequestException, OSError, ValueError) as error:
        detail = channels.one_line(type(error).__name__)
        return channels.Outcome(channels.UNKNOWN if line.begun else channels.RETRY, detail)


def _answered(code: int) -> channels.Outcome:
    detail = f"HTTP {code}"
    if 200 <= code < 300:
        return channels.Outcome(channels.SENT, detail, confirmed=True)
    if code in (408, 425, 429) or code >= 500:
        return channels.Outcome(channels.RETRY, detail)
    return channels.Outcome(channels.REFUSED, detail)
