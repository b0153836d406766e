"""Where a person follows an incident that they reported or are affected by."""

from django import template

from incidents.models import Incident
from incidents.services import tracking
from portal.models import User

register = template.Library()


@register.simple_tag
def track_path(incident: Incident, person: User) -> str:
    """The path of the tracking page of `person`, who reported `incident` or is affected by it."""
    return tracking.track_path(incident, person)
