#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys


def on_its_own() -> None:
    """A witness runs elsewhere, without the portal's secrets, database and directory: what it lacks is never used."""
    import base64
    import tempfile

    unused = base64.urlsafe_b64encode(os.urandom(32)).decode()
    made_up = {"SECRET_KEY": unused, "DATA_KEYS": unused, "DATABASE_URL": "sqlite://:memory:"}
    for name, value in (made_up | {"DATA_DIR": tempfile.gettempdir()}).items():
        if f"{name}_FILE" not in os.environ:
            os.environ.setdefault(name, value)


def main() -> None:
    if sys.argv[1:3] == ["audit", "witness"]:
        on_its_own()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
