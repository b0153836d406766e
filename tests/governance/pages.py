"""Pages of the admin as text, and drafts to look at there."""

import re

import yaml
from django.test import Client
from django.urls import reverse

from governance.models import Version
from governance.services import versions
from tests.factories_governance import NOW


def body(answer, status: int = 200) -> str:
    """The text of an answer, which brings neither script nor style nor handler with it."""
    assert answer.status_code == status
    text = answer.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son[a-z]+=", text)
    return text


def page(client: Client, name: str, *args, **query) -> str:
    return body(client.get(reverse(f"admin:governance_{name}", args=args), query))


def revised(company, by, **changed) -> Version:
    """A draft of the company matrix with some parts changed."""
    draft = versions.draft_from_effective(document=company.matrix, by=by, at=NOW)
    content = yaml.safe_load(versions.export_yaml(draft)) | changed
    return versions.edit(version=draft, text=yaml.safe_dump(content), by=by, at=NOW)


def changed_text(draft: Version, **changed) -> str:
    return yaml.safe_dump(yaml.safe_load(versions.export_yaml(draft)) | changed)


def other_holder(company) -> list[dict]:
    rows = yaml.safe_load(versions.export_yaml(company.matrix.effective_version))["rows"]
    rows[0]["holder"] = {"person": company.leader.email}
    return rows
