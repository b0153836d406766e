"""The kinds of documents that exist: for each its schema, what checks it, and what it names outside."""

from __future__ import annotations

from governance.documents import (
    approval_checks,
    communication_checks,
    escalation_checks,
    glossary_checks,
    links,
    matrix_checks,
    module_checks,
    playbook_checks,
    rubric_checks,
)
from governance.documents.approval import Approval
from governance.documents.base import KindSpec, register
from governance.documents.communication import Communication
from governance.documents.escalation import Escalation
from governance.documents.glossary import Glossary
from governance.documents.matrix import Matrix
from governance.documents.module import Module
from governance.documents.playbook import Playbook
from governance.documents.rubric import Rubric

register(KindSpec("matrix", "ownership matrix", Matrix, matrix_checks.findings, links.found_in))
register(KindSpec("escalation", "escalation policy", Escalation, escalation_checks.findings, links.found_in))
register(KindSpec("rubric", "triage rubric", Rubric, rubric_checks.findings, links.found_in))
register(KindSpec("communication", "communication plan", Communication, communication_checks.findings, links.found_in))
register(KindSpec("glossary", "glossary", Glossary, glossary_checks.findings, links.found_in))
register(KindSpec("module", "playbook module", Module, module_checks.findings, links.found_in))
register(KindSpec("playbook", "playbook", Playbook, playbook_checks.findings, links.found_in))
register(KindSpec("approval", "approval policy", Approval, approval_checks.findings, links.found_in))
