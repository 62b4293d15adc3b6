"""Version of the adapter, which is that of dbt that it is written for."""

version = "1.11.0"
