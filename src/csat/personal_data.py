"""Which columns tell of a person: one list, which the tags in the project's YAML are held to.

A column is personal where its name says that it names a person (a customer or an employee), holds a
way to reach one, or holds free text, in which people write of themselves. Keys of contacts, answers
and invitations name nobody by themselves and are not in the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: The tag in the project's YAML, under `config: meta:` of a column.
TAG = "contains_pii"

#: Parts of a column's name, between underscores, that make it personal wherever they stand.
_PARTS = (
    *("email", "mail", "phone", "telephone", "mobile", "fax"),
    *("address", "street", "postcode", "zip", "latitude", "longitude"),
    *("birthday", "birthdate", "iban", "passport", "ip"),
    *("firstname", "surname", "lastname"),
)
#: Whole names. `example_1` … are comments that stand for a theme; a refused row may hold anything.
_NAMES = re.compile(
    r"(\w+_)?(customer|agent|person|employee)_(id|name)"
    r"|(first|last|full)_name|date_of_birth"
    r"|(\w+_)?comment(_text)?|example_\d+"
    r"|raw_record|record_key"
)
#: Columns whose names do not say it: an entity may be an agent.
_SPECIAL = {
    ("fct_coaching_examples", "entity_id"),
    ("fct_csat_alerts", "entity_id"),
    ("fct_csat_alerts", "also_falling"),
    ("fct_csat_alerts", "message"),
}


def is_personal(table: str, column: str) -> bool:
    """Return whether a column tells of a person.

    Examples
    --------
    >>> is_personal("dim_customers", "customer_id"), is_personal("dim_customers", "customer_type")
    (True, False)
    """
    column = column.lower()
    return (
        (table, column) in _SPECIAL
        or _NAMES.fullmatch(column) is not None
        or not set(_PARTS).isdisjoint(column.split("_"))
    )


def without_personal(table: str, columns: Iterable[str]) -> list[str]:
    """Return the columns of a table that tell of no person, in their order."""
    return [column for column in columns if not is_personal(table, column)]
