"""The daily job in Dagster: an asset that `csat run` makes, every morning.

    pip install dagster                     # in an environment of its own
    CSAT_HOME=/srv/csat dagster dev -f dagster_csat.py

CSAT_HOME is where the project lies, with its .venv; CSAT_SOURCE and the like are passed on.
"""

import os
import subprocess
from collections.abc import Iterator

import dagster as dg

#: Exit code of `csat run` where another run is under way and nothing was done.
UNDER_WAY = 3


@dg.asset(group_name="csat", output_required=False)
def csat_marts(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """The published marts; without a materialization where another run is making them."""
    process = subprocess.run(
        [".venv/bin/csat", "run"],
        cwd=os.environ.get("CSAT_HOME", "/srv/csat"),
        capture_output=True,
        text=True,
        check=False,
    )
    context.log.info(process.stdout)
    if process.returncode == UNDER_WAY:
        context.log.warning(process.stderr)
        return
    if process.returncode:
        raise dg.Failure(process.stderr.strip(), metadata={"exit_code": process.returncode})
    yield dg.MaterializeResult()


daily = dg.define_asset_job("csat_daily", [csat_marts])
defs = dg.Definitions(
    assets=[csat_marts],
    jobs=[daily],
    schedules=[
        dg.ScheduleDefinition(
            job=daily,
            cron_schedule="30 5 * * *",
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
    ],
)
