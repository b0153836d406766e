"""What other pages say about silence: one query on each."""

from typing import Any

from django import template

from incidents.models import Source
from incidents.reads import silences as reads
from portal import access
from portal.templatetags.times import instant

register = template.Library()


@register.inclusion_tag("incidents/silences/_banners.html", takes_context=True)
def silence_banners(context: template.Context) -> dict[str, Any]:
    """Every silence in force that the reader may see, the first few by name."""
    shown, more = reads.banners(context["request"].user, at=instant(context))
    return {"request": context["request"], "silences": shown, "more": more}


@register.inclusion_tag("incidents/silences/_of_workflow.html", takes_context=True)
def silence_of(context: template.Context, workflow: Any) -> dict[str, Any]:
    """The silence of `workflow` that is in force or comes next; nothing without one."""
    at = instant(context)
    found = reads.of_workflow(workflow.pk, at=at) if workflow is not None else None
    return {"request": context["request"], "silence": found, "workflow": workflow, "now": at}


@register.inclusion_tag("incidents/sources/_links.html", takes_context=True)
def source_links(context: template.Context) -> dict[str, Any]:
    """Ways to the sources of events and to silences, for those who may use them."""
    return {"sees_sources": bool(access.can(context["request"].user, "view", Source))}
