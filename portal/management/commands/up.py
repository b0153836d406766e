"""`manage.py up`: the whole portal on one machine, by one command."""

import fcntl
import io
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from portal.audit import keys
from portal.management import embedded, supervisor


class Command(BaseCommand):
    help = "Prepare the database and run web, worker, clock and watchdog (and a Redis, unless REDIS_URL names one)."
    requires_system_checks = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.log_ins = io.StringIO()  # what the demo says about them, shown when the site answers

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1", help="the address to listen on (default: this machine only)")

    def handle(self, *args: Any, **options: Any) -> None:
        bind = options["bind"]
        self.lock()
        self.require_free_port(bind)
        self.prepare()
        run_dir = embedded.private_directory(settings.DATA_DIR / "run")
        plan = {
            "children": self.children(bind, run_dir),
            "address": ["127.0.0.1" if bind in ("0.0.0.0", "::") else bind, settings.PORT],
            "banner": self.banner(),
            "run_dir": str(run_dir),
        }
        connections.close_all()
        sys.stdout.flush()
        # The same process goes on as the supervisor, without the memory that Django has taken.
        os.execv(sys.executable, [sys.executable, supervisor.__file__, json.dumps(plan)])

    def lock(self) -> None:
        """Hold the data directory for as long as this process lives, the supervisor included."""
        fd = os.open(settings.DATA_DIR / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(f"The portal is already running on {settings.DATA_DIR}.") from None
        os.set_inheritable(fd, True)  # across exec; children close it

    def require_free_port(self, bind: str) -> None:
        with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((bind, settings.PORT))
            except OSError as error:
                raise CommandError(
                    f"Cannot listen on {bind}:{settings.PORT} ({error.strerror}). Set PORT to a free one."
                ) from None

    def prepare(self) -> None:
        settings.MAIL_DIR.mkdir(exist_ok=True)
        call_command("migrate", interactive=False, verbosity=0)
        self.collect_static()
        if settings.DEMO and not keys.path().exists():
            keys.create()
        if settings.DEMO and "demo" in get_commands():
            call_command("demo", stdout=self.log_ins)

    def collect_static(self) -> None:
        """Collect only when a file has changed since the last time: compressing takes seconds."""
        stamp = settings.STATIC_ROOT / ".collected"
        seen = [settings.STORAGES["staticfiles"]["BACKEND"]]
        for finder in finders.get_finders():
            for path, storage in finder.list([]):
                status = os.stat(storage.path(path))
                seen.append(f"{path} {status.st_size} {status.st_mtime_ns}")
        now = "\n".join(sorted(seen))
        if not stamp.exists() or stamp.read_text() != now:
            call_command("collectstatic", interactive=False, verbosity=0, clear=True)
            stamp.write_text(now)

    def children(self, bind: str, run_dir: Path) -> list[dict[str, Any]]:
        """The processes in the order of their start, as the supervisor wants them."""
        python, manage = sys.executable, str(settings.BASE_DIR / "manage.py")
        host = f"[{bind}]" if ":" in bind else bind
        env = {"DJANGO_SETTINGS_MODULE": "portal.settings", "PYTHONPATH": str(settings.BASE_DIR)}
        found: list[dict[str, Any]] = []
        redis = settings.REDIS_URL
        if not redis and (server := embedded.find_server()):
            path = str(run_dir / "redis.sock")
            found.append({"name": "redis", "argv": embedded.command(server, run_dir), "socket": path})
            redis = env["REDIS_URL"] = f"unix://{path}"
        found.append(
            {
                "name": "web",
                "argv": [python, "-m", "gunicorn", "-c", "python:portal.management.web"]
                + ["--chdir", str(settings.BASE_DIR), "--bind", f"{host}:{settings.PORT}", "portal.wsgi"],
                "env": env,
            }
        )
        if redis:
            worker = [python, "-m", "celery", "-A", "portal", "--quiet", "--workdir", str(settings.BASE_DIR), "worker"]
            worker += ["--queues", "urgent,routine", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"]
            worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
            found.append({"name": "worker", "argv": worker, "env": env})
        else:
            self.stderr.write("No Redis found: messages are delivered by the sweep, some seconds later.")
        for name in ("clock", "watchdog"):
            found.append({"name": name, "argv": [python, manage, name], "env": env})
        return found

    def banner(self) -> str:
        lines = ["", f"  {settings.SITE_NAME}: {settings.SITE_URL}"]
        lines += [f"  {line}" for line in self.log_ins.getvalue().splitlines()]
        if "filebased" in settings.EMAIL_BACKEND:
            lines.append(f"  Mail lands in {settings.EMAIL_FILE_PATH}")
        return "\n".join([*lines, "  Ctrl-C stops everything.", ""])
