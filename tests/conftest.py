"""What every test shares: the environment, set before Django reads it, and fast passwords."""

import os
import tempfile

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "SECRET_KEY": "only-for-tests-" + "x" * 50,
    "DATA_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "SITE_URL": "http://testserver",
    "EMAIL_URL": "memory://",
}
for name, value in ENVIRONMENT.items():
    os.environ.setdefault(name, value)
if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="portal-tests-")
    os.environ["PORTAL_TESTS_DATA_DIR"] = os.environ["DATA_DIR"]


def pytest_configure() -> None:
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
