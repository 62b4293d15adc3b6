"""Customers some at a time: what a query of all of them at once would not find memory for."""

from __future__ import annotations

from csat.engine import Engine, quote

#: Customers × days of whom something is computed at once: enough to be worth a query, few enough to
#: stay within a few gigabytes.
CUSTOMER_DAYS_AT_ONCE = 3_000_000


def parts_of_customers(engine: Engine, customers: str, most: int) -> list[str]:
    """Return conditions on ``customer_id`` that split all customers, into as many as are said.

    Parts are stretches of the alphabet, which an engine carries from moments to events. Whoever is
    not among ``customers`` is in one of them, too.

    Parameters
    ----------
    engine
        Where the customers are.
    customers
        Relation of ``customer_id``, with about as many rows as there are customers.
    most
        Customers of a part, 1 or more.
    """
    bounds = engine.collect(
        "select customer_id from (select customer_id, row_number() over (order by customer_id) "
        f"as place from {customers}) as placed where place % {most} = 0 order by customer_id"
    )["customer_id"].to_pylist()
    at_least = ["true", *(f"customer_id >= {quote(bound)}" for bound in bounds)]
    below = [*(f"customer_id < {quote(bound)}" for bound in bounds), "true"]
    return [f"{low} and {high}" for low, high in zip(at_least, below, strict=True)]
