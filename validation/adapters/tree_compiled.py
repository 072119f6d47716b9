"""Tree SHAP's inner loops compiled by Numba, which comes with SHAP. What was compiled is kept in ``NUMBA_CACHE_DIR``.

Compiling costs seconds once, so small tasks do better on NumPy alone. Numba takes
compiled code for stale when the file of the compiled function has changed, and
looks at no other: whoever changes this module or ``LANES`` touches ``tree_loops`` too.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from validation.adapters import tree_loops
from validation.stats import tree_cut, tree_tables
from validation.stats.tree_shap import Kernels

_REGISTERS = 5
_PLACED = ("_number", "_path_tests", "_write_condition", "_forget", "_take_piece", "_take_leaf")
_TABLED = ("answer", "_hold", "_passing", "_sums", "_spread")


@cache
def compiled() -> Kernels:
    """Return the kernels; each is compiled, or read from the cache, when it is first called."""
    import numba
    from numba.extending import overload, register_jitable

    for module, names in ((tree_cut, _PLACED), (tree_loops, _TABLED)):
        for name in names:
            register_jitable(getattr(module, name))
    add_line = _line_adder()

    @overload(tree_tables.add_lines)
    def _add_lines(total: Any, table: Any, patterns: Any, starts: Any) -> Callable[..., None]:
        def add_lines(total: Any, table: Any, patterns: Any, starts: Any) -> None:
            lines, width = np.empty(len(starts), dtype=np.int64), total.shape[1]
            for row in range(patterns.shape[1]):
                for block in range(len(starts)):
                    lines[block] = (starts[block] + np.int64(patterns[block, row])) * width
                add_line(total, row * width, table, lines, width)

        return add_lines

    compile_ = numba.njit(cache=True, nogil=True, error_model="numpy")
    return Kernels(
        cut=compile_(tree_cut.cut),
        encode=compile_(tree_loops.encode),
        count=compile_(tree_loops.count),
        tabulate=compile_(tree_loops.tabulate),
        add_up=compile_(tree_loops.add_up),
        walk=compile_(tree_loops.walk),
    )


def _columns_adder() -> Callable[..., None]:
    """Return what writes the loop over lines for as many vectors of columns as there are registers."""
    from llvmlite import ir

    whole, lanes = ir.IntType(64), ir.VectorType(ir.FloatType(), tree_tables.LANES)

    def vector(builder: Any, base: Any, index: Any, place: int) -> Any:
        at = builder.gep(base, [builder.add(index, whole(place * tree_tables.LANES))])
        return builder.bitcast(at, lanes.as_pointer())

    def add_columns(builder: Any, total: Any, table: Any, lines: Any, number: Any, registers: int) -> None:
        """Add all lines to as many vectors as there are ``registers``; the first column is in both base pointers."""
        goals = [vector(builder, total, whole(0), place) for place in range(registers)]
        before, loop = builder.block, builder.append_basic_block()
        sums = [builder.load(goal, align=4) for goal in goals]
        builder.branch(loop)
        builder.position_at_end(loop)
        index, held = builder.phi(whole), [builder.phi(lanes) for _ in goals]
        line = builder.load(builder.gep(lines, [index]))
        added = [
            builder.fadd(one, builder.load(vector(builder, table, line, place), align=4))
            for place, one in enumerate(held)
        ]
        following = builder.add(index, whole(1))
        for phi, first, then in ((index, whole(0), following), *zip(held, sums, added, strict=True)):
            phi.add_incoming(first, before)
            phi.add_incoming(then, loop)
        after = builder.append_basic_block()
        builder.cbranch(builder.icmp_signed("<", following, number), loop, after)
        builder.position_at_end(after)
        for goal, one in zip(goals, added, strict=True):
            builder.store(one, goal, align=4)

    return add_columns


def _line_adder() -> Callable[..., None]:
    """Return what adds, in vector registers, the lines at ``lines`` of a table to ``width`` numbers of ``total``.

    The compiler would not do it by itself: it cannot know that a table and the
    totals never overlap, and so writes every sum back before it reads on.
    """
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    whole, add_columns = ir.IntType(64), _columns_adder()

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        total, table, lines = (
            context.make_array(signature.args[place])(context, builder, arguments[place])
            for place in (0, 2, 3)
        )
        start, width, number = arguments[1], arguments[4], builder.extract_value(lines.shape, 0)
        vectors = builder.udiv(width, whole(tree_tables.LANES))
        many = builder.udiv(vectors, whole(_REGISTERS))
        done = builder.mul(many, whole(_REGISTERS))
        for first, count, registers in (
            (whole(0), many, _REGISTERS),
            (done, builder.sub(vectors, done), 1),
        ):
            with cgutils.for_range(builder, count, intp=whole) as loop:
                column = builder.add(first, builder.mul(loop.index, whole(registers)))
                offset = builder.mul(column, whole(tree_tables.LANES))
                goal = builder.gep(total.data, [builder.add(start, offset)])
                source = builder.gep(table.data, [offset])
                add_columns(builder, goal, source, lines.data, number, registers)
        return context.get_dummy_value()

    @intrinsic
    def add_line(typing_context: Any, total: Any, at: Any, table: Any, lines: Any, width: Any) -> Any:
        del typing_context
        return types.none(total, at, table, lines, width), generate

    return add_line
