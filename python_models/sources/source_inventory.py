"""One row per delivery: what the company handed in, how to read it, what is wrong with it."""

from csat.contract import load_contract
from csat.engine import engine_of
from csat.sources import earlier_inventory, take_inventory


def model(dbt, session):
    """Return the inventory of the source location."""
    engine = engine_of(session)
    root = engine.project_root()
    return take_inventory(
        engine,
        dbt.config.get("source_location"),
        load_contract(root),
        earlier_inventory(engine, str(dbt.this)),
        root=root,
        copies=root / "warehouse" / "copies",
    )
