"""The questions that a person may put to the capital package, each with its inputs, examples and answer.

A calculation is described once, as a dataclass of inputs and a function. Pages, the API and its description are made
from that.
"""

from registry.capital.calculator.answers import Answer, Table, figure_fields, plain
from registry.capital.calculator.catalogue import CALCULATIONS, Calculation, Example, get_calculation
from registry.capital.calculator.inputs import Input, Kind, kind_of
from registry.capital.calculator.reading import NUMBER, Reading, from_query, read_inputs, row_limit, to_query
from registry.capital.calculator.sheet import Sheet, fill_sheet

__all__ = [
    "CALCULATIONS",
    "NUMBER",
    "Answer",
    "Calculation",
    "Example",
    "Input",
    "Kind",
    "Reading",
    "Sheet",
    "Table",
    "figure_fields",
    "fill_sheet",
    "from_query",
    "get_calculation",
    "kind_of",
    "plain",
    "read_inputs",
    "row_limit",
    "to_query",
]
