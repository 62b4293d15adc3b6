"""Settings of a Superset for one machine; SUPERSET_CONFIG_PATH names this file."""

import os
from pathlib import Path

# Signs sessions and encrypts what it keeps: `openssl rand -base64 42`, once, and keep it.
SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
# Users, charts and dashboards. Enough for a trial; for a team, PostgreSQL.
SQLALCHEMY_DATABASE_URI = os.environ.get(
    "SUPERSET_METADATA", f"sqlite:///{Path.home()}/.superset/superset.db"
)
