"""Scoring as one query: the engine does the work, on whatever it has stored the features in.

A nested CASE per feature is the obvious way to find the bin. Halving the cuts by list look-ups does
the same a quarter faster. With -infinity as the first cut, the number of cuts that are not above
the value is the bin itself; what is missing is above none of them, and so in bin 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from csat.engine import quote
from csat.model.features import ModelError
from csat.model.scoring import contrasts
from csat.model.tables import DECIMALS_OF_LOGITS, Axis, Term, TrainedModel

#: What stands for the bins of up to so many cuts is a CASE: below, it is the faster one.
CUTS_OF_A_CASE = 3


@dataclass(frozen=True)
class Dialect:
    """What engines write differently: quotes, lists, and an element, or null past the end."""

    quotes: str
    list_start: str
    list_end: str
    element: str

    def name(self, name: str) -> str:
        """Return a quoted identifier."""
        return f"{self.quotes}{name.replace(self.quotes, self.quotes * 2)}{self.quotes}"

    def pick(self, values: Iterable[float], index: str) -> str:
        """Return the element of a literal list of doubles at a 1-based index."""
        items = ", ".join(map(literal, values))
        return f"{self.element}({self.list_start}{items}{self.list_end}, {index})"


DIALECTS = {
    "duckdb": Dialect('"', "[", "]", "list_extract"),
    "spark": Dialect("`", "array(", ")", "try_element_at"),
}


def literal(value: float) -> str:
    """Return a number as a DOUBLE literal that reads back to the same bits.

    Without an exponent, engines read a decimal, which is not the same number.

    Raises
    ------
    ModelError
        If it is NaN.
    """
    if math.isnan(value):
        raise ModelError("The model holds NaN, which is no contribution: train it anew.")
    if math.isinf(value):
        return f"cast('{'-' if value < 0 else ''}infinity' as double)"
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def scoring_sql(
    model: TrainedModel,
    relation: str,
    keys: Iterable[str],
    *,
    groups: Mapping[str, str] | None = None,
    dialect: str = "duckdb",
) -> str:
    """Return a query that scores each row of a relation, equal to ``score``.

    Its columns: the keys, ``intercept``, ``contribution_<feature>`` (for a pair
    ``contribution_<feature>__<feature>``) per term, in logits, then ``logit``, ``probability``,
    ``probability_lower`` and ``probability_upper``.

    Parameters
    ----------
    model
        Trained, or read back from its tables.
    relation
        What stands after ``from``: a name, or a subquery in parentheses.
    keys
        Columns of the relation to carry along; their names must not start with ``csat_``.
    groups
        The group of each feature: its driver, its family, or itself. Then there is one column
        ``contribution_<group>`` per group instead of per term; pairs count half for each feature.
    dialect
        ``duckdb`` or ``spark``.
    """
    write = DIALECTS[dialect]
    summands = [term for term in model.summands if not term.is_flat]
    axes = {axis.key: axis for term in summands for axis in term.axes}
    bins = {key: f"csat_bin_{number}" for number, key in enumerate(axes)}
    kept = [write.name(key) for key in keys]

    values = {key: _value(axis, write.name(axis.feature)) for key, axis in axes.items()}
    places = {key: bins[key].replace("bin", "value") for key in axes}
    steps = [[*kept, *_named(values, places)]]

    cuts = {key: _starts(axis) for key, axis in axes.items() if _is_searched(axis)}
    depth = max((len(starts).bit_length() for starts in cuts.values()), default=0)
    position = dict.fromkeys(cuts, "0")
    for level in reversed(range(depth)):
        moved = dict(position)
        step = 2**level
        for key, starts in cuts.items():
            if step <= len(starts):
                moved[key] = _halved(starts, places[key], position[key], step, write)
        names = {key: bins[key].replace("bin", "place") for key in cuts}
        steps.append([*kept, *places.values(), *_named(moved, names)])
        position = names

    found = {
        key: position[key] if key in position else _compared_bin(axis, places[key])
        for key, axis in axes.items()
    }
    steps.append([*kept, *_named(found, bins)])

    of_bags = contrasts(model.bags)
    totals = [literal(start) for start in of_bags @ model.bag_intercepts]
    contributions = []
    for term in model.summands:
        name = write.name(term.column)
        if term.is_flat:
            contributions.append(f"0e0 as {name}")
            continue
        index = _cell(term, bins)
        contributions.append(f"{write.pick(term.contributions.ravel(), index)} as {name}")
        spread = of_bags @ term.bag_contributions.reshape(model.bags, -1)
        for number, by_cell in enumerate(spread):
            totals[number] += f" + {write.pick(by_cell, index)}"
    spreads = [f"csat_spread_{number}" for number in range(len(of_bags))]
    totals = [f"{total} as {name}" for total, name in zip(totals, spreads, strict=True)]
    steps.append([*kept, *contributions, *totals])

    terms = [write.name(term.column) for term in model.summands]
    logit = " + ".join([literal(model.intercept), *terms])
    squares = " + ".join(f"{spread} * {spread}" for spread in spreads)
    half = f"{literal(model.interval_factor)} * sqrt(({squares}) / {literal(model.bags - 1)})"
    steps.append([*kept, *terms, f"{_rounded(logit)} as logit", f"{half} as csat_half"])

    shown = terms if groups is None else _grouped(model, groups, write)
    steps.append(
        [
            *(*kept, f"{literal(model.intercept)} as intercept", *shown, "logit"),
            "1e0 / (1e0 + exp(-logit)) as probability",
            "1e0 / (1e0 + exp(csat_half - logit)) as probability_lower",
            "1e0 / (1e0 + exp(-csat_half - logit)) as probability_upper",
        ]
    )
    return _chain(steps, relation)


def _rounded(logits: str) -> str:
    """Round a sum of contributions to their own decimals: the order of adding no longer shows."""
    return f"round({logits}, {DECIMALS_OF_LOGITS})"


def _chain(steps: list[list[str]], relation: str) -> str:
    """Write lists of columns as CTEs, each reading the one before, the first the relation."""
    queries = []
    for number, columns in enumerate(steps):
        source = f"csat_step_{number - 1}" if number else relation
        queries.append(f"select\n    {', '.join(columns)}\nfrom {source}")
    ctes = ",\n".join(
        f"csat_step_{number} as (\n{query}\n)" for number, query in enumerate(queries[:-1])
    )
    return f"with {ctes}\n{queries[-1]}"


def _named(expressions: Mapping[tuple, str], names: Mapping[tuple, str]) -> list[str]:
    return [
        expression if expression == names[key] else f"{expression} as {names[key]}"
        for key, expression in expressions.items()
    ]


def _value(axis: Axis, column: str) -> str:
    """Return a column in the model's type, with null for NaN too."""
    if axis.cuts is None:
        return f"cast({column} as string)"
    number = f"cast({column} as double)"
    return f"case when isnan({number}) then null else {number} end"


