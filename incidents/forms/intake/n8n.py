"""What an n8n error workflow posts: {execution: {id, url, error, lastNodeExecuted}, workflow: {id, name}}.

A trigger that cannot start brings {trigger: {error, mode}, workflow} and no execution. `error.node` holds the whole
node with its settings, `error.context` may hold the request that failed: neither is stored.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from incidents.forms.intake.parsing import Unacceptable, first_line, part, said
from incidents.services import reasons
from portal import limits, redaction

NEVER_STORED = ("parameters", "credentials")  # of a node
NODES = "node"


def read(content: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Raises Unacceptable when it is not from an error workflow."""
    execution, trigger, workflow = part(content, "execution"), part(content, "trigger"), part(content, "workflow")
    if not execution and not trigger:
        raise Unacceptable("execution", _("Send what the error trigger gives: execution or trigger, and workflow."))
    error = part(execution, "error") or part(trigger, "error")
    cause = said(error, "message", most=limits.TEXT_LENGTH) or said(error, "cause", "message", most=limits.TEXT_LENGTH)
    message = redaction.scrub_text(cause or said(error, "name") or _("It failed without a message."))
    number, name = said(workflow, "id"), said(workflow, "name")
    node = said(error, NODES, "name") or said(execution, "lastNodeExecuted")
    line = first_line(message)
    return {
        "title": (f"{name}: {line}" if name else line)[: limits.TITLE_LENGTH],
        "description": _description(message, error, execution),
        "workflows": tuple((how, text) for how, text in (("external_id", number), ("name", name)) if text),
        "event_id": said(execution, "id"),
        "dedup_key": f"{number or name}+{node}" if number or name or node else "",
        "group_reason": reasons.SAME_STEP % {"node": node, "flow": name or number}
        if node
        else reasons.SAME_TRIGGER % {"flow": name or number},
        "components": (node,) if node else (),
    }


def _description(message: str, error: dict[str, Any], execution: dict[str, Any]) -> str:
    more = redaction.scrub_text(said(error, "description", most=limits.TEXT_LENGTH // 2))
    lines = [message[: limits.TEXT_LENGTH // 2], more if more != message else ""]
    lines.append(redaction.scrub_text(said(execution, "url", most=limits.ADDRESS_LENGTH)))
    return "\n".join(line for line in lines if line)[: limits.TEXT_LENGTH]


def without_settings(value: Any, *, is_node: bool = False) -> Any:
    """`value` with the settings of every node and the request of every error replaced."""
    if isinstance(value, dict):
        return {key: _kept(key, item, is_node) for key, item in value.items()}
    return [without_settings(item) for item in value] if isinstance(value, list) else value


def _kept(key: str, item: Any, is_node: bool) -> Any:
    if (is_node and key in NEVER_STORED) or (key == "context" and isinstance(item, dict)):
        return redaction.MARK if item else item
    return without_settings(item, is_node=key == NODES)
