"""Addresses of the web pages."""

from django.urls import path

from registry.web.views import (
    approvals,
    audit,
    capital,
    decisions,
    findings,
    home,
    inventory,
    session,
    uses,
    validations,
)

app_name = "web"
urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in/", session.SignIn.as_view(), name="sign-in"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("health/", session.health, name="health"),
    path("models/", inventory.inventory, name="inventory"),
    path("models/export.csv", inventory.inventory_csv, name="inventory-csv"),
    path("models/<uuid:uuid>/", inventory.model, name="model"),
    path("versions/<uuid:uuid>/", inventory.version, name="version"),
    path("use-cases/", inventory.use_cases, name="use-cases"),
    path("use-cases/<slug:key>/", inventory.use_case, name="use-case"),
    path("intended-uses/<uuid:uuid>/", uses.intended_use, name="intended-use"),
    path("intended-uses/<uuid:uuid>/validations/", uses.request_validation, name="request-validation"),
    path("intended-uses/<uuid:uuid>/approvals/", uses.request_approval, name="request-approval"),
    path("intended-uses/<uuid:uuid>/safeguards/new/", uses.evidence_safeguard, name="evidence-safeguard"),
    path("intended-uses/<uuid:uuid>/trade-offs/new/", uses.state_trade_off, name="state-trade-off"),
    path("permits/<uuid:uuid>/suspension/", uses.suspend_permit, name="suspend-permit"),
    path("decisions/<uuid:uuid>/", decisions.decision, name="decision"),
    path("decisions/<uuid:uuid>/decision.json", decisions.decision_json, name="decision-json"),
    path("evidence/<uuid:uuid>/", decisions.evidence, name="evidence"),
    path("policy/", decisions.packs, name="packs"),
    path("policy/<uuid:uuid>/", decisions.pack, name="pack"),
    path("capital/", capital.capital, name="capital"),
    path("capital/<slug:key>/", capital.calculation, name="calculation"),
    path("validations/", validations.validations, name="validations"),
    path("validations/<uuid:uuid>/challenges/new/", validations.challenge, name="challenge"),
    path("validations/<uuid:uuid>/report/new/", validations.sign_report, name="sign-report"),
    path("findings/", findings.findings, name="findings"),
    path("findings/<uuid:uuid>/", findings.finding, name="finding"),
    path("findings/<uuid:uuid>/remediation/", findings.remediate, name="remediate-finding"),
    path("findings/<uuid:uuid>/closure/", findings.close, name="close-finding"),
    path("approvals/", approvals.approvals, name="approvals"),
    path("approvals/<uuid:uuid>/", approvals.approval, name="approval"),
    path("audit/", audit.audit, name="audit"),
    path("audit/<uuid:uuid>/", audit.audit_event, name="audit-event"),
]
