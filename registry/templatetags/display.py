"""How values look: words for vocabulary, chips, tiers, times with zone, figures, digests, links by surface."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from registry import api
from registry.domain.vocab import Outcome, PermissionState, Role, Stage

register = template.Library()

_WORDS = {
    "allow": "allowed",
    "allow_with_conditions": "allowed with conditions",
    "refer": "referred",
    "deny": "denied",
    "not_applicable": "not applicable",
    "gate:register": "registration",
    "gate:approve": "approval",
    "gate:use": "use",
    "verified_local": "local, verified",
    "rule": "binding rule",
    "house": "house policy",
    "law": "law",
    "cva": "CVA",
    "none": "none",
    "ahead": "not yet in force",
    "rules": "in force",
    "informs": "in force, informs only",
    "same": "the same numbers",
    "other": "other numbers",
    "explained": "other numbers, known difference",
    "unexplained": "other numbers, no known cause",
}

# Shape and class per value: colour never carries the meaning alone.
_CHIPS = {
    "allow": ("tick", "good"),
    "pass": ("tick", "good"),
    "held": ("tick", "good"),
    "granted": ("tick", "good"),
    "issued": ("tick", "good"),
    "fit": ("tick", "good"),
    "closed": ("tick", "good"),
    "completed": ("tick", "good"),
    "succeeded": ("tick", "good"),
    "signed": ("tick", "good"),
    "approved": ("tick", "good"),
    "in_use": ("tick", "good"),
    "same": ("tick", "good"),
    "explained": ("triangle", "caution"),
    "unexplained": ("cross", "bad"),
    "other": ("cross", "bad"),
    "not_run_again": ("bang", "bad"),
    "not_run_before": ("bang", "bad"),
    "true": ("tick", "plain"),
    "allow_with_conditions": ("half", "caution"),
    "fit_with_conditions": ("half", "caution"),
    "gained": ("tick", "good"),
    "activated": ("tick", "good"),
    "rules": ("tick", "good"),
    "informs": ("ring", "plain"),
    "changed": ("half", "caution"),
    "warn": ("triangle", "caution"),
    "suspended": ("triangle", "caution"),
    "risk_accepted": ("triangle", "caution"),
    "medium": ("triangle", "caution"),
    "refer": ("diamond", "open"),
    "unknown": ("diamond", "open"),
    "pending": ("ring", "open"),
    "requested": ("ring", "open"),
    "may_be_validated": ("ring", "open"),
    "queued": ("ring", "open"),
    "running": ("half", "open"),
    "remediation_proposed": ("half", "open"),
    "in_validation": ("half", "open"),
    "open": ("ring", "open"),
    "proposed": ("ring", "open"),
    "ahead": ("ring", "open"),
    "lost": ("cross", "bad"),
    "deny": ("cross", "bad"),
    "fail": ("cross", "bad"),
    "exceeded": ("cross", "bad"),
    "error": ("bang", "bad"),
    "failed": ("cross", "bad"),
    "expired": ("cross", "bad"),
    "rejected": ("cross", "bad"),
    "revoked": ("cross", "bad"),
    "not_fit": ("cross", "bad"),
    "critical": ("bang", "bad"),
    "high": ("triangle", "bad"),
    "inside": ("tick", "plain"),
    "outside": ("ring", "plain"),
    "undetermined": ("diamond", "open"),
    "not_reached": ("dash", "plain"),
    "not_applicable": ("dash", "plain"),
    "false": ("ring", "plain"),
    "obligation": ("half", "plain"),
    "low": ("dash", "plain"),
    "cancelled": ("dash", "plain"),
    "void": ("dash", "plain"),
    "unchanged": ("dash", "plain"),
    "superseded": ("dash", "plain"),
    "withdrawn": ("dash", "plain"),
    "ended": ("dash", "plain"),
}

_SHAPES = {
    "tick": '<circle cx="8" cy="8" r="7.5"/><path class="cut" d="M4.6 8.3l2.3 2.4 4.5-5"/>',
    "half": '<circle class="hollow" cx="8" cy="8" r="6.6"/><path d="M8 1.4a6.6 6.6 0 0 1 0 13.2z"/>',
    "ring": '<circle class="hollow" cx="8" cy="8" r="6.4"/>',
    "diamond": '<path d="M8 .5L15.5 8 8 15.5.5 8z"/>',
    "cross": '<rect x=".8" y=".8" width="14.4" height="14.4" rx="2"/>'
    '<path class="cut" d="M5 5l6 6M11 5l-6 6"/>',
    "triangle": '<path d="M8 .9L15.6 14.6H.4z"/><path class="cut" d="M8 5.6v4.2M8 12.1v.2"/>',
    "bang": '<path d="M5 .6h6L15.4 5v6L11 15.4H5L.6 11V5z"/><path class="cut" d="M8 4v4.8M8 11.6v.3"/>',
    "dash": '<path class="stroke" d="M2.5 8h11"/>',
}

_ROUTES = {
    ("web", "validation"): "validation_web:run",
    **{
        (surface, name): f"validation_{surface}:{name}"
        for surface in ("web", "portal")
        for name in ("attachment", "attachment-content", "attachment-of-check")
    },
}


@register.filter
def words(value: object) -> str:
    """Return a vocabulary value as words: ``data_drift`` becomes ``data drift``."""
    text = _text(value)
    return _WORDS.get(text, text.replace("_", " "))


@register.filter
def title_words(value: object) -> str:
    """Return a vocabulary value as words with a capital."""
    text = words(value)
    return text[:1].upper() + text[1:]


@register.simple_tag
def shape(value: object) -> SafeString:
    """Draw the shape that stands for an outcome, a verdict, a status or a severity."""
    name, _ = _CHIPS.get(_text(value), ("ring", "plain"))
    return format_html(
        '<svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">{}</svg>',
        SafeString(_SHAPES[name]),
    )


@register.filter
def chip_class(value: object) -> str:
    """Return the style class that goes with a value's shape."""
    return "chip-" + _CHIPS.get(_text(value), ("ring", "plain"))[1]


