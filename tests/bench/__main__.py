"""`python -m tests.bench [names]`: measures in processes and databases of its own, prints one table."""

import argparse
import importlib
import os
import subprocess
import sys
import time

from . import report, stage

FIGURES = {  # name -> seconds that it may take
    "steps": 80,
    "clock": 120,
    "intake": 50,
    "memory": 50,
    "pages": 400,
    "grid": 90,
    "changes": 90,
    "workbench": 60,
    "ledger": 120,
    "ownership": 20,
    "insights": 900,
    "embedded": 60,
    "search": 300,
    "storm": 200,
}


def child(name: str) -> None:
    """What the inner process does: measure `name` in the database of the environment."""
    import django

    django.setup()
    module = importlib.import_module(f"tests.bench.{name}")
    module.measure()


def run(name: str, env: dict[str, str], seconds: float) -> list[report.Figure]:
    """Measure `name` in a process of its own; a failure becomes a line of the table."""
    argv = [sys.executable, "-m", "tests.bench", "--inside", name]
    try:
        done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, timeout=seconds, cwd=stage.ROOT, text=True)
        figures, problem = report.read(done.stdout), f"ended with {done.returncode}" if done.returncode else ""
    except subprocess.TimeoutExpired as late:
        output = late.stdout or ""
        figures = report.read(output.decode() if isinstance(output, bytes) else output)
        problem = f"took more than {seconds:g} s"
    if problem:
        figures.append(report.Figure(name=name, measured=problem, goal="to be measured", met=False))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"any of {', '.join(FIGURES)} (default: all)")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        child(options.inside)
        return 0
    names = options.names or list(FIGURES)
    if unknown := set(names) - set(FIGURES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}")
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        print("The bench needs PostgreSQL: install it, or set DATABASE_URL.", file=sys.stderr)
        return 2
    return measure(names, stage.Cluster(url))


def measure(names: list[str], cluster: stage.Cluster) -> int:
    began = time.monotonic()
    figures: list[report.Figure] = []
    with stage.directory() as directory:
        env = stage.environment(directory)
        try:
            env["DATABASE_URL"] = cluster.create("base")
            figures += run("prepare", env, 120)
            for name in names if not figures else []:
                env["DATABASE_URL"] = "" if name == "embedded" else cluster.create(name, template="base")
                print(f"{time.monotonic() - began:5.0f} s  {name}", file=sys.stderr, flush=True)
                figures += run(name, env, FIGURES[name])
                cluster.drop(name)
        finally:
            cluster.close()
    print(report.table(figures))
    print(f"{time.monotonic() - began:.0f} s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
