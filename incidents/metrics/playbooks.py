"""Each version of a playbook against the incidents that ran it: its own success metrics, and what was done otherwise.

What names a time is held against the incidents; the rest somebody has to judge (D44).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from governance.models import Version
from governance.models.versions import Kind
from governance.reads import documents
from governance.rules import success_metrics as rules
from incidents.metrics import said, sums
from incidents.metrics.actions import since
from incidents.metrics.figures import Asked
from incidents.metrics.sums import Figures
from incidents.models import StepEntry

TIMES = ("detect", "answer", "decide", "contain", "resolve")
MEASURES = (*TIMES, "count", "came_back", "reopened")
DID = StepEntry.Did


@dataclass(frozen=True)
class Held:
    """One line of the success metrics: `kept` of `base` incidents were in time; both None: somebody has to judge."""

    line: str
    kept: int | None = None
    base: int | None = None

    @property
    def said(self) -> str:
        if self.kept is None or self.base is None:
            return ""
        return f"{said.of_base(self.kept, self.base)}" + (f", {said.share(self.kept, self.base)}" if self.base else "")

    @property
    def is_few(self) -> bool:
        return self.base is not None and self.base < said.FEW


@dataclass(frozen=True)
class Ran:
    """A version, and the incidents that ran it in the time that is asked for."""

    version: Version
    is_in_force: bool
    figures: Figures
    held: list[Held]
    skipped: int
    changed: int
    steps: int

    @property
    def count(self) -> int:
        return self.figures["count"].count

    @property
    def contained(self) -> str:
        return said.lasting(self.figures["contain"].usual)

    @property
    def resolved(self) -> str:
        return said.lasting(self.figures["resolve"].usual)

    @property
    def came_back(self) -> str:
        return said.of_base(self.figures["came_back"].total, self.count)

    @property
    def otherwise(self) -> str:
        """Steps that were left out or done otherwise, of those that ended."""
        return said.of_base(self.skipped + self.changed, self.steps)


def ran(asked: Asked, *, at: datetime) -> list[Ran]:
    """The versions that ran, by playbook and with the newest first; at most five queries.

    Filters other than the time do not apply: a playbook is judged by all that ran it.
    """
    asked = Asked(until=asked.until, weeks=asked.weeks)
    rows = Version.objects.filter(document__kind=Kind.PLAYBOOK, number__isnull=False).select_related("document")
    versions = {row.pk: row for row in rows.defer("content").order_by("document__title", "document_id", "-number")}
    found = sums.parts(replace(asked, kind="incident"), "playbook", versions, MEASURES)
    shown = [row for pk, row in versions.items() if pk in found]
    texts = documents.pinned((row.pk, row.digest) for row in shown)
    steps = _steps(asked, [row.pk for row in shown])
    made = []
    for row in shown:
        figures = found[row.pk]
        skipped, changed, ended = steps.get(row.pk, (0, 0, 0))
        held = [_held(line, figures) for line in texts[row.pk].content.measures]
        is_in_force = row.document.effective_version_id == row.pk
        made.append(Ran(row, is_in_force, figures, held, skipped, changed, ended))
    return made


def _held(line: str, figures: Figures) -> Held:
    metric = rules.read(line)
    if metric is None:
        return Held(line)
    figure = figures[metric.measure]
    return Held(line, figure.count - figure.above(metric.seconds), figure.count)


def _steps(asked: Asked, versions: list[UUID]) -> dict[UUID, tuple[int, int, int]]:
    """{version: (left out, done otherwise, ended)}; one query."""
    rows = StepEntry.objects.filter(version__in=versions, at__gte=since(asked), at__lte=asked.until)
    rows = rows.filter(incident__kind=asked.kind).exclude(did__in=[DID.TAKEN, DID.RELEASED]).order_by()
    counted = rows.values_list("version").annotate(
        skipped=Count("pk", filter=Q(did=DID.SKIPPED)),
        changed=Count("pk", filter=Q(did=DID.CHANGED)),
        ended=Count("pk"),
    )
    return {version: (skipped, changed, ended) for version, skipped, changed, ended in counted}


def table(found: list[Ran]) -> said.Table:
    """One row for each metric of each version."""
    head = (
        *(_("Playbook"), _("Version"), _("Success metric"), _("In time"), _("Base"), _("Incidents")),
        *(_("Usually contained"), _("Usually works again"), _("Came back"), _("Steps otherwise or left out")),
    )
    rows = []
    for one in found:
        for held in one.held or [Held("")]:
            kept = ("" if held.kept is None else str(held.kept), "" if held.base is None else str(held.base))
            figures = (str(one.count), one.contained, one.resolved, one.came_back, one.otherwise)
            rows.append((one.version.document.title, (str(one.version.number), held.line, *kept, *figures)))
    return said.table("playbooks", _("Playbooks against what happened"), head, rows)
