"""What those who wait can do meanwhile, in plain words and never above what is internal (D33).

What they were told last counts, then what the pinned playbook says to the business and how it goes on by hand, then
the same of its modules. Instructions of how something is repaired are never shown.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from governance.documents.communication import placeholders
from governance.documents.module import ManualWork
from governance.documents.playbook import Playbook
from governance.reads import documents, playbooks
from incidents.models import Incident, StatusUpdate
from incidents.reads import audiences

MOST = 8  # steps that are shown
LENGTH = 600


@dataclass(frozen=True)
class Guidance:
    """`text` in full sentences, `steps` in their order. `is_general` when nobody has written anything for it."""

    text: str
    steps: tuple[str, ...] = field(default=())
    is_general: bool = False


def guidance(incident: Incident) -> Guidance:
    """What to do meanwhile; two small queries at most beside the frozen documents."""
    return _told(incident) or _planned(incident) or _general()


def sentence(incident: Incident) -> str:
    """The same for a message: "" where there is only the general advice."""
    found = guidance(incident)
    return "" if found.is_general else "\n".join((found.text, *(f"- {step}" for step in found.steps))).strip()


def _general() -> Guidance:
    text = _("Please write down what cannot wait, so that it can be done as soon as it works again.")
    return Guidance(text, is_general=True)


def _told(incident: Incident) -> Guidance | None:
    """What the last update for people outside the repair says to do; nothing confidential."""
    plan = audiences.plan_of(incident)
    if plan is None:
        return None
    wide = [item.key for item in plan.content.audiences if item.data_class in ("public", "internal")]
    wide = [key for key in wide if plan.content.audience_by_key[key].detail == "business"]
    inside = [key for key in wide if plan.content.audience_by_key[key].data_class == "internal"]
    rows = StatusUpdate.objects.filter(incident=incident, state=StatusUpdate.State.SENT, audience__in=wide)
    said = list(rows.order_by("-sent_at", "-pk").values_list("audience", "answers")[:20])
    for key in ("meanwhile", "impact"):
        for own in (True, False):  # what was written for those inside before what was written for the world
            for audience, answers in said:
                if (audience in inside) == own and (text := str(answers.get(key) or "").strip()):
                    return Guidance(text[:LENGTH])
    return None


def _planned(incident: Incident) -> Guidance | None:
    """What the pinned playbook says; its words with open places are for whoever fills them in."""
    version = incident.playbook
    if version is None:
        return None
    content: Playbook = documents.pinned([(version.pk, version.digest)])[version.pk].content
    ready = (item.text for item in content.liaison if not placeholders(item.text))
    text = next(ready, "")[:LENGTH]
    manual = content.manual or _by_module(content, incident.scenario)
    if not text and manual is None:
        return None
    if manual is None:
        return Guidance(text)
    return Guidance(text or manual.when[:LENGTH], tuple(step.title for step in manual.steps[:MOST]))


def _by_module(content: Playbook, scenario: str) -> ManualWork | None:
    """How it goes on by hand, as the first module of the scenario says that has a way."""
    chosen = [item for item in content.scenarios if item.key == scenario] or list(content.scenarios[:1])
    pins = [pin for item in chosen for pin in item.modules]
    found = playbooks.pinned_modules(pins)
    modules = (found.get((pin.module, pin.digest)) for pin in pins)
    return next((module.content.manual for module in modules if module is not None and module.content.manual), None)
