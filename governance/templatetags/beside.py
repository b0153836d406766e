"""``{% beside_the_grid user as matrices %}``: the matrices whose duties and roles the reader may edit."""

from typing import Any

from django import template

from governance.models import Document
from governance.reads import sections

register = template.Library()


@register.simple_tag
def beside_the_grid(user: Any) -> list[Document]:
    """The company's matrix, else those of the own teams; none for whoever cannot open the admin."""
    return sections.beside_the_grid(user) if user.is_staff else []
