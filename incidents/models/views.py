"""Views of the board that a person keeps under a name."""

from django.conf import settings
from django.db import models

from portal import ids, limits


class BoardView(models.Model):
    """The filters of the board (`query`, the part of its address after "?") under a name of their owner."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="board_views", db_index=False
    )
    name = models.CharField(max_length=limits.NAME_LENGTH)
    query = models.CharField(max_length=limits.REASON_LENGTH, blank=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="incidents_boardview_once")]

    def __str__(self) -> str:
        return self.name