@register.simple_tag
def chip(value: object, label: str = "") -> SafeString:
    """Draw a chip: shape, word and colour together. Nothing for an empty value."""
    if value in (None, ""):
        return SafeString("")
    return format_html(
        '<span class="chip {}">{} {}</span>', chip_class(value), shape(value), label or title_words(value)
    )


@register.simple_tag
def decision_chip(row: api.PolicyDecision) -> SafeString:
    """Draw a decision's outcome; at registration the best answer is that the version may be validated."""
    return chip(decision_state(row))


@register.filter
def decision_state(row: api.PolicyDecision) -> str:
    """Return the outcome of a decision as a reader takes it."""
    is_mild = row.outcome in (Outcome.ALLOW, Outcome.ALLOW_WITH_CONDITIONS)
    if row.stage == Stage.GATE_REGISTER and is_mild:
        return PermissionState.MAY_BE_VALIDATED.value
    return _text(row.outcome)


@register.filter
def holds(actor: api.Actor, roles: str) -> bool:
    """Say whether the visitor holds one of the roles, comma-separated; pages offer acts by it, actions decide."""
    return bool(actor.holds_any(*(Role(role) for role in roles.split(","))))


@register.filter
def holds_everywhere(actor: api.Actor, roles: str) -> bool:
    """Say whether the visitor holds one of the roles, comma-separated, for every legal entity."""
    return any(actor.holds(Role(role), entity_key="") for role in roles.split(","))


@register.filter
def code_spans(text: object) -> SafeString:
    """Return a sentence with its `quoted` names set as code."""
    parts = str(text).split("`")
    if len(parts) % 2 == 0:
        return format_html("{}", text)
    spans = [
        format_html("<code>{}</code>", part) if i % 2 else conditional_escape(part)
        for i, part in enumerate(parts)
    ]
    return SafeString("".join(spans))


@register.simple_tag
def tier_mark(tier: object) -> SafeString:
    """Draw the risk tier: the words and four bars, all filled for tier 1; never left out."""
    if tier is None or tier == "":
        return format_html('<span class="tier">{}<span>Tier not set</span></span>', _bars(0))
    number = int(str(tier))
    return format_html('<span class="tier">{}<span>Tier {}</span></span>', _bars(5 - number), number)


