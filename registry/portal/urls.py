"""Addresses of the supervisory portal. Every one of them is read-only and logged."""

from django.urls import path

from registry.portal import audit_trail, capital, over_time, policy, records

app_name = "portal"
urlpatterns = [
    path("", records.home, name="home"),
    path("permissions/", over_time.permissions, name="permissions"),
    path("models/", records.inventory, name="inventory"),
    path("models/export.csv", records.inventory_csv, name="inventory-csv"),
    path("models/<uuid:uuid>/", records.model, name="model"),
    path("versions/<uuid:uuid>/", records.version, name="version"),
    path("use-cases/", records.use_cases, name="use-cases"),
    path("use-cases/<slug:key>/", records.use_case, name="use-case"),
    path("entities/<slug:key>/", records.entity, name="entity"),
    path("intended-uses/<uuid:uuid>/", records.intended_use, name="intended-use"),
    path("decisions/<uuid:uuid>/", records.decision, name="decision"),
    path("decisions/<uuid:uuid>/decision.json", records.decision_json, name="decision-json"),
    path("validations/", records.validations, name="validations"),
    path("validations/<uuid:uuid>/", records.validation, name="validation"),
    path("validations/<uuid:uuid>/comparison/", records.comparison, name="comparison"),
    path(
        "validations/<uuid:uuid>/validation.<str:form>", records.export_validation, name="export-validation"
    ),
    path("evidence/<uuid:uuid>/", records.evidence, name="evidence"),
    path("findings/", records.findings, name="findings"),
    path("findings/<uuid:uuid>/", records.finding, name="finding"),
    path("capital/", capital.capital, name="capital"),
    path("capital/<slug:key>/", capital.calculation, name="calculation"),
    path("policy/", policy.packs, name="packs"),
    path("policy/<uuid:uuid>/", policy.pack, name="pack"),
    path("policy/proposals/<uuid:uuid>/", policy.proposal, name="proposal"),
    path("policy/proposals/<uuid:uuid>/impact/", policy.impact, name="impact"),
    path("policy/proposals/<uuid:uuid>/impact.csv", policy.impact_csv, name="impact-csv"),
    path("audit/", audit_trail.audit, name="audit"),
    path("audit/export.zip", audit_trail.audit_export, name="audit-export"),
    path("audit/<uuid:uuid>/", audit_trail.audit_event, name="audit-event"),
    path("audit/<uuid:uuid>/proof.zip", audit_trail.audit_proof, name="audit-proof"),
    path("reading/", audit_trail.reading_log, name="reading-log"),
]
