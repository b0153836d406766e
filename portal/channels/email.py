"""E-mail over the server of ``EMAIL_URL`` (or into files or memory, by Django's own backends).

What counts is the moment at which the server asks for the text (reply 354): before it nothing was accepted
and a failure is certain; from then on a lost connection leaves the outcome unknown.
"""

import contextlib
import smtplib
import socket
import threading
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import validate_email

from portal import channels

MIN_TIMEOUT = 0.05  # seconds; a socket time-out of zero would mean non-blocking


class _Tracking:
    """Knows whether the text was asked for, and gives up at a total deadline (in `limit` seconds)."""

    exposed = False
    limit: float = 10.0
    cut: threading.Timer | None = None

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        answer = super().connect(*args, **kwargs)  # type: ignore[misc]
        self._watch()
        return answer

    def _watch(self) -> None:
        self.cut = threading.Timer(max(self.limit, MIN_TIMEOUT), self._give_up)
        self.cut.daemon = True
        self.cut.start()

    def _give_up(self) -> None:
        sock = getattr(self, "sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):  # it may be closed just now
                sock.shutdown(socket.SHUT_RDWR)

    def getreply(self) -> tuple[int, bytes]:
        answer: tuple[int, bytes] = super().getreply()  # type: ignore[misc]
        if answer[0] == 354:
            self.exposed = True
        return answer

    def close(self) -> None:
        if self.cut is not None:
            self.cut.cancel()
        super().close()  # type: ignore[misc]


class _SMTP(_Tracking, smtplib.SMTP):
    pass


class _SMTPOverTLS(_Tracking, smtplib.SMTP_SSL):
    pass


class Backend(EmailBackend):
    """Django's SMTP backend on a connection that tracks."""

    session: Any = None
    limit: float = 10.0

    @property
    def connection_class(self) -> Any:
        base = _SMTPOverTLS if self.use_ssl else _SMTP

        def connect(*args: Any, **kwargs: Any) -> Any:
            session: Any = base.__new__(base)
            session.limit = self.limit
            self.session = session
            session.__init__(*args, **kwargs)
            return session

        return connect

    @property
    def exposed(self) -> bool:
        return bool(self.session is not None and self.session.exposed)

    def drop(self) -> None:
        """Hang up without waiting for a goodbye."""
        if self.session is not None:
            self.session.close()
        self.connection = self._partial_connection = None


def message_id(name: str) -> str:
    return f"<{name}@{settings.SITE.hostname}>"


def check_address(address: str) -> str:
    """`address` as it may be saved; raises BadAddress."""
    try:
        validate_email(address)
    except ValidationError:
        raise channels.BadAddress("This is not an e-mail address.") from None
    return address


def compose(envelope: channels.Envelope) -> EmailMultiAlternatives:
    """The mail: Message-ID from the message, References from its thread, marked as sent by a machine."""
    headers = {
        "Message-ID": message_id(envelope.message_id),
        "Date": format_datetime(envelope.at),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if envelope.thread:
        headers["References"] = message_id(channels.one_line(envelope.thread).replace(" ", "-"))
    if envelope.language:
        headers["Content-Language"] = envelope.language
    if envelope.lane == "urgent":
        headers["Importance"] = "high"
    if envelope.possible_duplicate:
        headers["X-Possible-Duplicate"] = "yes"
    mail = EmailMultiAlternatives(
        subject=channels.one_line(envelope.subject, 200),
        body=envelope.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[envelope.address],
        headers=headers,
    )
    if envelope.html:
        mail.attach_alternative(envelope.html, "text/html")
    return mail


def send(envelope: channels.Envelope, *, deadline: float) -> channels.Outcome:
    """Try once, at most about `deadline` seconds."""
    try:
        check_address(envelope.address)
        mail = compose(envelope)
        mail.message()
    except (channels.BadAddress, ValueError) as error:
        return channels.Outcome(channels.REFUSED, channels.one_line(str(error)))
    if not settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        get_connection(settings.EMAIL_BACKEND).send_messages([mail])
        return channels.Outcome(channels.SENT, settings.EMAIL_BACKEND.split(".")[-2])
    backend = Backend(timeout=min(deadline, settings.EMAIL_TIMEOUT))
    backend.limit = deadline
    return submit(backend, mail)


def submit(backend: Backend, mail: EmailMultiAlternatives) -> channels.Outcome:
    """Send `mail` and sort what can go wrong by what it means for the recipient."""
    try:
        backend.open()
        backend.send_messages([mail])
        return channels.Outcome(channels.SENT, f"accepted by {backend.host}")
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        return _answered(code, text)
    except smtplib.SMTPAuthenticationError as error:
        return channels.Outcome(channels.RETRY, channels.one_line(f"sign-in failed: {error.smtp_code}"))
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        return _answered(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        detail = channels.one_line(f"{type(error).__name__}: {error}")
        return channels.Outcome(channels.UNKNOWN if backend.exposed else channels.RETRY, detail)
    finally:
        backend.drop()


def _answered(code: int, text: bytes | str) -> channels.Outcome:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    result = channels.REFUSED if 500 <= code < 600 else channels.RETRY
    return channels.Outcome(result, channels.one_line(f"{code} {words}"), answered=True)
