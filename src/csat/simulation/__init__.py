"""A believable utility company, drawn as arrays, with the truth beside its data.

``simulate_company`` writes the thirteen tables of the source contract and, in a ``truth/``
folder that no model reads, what really drives them. ``Parameters`` holds every structural
number.
"""

from csat.simulation.company import simulate_company
from csat.simulation.parameters import Parameters, with_settings
from csat.simulation.shocks import Shock, parse_shock

__all__ = ["Parameters", "Shock", "parse_shock", "simulate_company", "with_settings"]
