"""The editor as a browser sees it: its address, what its form would send, and what the draft says then."""

import html
import re

from django.test import Client

from governance.models import ChangeRequest
from governance.reads import drafts, sections
from governance.services import changes
from tests.factories_governance import NOW
from tests.governance.pages import body

CONTROLS = re.compile(
    r"<input(?P<input>[^>]*)>|<textarea(?P<area>[^>]*)>\n?(?P<text>.*?)</textarea>"
    r"|<select(?P<select>[^>]*)>(?P<options>.*?)</select>",
    re.DOTALL,
)


def begin(document, by) -> ChangeRequest:
    """The draft of `by` of `document`."""
    return changes.begin(document=document, by=by, at=NOW)


def url(change: ChangeRequest, key: str = "roles", row: str = "") -> str:
    return sections.address(change, key, row)


def fields(text: str) -> dict[str, list[str]]:
    """What a browser would send for the form of the page, buttons left out."""
    form = text[text.index('<form id="section"') : text.index("</form>", text.index('<form id="section"'))]
    found: dict[str, list[str]] = {}
    for match in CONTROLS.finditer(form):
        attributes = match["input"] or match["area"] or match["select"] or ""
        name = re.search(r'\bname="([^"]*)"', attributes)
        if name is None or ('type="checkbox"' in attributes and "checked" not in attributes):
            continue
        value = re.search(r'\bvalue="([^"]*)"', attributes)
        said = value[1] if value else ""
        if match["area"]:
            said = match["text"]
        if match["select"]:
            options = re.findall(r'<option value="([^"]*)"( selected)?', match["options"])
            said = next((option for option, chosen in options if chosen), options[0][0] if options else "")
        found.setdefault(html.unescape(name[1]), []).append(html.unescape(said))
    return found


def opened(client: Client, change: ChangeRequest, key: str = "roles", row: str = "") -> dict[str, list[str]]:
    return fields(body(client.get(url(change, key, row))))


def send(client: Client, change: ChangeRequest, key: str, data: dict, order: str = "save", status: int = 302):
    """Send the form; where it stands, its own field says."""
    answer = client.post(url(change, key), data | {"do": order})
    assert answer.status_code == status, re.findall(r'data-level="blocking">.*?</p>', answer.content.decode())
    return answer


def arranged(client: Client, change: ChangeRequest, key: str, data: dict, order: str) -> dict[str, list[str]]:
    """The form after a row was added, moved or removed."""
    return fields(body(send(client, change, key, data, order, 200)))


def said(change: ChangeRequest) -> dict:
    """What the draft says now."""
    change = ChangeRequest.objects.select_related("document__effective_version", "version__based_on").get(pk=change.pk)
    return drafts.of(change.document, change).content
