"""What a company handed in: which deliveries there are, how to read them, what is wrong.

A *delivery* is the unit in which staging reads: one file of a folder, or one day of
``loaded_at`` of a warehouse table. Its *fingerprint* changes when its contents do, so that
a run reads the deliveries that are new and nothing else.
"""

from csat.sources.inventory import (
    INVENTORY_SCHEMA,
    Delivery,
    earlier_inventory,
    take_inventory,
)

__all__ = ["INVENTORY_SCHEMA", "Delivery", "earlier_inventory", "take_inventory"]
