"""What Spark refuses, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.errors import PySparkException

from csat.spark.translate import UntranslatableError

#: How Java begins the line that tells why something failed; the last one tells what began it.
_CAUSE = "Caused by: "


@contextmanager
def told_as(kind: type[Exception]) -> Iterator[None]:
    """Raise what Spark refuses as an error of a kind, without the plan of the query."""
    try:
        yield
    except (PySparkException, UntranslatableError) as error:
        said = str(error).strip().split("; line ")[0]
        raise kind(said.splitlines()[0].rstrip(";")) from error
    except Exception as error:
        # What fails while rows are fetched one after the other comes as Java throws it.
        if not type(error).__module__.startswith("py4j"):
            raise
        lines = str(error).splitlines()
        causes = [line for line in lines if line.startswith(_CAUSE)] or lines
        raise kind(causes[-1].removeprefix(_CAUSE)) from error
