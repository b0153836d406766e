"""A verdict: text in, domain types out."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.forms.changes import BANDS, Password
from governance.models import Review
from governance.models.changes import Band
from portal import limits
from portal.models import User

USUAL = (Review.Verdict.APPROVE, Review.Verdict.REQUEST_CHANGES, Review.Verdict.VETO)
RARE = (Review.Verdict.ABSTAIN, Review.Verdict.RECUSE)
WITH_REASON = (Review.Verdict.REQUEST_CHANGES, Review.Verdict.VETO, Review.Verdict.RECUSE)
WORDS: dict[str, tuple[Any, Any]] = {
    Review.Verdict.APPROVE: (_("Approve version %(number)s"), ""),
    Review.Verdict.REQUEST_CHANGES: (_("Ask for changes"), _("It goes back to %(name)s with your reason.")),
    Review.Verdict.VETO: (_("Veto"), _("Stops this change for good. It needs your reason.")),
    Review.Verdict.ABSTAIN: (_("Abstain"), _("You have read it, and count for neither side.")),
    Review.Verdict.RECUSE: (
        _("Step aside"),
        _("A conflict of interest: say which. You are not asked about this change again."),
    ),
}
"""What the button of a verdict says, and what follows from it."""
RETIRING: dict[str, tuple[Any, Any]] = {Review.Verdict.APPROVE: (_("Approve that it goes"), "")}
AFTERWARDS: dict[str, tuple[Any, Any]] = {
    Review.Verdict.APPROVE: (_("Accept it"), _("It stays in force.")),
    Review.Verdict.REQUEST_CHANGES: (_("Do not accept it"), _("If enough say so, it is undone. It needs your reason.")),
    Review.Verdict.VETO: (_("Veto"), _("It is undone. It needs your reason.")),
}


class Verdict(Password):
    """One person's verdict on the text with the digest `seen`: each verdict is a button of its own.

    `givers`: for whom they may speak besides themselves. `may_veto`, `asks_password`: what the policy lets them do and
    wants of them. `stands_at`: the risk that they confirm or raise, empty when it is not asked. `words`: what other
    verdicts are called than usual.
    """

    verdict = forms.ChoiceField(
        label=_("Verdict"),
        choices=[(value, "") for value in (*USUAL, *RARE)],
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
        help_text=_("When you approve, you confirm the risk or raise it. A higher risk can need more people."),
        error_messages={"invalid_choice": _("The risk can be confirmed or raised, not lowered.")},
    )
    rationale = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=limits.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("Use at most %(limit_value)d characters.")},
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    field_order = ("verdict", "giver", "band", "rationale", "password", "seen")

    def __init__(
        self,
        *args: Any,
        requester: str = "",
        number: int = 0,
        givers: Sequence[User] = (),
        is_asked: bool = True,
        may_veto: bool = False,
        stands_at: str = "",
        asks_password: bool = False,
        words: Mapping[str, tuple[Any, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **({"auto_id": "vote_%s"} | kwargs))
        self.named = {"name": requester, "number": number}
        self.words, self.may_veto, self.stands_at = WORDS | dict(words or {}), may_veto, stands_at
        self.givers = {str(giver.pk): giver for giver in givers}
        own = [("", _("My own"))] if is_asked else []
        named = [(key, _("For %(name)s") % {"name": giver.name}) for key, giver in self.givers.items()]
        self.fields["giver"].choices = [*own, *named]  # type: ignore[attr-defined]
        self.asks = {"giver": bool(givers), "band": bool(stands_at), "password": asks_password}
        self.fields["rationale"].help_text = _("You may leave it empty when you approve. It stays on record.")
        if words is AFTERWARDS:
            self.fields["rationale"].help_text = _("You may leave it empty when you accept it. It stays on record.")
        if stands_at:
            self._offer_bands()

    def _offer_bands(self) -> None:
        """The risk that stands, chosen already, and those above it."""
        values = list(Band.values)
        above = [(value, word) for value, word in BANDS if values.index(value) >= values.index(self.stands_at)]
        first = (above[0][0], _("%(band)s, as it stands") % {"band": above[0][1]})
        self.fields["band"].choices = [first, *above[1:]]  # type: ignore[attr-defined]
        self.fields["band"].initial = self.stands_at
        if not self.only_band:
            hint = _("You may leave it empty when you approve and the risk stays. It stays on record.")
            self.fields["rationale"].help_text = hint

    @property
    def only_band(self) -> str:
        """The word of the risk when it cannot be raised any more, so that there is nothing to choose."""
        return str(Band(self.stands_at).label) if self.stands_at == list(Band.values)[-1] else ""

    @property
    def usual(self) -> list[dict[str, Any]]:
        """The verdicts that stand first: value, word, what follows."""
        return [self._choice(value) for value in USUAL if value != Review.Verdict.VETO or self.may_veto]

    @property
    def rare(self) -> list[dict[str, Any]]:
        return [self._choice(value) for value in RARE]

    @property
    def is_rare(self) -> bool:
        return self["verdict"].value() in RARE

    def _choice(self, value: str) -> dict[str, Any]:
        word, note = self.words[value]
        return {"value": value, "word": word % self.named, "note": note % self.named if note else ""}

    def clean(self) -> dict[str, Any]:
        """A verdict that stops something, and a risk that is raised, need their reason."""
        found = super().clean() or {}
        verdict = found.get("verdict")
        if verdict and verdict != Review.Verdict.APPROVE:
            found["band"] = ""  # whoever does not approve confirms nothing
        if "rationale" in found and not found["rationale"]:
            if verdict in WITH_REASON:
                self.add_error("rationale", _("Say why in a sentence; it stays on record."))
            elif found.get("band") not in ("", None, self.stands_at):
                self.add_error("rationale", _("Say in a sentence why the risk is higher."))
        return found

    @property
    def on_behalf_of(self) -> User | None:
        return self.givers.get(self.cleaned_data.get("giver", ""))
