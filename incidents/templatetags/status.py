"""Whether the reader of a status page follows what stands there, or may."""

from collections.abc import Collection

from django import template

from incidents.reads.status import Trouble

register = template.Library()


@register.simple_tag
def offered(may_follow: Collection[str], trouble: Trouble) -> bool:
    return trouble.reference in may_follow


@register.simple_tag
def is_followed(followed: Collection[tuple[str, str]], trouble: Trouble) -> bool:
    return (trouble.reference, trouble.audience) in followed
