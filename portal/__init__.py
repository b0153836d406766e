"""Project package and kernel. Importing it makes our Celery application the current one."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
