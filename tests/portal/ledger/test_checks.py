"""A table that people edit and that nobody could reconcile with the ledger fails the system check."""

from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import models
from django.test.utils import isolate_apps

from portal import checks, history, registry, seal
from portal.admin.base import ReadOnlyAdmin


def problems() -> list[tuple[str, str]]:
    return [(str(item.id), str(item.msg)) for item in checks.changes_leave_a_trace()]


def a_table() -> Any:
    class Note(models.Model):
        text = models.CharField(max_length=20)

        class Meta:
            app_label = "portal"

        def __str__(self) -> str:
            return self.text

    return Note


def test_the_house_passes() -> None:
    assert problems() == []


@isolate_apps()
def test_an_untracked_table_in_the_admin_fails_the_check_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    note = a_table()
    monkeypatch.setitem(admin.site._registry, note, type("Notes", (admin.ModelAdmin,), {})(note, admin.site))
    sentence = (
        "People edit portal.Note (in the admin, by Notes), and it is not tracked: nobody could prove who changed it."
    )
    assert problems() == [("portal.E005", sentence)]
    with pytest.raises(SystemCheckError, match=r"People edit portal\.Note .*\n.*history = history\.track\(\)"):
        call_command("check")


@isolate_apps()
def test_a_table_that_the_admin_only_shows_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    note = a_table()
    monkeypatch.setitem(admin.site._registry, note, ReadOnlyAdmin(note, admin.site))
    assert problems() == []


@pytest.mark.parametrize("allowed", ["add", "change", "delete"])
@isolate_apps()
def test_one_permission_is_enough_to_edit(monkeypatch: pytest.MonkeyPatch, allowed: str) -> None:
    note = a_table()
    page = type("Notes", (ReadOnlyAdmin,), {f"has_{allowed}_permission": lambda self, request, obj=None: True})
    monkeypatch.setitem(admin.site._registry, note, page(note, admin.site))
    assert [name for name, _sentence in problems()] == ["portal.E005"]


@isolate_apps()
def test_an_untracked_table_as_a_part_of_another_page_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.models import User

    note = a_table()
    part = type("NotesOfAPerson", (admin.TabularInline,), {"model": note})
    page = admin.site._registry[User]
    monkeypatch.setattr(page, "inlines", [*page.inlines, part])
    assert [sentence for _name, sentence in problems()] == [
        "People edit portal.Note (in the admin, by NotesOfAPerson), and it is not tracked: "
        "nobody could prove who changed it."
    ]


@isolate_apps()
def test_an_untracked_table_behind_a_model_form_of_ours_fails_the_check() -> None:
    note = a_table()
    meta = type("Meta", (), {"model": note, "fields": ["text"]})
    form = type("NoteForm", (forms.ModelForm,), {"Meta": meta, "__module__": "portal.forms.notes"})
    sentence = "People edit portal.Note (by portal.forms.notes.NoteForm), and it is not tracked: "
    assert problems() == [("portal.E005", sentence + "nobody could prove who changed it.")]
    del form
    import gc

    gc.collect()  # Django finds forms by the subclasses that are alive
    assert problems() == []


@isolate_apps()
def test_a_new_table_is_tracked_or_sealed_or_named_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    note = a_table()
    found = list(checks._without_trace([note]))
    assert [(item.id, item.msg) for item in found] == [("portal.E002", "portal.Note is neither tracked nor sealed.")]
    assert "UNTRACKED" in found[0].hint
    monkeypatch.setitem(seal.UNTRACKED, "portal.Note", "Only in this test.")
    assert list(checks._without_trace([note])) == []


def test_every_reason_not_to_track_is_still_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(seal.UNTRACKED.values())
    monkeypatch.setitem(seal.UNTRACKED, "portal.Team", "No longer true.")
    monkeypatch.setitem(seal.UNTRACKED, "portal.Pigeon", "Never was.")
    assert problems() == [
        ("portal.E004", "portal.Team stands in UNTRACKED, but it is tracked."),
        ("portal.E004", "portal.Pigeon stands in UNTRACKED, but it is no table of ours."),
    ]


def test_every_sealed_log_says_how_it_is_tied_to_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(account.how for _name, account in registry.accounts.items())
    monkeypatch.delitem(registry.accounts._entries, "governance.Review")
    sentence = "governance.Review is sealed, but nothing says how its rows are tied to the ledger."
    assert problems() == [("portal.E003", sentence)]


def test_history_needs_no_account_of_its_own() -> None:
    labels = {history.model_of(model)._meta.label for model in history.tracked_models()}
    assert labels.isdisjoint(dict(registry.accounts.items()))
