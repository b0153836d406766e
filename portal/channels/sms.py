"""Text messages by apprise: one segment where possible, with nothing in them that is not public (D32)."""

from typing import Any

from portal import channels
from portal.channels import services

SERVICES = {
    "bulksms",
    "clicksend",
    "d7sms",
    "json",
    "jsons",
    "msgbird",
    "nexmo",
    "plivo",
    "seven",
    "sinch",
    "twilio",
    "vonage",
}
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
SEGMENT, SEGMENT_UNICODE = 160, 70  # characters


def check_address(address: str) -> Any:
    """The service behind `address`. Raises BadAddress."""
    return services.check(address, SERVICES)


def text(envelope: channels.Envelope) -> str:
    """What is sent: the short words, else the subject with the address of the page, cut to one segment.

    A message that lives of its link (it proves this number) keeps it, however long it is.
    """
    whole = channels.one_line(envelope.short)
    if fits(whole):
        return whole
    url = str(envelope.data.get("url", ""))
    if not url:
        return whole
    subject = channels.one_line(envelope.subject)
    while subject and not fits(f"{subject} {url}"):
        subject = subject[:-1].rstrip()
    return f"{subject} {url}".strip()


def fits(words: str) -> bool:
    """Whether `words` are one segment."""
    return len(words) <= (SEGMENT if set(words) <= GSM else SEGMENT_UNICODE)


def send(envelope: channels.Envelope, *, deadline: float) -> channels.Outcome:
    """Try once, at most `deadline` seconds in all."""
    return services.send(envelope.secret, SERVICES, title="", body=text(envelope), deadline=deadline)
