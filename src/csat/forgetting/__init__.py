"""Forgetting customers: removed from all that the project has written, and kept out by a list.

``csat forget-customer`` is the command. Here is what it is made of: the list, what a person has left in
tables, how databases, history files and other files are written anew without it, and the proof.
"""

#from csat.forgetting.command import Forgotten, forget, unknown_among
from csat.forgetting.suppression_list import SuppressionList, suppression_list_of

#__all__ = ["Forgotten", "SuppressionList", "forget", "suppression_list_of", "unknown_among"]
