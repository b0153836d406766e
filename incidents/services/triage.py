"""How severe: every score that an incident ever got, and the person who confirms it (D24-D28)."""

from datetime import datetime

from incidents.models import Incident, ImpactScore
from portal.errors import DomainError
from portal.models import User


class CannotConfirm(DomainError):
    """The severity cannot be confirmed now."""


def confirm_severity(
    *, incident: Incident, severity: str, by: User, reason: str, at: datetime, answers: dict[str, str] | None = None
) -> ImpactScore:
    """`by` confirms (or changes) the severity with a reason; ends the triage timebox.

    A change of severity resolves people and windows anew in the same transaction. Raises CannotConfirm, Refused.
    """
    raise NotImplementedError
