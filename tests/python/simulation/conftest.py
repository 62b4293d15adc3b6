"""Simulated companies, built once per session and only read by the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from csat.simulation import Parameters, parse_shock, simulate_company, with_settings
from csat.simulation.schemas import CONTRACT, KEYS, TRUTH

END_DATE = date(2026, 9, 30)


@dataclass(frozen=True)
class Company:
    """A simulated company on disk, with a view per table (truth as ``truth_<table>``).

    ``latest_<table>`` holds the newest version of each row.
    """

    folder: Path
    connection: duckdb.DuckDBPyConnection

    @classmethod
    def open(cls, folder: Path) -> Company:
        connection = duckdb.connect()
        for name in CONTRACT:
            _create_view(connection, name, folder / name)
            keys = ", ".join(KEYS[name])
            connection.execute(
                f"create view latest_{name} as select * from {name} "
                f"qualify row_number() over (partition by {keys} order by loaded_at desc) = 1"
            )
        for name in TRUTH:
            _create_view(connection, f"truth_{name}", folder / "truth" / name)
        return cls(folder, connection)

    def rows(self, query: str) -> list[tuple]:
        """All rows of a query."""
        return self.connection.execute(query).fetchall()

    def value(self, query: str):
        """The single value of a query."""
        return self.rows(query)[0][0]


def _create_view(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    pattern = f"{path}/*.parquet" if path.is_dir() else f"{path}.parquet"
    connection.execute(f"create view {name} as select * from read_parquet('{pattern}')")


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Company]:
    """Simulate a company: customers, days, and whatever else differs from the defaults."""

    def build_company(
        customers: int,
        days: int,
        seed: int = 11,
        settings: tuple[str, ...] = (),
        shocks: tuple[str, ...] = (),
        dirt: float = 0.0,
    ) -> Company:
        folder = tmp_path_factory.mktemp("company")
        simulate_company(
            folder,
            customers,
            days,
            seed,
            end_date=END_DATE,
            parameters=with_settings(Parameters(), list(settings)),
            shocks=tuple(parse_shock(shock) for shock in shocks),
            dirt_share=dirt,
            processes=1,
        )
        return Company.open(folder)

    return build_company


@pytest.fixture(scope="session")
def small(build: Callable[..., Company]) -> Company:
    """300 customers, 60 days, no dirt."""
    return build(300, 60)


@pytest.fixture(scope="session")
def punctual(build: Callable[..., Company]) -> Company:
    """1,000 customers, 150 days, no late rows: nothing is still on its way at the end."""
    return build(1_000, 150, settings=("deliveries.late_share=0",))


@pytest.fixture(scope="session")
def middle(build: Callable[..., Company]) -> Company:
    """3,000 customers, 240 days: long enough for programs to unfold."""
    return build(3_000, 240)
