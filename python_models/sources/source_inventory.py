"""One row per delivery: what the company handed in, how to read it, what is wrong with it."""

from csat.contract import load_contract
from csat.engine import DuckDBEngine
from csat.project import project_root
from csat.sources import Delivery, take_inventory


def model(dbt, session):
    """Return the inventory of the source location."""
    engine = DuckDBEngine(session)
    previous = []
    if engine.relation_exists(str(dbt.this)):
        rows = engine.collect(f"select * from {dbt.this}").to_pylist()
        previous = [Delivery(**row) for row in rows]
    root = project_root()
    return take_inventory(
        engine,
        dbt.config.get("source_location"),
        load_contract(root),
        previous,
        copies=root / "warehouse" / "copies",
    )
