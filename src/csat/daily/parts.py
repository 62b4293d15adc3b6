"""Customers some at a time: what a query of all of them at once would not find memory for."""

from __future__ import annotations

import pyarrow as pa

from csat.engine import Engine, quote

#: Customers × days of whom something is computed at once: enough to be worth a query, few enough to
#: stay within a few gigabytes.
CUSTOMER_DAYS_AT_ONCE = 3_000_000
#: Moments whose features are computed at once: each has windows of its own of all that is recorded.
MOMENTS_AT_ONCE = 150_000


def parts_of_customers(engine: Engine, customers: str, most: int) -> list[str]:
    """Return conditions on ``customer_id`` that split all customers, into as many as are said.

    Parts are stretches of the alphabet, which an engine carries from moments to events. Whoever is
    not among ``customers`` is in one of them, too. An engine that is distributed divides customers
    by itself: there is one part.

    Parameters
    ----------
    engine
        Where the customers are.
    customers
        Relation of ``customer_id``, with about as many rows as there are customers.
    most
        Customers of a part, 1 or more.
    """
    if engine.is_distributed:
        return ["true"]
    bounds = engine.collect(
        "select customer_id from (select customer_id, row_number() over (order by customer_id) "
        f"as place from {customers}) as placed where place % {most} = 0 order by customer_id"
    )["customer_id"].to_pylist()
    at_least = ["true", *(f"customer_id >= {quote(bound)}" for bound in bounds)]
    below = [*(f"customer_id < {quote(bound)}" for bound in bounds), "true"]
    return [f"{low} and {high}" for low, high in zip(at_least, below, strict=True)]


def rows_by_parts(engine: Engine, query: str, customers: str, most: int) -> object:
    """Return the rows of a query, lazily, some customers at a time.

    Parameters
    ----------
    engine
        Runs it.
    query
        Of ``customer_id`` and other columns, to which a condition can be added by ``where``.
    customers, most
        As for ``parts_of_customers``; customers with several rows may stand there as often.

    Returns
    -------
    object
        What a Python model may return.
    """
    if engine.is_distributed:
        return engine.lazily(query)
    parts = parts_of_customers(engine, customers, most)
    return pa.RecordBatchReader.from_batches(
        engine.collect(f"{query} where false").schema,
        (batch for part in parts for batch in engine.stream(f"{query} where {part}")),
    )
