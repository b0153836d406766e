"""The life of an incident after it was filed (DESIGN section 6).

Every move locks the incident, then its run, and ends in timeline, audit, history and messages in one
transaction. ``escalation.acknowledge`` moves reported to investigating.
"""

from datetime import datetime

from governance.models import Workflow
from incidents.models import Incident, TimelineEntry
from portal.errors import DomainError
from portal.models import User


class NotPossible(DomainError):
    """The move does not fit the state of the incident."""


def say_plan(*, incident: Incident, plan: str, by: User, at: datetime) -> Incident:
    """`by` says in one sentence what will be done; ends the decision timebox (D24). Raises NotPossible, Refused."""
    raise NotImplementedError


def contain(*, incident: Incident, note: str, by: User, at: datetime) -> Incident:
    """It cannot get worse any more; ends both timeboxes. Raises NotPossible, Refused."""
    raise NotImplementedError


def monitor(*, incident: Incident, note: str, by: User, at: datetime) -> Incident:
    """A fix is in place and is being watched. Raises NotPossible, Refused."""
    raise NotImplementedError


def resolve(*, incident: Incident, resolution: str, checked: str, by: User | None, at: datetime, label: str = "") -> Incident:
    """It works again. `checked` says how that was verified (stored as the deviation, no playbook says it yet).

    Stops the escalation, tells the reporter and all who were told, arms the timer that closes. `by` None = a
    machine named `label`. Raises NotPossible, Refused.
    """
    raise NotImplementedError


def reopen(*, incident: Incident, reason: str, by: User, at: datetime) -> Incident:
    """It does not work after all: a new generation calls people again from the first level. Raises NotPossible, Refused."""
    raise NotImplementedError


def decline(*, incident: Incident, reason: str, by: User, at: datetime) -> Incident:
    """This is no incident; the reporter is told why. Raises NotPossible, Refused."""
    raise NotImplementedError


def close(*, incident: Incident, by: User | None, at: datetime) -> Incident:
    """Close a resolved incident, by a person or (None) by its timer. Raises NotPossible, Refused."""
    raise NotImplementedError


def change_workflow(*, incident: Incident, workflow: Workflow, by: User, reason: str, at: datetime) -> Incident:
    """Another workflow is meant: its owners are resolved and told at once. Raises NotPossible, Refused."""
    raise NotImplementedError


def add_note(*, incident: Incident, text: str, by: User | None, at: datetime, is_public: bool = False) -> TimelineEntry:
    """Add what somebody saw or said to the timeline. `by` None: through the tracking page. Raises NotPossible, Refused."""
    raise NotImplementedError


def join(*, incident: Incident, by: User, at: datetime) -> Incident:
    """`by` takes part and sees the incident from now on. Raises NotPossible, Refused."""
    raise NotImplementedError
