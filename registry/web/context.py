"""What every page shows: as of when, for whom, and under which identifier."""

from dataclasses import dataclass

from django.http import HttpRequest

from registry.domain.clock import SystemClock
from registry.web.middleware import correlation_id_of


@dataclass(frozen=True, kw_only=True)
class NavigationItem:
    """One entry of the main navigation; current on every page whose name is among ``names``."""

    label: str
    route: str
    names: frozenset[str]


def _item(label: str, route: str, *names: str) -> NavigationItem:
    return NavigationItem(label=label, route=route, names=frozenset({route, *names}))


NAVIGATION = (
    _item("My work", "web:home"),
    _item(
        "Inventory",
        "web:inventory",
        "web:model",
        "web:version",
        "web:entity",
        "web:intended-use",
        "web:decision",
    ),
    _item("Use cases", "web:use-cases", "web:use-case"),
    _item(
        "Validations",
        "web:validations",
        "validation_web:run",
        "validation_web:attachment",
        "web:evidence",
        "web:challenge",
        "web:sign-report",
        "web:comparison",
    ),
    _item("Findings", "web:findings", "web:finding"),
    _item("Approvals", "web:approvals", "web:approval"),
    _item(
        "Policy",
        "web:packs",
        "web:pack",
        "web:proposal",
        "web:impact",
        "web:new-proposal",
        "web:revise-proposal",
    ),
    _item("Capital", "web:capital", "web:calculation"),
    _item("Audit log", "web:audit", "web:audit-event"),
)
PORTAL_NAVIGATION = (
    _item("Scope", "portal:home"),
    _item(
        "Inventory",
        "portal:inventory",
        "portal:permissions",
        "portal:model",
        "portal:version",
        "portal:entity",
        "portal:intended-use",
        "portal:decision",
    ),
    _item("Use cases", "portal:use-cases", "portal:use-case"),
    _item(
        "Validations",
        "portal:validations",
        "portal:validation",
        "portal:evidence",
        "portal:comparison",
        "validation_portal:attachment",
    ),
    _item("Findings", "portal:findings", "portal:finding"),
    _item("Policy", "portal:packs", "portal:pack", "portal:proposal", "portal:impact"),
    _item("Capital", "portal:capital", "portal:calculation"),
    _item("Audit trail", "portal:audit", "portal:audit-event"),
    _item("My reading", "portal:reading-log"),
)

PORTALS = ("portal", "validation_portal")
"""The namespaces of what supervisors read."""


def page(request: HttpRequest) -> dict[str, object]:
    """Return the context that frames use. ``visit`` is there once a view has admitted somebody."""
    match = request.resolver_match
    visit = getattr(request, "visit", None)
    surface = "portal" if match is not None and match.namespace in PORTALS else "web"
    return {
        "visit": visit,
        "as_of": visit.at if visit is not None else SystemClock().now(),
        "correlation_id": correlation_id_of(request),
        "surface": surface,
        "frame": "portal/frame.html" if surface == "portal" else "registry/frame.html",
        "route": match.view_name if match is not None else "",
        "navigation": NAVIGATION,
        "portal_navigation": PORTAL_NAVIGATION,
    }
