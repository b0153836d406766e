"""Views of the board that a person keeps: the filters of an address under a name of their own."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from incidents.models import BoardView
from portal import limits
from portal.errors import DomainError
from portal.models import User


class NotKept(DomainError):
    """The view cannot be kept so; the text says why."""


def save(*, user: User, name: str, query: str, at: datetime) -> BoardView:
    """Keep `query` (what follows "?") under `name`. Raises NotKept.

    Locks the person, so that two windows do not exceed the bound together.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        mine = BoardView.objects.filter(user=user)
        _free(user, name)
        if mine.count() >= limits.BOARD_VIEWS:
            sentence = _("You keep %(number)d views, and that is the most. Remove one first.")
            raise NotKept(sentence % {"number": limits.BOARD_VIEWS})
        return BoardView.objects.create(user=user, name=name, query=query, made_at=at)


def rename(*, view: BoardView, name: str) -> BoardView:
    """Raises NotKept when another view of the person has this name."""
    _free(view.user, name, but=view)
    view.name = name
    try:
        with transaction.atomic():
            view.save(update_fields=["name"])
    except IntegrityError:
        raise NotKept(_taken(name)) from None
    return view


def remove(*, view: BoardView) -> None:
    view.delete()


def _free(user: User, name: str, but: BoardView | None = None) -> None:
    taken = BoardView.objects.filter(user=user, name__iexact=name)
    if (taken.exclude(pk=but.pk) if but else taken).exists():
        raise NotKept(_taken(name))


def _taken(name: str) -> str:
    return _("You already have a view called “%(name)s”. Choose another name.") % {"name": name}
