"""What a Node-RED catch node posts: {flow, msgid, error: {message, source}}."""

from datetime import datetime
from typing import Any

from incidents.forms.intake.parsing import ID_LENGTH, first_line, object_of, text_of
from incidents.services import reasons
from portal import limits, redaction


def read(content: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Raises Unacceptable."""
    flow, error = object_of(content, "flow"), object_of(content, "error")
    origin = object_of(error, "source", path="error.source")
    message = text_of(error, "message", limits.TEXT_LENGTH, path="error.message", required=True, cut=True)
    flow_id = text_of(flow, "id", ID_LENGTH // 2, path="flow.id")
    flow_name = text_of(flow, "name", limits.NAME_LENGTH, path="flow.name", cut=True)
    node = text_of(origin, "name", limits.NAME_LENGTH, path="error.source.name", cut=True)
    node_id = text_of(origin, "id", ID_LENGTH // 2 - 1, path="error.source.id")
    safe = redaction.scrub_text(message)
    line = first_line(safe)
    found = [("external_id", flow_id), ("name", flow_name)]
    group = f"{flow_id}+{node_id}" if flow_id or node_id else ""
    return {
        "title": (f"{flow_name}: {line}" if flow_name else line)[: limits.TITLE_LENGTH],
        "description": safe,
        "workflows": tuple((how, value) for how, value in found if value),
        "event_id": text_of(content, "msgid", ID_LENGTH),
        "dedup_key": group,
        "group_reason": reasons.SAME_STEP % {"node": node or node_id, "flow": flow_name or flow_id} if group else "",
        "components": (node,) if node else (),
    }
