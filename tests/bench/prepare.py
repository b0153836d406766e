"""The database that every figure starts from: migrated, with a company."""

from django.core.management import call_command

from portal import timers

from . import scene


def measure() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    scene.make_company()
    while timers.fire_due().count:  # what governance had to do since the company began is no part of any figure
        pass
