"""Views of the board that a person keeps: the filters of an address under a name of their own."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.models import BoardView
from portal import limits
from portal.errors import DomainError
from portal.models import User


class NotKept(DomainError):
    """The view cannot be kept so; the text says why."""


def save(*, user: User, name: str, query: str, at: datetime) -> BoardView:
    """Keep `query` (what follows "?") under `name`. Raises NotKept."""
    with transaction.atomic():
        mine = _views(user)
        _free(mine, name)
        if len(mine) >= limits.BOARD_VIEWS:
            sentence = _("You keep %(number)d views, and that is the most. Remove one first.")
            raise NotKept(sentence % {"number": limits.BOARD_VIEWS})
        return BoardView.objects.create(user=user, name=name, query=query, made_at=at)


def rename(*, view: BoardView, name: str) -> BoardView:
    """Raises NotKept when another view of the person has this name, or this one is gone."""
    with transaction.atomic():
        mine = _views(view.user)
        if view not in mine:
            raise NotKept(_("The view “%(name)s” is gone; the incidents are still there.") % {"name": view.name})
        _free([one for one in mine if one != view], name)
        view.name = name
        view.save(update_fields=["name"])
    return view


def remove(*, view: BoardView) -> None:
    view.delete()


def _views(user: User) -> list[BoardView]:
    """All that `user` keeps. Locks the person, so that two windows do not exceed a bound or share a name."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    return list(BoardView.objects.filter(user=user))


def _free(views: list[BoardView], name: str) -> None:
    # NOTE: not by the database: SQLite knows no case beyond ASCII.
    if name.casefold() in {view.name.casefold() for view in views}:
        sentence = _("You already have a view called “%(name)s”. Choose another name.")
        raise NotKept(sentence % {"name": name})
