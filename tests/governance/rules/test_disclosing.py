"""Texts for people outside name nobody and nothing."""

import pytest

from governance.rules import disclosing

NAMES = ("Ada Löw", "Invoices to the ERP")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Orders stood still for 90 minutes; 1,400 of 12.500 were late, 2026-03 was better.", []),
        ("We asked ada.low+x@shop.example.", ["ada.low+x@shop.example"]),
        ("See INC-2026-0042 and REV-2026-0001", ["INC-2026-0042", "REV-2026-0001"]),
        ("Order 4711004711 was lost", ["4711004711"]),
        ("key sk_live_51Hc0ffee00c0ffee was used", ["sk_live_51Hc0ffee00c0ffee"]),
        ("Donaudampfschifffahrtsgesellschaft", []),
        ("It was ada\n  LÖW who saw it", ["Ada Löw"]),
        ("The invoices to the ERP stopped.", ["Invoices to the ERP"]),
        ("Adam Löwe", []),
    ],
)
def test_what_names_somebody_is_found(text: str, found: list[str]) -> None:
    assert disclosing.named(text, NAMES) == found