def _is_searched(axis: Axis) -> bool:
    return axis.cuts is not None and len(axis.cuts) > CUTS_OF_A_CASE


def _starts(axis: Axis) -> list[float]:
    """Return where each bin starts, from bin 1 on."""
    return [-math.inf, *axis.cuts.tolist()]


def _halved(starts: list[float], value: str, position: str, step: int, write: Dialect) -> str:
    """Move on by ``step`` bins if the value is not below the start there; there may be no such."""
    if position == "0":
        return f"case when {value} >= {literal(starts[step - 1])} then {step} else 0 end"
    start = write.pick(starts, f"{position} + {step}")
    return f"case when {value} >= {start} then {position} + {step} else {position} end"


def _compared_bin(axis: Axis, value: str) -> str:
    """Return the bin by comparing with each cut or category in turn."""
    branches = (
        [f"{value} = {quote(category)}" for category in axis.categories]
        if axis.cuts is None
        else [f"{value} < {literal(cut)}" for cut in axis.cuts]
    )
    numbered = [f"when {test} then {number}" for number, test in enumerate(branches, start=1)]
    return " ".join([f"case when {value} is null then 0", *numbered, f"else {axis.bins - 1} end"])


def _cell(term: Term, bins: Mapping[tuple, str]) -> str:
    """Return the 1-based number of the cell in the term's list."""
    if len(term.axes) == 1:
        return f"{bins[term.axes[0].key]} + 1"
    first, second = term.axes
    return f"{bins[first.key]} * {second.bins} + {bins[second.key]} + 1"


def _grouped(model: TrainedModel, groups: Mapping[str, str], write: Dialect) -> list[str]:
    columns = []
    for group, parts in model.shares(groups).items():
        summands = [
            f"{literal(share)} * {write.name(model.summands[place].column)}"
            for place, share in parts
        ]
        columns.append(f"{_rounded(' + '.join(summands))} as {write.name(f'contribution_{group}')}")
    return columns
