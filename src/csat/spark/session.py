"""The Spark session of this process: its own, or a server's through Spark Connect."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping

from pyspark.sql import SparkSession

#: What the project's SQL takes for granted, on every engine.
SETTINGS = {
    # A cast that fails is an error, as in DuckDB.
    "spark.sql.ansi.enabled": "true",
    # TIMESTAMP is a time without zone, in UTC.
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.session.timeZone": "UTC",
    # Days written anew take the place of themselves alone.
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    "spark.sql.legacy.createHiveTableByDefault": "false",
    # Deriving what each step's rows must satisfy takes minutes where many rules are one expression.
    "spark.sql.constraintPropagation.enabled": "false",
    # So does writing the list of a row's items into a condition that there are any.
    "spark.sql.optimizer.excludedRules": (
        "org.apache.spark.sql.catalyst.optimizer.InferFiltersFromGenerate"
    ),
    # Queries of many steps are planned whole; the text of the plan is for no one.
    "spark.sql.maxPlanStringLength": "1000",
}


def open_session(settings: Mapping[str, str] | None = None) -> SparkSession:
    """Return the session of this process, made with ``settings`` if there is none yet.

    Where the environment variable ``SPARK_REMOTE`` names a server (``sc://host:15002``), Spark
    Connect speaks to it, and of the settings those are sent that a running server takes.
    """
    settings = {**SETTINGS, **(settings or {})}
    # Whoever asked tells errors; Spark's own log would repeat them, with all that Java was doing.
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL + 1)
    if os.environ.get("SPARK_REMOTE"):
        session = SparkSession.builder.getOrCreate()
        for name in SETTINGS:
            session.conf.set(name, settings[name])
        return session
    # Workers of this machine run what runs here; those of a cluster have a Python of their own.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # Products of matrices have the same last bits however many threads there are: with one.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    settings.setdefault("spark.executorEnv.OPENBLAS_NUM_THREADS", "1")
    builder = SparkSession.builder.appName("csat").enableHiveSupport()
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    # What fails is raised; what Spark mends by itself, as code too long to compile, is no news.
    session.sparkContext.setLogLevel("FATAL")
    return session
