"""The way out: to public addresses of the internet, never to machines inside, and back within a deadline.

An address is judged when it is saved and again at each sending: https only, no user part, a plain host name
or a canonical public address, and *every* address that the name resolves to must be public. The connection
then goes to a checked address (requests-hardened pins it), follows no redirect and ends at a total deadline,
the look-up of the name included.
"""

import contextlib
import contextvars
import ipaddress
import math
import re
import socket
import threading
from collections.abc import Callable
from concurrent import futures
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import requests_hardened
from django.conf import settings
from django.utils.translation import gettext as _
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from portal import channels, limits

T = TypeVar("T")
CONNECT = 3.0  # seconds
LOOK_UP = 5.0  # seconds, while a person waits for the page
TOO_MANY = 429  # the status by which one address asks for a pause
PAUSES = (5.0, 900.0)  # seconds: shortest, longest that it gets
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


def within(seconds: float, call: Callable[[], T]) -> T:
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
    return within(LOOK_UP, lambda: judge(url, names or resolver))


def judge(url: str, names: Resolver) -> str:
    """``check_address`` without a limit of time, for a thread that has one."""
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


class Line:
    """The socket of the present request, so that it can be cut at the deadline, and whether the request had begun."""

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


def session(line: Line) -> requests.Session:
    """Goes to checked addresses only, follows nothing, and can be cut by `line`."""
    manager = requests_hardened.Manager(
        requests_hardened.Config(
            ip_filter_enable=True,
            ip_filter_allow_loopback_ips=_loopback_allowed(),
            never_redirect=True,
            default_timeout=(CONNECT, CONNECT),
            user_agent_override="workflow-governance-portal",
        )
    )
    found: requests.Session = manager.get_session()
    found.trust_env = False  # no proxy, no .netrc
    pools = {
        "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": line.watched(HTTPConnection)}),
        "https": type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": line.watched(HTTPSConnection)}),
    }
    for adapter in found.adapters.values():
        if isinstance(adapter, IPFilterAdapter):
            adapter.poolmanager.pool_classes_by_scheme = pools
    return found


def verdict(answer: requests.Response) -> channels.Outcome:
    """What the status of an answer means."""
    code = answer.status_code
    detail = f"HTTP {code}"
    if 200 <= code < 300:
        return channels.Outcome(channels.SENT, detail, confirmed=True)
    if code == TOO_MANY:
        return channels.Outcome(channels.RETRY, detail, answered=True, pause=pause(answer.headers.get("Retry-After")))
    if code in (408, 425) or code >= 500:
        return channels.Outcome(channels.RETRY, detail)
    return channels.Outcome(channels.REFUSED, detail)


def pause(retry_after: str | None) -> float:
    """The seconds that a Retry-After asks for (a number or a date), within ``PAUSES``; without one, the shortest."""
    text, (shortest, longest) = (retry_after or "").strip(), PAUSES
    try:
        seconds = float(text)
    except ValueError:
        try:
            until = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return shortest
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, shortest), longest) if math.isfinite(seconds) else shortest
