"""A warmed parent: Django is loaded once, then each order forks a child that runs a shipped command.

Reads one JSON order a line from standard input: {"run": [argv…]} or {"call": "module:function", "args": {…}},
with optional "crash_at", "report", "mutant", "env" and "wait" (false = answer the pid at once). Answers one JSON line.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import traceback
from typing import Any


def arm(order: dict) -> Any:
    """Build it wrongly if the order says so, and have it crash; the points that are counted from now on, if any."""
    if mutant := order.get("mutant"):
        from tests.faults import mutants

        mutants.apply(mutant)
    if not order.get("report"):
        return None
    from tests.faults import crash

    return crash.arm(order.get("crash_at", 0), order["report"])


def run(order: dict) -> None:
    """In the forked child: run the command exactly as a shell would, with the crash armed."""
    os.environ.update(order.get("env", {}))
    log = os.open(order.get("log", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    arm(order)
    argv = order["run"]
    if argv[0] == "celery":
        from celery.bin.celery import main as celery_main

        sys.argv = argv
        sys.exit(celery_main())
    from django.core.management import execute_from_command_line

    sys.argv = argv
    execute_from_command_line(argv)


def call(order: dict) -> object:
    """In the forked child: a function of the test scenes. Its last point is when all is done and nobody knows it."""
    module, _, name = order["call"].partition(":")
    function = getattr(importlib.import_module(module), name)
    points = arm(order)
    value = function(**order.get("args", {}))
    if points is not None:
        points.tick("RETURN")
    return value


def child(order: dict, answer: int) -> None:
    code = 0
    try:
        if "run" in order:
            run(order)
        else:
            os.write(answer, json.dumps(call(order), default=str).encode())
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(bool(error.code))
    except BaseException:
        traceback.print_exc(file=sys.stderr)
        code = 1
    finally:
        sys.stderr.flush()
        os._exit(code)


def warm_up() -> None:
    """Have done what each process does once, before it first names a page or writes a message; asks no database."""
    from django.conf import settings
    from django.template import TemplateDoesNotExist, engines
    from django.urls import get_resolver
    from django.utils import translation

    from portal import registry

    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("Saved.")
            assert get_resolver().reverse_dict and get_resolver().app_dict
    for _event, kind in registry.event_types.items():
        for part in ("subject.txt", "short.txt", "text.txt", "html.html"):
            with contextlib.suppress(TemplateDoesNotExist):
                engines["django"].get_template(f"{kind.templates}/{part}")


def main() -> None:
    sys.path.insert(0, os.getcwd())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    for warm in (
        "portal.delivery",
        "portal.timers",
        "portal.tasks",
        "portal.celery",
        "incidents.handlers",
        "celery.bin.celery",
        "celery.apps.worker",
        "celery.concurrency.thread",
        "portal.management.commands.clock",
        "tests.faults.scenes",
        "tests.faults.deciding",
    ):
        importlib.import_module(warm)
    warm_up()
    from django.db import connections

    connections.close_all()
    gc.collect()
    gc.freeze()  # else the first collection of each child copies the whole heap
    print(json.dumps({"ready": os.getpid()}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "reap" in order:
            _, status = os.waitpid(order["reap"], 0)
            print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)
            continue
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.close(reader)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            child(order, writer)
        os.close(writer)
        if order.get("wait", True):
            with os.fdopen(reader) as answer:
                value = answer.read()
            _, status = os.waitpid(pid, 0)
            reply = {"code": os.waitstatus_to_exitcode(status), "value": json.loads(value) if value else None}
        else:
            os.close(reader)
            reply = {"pid": pid}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
