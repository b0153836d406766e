"""Chat and text message services by apprise: which ones, and how a message goes out through them.

apprise asks its services by ``requests``; here each of its modules gets ``_Guarded`` instead, so that every
request of theirs goes through ``network``: to public addresses, without redirects, cut at the deadline, with the
outcome seen. Only services that speak HTTPS are let in; none that reads files, runs programs or talks to this machine.
"""

import contextvars
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from django.utils.translation import gettext as _
from requests_hardened.ip_filter import InvalidIPAddress

from portal import channels, limits
from portal.channels import network

FREE_HOSTS = {"json", "jsons", "mmost", "mmosts", "rocket", "rockets", "matrix", "matrixs", "ntfys"}
# NOTE: an allowlist, because some services read a file or an address that a parameter names (template, attach).
PARAMETERS = {"to", "from", "name", "channel", "topic", "thread", "mode", "priority", "sender", "region", "format"}


@dataclass
class _Call:
    """What the requests of one sending came to."""

    line: network.Line
    deadline: float
    answers: list[requests.Response] = field(default_factory=list)
    refused: str = ""


class _TooMany(Exception):
    """The service wants to be left alone."""


_call: contextvars.ContextVar[_Call] = contextvars.ContextVar("call")


class _Guarded:
    """Stands in for the module ``requests``: its functions ask through ``network``, all else is the real one."""

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        call = _call.get()
        try:
            network.judge(url.split("#")[0], network.resolver)
        except network.Unanswered as error:
            raise requests.ConnectionError(str(error)) from None
        except channels.BadAddress as error:
            call.refused = str(error)
            raise requests.ConnectionError(str(error)) from None
        kept = {name: value for name, value in options.items() if name in ("data", "json", "headers", "params", "auth")}
        try:
            with network.session(call.line) as session:
                answer = session.request(method, url, timeout=(network.CONNECT, call.deadline), **kept)
        except InvalidIPAddress as error:
            call.refused = "the address leads into a private network"
            raise requests.ConnectionError(str(error)) from None
        call.answers.append(answer)
        if answer.status_code == network.TOO_MANY:
            raise _TooMany  # NOTE: some services would sleep here and ask again, past the deadline
        return answer

    def get(self, url: str, **options: Any) -> requests.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> requests.Response:
        return self.request("PUT", url, **options)


_guarded = _Guarded()


def schema(address: str) -> str:
    """The service that `address` names: what stands before ://."""
    return address.partition("://")[0].strip().lower()


def own_host(address: str) -> str:
    """The host that `address` names, of a service that everybody may host; else empty.

    NOTE: only what looks like a host, because some of them take a token or a room in its place.
    """
    if schema(address) not in FREE_HOSTS:
        return ""
    try:
        host = urlsplit(address.strip()).hostname or ""
    except ValueError:
        return ""
    return host if "." in host or ":" in host else ""


def check(address: str, services: Collection[str]) -> Any:
    """The apprise service behind `address`. Raises BadAddress; asks the network about free hosts only."""
    found = open_service(address, services)
    if schema(address) in FREE_HOSTS:
        scheme = "https" if getattr(found, "secure", True) else "http"
        host = f"[{found.host}]" if ":" in str(found.host) else found.host
        port = f":{found.port}" if getattr(found, "port", None) else ""
        network.check_address(f"{scheme}://{host}{port}/")
    return found


def open_service(address: str, services: Collection[str]) -> Any:
    """The same without the network. (apprise takes half a second to import, so that is done where it is used.)"""
    import apprise
    from apprise.utils.parse import parse_url

    unknown = _("This is not an address of a service that can be used here. See the examples below the field.")
    if schema(address) not in services or len(address) > limits.ADDRESS_LENGTH or not address.isprintable():
        raise channels.BadAddress(unknown)
    # NOTE: read as apprise reads it: it finds parameters behind a # or a ; too, where the rules of addresses see none.
    read = parse_url(address, verify_host=False) or {}
    if strange := set(read.get("qsd") or ()) - PARAMETERS:
        raise channels.BadAddress(
            _("The part “%(name)s” of this address cannot be used here.") % {"name": min(strange)[:40]}
        )
    asset = apprise.AppriseAsset(async_mode=False, secure_logging=True, storage_mode=apprise.PersistentStoreMode.MEMORY)
    found = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if found is None:
        raise channels.BadAddress(_("A part of this address is missing or wrong. See the examples below the field."))
    for kind in type(found).__mro__:
        module = sys.modules[kind.__module__]
        if kind.__module__.startswith("apprise.plugins.") and hasattr(module, "requests"):
            module.requests = _guarded  # type: ignore[attr-defined]
    return found


def send(address: str, services: Collection[str], *, title: str, body: str, deadline: float) -> channels.Outcome:
    """Try once, at most `deadline` seconds in all from when the service is known.

    NOTE: the first one in a process is known late, since apprise has to be imported: nothing was asked by then.
    """
    try:
        service = open_service(address, services)
    except channels.BadAddress as error:
        return channels.Outcome(channels.REFUSED, str(error))
    call = _Call(network.Line(), deadline)
    try:
        return network.within(deadline, lambda: _try(call, service, title, body))
    except network.Unanswered:
        result = channels.UNKNOWN if call.line.cut() else channels.RETRY
        return channels.Outcome(result, "no answer within the deadline")


def _try(call: _Call, service: Any, title: str, body: str) -> channels.Outcome:
    mark = _call.set(call)
    try:
        is_sent = service.notify(body=body, title=title)
    except _TooMany:
        is_sent = False
    except Exception as error:  # a service that stumbles over its own answer
        result = channels.UNKNOWN if call.line.begun else channels.RETRY
        return channels.Outcome(result, f"the service broke: {type(error).__name__}")
    finally:
        _call.reset(mark)
    return _judge(call, bool(is_sent))


def _judge(call: _Call, is_sent: bool) -> channels.Outcome:
    last = network.verdict(call.answers[-1]) if call.answers else None
    if is_sent and last is not None:
        return channels.Outcome(channels.SENT, last.detail)
    if call.refused:
        return channels.Outcome(channels.REFUSED, call.refused)
    if last is not None:
        if last.result != channels.SENT:
            return last
        # The service took the request and said no in its answer.
        return channels.Outcome(channels.RETRY, f"{last.detail}, but the service did not take it", answered=True)
    result = channels.UNKNOWN if call.line.begun else channels.RETRY
    return channels.Outcome(result, "the service could not be reached")
