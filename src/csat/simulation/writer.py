"""Files: one per table, or a folder of parts per table, as Parquet or CSV."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from csat.project import UserError
from csat.simulation import schemas

FORMATS = ("parquet", "csv")
TRUTH_FOLDER = "truth"
PARAMETERS_FILE = "parameters.json"
#: zstd levels: small outputs are packed as tightly as can be, large ones fast.
TIGHT_COMPRESSION, FAST_COMPRESSION = 19, 3


@dataclass(frozen=True)
class Writer:
    """Writes tables below ``folder``; in parts when ``in_parts``."""

    folder: Path
    file_format: str
    in_parts: bool
    rows_per_group: int

    def prepare(self, overwrite: bool) -> None:
        """Make the folder, empty of former output.

        Raises
        ------
        UserError
            If the folder holds anything and ``overwrite`` is false, or cannot be made.
        """
        if self.file_format not in FORMATS:
            raise UserError(f"Format '{self.file_format}' is unknown: use {' or '.join(FORMATS)}.")
        if self.folder.exists() and not self.folder.is_dir():
            raise UserError(f"{self.folder} is a file: name a folder to write to.")
        if self.folder.is_dir() and any(self.folder.iterdir()) and not overwrite:
            raise UserError(
                f"{self.folder} already holds files: name another folder or add --overwrite."
            )
        try:
            (self.folder / TRUTH_FOLDER).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{self.folder} cannot be made ({error.strerror}): name another folder."
            ) from None
        for folder, names in (
            (self.folder, schemas.CONTRACT),
            (self.folder / TRUTH_FOLDER, schemas.TRUTH),
        ):
            for name in names:
                _remove(folder, name)

    def write(self, name: str, table: pa.Table, part: int = 0) -> None:
        """Write a table of the source contract."""
        self._write(self.folder, name, schemas.CONTRACT[name], table, part)

    def write_truth(self, name: str, table: pa.Table, part: int = 0) -> None:
        """Write a table of the truth."""
        self._write(self.folder / TRUTH_FOLDER, name, schemas.TRUTH[name], table, part)

    def write_parameters(self, parameters: dict[str, Any]) -> None:
        """Write ``truth/parameters.json``."""
        text = json.dumps(parameters, indent=2, ensure_ascii=False)
        (self.folder / TRUTH_FOLDER / PARAMETERS_FILE).write_text(text + "\n", encoding="utf-8")

    def _write(
        self, folder: Path, name: str, schema: pa.Schema, table: pa.Table, part: int
    ) -> None:
        path = folder / f"{name}.{self.file_format}"
        if self.in_parts:
            path = folder / name / f"part-{part:05d}.{self.file_format}"
            path.parent.mkdir(exist_ok=True)
        try:
            if self.file_format == "csv":
                _write_csv(path, schema, table)
            else:
                self._write_parquet(path, schema, table)
        except OSError as error:
            raise UserError(f"{path} cannot be written ({error}): make room for it.") from None

    def _write_parquet(self, path: Path, schema: pa.Schema, table: pa.Table) -> None:
        encoded = [
            field.name
            for field in table.schema
            if pa.types.is_dictionary(field.type) or pa.types.is_floating(field.type)
        ]
        encodings = {
            field.name: _encoding(field)
            for field in schema
            if field.name not in encoded and not pa.types.is_boolean(field.type)
        }
        pa.parquet.write_table(
            table,
            path,
            compression="zstd",
            compression_level=FAST_COMPRESSION if self.in_parts else TIGHT_COMPRESSION,
            use_dictionary=encoded,
            column_encoding=encodings or None,
            row_group_size=self.rows_per_group,
            # Readers get plain strings, whatever the encoding.
            store_schema=False,
        )


def _encoding(field: pa.Field) -> str:
    """Identifiers share their beginnings, moments and counts differ little."""
    return "DELTA_BYTE_ARRAY" if pa.types.is_string(field.type) else "DELTA_BINARY_PACKED"


def _write_csv(path: Path, schema: pa.Schema, table: pa.Table) -> None:
    """UTF-8 with a header; timestamps to the second, without zone; null is empty."""
    columns = []
    for field in schema:
        column = table.column(field.name)
        if pa.types.is_timestamp(field.type):
            column = column.cast(pa.timestamp("s"))
        columns.append(column.cast(field.type) if pa.types.is_string(field.type) else column)
    pa.csv.write_csv(pa.table(columns, names=schema.names), path)


def _remove(folder: Path, name: str) -> None:
    """Remove what an earlier run wrote for one table, in any format."""
    if (folder / name).is_dir():
        shutil.rmtree(folder / name)
    for file_format in FORMATS:
        (folder / f"{name}.{file_format}").unlink(missing_ok=True)
