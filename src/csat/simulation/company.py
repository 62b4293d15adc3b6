"""A whole company: the shared world, its chunks of customers, and the files."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from csat import __version__
from csat.project import UserError
from csat.simulation import dirt, programs, tables, truth
from csat.simulation.calendar import Calendar
from csat.simulation.chunk import ChunkResult, simulate_chunk
from csat.simulation.draws import Streams
from csat.simulation.instruments import Instrument, read_instruments
from csat.simulation.parameters import Parameters, check_parameters
from csat.simulation.satisfaction import JOURNEYS
from csat.simulation.shocks import Shock
from csat.simulation.world import World, build_world
from csat.simulation.writer import Writer

logger = logging.getLogger(__name__)

DEFAULT_END_DATE = date(2026, 9, 30)
EARLIEST_END_DATE, LATEST_END_DATE = date(2000, 1, 1), date(2099, 12, 31)
LARGEST_SEED = 2**63 - 1
LARGEST_COMPANY = 20_000_000
LONGEST_PERIOD = 3_653


@dataclass(frozen=True)
class Order:
    """Everything that determines the output."""

    customers: int
    days: int
    seed: int
    end_date: date
    parameters: Parameters
    shocks: tuple[Shock, ...]
    dirt_share: float
    writer: Writer

    @property
    def chunks(self) -> int:
        """Number of chunks of customers."""
        return -(-self.customers // self.parameters.output.customers_per_chunk)

    def numbers(self, chunk: int) -> np.ndarray:
        """Company-wide numbers of the customers of a chunk, from 1 on."""
        size = self.parameters.output.customers_per_chunk
        return np.arange(chunk * size, min((chunk + 1) * size, self.customers)) + 1


@dataclass(frozen=True)
class Workshop:
    """What every process prepares once."""

    order: Order
    world: World
    scales: tuple[Instrument, ...]

    @classmethod
    def prepare(cls, order: Order) -> Workshop:
        """Draw the shared world and read the survey instruments."""
        parameters = order.parameters
        calendar = Calendar.ending(
            order.end_date,
            order.days,
            parameters.calendar.holidays,
            parameters.calendar.burn_in_days,
        )
        world = build_world(calendar, parameters, order.shocks, order.customers, order.seed)
        return cls(order, world, read_instruments(parameters.surveys))

    def work(self, chunk: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw and write one chunk; return its sums for programs and journeys."""
        order = self.order
        result = simulate_chunk(
            self.world, self.scales, order.seed, chunk, order.chunks, order.numbers(chunk)
        )
        self._write(chunk, result)
        return result.program_sums, result.journey_sums

    def _write(self, chunk: int, result: ChunkResult) -> None:
        streams = Streams(self.order.seed, 1 + chunk)
        for name, table in result.tables.items():
            soiled = dirt.soil(name, table, self.order.dirt_share, streams[f"dirt {name}"])
            self.order.writer.write(name, soiled, chunk)
        for name, table in result.truth.items():
            self.order.writer.write_truth(name, table, chunk)

    def write_shared(self, program_sums: np.ndarray, journey_sums: np.ndarray) -> None:
        """Write the tables that are not about single customers."""
        order, world, streams = self.order, self.world, Streams(self.order.seed, 0)
        shared = {
            "agents": tables.agents_table(world, streams),
            "programs": tables.programs_table(world, streams),
        }
        for name, table in shared.items():
            soiled = dirt.soil(name, table, order.dirt_share, streams[f"dirt {name}"])
            order.writer.write(name, soiled)
        order.writer.write_truth("programs", truth.programs_table(world, program_sums))
        order.writer.write_truth(
            "journeys", truth.journeys_table(world, journey_sums, program_sums)
        )
        order.writer.write_truth("shocks", truth.shocks_table(world))
        order.writer.write_truth("agents", truth.agents_table(world))
        order.writer.write_parameters(
            {
                "version": __version__,
                "customers": order.customers,
                "days": order.days,
                "seed": order.seed,
                "end_date": order.end_date.isoformat(),
                "dirt": order.dirt_share,
                "parameters": order.parameters.to_dictionary(),
            }
        )


def simulate_company(
    out: Path,
    customers: int,
    days: int,
    seed: int,
    file_format: str = "parquet",
    end_date: date = DEFAULT_END_DATE,
    parameters: Parameters | None = None,
    shocks: tuple[Shock, ...] = (),
    dirt_share: float = 0.0,
    processes: int | None = None,
    overwrite: bool = False,
) -> None:
    """Simulate a company and write its tables to ``out`` and the truth to ``out/truth``.

    The output is a function of all arguments but ``processes`` (default: one per core).

    Raises
    ------
    UserError
        For an argument out of range, or an output folder that holds files already.
    """
    parameters = parameters or Parameters()
    check_parameters(parameters)
    _check(customers, days, seed, dirt_share, processes)
    if not EARLIEST_END_DATE <= end_date <= LATEST_END_DATE:
        raise UserError(
            f"End date {end_date} is out of range: "
            f"give one from {EARLIEST_END_DATE} to {LATEST_END_DATE}."
        )
    chunks = -(-customers // parameters.output.customers_per_chunk)
    writer = Writer(Path(out), file_format, chunks > 1, parameters.output.rows_per_group)
    order = Order(customers, days, seed, end_date, parameters, tuple(shocks), dirt_share, writer)
    workshop = Workshop.prepare(order)
    writer.prepare(overwrite)
    program_sums = np.zeros((len(programs.designs(parameters)), 5))
    journey_sums = np.zeros((len(JOURNEYS), 4))
    for chunk, (of_programs, of_journeys) in enumerate(_work(workshop, processes)):
        program_sums += of_programs
        journey_sums += of_journeys
        done = int(order.numbers(chunk)[-1])
        logger.info("%s of %s customers simulated", f"{done:,}", f"{customers:,}")
    workshop.write_shared(program_sums, journey_sums)


def _check(customers: int, days: int, seed: int, dirt_share: float, processes: int | None) -> None:
    if not 1 <= customers <= LARGEST_COMPANY:
        raise UserError(
            f"A company of {customers} customers cannot be simulated: "
            f"give a number from 1 to {LARGEST_COMPANY:,}."
        )
    if not 1 <= days <= LONGEST_PERIOD:
        raise UserError(
            f"A period of {days} days cannot be simulated: "
            f"give a number from 1 to {LONGEST_PERIOD:,}."
        )
    if not 0 <= seed <= LARGEST_SEED:
        raise UserError(f"Seed {seed} cannot be used: give a whole number from 0 on.")
    if not 0 <= dirt_share <= 0.5:
        raise UserError(f"Dirt of {dirt_share} is out of range: give a share from 0 to 0.5.")
    if processes is not None and processes < 1:
        raise UserError(f"{processes} processes cannot work: give a number from 1 on.")


def _work(workshop: Workshop, processes: int | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The results of all chunks, in order, worked on by several processes."""
    chunks = workshop.order.chunks
    workers = min(processes or os.cpu_count() or 1, chunks)
    if workers == 1:
        yield from map(workshop.work, range(chunks))
        return
    with ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_open_workshop,
        initargs=(workshop.order,),
    ) as pool:
        yield from pool.map(_work_in_process, range(chunks))


#: The workshop of a worker process, opened once.
_workshops: list[Workshop] = []


def _open_workshop(order: Order) -> None:
    _workshops.append(Workshop.prepare(order))


def _work_in_process(chunk: int) -> tuple[np.ndarray, np.ndarray]:
    return _workshops[-1].work(chunk)
