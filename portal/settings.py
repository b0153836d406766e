"""All settings, in one file. Each environment variable is read here and nowhere else.

A secret may also come from a file: `SECRET_KEY_FILE=/run/secrets/key` stands for `SECRET_KEY`.
The README has the table of variables.
"""

import contextlib
import logging
import os
import re
import secrets
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
import structlog
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv
from kombu import Queue

BASE_DIR = Path(__file__).resolve().parent.parent

env = FileAwareEnv()


def text(name: str, default: str = "") -> str:
    """The variable, where unset and empty mean the same."""
    return env.str(name, "").strip() or default


def flag(name: str) -> bool:
    return bool(text(name)) and env.bool(name)


def number(name: str, default: int) -> int:
    return env.int(name) if text(name) else default


def kept_secret(name: str, generate: Any) -> str:
    """The secret `name`, else (only under DEMO) one that is generated once and kept in DATA_DIR, mode 600."""
    if value := text(name):
        return value
    if not DEMO:
        raise ImproperlyConfigured(f"Set {name} (or {name}_FILE): it is generated only when DEMO is set.")
    path = DATA_DIR / name.lower()
    if not path.exists():
        mine = path.with_name(f"{path.name}.{os.getpid()}")
        mine.touch(mode=0o600)
        mine.write_text(generate())
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)  # atomic: of two processes that start at once, one wins and both read the same
        mine.unlink()
    return path.read_text().strip()


# Where it runs

DEBUG = flag("DEBUG")
DEMO = flag("DEMO")
DEMO_EMPTY = flag("DEMO_EMPTY")  # the demo company, but nothing has happened there yet
PORT = number("PORT", 8000)
DATA_DIR = Path(text("DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
SITE_URL = text("SITE_URL", f"http://localhost:{PORT}").rstrip("/")
SITE_NAME = text("SITE_NAME", "Workflow Governance")
SITE = urlsplit(SITE_URL)
if SITE.scheme not in ("http", "https") or not SITE.hostname:
    raise ImproperlyConfigured("SITE_URL must be an absolute http or https address.")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", []) or sorted({SITE.hostname, "localhost", "127.0.0.1", "[::1]"})
WEBHOOK_ALLOW_LOOPBACK = flag("WEBHOOK_ALLOW_LOOPBACK")  # outgoing webhooks to this machine
if WEBHOOK_ALLOW_LOOPBACK and not DEMO:
    raise ImproperlyConfigured("WEBHOOK_ALLOW_LOOPBACK opens this machine and is refused unless DEMO is set.")
CSRF_TRUSTED_ORIGINS = [f"{SITE.scheme}://{SITE.netloc}"]
OPERATORS: list[str] = env.list("OPERATORS", [])  # addresses that the watchdog tells, without database, Celery or Redis
CLOCK_OFFSET = number("CLOCK_OFFSET", 0)  # seconds by which `manage.py clock` is ahead
if CLOCK_OFFSET and not DEMO:
    raise ImproperlyConfigured("CLOCK_OFFSET moves time and is refused unless DEMO is set.")

SECRET_KEY = kept_secret("SECRET_KEY", lambda: secrets.token_urlsafe(64))
DATA_KEYS = kept_secret("DATA_KEYS", lambda: Fernet.generate_key().decode()).split(",")  # newest first
DEMO_PASSWORD = kept_secret("DEMO_PASSWORD", lambda: secrets.token_urlsafe(9)) if DEMO else text("DEMO_PASSWORD")

# Parts

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "governance.apps.GovernanceConfig",
    "incidents.apps.IncidentsConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "guardian",
    "simple_history",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "portal.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.PersonalMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.SignedOutMiddleware",
    "portal.middleware.NotAPageMiddleware",
    "portal.middleware.DatabaseDownMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context_processors.ui",
            ],
        },
    },
]

# Database. No ATOMIC_REQUESTS: the outermost service opens the one transaction.

DATABASE_URL = text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}")
DATABASES: dict[str, dict[str, Any]] = {"default": dict(dj_database_url.parse(DATABASE_URL))}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",  # durable when answered
    }
