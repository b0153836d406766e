"""How allauth behaves here: nobody signs up, people are invited; a new password is an audited change."""

from smtplib import SMTPException
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import timezone

from portal import audit

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Closed sign-up; the log-in is the e-mail address."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def set_password(self, user: Any, password: str) -> None:
        with audit.action(actor=user, reason="password chosen", at=timezone.now()):
            super().set_password(user, password)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that does not answer is logged and is no error page: the answer is the same for everyone."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            log.error("account.mail_failed", template=template_prefix, error=type(error).__name__)
