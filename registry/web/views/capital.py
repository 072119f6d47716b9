"""The capital calculator: choose a calculation, fill a form, redo the result by hand."""

from django.http import HttpResponse

from registry.api import calculator
from registry.web.access import Visit, page


@page()
def capital(visit: Visit) -> HttpResponse:
    """List the calculations."""
    return visit.render("registry/capital.html", {"calculations": calculator.CALCULATIONS})


@page()
def calculation(visit: Visit, *, key: str) -> HttpResponse:
    """Show one calculation with what was entered and its result."""
    chosen = calculator.get_calculation(key=key)
    sheet = calculator.fill_sheet(calculation=chosen, query=visit.request.GET.dict())
    return visit.render("registry/capital_sheet.html", {"sheet": sheet})
