"""Answers about contacts of agents, drawn with a known truth."""

from __future__ import annotations

import duckdb
import pytest

from csat.engine import DuckDBEngine


@pytest.fixture
def engine() -> DuckDBEngine:
    """An empty database in memory."""
    return DuckDBEngine(duckdb.connect())
