"""The daily job in Airflow 3: put this file into the folder of DAGs.

CSAT_HOME, in the environment of the workers, is where the project lies, with its .venv; CSAT_SOURCE
and the like are passed on.
"""

import os

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    "csat",
    schedule="30 5 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
):
    BashOperator(
        task_id="csat_run",
        bash_command=".venv/bin/csat run",
        cwd=os.environ.get("CSAT_HOME", "/srv/csat"),
        append_env=True,
        # Another run is under way and nothing was done: the task is skipped, not failed.
        skip_on_exit_code=3,
        # What failed would fail again, but where the machine was at fault.
        retries=0,
    )
