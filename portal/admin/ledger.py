"""The ledger's witnesses, and what it says of itself: keys, checkpoints, and what witnesses answered."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import channels
from portal.audit import notes
from portal.channels import email, network
from portal.models import Checkpoint, SigningKey, Witness, Witnessing
from portal.reads import witnesses as reads
from portal.services import witness_kinds, witnesses

from .base import ReadOnlyAdmin, ReasonedAdmin, ReasonedForm


class WitnessForm(ReasonedForm):
    """A witness whose address and key fit its kind."""

    class Meta:
        model = Witness
        fields = ["name", "kind", "address", "vkey", "every_minutes", "alarm_minutes", "is_active"]
        help_texts = {
            "kind": gettext_lazy(
                "E-mail: a mailbox of somebody outside. File: a directory that other people keep. "
                "Cosigning witness: a server of other people, which checks that the ledger only grows."
            ),
            "address": gettext_lazy(
                "E-mail address, plain name of a file (such as notary.txt), or the https:// address of a cosigning "
                "witness."
            ),
            "vkey": gettext_lazy(
                "Only for a cosigning witness: the line that manage.py audit witness key prints there."
            ),
            "every_minutes": gettext_lazy("In minutes: how often it gets the newest checkpoint."),
            "alarm_minutes": gettext_lazy("In minutes: operators are told when it has taken none for so long."),
        }

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        kind, every, alarm = found.get("kind"), found.get("every_minutes"), found.get("alarm_minutes")
        if kind and found.get("address"):
            self._check_address(kind, found["address"])
        if kind and "vkey" in found:
            found["vkey"] = found["vkey"].strip()
            self._check_key(kind, found["vkey"])
        if every is not None and every < 1:
            self.add_error("every_minutes", _("At least one minute."))
        if every is not None and alarm is not None and alarm < every:
            self.add_error("alarm_minutes", _("The alarm cannot come before the next checkpoint is given."))
        return found

    def _check_address(self, kind: str, address: str) -> None:
        match kind:
            case Witness.Kind.MAIL:
                try:
                    email.check_address(address)
                except channels.BadAddress:
                    self.add_error("address", _("This is not an e-mail address."))
            case Witness.Kind.FILE:
                if not witness_kinds.FILE_NAME.fullmatch(address):
                    words = _("Give a plain name without a path: letters, digits, dots, hyphens, underscores.")
                    self.add_error("address", words)
            case _cosign:
                try:
                    network.check_address(address)
                except network.Unanswered as error:
                    self.add_error("address", str(error))
                except channels.BadAddress:
                    words = _("Give the https:// address of a server that can be reached from the internet.")
                    self.add_error("address", words)

    def _check_key(self, kind: str, vkey: str) -> None:
        if kind != Witness.Kind.COSIGN:
            if vkey:
                self.add_error("vkey", _("Only a cosigning witness has a key. Leave this empty."))
            return
        if not vkey:
            self.add_error("vkey", _("Without its public key nobody could check what it signs."))
            return
        try:
            is_witness = notes.Verifier.parse(vkey).kind == notes.COSIGNATURE
        except notes.NoteError:
            words = _("This is no public key. It looks like name+1234abcd+BASE64; copy the whole line.")
            self.add_error("vkey", words)
            return
        if not is_witness:
            self.add_error("vkey", _("This is the key of a ledger. A witness has a key of its own."))


@admin.register(Witness)
class WitnessAdmin(ReasonedAdmin):
    form = WitnessForm
    list_display = ["name", "kind", "address", "knows", "problem", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name", "address"]
    ordering = ["name"]
    actions = ["give_now"]

    def save_model(self, request: HttpRequest, obj: Witness, form: Any, change: bool) -> None:
        if not change:
            obj.made_at = timezone.now()
        super().save_model(request, obj, form, change)

    def get_readonly_fields(self, request: HttpRequest, obj: Witness | None = None) -> Any:
        """Another kind or address is another witness: what the first one took says nothing about it."""
        return ["kind", "address"] if obj is not None and obj.witnessings.exists() else []

    @admin.display(description=gettext_lazy("last taken"))
    def knows(self, row: Witness) -> str:
        taken = reads.last_taken(row)
        if taken is None:
            return _("nothing yet")
        at = timezone.localtime(taken.at).strftime("%Y-%m-%d %H:%M")
        return _("%(size)s entries, %(at)s") % {"size": taken.checkpoint.size, "at": at}

    @admin.display(description=gettext_lazy("last problem"))
    def problem(self, row: Witness) -> str:
        last = row.witnessings.order_by("-id").first()
        return last.detail if last and last.result != Witnessing.Result.TAKEN else ""

    @admin.action(description=gettext_lazy("Give it the newest checkpoint now"), permissions=["change"])
    def give_now(self, request: HttpRequest, queryset: QuerySet[Witness]) -> None:
        chosen = list(queryset.filter(is_active=True).order_by("pk"))
        for witness in chosen:
            witnesses.ask(witness=witness, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        if chosen:
            words = _(
                "The clock gives the newest checkpoint within seconds. Open this page again to see what came of it."
            )
            messages.success(request, words)
        else:
            messages.error(request, _("None of these is active, so that nothing is given."))


@admin.register(Witnessing)
class WitnessingAdmin(ReadOnlyAdmin):
    list_display = ["at", "witness", "checkpoint", "result", "detail"]
    list_filter = ["result", "witness", "at"]
    list_select_related = ["witness", "checkpoint"]
    search_fields = ["witness__name", "detail"]
    ordering = ["-id"]
    list_per_page = 50


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    list_display = ["at", "size", "root"]
    list_filter = ["at"]
    search_fields = ["root"]
    ordering = ["-id"]
    list_per_page = 50


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    list_display = ["vkey", "made_at"]
    list_filter = ["made_at"]
    search_fields = ["vkey"]
    ordering = ["-id"]
