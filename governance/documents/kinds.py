"""The kinds of documents that exist: for each its schema, what checks it, and what it names outside."""

from __future__ import annotations

from governance.documents import escalation_checks, links, matrix_checks, rubric_checks
from governance.documents.base import KindSpec, register
from governance.documents.escalation import Escalation
from governance.documents.matrix import Matrix
from governance.documents.rubric import Rubric

register(KindSpec("matrix", "ownership matrix", Matrix, matrix_checks.findings, links.found_in))
register(KindSpec("escalation", "escalation policy", Escalation, escalation_checks.findings, links.found_in))
register(KindSpec("rubric", "triage rubric", Rubric, rubric_checks.findings, links.found_in))
