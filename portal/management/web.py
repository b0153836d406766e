"""How gunicorn serves the site, here and in production: `gunicorn -c python:portal.management.web portal.wsgi`.

One process with threads keeps the memory of a small installation low; a larger one adds `--workers`.
"""

import os
from typing import Any

from portal.management import supervisor

worker_class = "gthread"
workers = 1
threads = 8
timeout = 60  # seconds
graceful_timeout = 8
keepalive = 5
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
loglevel = "warning"


def post_fork(server: Any, worker: Any) -> None:
    """A worker never outlives its master, not even when that one is killed."""
    supervisor.die_with_parent(server.pid)
