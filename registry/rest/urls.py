"""Addresses of the API under ``/api/v1/``."""

from django.urls import path

from registry.rest import (
    account,
    approvals,
    audit,
    capital,
    decisions,
    findings,
    floor,
    inventory,
    judgements,
    over_time,
    registration,
    validations,
)

app_name = "rest"
urlpatterns = [
    path("model-versions", registration.VersionList.as_view(), name="versions"),
    path("model-versions/<uuid:uuid>", registration.VersionDetail.as_view(), name="version"),
    path("gate", registration.Gate.as_view(), name="gate"),
    path("models", inventory.ModelList.as_view(), name="models"),
    path("models/<uuid:uuid>", inventory.ModelDetail.as_view(), name="model"),
    path("use-cases", inventory.UseCaseList.as_view(), name="use-cases"),
    path("use-cases/<slug:key>", inventory.UseCaseDetail.as_view(), name="use-case"),
    path("intended-uses/<uuid:uuid>", registration.IntendedUseDetail.as_view(), name="intended-use"),
    path("intended-uses/<uuid:uuid>/output-floor", floor.UseOutputFloor.as_view(), name="use-floor"),
    path("entities/<slug:key>/output-floor", floor.EntityOutputFloor.as_view(), name="entity-floor"),
    path("permission", over_time.PermissionByAddress.as_view(), name="permission"),
    path(
        "intended-uses/<uuid:uuid>/permission", over_time.PermissionOfUse.as_view(), name="permission-of-use"
    ),
    path("intended-uses/<uuid:uuid>/timeline", over_time.TimelineOfUse.as_view(), name="timeline"),
    path("intended-uses/<uuid:uuid>/safeguards", registration.SafeguardList.as_view(), name="safeguards"),
    path("intended-uses/<uuid:uuid>/trade-offs", registration.TradeOffList.as_view(), name="trade-offs"),
    path("intended-uses/<uuid:uuid>/tier", judgements.TierDetail.as_view(), name="tier"),
    path(
        "intended-uses/<uuid:uuid>/tier/withdrawal",
        judgements.TierWithdrawal.as_view(),
        name="tier-withdrawal",
    ),
    path("models/<uuid:uuid>/scope", judgements.ScopeDetail.as_view(), name="scope"),
    path("decisions/<uuid:uuid>", decisions.DecisionDetail.as_view(), name="decision"),
    path("decisions/<uuid:uuid>/replay", decisions.DecisionReplay.as_view(), name="decision-replay"),
    path("validation-requests", validations.ValidationList.as_view(), name="validations"),
    path("validation-requests/<uuid:uuid>", validations.ValidationDetail.as_view(), name="validation"),
    path("evidence/<uuid:uuid>", validations.EvidenceDetail.as_view(), name="evidence"),
    path("findings", findings.FindingList.as_view(), name="findings"),
    path("findings/<uuid:uuid>", findings.FindingDetail.as_view(), name="finding"),
    path("findings/<uuid:uuid>/remediation", findings.FindingRemediation.as_view(), name="remediation"),
    path("findings/<uuid:uuid>/closure", findings.FindingClosure.as_view(), name="closure"),
    path("approvals", approvals.ApprovalList.as_view(), name="approvals"),
    path("approvals/<uuid:uuid>", approvals.ApprovalDetail.as_view(), name="approval"),
    path("audit-events", audit.EventList.as_view(), name="audit-events"),
    path("audit-events/<uuid:uuid>", audit.EventDetail.as_view(), name="audit-event"),
    *capital.routes(),
    path("permits/key", account.PermitKey.as_view(), name="permit-key"),
    path("whoami", account.Whoami.as_view(), name="whoami"),
    path("tokens", account.TokenList.as_view(), name="tokens"),
    path("tokens/<uuid:uuid>", account.TokenDetail.as_view(), name="token"),
]
