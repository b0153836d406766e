"""The database that every figure starts from: migrated, with a company."""

from django.core.management import call_command

from . import scene


def measure() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    scene.make_company()
