"""Alarms: what has fallen, since when, and what it is about."""
