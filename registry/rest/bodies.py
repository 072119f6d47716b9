"""The bodies that the API reads. They check form only; rules live in the actions."""

from rest_framework import serializers

from registry.rest.fields import Body, DayField, FlagField, TextField, WholeField


class NoFields(Body):
    """A body without fields."""


class Registration(Body):
    """Register a model version from MLflow."""

    mlflow_uri = TextField(max_length=300, help_text="models:/NAME/NUMBER")
    use_cases = serializers.ListField(child=TextField(max_length=60), min_length=1, max_length=50)
    details = serializers.DictField(
        child=TextField(max_length=8000),
        required=False,
        help_text="What the inventory record needs and the version's mrm.* tags in MLflow do not say.",
    )


class GateQuestion(Body):
    """May this version be used for this use case now, and for the use that is stated?"""

    mlflow_uri = TextField(max_length=300)
    use_case = TextField(max_length=60)
    exposure_eur = TextField(max_length=24, required=False, help_text="Decimal text, for example 1000000.00")
    segment = TextField(max_length=60, required=False)
    overlays = serializers.ListField(child=TextField(max_length=60), required=False, max_length=20)
    review_rate = TextField(
        max_length=24, required=False, help_text="Share of decisions that a person reviews, for example 0.12"
    )
    share_of_benchmark = TextField(
        max_length=24,
        required=False,
        help_text="Share of the benchmark's risk-weighted assets at which the model's are counted",
    )


class NewUseCase(Body):
    """Create a use case."""

    key = serializers.RegexField(r"^[a-z0-9][a-z0-9-]*$", max_length=60)
    name = TextField(max_length=160)
    description = TextField(max_length=8000)
    entity = TextField(max_length=40)
    jurisdiction = TextField(max_length=20)
    archetype = TextField(max_length=40)
    is_customer_facing = FlagField()
    decides_on_individuals = FlagField()
    exposure_eur = TextField(max_length=24, help_text="Decimal text, for example 1250000.00")
    materiality = TextField(max_length=10)
    owner = TextField(max_length=60)
    risk_category = TextField(max_length=20, required=False)
    exposure_class = TextField(max_length=40, required=False)
    approach = TextField(max_length=20, required=False)
    parameter = TextField(max_length=10, required=False)
    portfolio = TextField(max_length=60, required=False, allow_blank=True)


class ValidationOrder(Body):
    """Ask for a validation; a batch other than the validation batch is monitoring."""

    intended_use = serializers.UUIDField(format="hex_verbose")
    batch = TextField(max_length=40, required=False)


class PredictionsOrder(Body):
    """Send scores and outcomes of a model whose artefact cannot be run; name the columns where they differ."""

    file = serializers.FileField(
        allow_empty_file=True,
        max_length=400,
        help_text="CSV in UTF-8 with a header, or Parquet; at most 24 MiB and two million rows.",
    )
    score = TextField(
        max_length=200, required=False, help_text="Column of the PD, 0 to 1, higher is riskier."
    )
    outcome = TextField(max_length=200, required=False, help_text="Column of 0 and 1.")
    sample = TextField(max_length=200, required=False, help_text="Column of train, test or recent.")
    segment = TextField(max_length=200, required=False, help_text="Column of segments, text or numbers.")
    vintage = TextField(max_length=200, required=False, help_text="Column of vintages, text or numbers.")
    score_before = TextField(
        max_length=200, required=False, help_text="Column of the same obligor's score on an earlier date."
    )


class ApprovalOrder(Body):
    """Submit a validated version for approval."""

    intended_use = serializers.UUIDField(format="hex_verbose")


class Safeguard(Body):
    """Show that a safeguard is in place."""

    safeguard = TextField(max_length=40)
    statement = TextField(max_length=8000)
    # A field that the caller sends; DRF's attribute of that name belongs to fields, not to bodies.
    source = TextField(max_length=400)  # type: ignore[assignment]
    evidenced_on = DayField()
    expires_on = DayField()


class TradeOff(Body):
    """State the economic case for a model that explains itself less than its use asks."""

    statement = TextField(max_length=8000)
    benefit_eur = TextField(max_length=24, help_text="Decimal text, for example 250000.00")
    expires_on = DayField()


class TierSetting(Body):
    """Set a tier in place of the computed one; a milder one is set in the web pages only."""

    tier = WholeField(min_value=1, max_value=4)
    reason = TextField(max_length=8000)
    expires_on = DayField(required=False)


class Withdrawal(Body):
    """Let the computed tier hold again."""

    reason = TextField(max_length=8000)


class ScopeJudgement(Body):
    """Depart from what the rules of a regime say; outside is determined in the web pages only."""

    regime = TextField(max_length=60)
    answer = TextField(max_length=16)
    reason = TextField(max_length=8000)
    cites = serializers.ListField(child=TextField(max_length=120), min_length=1, max_length=20)
    review_on = DayField()


class Remediation(Body):
    """Say what will be done about a finding, and by when."""

    actions = TextField(max_length=8000)
    due_date = DayField()


class Closure(Body):
    """Close a finding."""

    reason = TextField(max_length=8000)


class PackDraft(Body):
    """Write a new pack as a draft."""

    text = TextField(max_length=500_000, trim_whitespace=False, help_text="The pack, as YAML.")
    rationale = TextField(max_length=8000)


class PackRevision(PackDraft):
    """Write a draft anew."""


class PackWithdrawal(Body):
    """Propose to withdraw a released pack from a day on."""

    effective_from = DayField()
    rationale = TextField(max_length=8000)


class PackRejection(Body):
    """End a proposal without effect."""

    reason = TextField(max_length=8000)