def _bars(filled: int) -> SafeString:
    bars = "".join(
        f'<rect class="{"on" if i < filled else "off"}" x="{i * 5 + 0.5}" y="{9 - i * 2.6:.1f}" '
        f'width="3.5" height="{3 + i * 2.6:.1f}"/>'
        for i in range(4)
    )
    return SafeString(f'<svg viewBox="0 0 20 13" aria-hidden="true" focusable="false">{bars}</svg>')


@register.filter
def stamp(value: object) -> SafeString:
    """Return an instant as ISO date and time with zone, or a date as ISO date; a dash for nothing."""
    instant = datetime.fromisoformat(value) if isinstance(value, str) and value else value
    match instant:
        case datetime():
            moment = instant.astimezone(UTC)
            return format_html(
                '<time class="num nowrap" datetime="{}">{}</time>',
                moment.isoformat(timespec="seconds"),
                moment.strftime("%Y-%m-%d %H:%M:%S UTC"),
            )
        case date():
            return format_html('<time class="num nowrap" datetime="{0}">{0}</time>', instant.isoformat())
        case _:
            return SafeString("–")


@register.filter
def figure_text(value: object, significant: int = 4) -> str:
    """Return decimal text rounded for reading; what is not a number comes back as it is."""
    if value is None or value == "":
        return "–"
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not number.is_finite():
        return str(value)
    if number == number.to_integral_value() and abs(number) < 10**15:
        return f"{int(number):,}"
    if abs(number) >= 10**significant:
        return f"{number:,.0f}"
    if number != 0 and abs(number) < Decimal("0.0001"):
        return f"{number:.2e}"
    return f"{number:.{significant}g}" if abs(number) >= 1 else f"{number:.{significant}f}"


@register.filter
def is_figure(value: object) -> bool:
    """Say whether a text is a number."""
    try:
        return Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


@register.filter
def money(value: object) -> str:
    """Return an amount in whole units with thousands separated."""
    try:
        return f"{Decimal(str(value)):,.0f}"
    except InvalidOperation:
        return "–"


@register.filter
def percent(value: object) -> str:
    """Return a share as per cent with two decimals."""
    try:
        return f"{Decimal(str(value)) * 100:.2f} %"
    except InvalidOperation:
        return "–"


@register.filter
def bytes_text(value: object) -> str:
    """Return a size in bytes for reading."""
    try:
        size = Decimal(str(value))
    except InvalidOperation:
        return "–"
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


@register.filter
def short_digest(value: object) -> SafeString:
    """Return the first digits of a digest, with the whole of it as title."""
    text = _text(value)
    if not text:
        return SafeString("–")
    return format_html('<code title="{}">{}…</code>', text, text[:12])


@register.filter
def plain(value: object) -> str:
    """Return a fact's value for reading: yes or no, a figure, words, or ``unknown``."""
    match value:
        case None:
            return "unknown"
        case bool():
            return "yes" if value else "no"
        case int() | Decimal():
            return figure_text(value)
        case str():
            return _plain_text(value)
        case _:
            return str(value)


def _plain_text(value: str) -> str:
    if value in ("true", "false"):
        return "yes" if value == "true" else "no"
    rounded = figure_text(value)
    return words(value) if rounded == value else rounded


@register.filter
def at_key(mapping: object, key: str) -> object:
    """Return the value under ``key``, or nothing."""
    return mapping.get(key) if isinstance(mapping, Mapping) else None


@register.simple_tag(takes_context=True)
def page_url(context: template.Context, name: str, *args: object) -> str:
    """Return the address of a page within the surface being rendered: the web pages or the portal."""
    surface = str(context.get("surface", "web"))
    return reverse(_ROUTES.get((surface, name), f"{surface}:{name}"), args=args)


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, name: str, value: object) -> str:
    """Return this page's query with one parameter set (or, for nothing, left out), from the first page on."""
    query = context["request"].GET.copy()
    query.pop("after", None)
    query.pop(name, None)
    if value not in (None, ""):
        query[name] = str(value)
    return f"?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def sort_query(context: template.Context, column: str, current: str) -> str:
    """Return this page's query sorted by a column, or the other way round where it is sorted so."""
    return str(with_query(context, "sort", f"-{column}" if current == column else column))


@register.filter
def sort_state(column: str, current: str) -> str:
    """Return the ``aria-sort`` value of a column."""
    if current.removeprefix("-") != column:
        return "none"
    return "descending" if current.startswith("-") else "ascending"


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(getattr(value, "value", value))
