"""The capital calculator for supervisors: a read like any other, in the log with its inputs."""

from registry.api import calculator
from registry.portal.door import Page, Visit, logged


@logged
def capital(visit: Visit) -> Page:
    """List the calculations."""
    del visit
    return Page(
        title="Capital calculator",
        template="registry/capital.html",
        context={"calculations": calculator.CALCULATIONS},
    )


@logged
def calculation(visit: Visit, *, key: str) -> Page:
    """Show one calculation with what was entered and its result."""
    chosen = calculator.get_calculation(key=key)
    sheet = calculator.fill_sheet(calculation=chosen, query=visit.request.GET.dict())
    return Page(
        title=f"Calculation: {chosen.title}",
        template="registry/capital_sheet.html",
        context={"sheet": sheet},
    )
