"""The page that describes the API: made from the document, for everybody, without any script."""

import re

import pytest
from django.test import Client

from portal import api, limits
from portal.api import described

pytestmark = pytest.mark.django_db


def document() -> dict:
    found: dict = Client().get("/api/v1/openapi.json").json()
    return found


def test_everybody_reads_every_door_and_every_link_on_the_page_leads_somewhere() -> None:
    html = Client().get("/api/docs").content.decode()
    anchors = set(re.findall(r'id="([^"]+)"', html))
    operations = [item for path in document()["paths"].values() for item in path.values()]
    assert {item["operationId"] for item in operations} <= anchors
    assert set(re.findall(r'href="#([^"]+)"', html)) <= anchors
    assert 'href="/api/v1/openapi.json"' in html and 'href="/profile/tokens/"' in html
    for item in operations:
        assert item["summary"] in html


def test_the_page_names_no_other_host_and_runs_nothing_of_its_own() -> None:
    html = Client().get("/api/docs").content.decode()
    assert "style=" not in html and "onclick" not in html and "<style" not in html
    assert set(re.findall(r'(?:src|href)="(https?://[^"]+)', html)) == set()
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", html))


def test_the_page_of_tokens_leads_to_it(client: Client) -> None:
    from tests.factories import make_user

    client.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")
    assert 'href="/api/docs"' in client.get("/profile/tokens/").content.decode()


# What the document says


def test_the_doors_for_machines_are_described_too() -> None:
    found = document()
    assert {"/api/v1/intake/{source}", "/api/v1/beats/{secret}"} <= set(found["paths"])
    assert found["paths"]["/api/v1/intake/{source}"]["post"]["security"] == [{"SourceToken": []}]


@pytest.mark.parametrize(("path", "taken"), [("/v2/enqueue", "EnqueuedOut"), ("/v2/change/enqueue", "ChangedOut")])
def test_the_doors_in_the_shape_of_another_product_say_what_they_take_and_answer(path: str, taken: str) -> None:
    found = document()
    door = found["paths"][path]["post"]
    said = {code: item["content"]["application/json"]["schema"]["$ref"] for code, item in door["responses"].items()}
    refused = dict.fromkeys(("400", "413", "429", "503"), "#/components/schemas/EnqueueError")
    assert said == {"202": f"#/components/schemas/{taken}"} | refused
    body = door["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    schema = found["components"]["schemas"][body]
    assert "routing_key" in schema["required"] and "payload" in schema["properties"]
    assert "security" not in door, "the routing key stands in the body"


def test_every_operation_is_named_described_and_bounded() -> None:
    found = document()
    names = [item["operationId"] for path in found["paths"].values() for item in path.values()]
    assert len(names) == len(set(names))
    for path, methods in found["paths"].items():
        for method, item in methods.items():
            assert item["summary"] and item["description"] and item["tags"], path
            if item["tags"] == ["events"]:
                continue
            assert {"200", "400", "401", "413", "422", "429", "503"} <= set(item["responses"]), path
            assert ("{reference}" in path) == ("404" in item["responses"]), path
            assert (method == "post") == ({"403", "415"} <= set(item["responses"])), path
            either = [{"SourceToken": []}] if item["tags"] == ["decisions"] else []
            assert item["security"] == [*either, {"PersonalToken": ["write" if method == "post" else "read"]}]
            for parameter in item.get("parameters", []):
                schema = parameter["schema"]
                if schema.get("type") == "string" and "enum" not in schema:
                    assert schema["maxLength"] <= limits.ADDRESS_LENGTH, parameter
                if schema.get("type") == "integer":
                    assert {"minimum", "maximum"} <= set(schema), parameter


def test_two_schemas_of_one_name_are_noticed() -> None:
    from portal.api.document import Document

    twice = Document(api.build(), "/api/v1/")
    with pytest.raises(RuntimeError, match="Error"):
        twice.add_schema_definitions({"Error": {"type": "object"}})


KINDS = [
    ({"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, ("whole number, 1 to 200, else 50", "", "")),
    ({"type": "string", "maxLength": 64}, ("text, at most 64", "", "")),
    ({"enum": ["open", "all"]}, ("open, all", "", "")),
    ({"anyOf": [{"$ref": "#/components/schemas/ThingOut"}, {"type": "null"}]}, ("", "ThingOut", " or null")),
    ({"type": "array", "items": {"$ref": "#/components/schemas/ThingOut"}}, ("list of ", "ThingOut", "")),
    ({"type": "string", "format": "date-time"}, ("time", "", "")),
]


@pytest.mark.parametrize(("schema", "words"), KINDS)
def test_types_are_said_in_words(schema: dict, words: tuple[str, str, str]) -> None:
    found = described.kind(schema)
    assert (found.before, found.schema, found.after) == words


def test_text_of_a_document_is_escaped() -> None:
    assert described.marked("<b> `a<c`") == "&lt;b&gt; <code>a&lt;c</code>"


def test_an_address_that_cannot_be_is_refused_in_json() -> None:
    answer = Client().get("/api/v1/incidents?q=%00")
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert answer.json()["request_id"] == answer["X-Request-ID"]
