"""The capital calculator: one address per calculation, GET where a query is enough, POST where lists are sent.

Nothing is stored and nothing is changed, so no idempotency key is asked for.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import URLPattern, path
from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from registry import api
from registry.api import calculator
from registry.rest.capital_schema import answer_of, object_schema, query_parameters
from registry.rest.fields import read_query
from registry.rest.problems import FieldsAtFault
from registry.rest.schema import described
from registry.rest.views import ApiView, page_link

MOST_FAULTS = 50
LONGEST_QUERY = 2_000

Handler = Callable[[ApiView, Request], Response]


def routes() -> Iterator[URLPattern]:
    """Yield the address of every calculation."""
    for calculation in calculator.CALCULATIONS:
        view = _view(calculation)
        yield path(f"capital/{calculation.key}", view.as_view(), name=f"capital-{calculation.key}")


def _view(calculation: calculator.Calculation) -> type[ApiView]:
    method, handler = ("get", _asked_by_query) if calculation.is_flat else ("post", _asked_by_body)
    return type(
        f"Capital{answer_of(calculation).__name__}",
        (ApiView,),
        {
            "__doc__": calculation.title,
            "scopes": {method.upper(): api.Scope.READ},
            method: handler(calculation),
        },
    )


def _asked_by_query(calculation: calculator.Calculation) -> Handler:
    @described(calculation.title, answer_of(calculation), query=list(query_parameters(calculation)))
    def get(self: ApiView, request: Request) -> Response:  # noqa: ARG001 - a method of the view
        texts = read_query(request, *(item.name for item in calculation.inputs))
        given = calculator.from_query(inputs=calculation.inputs, query=texts)
        return _answered(calculation, given, code="API005", place="query")

    get.__doc__ = calculation.question
    return get


def _asked_by_body(calculation: calculator.Calculation) -> Handler:
    @described(
        calculation.title,
        answer_of(calculation),
        plain_body=object_schema(calculation.inputs),
        examples=[
            OpenApiExample(name=one.title, value=dict(one.given), request_only=True)
            for one in calculation.examples
        ],
    )
    def post(self: ApiView, request: Request) -> Response:  # noqa: ARG001 - a method of the view
        return _answered(calculation, dict(request.data), code="API002", place="body")

    post.__doc__ = calculation.question
    return post


def _answered(
    calculation: calculator.Calculation, given: Mapping[str, Any], *, code: str, place: str
) -> Response:
    reading = calculator.read_inputs(inputs=calculation.inputs, given=given)
    if reading.faults:
        faults = {name[:80]: [text[:400]] for name, text in list(reading.faults.items())[:MOST_FAULTS]}
        raise FieldsAtFault(
            code,
            f"the {place} has faults in {', '.join(sorted(faults))[:200]}",
            remedy="Correct what is listed under 'fields'.",
            fields=faults,
        )
    answer = calculation.answer(reading.values)
    query = urlencode(calculator.to_query(inputs=calculation.inputs, given=given))
    page = page_link("web:calculation", key=calculation.key)
    return Response(
        {
            "calculation": calculation.key,
            "inputs": dict(given),
            "page": f"{page}?{query}" if len(query) <= LONGEST_QUERY else "",
            "sentence": answer.sentence,
            "figures": calculator.plain(answer.figures),
            "may_gate": answer.may_gate,
            "steps": calculator.plain(answer.steps),
            "citations": calculator.plain(answer.citations),
            "provenance": calculator.plain(answer.provenance),
        },
        headers={"Cache-Control": "private, no-cache"},
    )
