"""What a company has defined and cannot be used, told before anything is computed from it."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from csat.model import ModelError
from csat.project import UserError

PROBLEMS_SCHEMA = pa.schema([("problem", pa.string())])


def definition_problems(*checks: Callable[[], object]) -> pa.Table:
    """Run each check and return a row per one that refuses: ``PROBLEMS_SCHEMA``, its sentence.

    Parameters
    ----------
    checks
        Readers of definitions, which stop at the first one of theirs that cannot be used.
    """
    problems = []
    for check in checks:
        try:
            check()
        except (UserError, ModelError) as mistake:
            problems.append({"problem": str(mistake)})
    return pa.Table.from_pylist(problems, schema=PROBLEMS_SCHEMA)