else:
    DATABASES["default"] |= {"ENGINE": "portal.postgresql", "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# People

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are invited: the link that sets the password proves the address
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = SITE.scheme
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to strangers: the page says the same to everyone
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_TOTP_ISSUER = SITE_NAME
ANONYMOUS_USER_NAME = None  # guardian: no shared anonymous account

# History. The user, the reason and the request id come from `audit.action`, never from a request.

SIMPLE_HISTORY_HISTORY_ID_USE_UUID = False
SIMPLE_HISTORY_ENFORCE_HISTORY_MODEL_PERMISSIONS = True

# Language and time. Times are stored in UTC; TIME_ZONE is the zone of people and teams that name none.

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["portal.formats"]  # one way to write a time, in the admin too
USE_I18N = True
USE_TZ = True
TIME_ZONE = text("TIME_ZONE", "UTC")

# Files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_ROOT = DATA_DIR / "evidence"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# The ledger

LEDGER_KEY_FILE = Path(text("LEDGER_KEY_FILE", str(DATA_DIR / "ledger.key")))  # read by the clock alone
WITNESS_DIR = Path(text("WITNESS_DIR", str(DATA_DIR / "witnesses")))  # where file witnesses keep checkpoints
PACK_DIR = DATA_DIR / "packs"

# Mail

MAIL_DIR = DATA_DIR / "mail"
MAIL = {"EMAIL_TIMEOUT": 10} | {
    key: value
    for key, value in dj_email_url.parse(text("EMAIL_URL", f"file:///{MAIL_DIR}")).items()
    if value is not None
}
if "EMAIL_BACKEND" not in MAIL:
    raise ImproperlyConfigured("EMAIL_URL must start with smtp:, submission:, file:, console:, memory: or dummy:.")
EMAIL_BACKEND = MAIL["EMAIL_BACKEND"]
EMAIL_FILE_PATH = MAIL["EMAIL_FILE_PATH"]
EMAIL_HOST = MAIL.get("EMAIL_HOST", "localhost")
EMAIL_PORT = MAIL.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = MAIL.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = MAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = MAIL["EMAIL_USE_TLS"]
EMAIL_USE_SSL = MAIL["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = MAIL["EMAIL_TIMEOUT"]  # seconds
DEFAULT_FROM_EMAIL = MAIL.get("DEFAULT_FROM_EMAIL", f"portal@{SITE.hostname}")
SERVER_EMAIL = MAIL.get("SERVER_EMAIL", DEFAULT_FROM_EMAIL)
WATCHDOG_EMAIL_URL = text("WATCHDOG_EMAIL_URL", text("EMAIL_URL", f"file:///{MAIL_DIR}"))

# Celery: it carries hints, so nothing may ever wait for it. Without REDIS_URL nothing is published
# and the sweep delivers; publishing by mistake then ends in the memory of the publisher.

REDIS_URL = text("REDIS_URL")  # redis://, rediss:// or unix:///path/to/socket
CELERY_BROKER_URL = REDIS_URL or "memory://"
if REDIS_URL.startswith("unix:"):  # the same address in the words of kombu
    CELERY_BROKER_URL = "redis+socket:" + REDIS_URL.removeprefix("unix:").replace("?db=", "?virtual_host=")
CELERY_BROKER_CONNECTION_TIMEOUT = 0.3
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis as long as it takes
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 0.3,
    "socket_connect_timeout": 0.3,
    "retry_on_timeout": False,
    "queue_order_strategy": "priority",  # urgent before routine
}
CELERY_TASK_QUEUES = [Queue("urgent"), Queue("routine")]
CELERY_TASK_DEFAULT_QUEUE = "routine"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False

# Security. A site that is served over https insists on it.

HTTPS = SITE.scheme == "https"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None  # the proxy must set it
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^healthz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "portal.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # allauth's TOTP page draws its code as a data: image
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a part of a document with hundreds of rows is one form
FILE_UPLOAD_PERMISSIONS = 0o640

# Logs: one event, one line of JSON on stderr

LOG_LEVEL = "DEBUG" if DEBUG else "INFO"
LOG_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
SECRET_ADDRESS = re.compile(
    r"(/(?:go|track|reset/key|api/v1/beats|api/v1/intake/[^/\s]+)/)[^/\s]+|(/oncall/)[^/\s]+(?=\.ics)"
)


def without_secrets(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """`event` without what opens a page by itself: one-time links, tracking links, calendars, doors.

    Django writes the path of every request that fails.
    """
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = SECRET_ADDRESS.sub(r"\1\2[redacted]", value)
    return event


structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *LOG_SHARED,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": [*LOG_SHARED, structlog.processors.format_exc_info],
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                without_secrets,
                structlog.processors.JSONRenderer(),
            ],
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"level": "INFO", "handlers": [], "propagate": True},
        "django.server": {"level": "INFO", "handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},
        "celery": {"level": "INFO"},
        "kombu": {"level": "WARNING"},
    },
}
logging.captureWarnings(True)
