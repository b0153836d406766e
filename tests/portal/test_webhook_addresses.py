"""Addresses that a webhook may not reach, in every form, when they are saved and when something is sent."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from portal import channels
from portal.channels import network, webhook
from tests.portal.servers import ENVELOPE

NAMES = {
    "hooks.example.com": ["93.184.216.34"],
    "inside.example.com": ["10.1.2.3"],
    "half.example.com": ["93.184.216.34", "127.0.0.1"],
    "six.example.com": ["::ffff:169.254.169.254"],
    "metadata.google.internal": ["169.254.169.254"],
}
FORMS = [
    "http://hooks.example.com/",
    "https://user:pass@hooks.example.com/",
    "https://localhost/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd12::1]/",
    "https://0.0.0.0/",
    "https://10.0.0.5/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://[2002:7f00:1::]/",
    "https://metadata.google.internal/",
    "https://inside.example.com/",
    "https://half.example.com/",
    "https://six.example.com/",
    "https://unknown.example.com/",
    "https://localhost./",
    "https://127。0。0。1/",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.example.com#@127.0.0.1/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "https:///nohost",
    "https://hooks.example.com:99999/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
]


def names(host: str, port: int) -> list[str]:
    if host in NAMES:
        return NAMES[host]
    raise socket.gaierror("unknown")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Every try to leave the machine is noted and fails."""
    tried: list[Any] = []

    def refuse(*args: Any, **kwargs: Any) -> Any:
        tried.append(args)
        raise AssertionError("something tried to leave the machine")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield tried


@pytest.mark.parametrize("url", FORMS)
def test_an_address_that_leads_inside_is_refused_when_saved_and_when_sent(
    url: str, monkeypatch: pytest.MonkeyPatch, no_network: list[Any]
) -> None:
    with pytest.raises(channels.BadAddress):
        network.check_address(url, names=names)
    monkeypatch.setattr(network, "resolver", names)
    assert webhook.send(replace(ENVELOPE, address=url), deadline=1).result == "refused"
    assert no_network == []


def test_a_public_https_address_is_fine(no_network: list[Any]) -> None:
    for url in ("https://hooks.example.com/x?y=1", "https://93.184.216.34:8443/", "https://[2606:4700::1111]/"):
        assert network.check_address(url, names=names) == url


def test_a_name_that_changes_to_an_inner_address_between_check_and_connection_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(network, "resolver", names)
    inner = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: inner)
    assert webhook.send(replace(ENVELOPE, address="https://hooks.example.com/"), deadline=1).result == "refused"
