"""The section editor as a browser sees it: its address, what its form would send, and what the draft says then."""

import html
import re

from django.test import Client
from django.urls import reverse

from governance.reads import drafts
from tests.governance.pages import body

CONTROLS = re.compile(
    r"<input(?P<input>[^>]*)>|<textarea(?P<area>[^>]*)>\n?(?P<text>.*?)</textarea>"
    r"|<select(?P<select>[^>]*)>(?P<options>.*?)</select>",
    re.DOTALL,
)
WHY = {"reason": "Everybody shall know what they may do"}


def url(document, key: str = "roles") -> str:
    return reverse("admin:governance_document_section", args=[document.pk, key])


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


def opened(client: Client, document, key: str = "roles") -> dict[str, list[str]]:
    return fields(body(client.get(url(document, key))))


def send(client: Client, document, key: str, data: dict, order: str = "save", status: int = 302):
    answer = client.post(url(document, key), data | {"do": order})
    assert answer.status_code == status, re.findall(r'data-level="blocking">.*?</p>', answer.content.decode())
    return answer


def arranged(client: Client, document, key: str, data: dict, order: str) -> dict[str, list[str]]:
    """The form after a row was added, moved or removed."""
    return fields(body(send(client, document, key, data, order, 200)))


def mine(document, user) -> dict:
    document.refresh_from_db()
    return drafts.mine(document, user).content
