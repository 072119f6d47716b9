"""The questions that a person may put to the capital package, each with its inputs, examples and answer.

A calculation is described once, as a dataclass of inputs and a function. Pages, the API and its description are made
from that.
"""
