"""Forms: they parse what was typed and say what is missing. Rules are the actions' business."""

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from registry import api
from registry.domain.vocab import Opinion, RiskTier, Role, Safeguard, ScopeAnswer

LONG_TEXT = 8_000


def _date(label: str, help_text: str = "", *, is_required: bool = True) -> forms.DateField:
    return forms.DateField(
        required=is_required,
        label=label,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )


def _text(label: str, help_text: str = "", *, rows: int = 5) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, max_length=LONG_TEXT, widget=forms.Textarea(attrs={"rows": rows})
    )


def _column(label: str, name: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=100,
        help_text=f"{help_text} Leave blank if the file calls it {name}.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )


def _choices(members: type[Safeguard] | type[Opinion]) -> list[tuple[str, str]]:
    return [(member.value, member.value.replace("_", " ").capitalize()) for member in members]


class SignInForm(AuthenticationForm):
    """User name and password."""

    error_messages = {
        "invalid_login": "This name and password do not go together. Both are case-sensitive.",
        "inactive": "This account is closed. Ask the model risk office.",
    }


class ChallengeForm(forms.Form):
    """A question, its answer, and what came of it."""

    question = _text("Question", "What you put to the developers, or asked of the evidence.")
    answer = _text("Answer", "What they said, or what you found.")
    disposition = forms.CharField(
        label="What came of it",
        max_length=240,
        help_text="For example: accepted; limitation recorded; finding raised.",
    )


class SignReportForm(forms.Form):
    """The validator's conclusion."""

    opinion = forms.ChoiceField(label="Opinion", choices=_choices(Opinion), widget=forms.RadioSelect)
    summary = _text("Summary", "What you looked at, what you conclude, what the approver must know.", rows=9)


class SafeguardForm(forms.Form):
    """A safeguard shown to be in place."""

    safeguard = forms.ChoiceField(label="Safeguard", choices=_choices(Safeguard))
    statement = _text("What is in place", "Who does what, how often, and what happens when it fails.")
    source = forms.CharField(
        label="Source", max_length=400, help_text="Where a reviewer finds it: document, system, minutes."
    )
    evidenced_on = _date("Seen on")
    expires_on = _date("Holds until", "At most a year ahead; afterwards it must be shown again.")


class TradeOffForm(forms.Form):
    """The economic case."""

    statement = _text("The case", "Why the benefit is worth an output that explains itself less.", rows=8)
    benefit_eur = forms.CharField(
        label="Benefit a year, EUR", max_length=24, help_text="For example 1250000.00.",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip
    expires_on = _date("Holds until", "At most a year ahead.")


class OverrideTierForm(forms.Form):
    """A tier in place of the computed one."""

    tier = forms.ChoiceField(
        label="Tier",
        choices=[(str(tier.value), f"Tier {tier.value}") for tier in RiskTier],
        widget=forms.RadioSelect,
        help_text="1 is the strictest, 4 the mildest.",
    )
    reason = _text("Reason", "What the rules do not see, or see wrongly.")
    expires_on = _date("Holds until", "For a milder tier only, at most a year ahead.", is_required=False)


class WithdrawTierForm(forms.Form):
    """Why the computed tier may hold again."""

    reason = _text("Reason", rows=3)


class ScopeForm(forms.Form):
    """A determination that departs from the rules of a regime."""

    answer = forms.ChoiceField(
        label="Determination",
        choices=[(ScopeAnswer.INSIDE.value, "Inside"), (ScopeAnswer.OUTSIDE.value, "Outside")],
        widget=forms.RadioSelect,
    )
    reason = _text("Reason", "What the rules of the regime do not see, or see wrongly.")
    cites = forms.MultipleChoiceField(
        label="Clauses",
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text="The passages that you rely on. STALE marks an instrument that was rescinded.",
    )
    review_on = _date("Review on", "At most a year ahead; from that day the rules count again.")

    def __init__(self, *args: object, clauses: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["cites"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = clauses


class RemediationForm(forms.Form):
    """What will be done about a finding."""

    actions = _text("What will be done", "Steps, and who takes them.")
    due_date = _date("Done by", "Not after the finding's own due date.")


class CloseFindingForm(forms.Form):
    """Why a finding may be closed."""

    reason = _text("Reason", "Which evidence shows that the weakness is gone.")
    row_version = forms.IntegerField(widget=forms.HiddenInput)


class DecideApprovalForm(forms.Form):
    """An approver's decision."""

    comment = _text("Comment", "What you relied on. It enters the audit log with your name.")
    row_version = forms.IntegerField(widget=forms.HiddenInput)


class PermitReasonForm(forms.Form):
    """Why a permit is suspended, or reinstated."""

    reason = _text("Reason", rows=3)


class AcceptRiskForm(forms.Form):
    """Why a finding may stand for a while, and how long."""

    reason = _text("Reason", "Why the remaining risk is bearable, and what holds it.")
    accepted_until = _date("Until", "At most a year ahead; from the next day the finding counts as open.")
    row_version = forms.IntegerField(widget=forms.HiddenInput)


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(
        label="Reason", max_length=400, help_text="It enters the audit log with your name."
    )


class EndRoleForm(ReasonForm):
    """Which role ends, and why."""

    role = forms.UUIDField(widget=forms.HiddenInput)


class NewTokenForm(forms.Form):
    """A token of one's own."""

    name = forms.CharField(
        label="Name", max_length=80, help_text="What it is for, for example: nightly gate."
    )
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        choices=[(scope.value, scope.value.capitalize()) for scope in api.Scope],
        widget=forms.CheckboxSelectMultiple,
        help_text="Only what it needs. No token approves, signs or administers.",
    )
    days = forms.IntegerField(
        label="Days", min_value=1, max_value=90, initial=30, help_text="After that it is dead; at most 90."
    )


class NewPersonForm(forms.Form):
    """An account."""

    username = forms.CharField(label="User name", max_length=60, help_text="Letters, digits, hyphens.")
    full_name = forms.CharField(
        label="Full name", max_length=120, help_text="It stands under every act in the audit log."
    )
    password = forms.CharField(
        label="First password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least twelve characters. Hand it over in person.",
    )


class GrantRoleForm(forms.Form):
    """A role, for one entity or for all."""

    role = forms.ChoiceField(label="Role")
    entity_key = forms.ChoiceField(label="Legal entity", required=False)

    def __init__(self, data: object = None, *, entities: list[tuple[str, str]]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        held_by_people = [role for role in Role if role not in api.SERVICE_ROLES]
        for name, choices in (
            ("role", [(role.value, role.value.capitalize()) for role in held_by_people]),
            ("entity_key", entities),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices


class RequestValidationForm(forms.Form):
    """The data set on which the plan is run."""

    batch = forms.ChoiceField(label="Data set")

    def __init__(self, *args: object, batches: list[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["batch"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(batch, batch.replace("_", " ")) for batch in batches]


class PredictionsForm(forms.Form):
    """A file of scores and outcomes, and how its columns are called."""

    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text="CSV in UTF-8 with a header, or Parquet. At most 24 MiB and two million rows.",
        widget=forms.FileInput(attrs={"accept": ".csv,.parquet,text/csv"}),
    )
    score = _column("Column of the score", "score", "Probability of default from 0 to 1; higher is riskier.")
    outcome = _column("Column of the outcome", "outcome", "1 for a default, 0 for none.")
    sample = _column(
        "Column of the sample", "sample", "train, test or recent; without it every row is of test."
    )
    segment = _column("Column of the segment", "segment", "Text or numbers; every row has one.")
    vintage = _column("Column of the vintage", "vintage", "Such as 2024-Q1 or 202403; every row has one.")
    score_before = _column(
        "Column of the earlier score", "score_before", "The same obligor's score on an earlier rating date."
    )


class PackForm(forms.Form):
    """The text of a pack, and why it is proposed."""

    text = forms.CharField(
        label="The pack, as YAML",
        strip=False,
        help_text="Numbers and dates in quotes. Every fault is named with its line and column.",
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "mono"}),
    )
    rationale = _text("Why", "What has changed: law, practice, or what was learned from decisions.", rows=3)


class WithdrawalForm(forms.Form):
    """From when a released pack shall rule no more, and why."""

    effective_from = _date("Rules no more from", "A day ahead. What the pack superseded rules again.")
    rationale = _text("Why", "It enters the audit log with your name.", rows=3)


class ApprovePackForm(forms.Form):
    """One of two approvals, pinned to what was read."""

    comment = _text("Comment", "What you relied on. It enters the audit log with your name.", rows=3)
    content_sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    report_digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    row_version = forms.IntegerField(widget=forms.HiddenInput)


class RejectPackForm(forms.Form):
    """Why a proposal ends without effect."""

    reason = _text("Reason", "What speaks against it, or why you take it back.", rows=3)
    row_version = forms.IntegerField(widget=forms.HiddenInput)
