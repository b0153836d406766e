# Everything from a bare clone with Python 3.11 or newer (with venv) and make.
#   make run     the portal with its demo company, on this machine
#   make test    the suite on SQLite and an embedded Valkey
#   make check   lint, and the suite on PostgreSQL with real Redis and Celery
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
# No local configuration may leak into tests and checks.
CLEAN := env -u DEMO -u DEBUG -u SITE_URL -u ALLOWED_HOSTS -u EMAIL_URL -u WATCHDOG_EMAIL_URL -u DATA_DIR -u CLOCK_OFFSET \
	-u DJANGO_SETTINGS_MODULE -u SECRET_KEY -u DATA_KEYS -u PORT -u SITE_NAME -u TIME_ZONE -u OPERATORS -u DEMO_PASSWORD \
	-u WEBHOOK_ALLOW_LOOPBACK -u LEDGER_KEY_FILE -u WITNESS_DIR
# A production site, as far as checks can see.
PRODUCTION := $(CLEAN) -u DATABASE_URL -u REDIS_URL DATA_DIR=$(VENV)/var SITE_URL=https://portal.example \
	OPERATORS=ops@portal.example EMAIL_URL=submission://mail.portal.example \
	SECRET_KEY=lint-2x9vQw7Tn4Zr8Lk1Jm5Hs3Gd6Fb0Pc-Yt_Ue+Wo=Xi~Ra \
	DATA_KEYS=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=

.PHONY: run test check suite lint format bench lock clean

run: $(VENV)/run.stamp
	DEMO=$${DEMO-1} exec $(BIN)/python manage.py up

test: $(VENV)/dev.stamp
	$(CLEAN) -u DATABASE_URL -u REDIS_URL $(BIN)/pytest -n $(WORKERS) $(ARGS)

check: lint suite

suite: $(VENV)/dev.stamp
	$(CLEAN) $(BIN)/python -m tests.services -- $(BIN)/pytest -n $(WORKERS) $(ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(PRODUCTION) $(BIN)/mypy
	$(PRODUCTION) $(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev.stamp
	$(CLEAN) $(BIN)/python -m tests.services --durable -- $(BIN)/python -m tests.bench $(ARGS)

# Needs uv (https://docs.astral.sh/uv/); only whoever changes a dependency does this.
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade
lock:
	$(LOCK) --extra embedded -o requirements.lock pyproject.toml
	$(LOCK) --extra embedded --extra dev -o requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) var

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with venv is needed (Debian: apt-get install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
