"""A person in front of the site: opens addresses, reads words, fills in the forms that stand on the page.

Goes through Django's test client and posts what the form itself would send, so that a field or a button that
is missing from the page fails the journey.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client

VOID = {"input", "br", "img", "meta", "link", "hr", "source", "col", "wbr"}


@dataclass
class Form:
    """One form: where it goes, what it would send untouched, the words on its buttons."""

    action: str = ""
    method: str = "get"
    values: dict[str, Any] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # words -> (name, value)
    targets: dict[str, str] = field(default_factory=dict)  # words -> where this button alone sends the form


class Reader(HTMLParser):
    """Forms, links and visible words of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.texts: list[str] = []
        self.form: Form | None = None
        self.stack: list[tuple[str, dict[str, str], int]] = []
        self.feed(html)
        self.words = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(named.get("action", ""), named.get("method", "get").lower())
            self.forms.append(self.form)
        if tag == "input" and self.form is not None:
            self.input(self.form, named)
        if tag not in VOID:
            self.stack.append((tag, named, len(self.texts)))

    def input(self, form: Form, named: dict[str, str]) -> None:
        kind, name, value = named.get("type", "text"), named.get("name", ""), named.get("value", "")
        if kind == "submit":
            form.buttons[value] = (name, value)
            return
        form.names.add(name)
        if kind in ("radio", "checkbox"):
            if "checked" in named:
                form.values[name] = value or "on"
        elif kind != "file":
            form.values[name] = value

    def handle_data(self, data: str) -> None:
        if not self.stack or self.stack[-1][0] not in ("script", "style", "title"):
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self.stack:
            open_tag, named, since = self.stack.pop()
            self.close(open_tag, named, " ".join("".join(self.texts[since:]).split()))
            if open_tag == tag:
                break
        if tag == "form":
            self.form = None

    def close(self, tag: str, named: dict[str, str], words: str) -> None:
        if tag == "a" and "href" in named:
            self.links.setdefault(words, named["href"])
        if self.form is None:
            return
        name = named.get("name", "")
        if tag == "textarea":
            self.form.names.add(name)
            self.form.values[name] = words
        elif tag == "select":
            self.form.names.add(name)
            self.form.values.setdefault(name, "")
        elif tag == "option" and "selected" in named:
            select = next(item[1] for item in reversed(self.stack) if item[0] == "select")
            self.form.values[select["name"]] = named.get("value", words)
        elif tag == "button" and named.get("type", "submit") == "submit":
            self.form.buttons[words] = (name, named.get("value", ""))
            if "formaction" in named:
                self.form.targets[words] = named["formaction"]


class Visitor:
    """One person with one browser; `page` and `status` tell what is on the screen, `path` where."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.page = Reader("")
        self.path, self.status = "/", 0

    def show(self, response: Any, path: str) -> "Visitor":
        self.status, self.path = response.status_code, path
        if response.redirect_chain:
            self.path = response.redirect_chain[-1][0]
        self.page = Reader(response.content.decode() if not response.streaming else "")
        return self

    def open(self, url: str) -> "Visitor":
        """Open an address, also a whole one as it stands in a mail."""
        parts = urlsplit(urljoin(self.path, url))
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return self.show(self.client.get(path, follow=True), path)

    def follow(self, words: str) -> "Visitor":
        """Follow the link with exactly these words."""
        assert words in self.page.links, f"no link “{words}” on {self.path}: {sorted(self.page.links)}"
        return self.open(self.page.links[words])

    def form(self, button: str) -> Form:
        """The form with this button."""
        for form in self.page.forms:
            if button in form.buttons:
                return form
        raise AssertionError(f"no button “{button}” on {self.path}: {[list(form.buttons) for form in self.page.forms]}")

    def press(self, button: str, **answers: Any) -> "Visitor":
        """Fill in the form with this button and send it."""
        form = self.form(button)
        missing = set(answers) - form.names - set(form.values)
        names = form.names
        files = {name for name, value in answers.items() if hasattr(value, "read")}
        assert not missing - files, f"the form “{button}” does not ask for {missing}; it asks for {sorted(names)}"
        name, value = form.buttons[button]
        values = form.values | ({name: value} if name else {}) | answers
        path = urljoin(self.path, form.targets.get(button) or form.action or self.path)
        assert form.method == "post", "a form that changes something posts"
        return self.show(self.client.post(path, values, follow=True), path)

    def sign_in(self, email: str, password: str) -> "Visitor":
        self.open("/accounts/login/") if "login" not in self.path else None
        return self.press("Sign in", login=email, password=password)

    def reads(self, *sentences: str) -> bool:
        """Whether all sentences stand on the page; says which one does not."""
        missing = [sentence for sentence in sentences if sentence not in self.page.words]
        assert not missing, f"{missing} not on {self.path} ({self.status}): {self.page.words}"
        return True
