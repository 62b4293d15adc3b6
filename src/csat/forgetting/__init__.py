"""Forgetting customers: removed from all that the project has written, and kept out by a list.

``csat forget-customer`` is :mod:`csat.forgetting.command`. The other modules are what it is made
of: the list, what a person has left in tables, and databases, history files and other files
without it.
"""
