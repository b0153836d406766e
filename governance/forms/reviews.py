"""A verdict: text in, domain types out."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.forms.changes import BANDS, Password
from governance.models import Review
from portal import limits
from portal.models import User

USUAL = (Review.Verdict.APPROVE, Review.Verdict.REQUEST_CHANGES, Review.Verdict.VETO)
RARE = (Review.Verdict.ABSTAIN, Review.Verdict.RECUSE)
WORDS: dict[str, tuple[Any, Any]] = {
    Review.Verdict.APPROVE: (_("Approve"), ""),
    Review.Verdict.REQUEST_CHANGES: (_("Ask for changes"), _("goes back to %(name)s")),
    Review.Verdict.VETO: (_("Veto"), _("stops this change")),
    Review.Verdict.ABSTAIN: (_("Abstain"), _("you have read it, and count for neither side")),
    Review.Verdict.RECUSE: (_("Step aside"), _("a conflict of interest; you are not asked about this change again")),
}


class Verdict(Password):
    """One person's verdict on the text with the digest `seen`.

    `givers`: for whom they may speak besides themselves. `may_veto`, `asks_band`, `asks_password`: what the policy
    lets them do and wants of them.
    """

    verdict = forms.ChoiceField(
        label=_("Verdict"),
        choices=[(value, "") for value in (*USUAL, *RARE)],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what you say about this change."),
            "invalid_choice": _("Choose what you say about this change."),
        },
    )
    giver = forms.ChoiceField(
        label=_("In whose place"),
        required=False,
        error_messages={"invalid_choice": _("Choose somebody of the list.")},
    )
    band = forms.ChoiceField(
        label=_("How risky is it?"),
        choices=BANDS,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("Confirm the risk, or raise it; it can raise who has to agree."),
        error_messages={"invalid_choice": _("Choose one of the three.")},
    )
    rationale = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=limits.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One sentence is enough. It stays on record."),
        error_messages={"max_length": _("Use at most %(limit_value)d characters.")},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    field_order = ("verdict", "giver", "band", "rationale", "password", "seen")

    def __init__(
        self,
        *args: Any,
        requester: str = "",
        givers: Sequence[User] = (),
        is_asked: bool = True,
        may_veto: bool = False,
        asks_band: bool = False,
        asks_password: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **({"auto_id": "vote_%s"} | kwargs))
        self.requester, self.may_veto = requester, may_veto
        self.givers = {str(giver.pk): giver for giver in givers}
        self.asks = {"giver": bool(givers), "band": asks_band, "password": asks_password}
        own = [("", _("My own"))] if is_asked else []
        named = [(key, _("For %(name)s") % {"name": giver.name}) for key, giver in self.givers.items()]
        self.fields["giver"].choices = [*own, *named]  # type: ignore[attr-defined]

    @property
    def usual(self) -> list[dict[str, Any]]:
        """The verdicts that stand first: value, word, what follows, whether it is chosen."""
        return [self._choice(value) for value in USUAL if value != Review.Verdict.VETO or self.may_veto]

    @property
    def rare(self) -> list[dict[str, Any]]:
        return [self._choice(value) for value in RARE]

    @property
    def is_rare(self) -> bool:
        return self["verdict"].value() in RARE

    def _choice(self, value: str) -> dict[str, Any]:
        word, note = WORDS[value]
        is_chosen = self["verdict"].value() == value
        return {"value": value, "word": word, "note": note % {"name": self.requester} if note else "", "on": is_chosen}

    @property
    def on_behalf_of(self) -> User | None:
        return self.givers.get(self.cleaned_data.get("giver", ""))
