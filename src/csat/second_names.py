"""A file under a second name, which takes no room where the file system has such names."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def give_second_name(file: Path, place: Path) -> None:
    """Give a file a second name (hard link), or copy it where the file system has no such thing.

    Where something is in the place already, it stays.
    """
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, place)
    except OSError:
        unfinished = place.with_name(place.name + ".next")
        shutil.copy2(file, unfinished)
        unfinished.replace(place)
