"""``python -m validation.engine.describe > docs/checks.md`` writes the catalogue's documentation."""

import sys
from collections.abc import Iterable

from validation.catalog import list_specs
from validation.domain.check import CheckSpec, StatisticalAlarm

_INTRODUCTION = """# Checks

Every check that a validation plan may name. This page is written by
`python -m validation.engine.describe`; a test compares it with the catalogue.

A check reads arrays only and runs where the model never was. It yields metrics with estimate, interval,
sample size and method; the plan's thresholds turn them into a verdict: `pass`, `warn`, `fail`,
`not_applicable` (with the reason; too little data names the rows needed) or `error`. Facts are fed only by
`pass`, `warn` and `fail`. A threshold may name a metric or an end of its interval, such as `gini.lower`.

A p-value may raise a statistical alarm: the null says what a sound model means to it, a caveat how exactly it holds.
How often chance may cross such limits together is bounded over the plan: [statistics.md](statistics.md).
"""


def render() -> str:
    """Return the page: one section per check, in the catalogue's order."""
    return "\n".join([_INTRODUCTION, *(_section(spec) for spec in list_specs().values())])


def _section(spec: CheckSpec) -> str:
    doc = spec.doc
    parts = (
        ("Purpose", doc.purpose),
        ("Mechanism", doc.mechanism),
        ("Signs of high risk", doc.signs_of_high_risk),
        ("Strengths", doc.strengths),
        ("Limitations", doc.limitations),
    )
    feeds = ", ".join(f"`{feed.metric}` to `{feed.fact}`" for feed in spec.feeds) or "no fact"
    lines = [
        f"## `{spec.id}`\n",
        f"{spec.title}. Major {spec.major}, {spec.kind.value}.\n",
        *(f"**{title}.** {text}\n" for title, text in parts),
        f"Reads {_codes(spec.needs)}. Yields {_codes(spec.metrics)}. Feeds {feeds}.\n",
    ]
    lines += [_alarm(alarm) for alarm in spec.alarms]
    if spec.inherent:
        rules = "; ".join(threshold.sentence() for threshold in spec.inherent)
        lines.append(f"Whatever the plan says: {rules}, else `fail`.\n")
    lines += ["| parameter | type | default | meaning |", "|---|---|---|---|"]
    for param in spec.params:
        kind = " or ".join(param.choices) or param.kind.value
        lines.append(f"| `{param.name}` | {kind} | `{param.default}` | {param.meaning} |")
    return "\n".join(lines) + "\n"


def _alarm(alarm: StatisticalAlarm) -> str:
    shared = f" over `{alarm.level_over}`" if alarm.level_over else ""
    counts = f", counted at `{alarm.level}`{shared} by {_codes(alarm.counts)}" if alarm.counts else ""
    caveat = f" Caveat: {alarm.caveat}." if alarm.caveat else ""
    return (
        f"`{alarm.p_value}` may raise a statistical alarm{counts}, on the null that {alarm.null}.{caveat}\n"
    )


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.stdout.write(render())
