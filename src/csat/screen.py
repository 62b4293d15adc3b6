"""Rows on a screen: all that they hold, however narrow it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from csat.spreadsheets import without_minus

#: What stands for null.
NOTHING = "-"
#: Columns of text are not wrapped to less, nor their texts to more lines.
NARROWEST_TEXT, MOST_LINES = 8, 4
#: Longer words are broken.
LONGEST_WORD = 20
#: What lies between columns; the second one where the first is too much.
_GAPS = ("  ", " ")
#: Lines are broken before these: words, and their parts up to an underscore.
_PIECES = re.compile(r"\s*(?:[^\s_]+_*|_+)")


def as_text(columns: Sequence[str], rows: Sequence[Mapping], width: int, most: int) -> str:
    """Return rows as a table, or as a list of their values where the table would be too wide.

    Nothing is left out but rows beyond ``most``, which the last line counts.

    Parameters
    ----------
    columns
        Their names.
    rows
        A mapping from these names to values each.
    width
        Characters of a line.
    most
        Rows to show.
    """
    if not rows:
        return f"No rows of {', '.join(columns)}."
    shown = [[_cell(row[name]) for name in columns] for row in rows[:most]]
    numbers = [
        all(row[name] is None or _is_number(row[name]) for row in rows[:most]) for name in columns
    ]
    for gap in _GAPS:
        widths = _widths(columns, shown, numbers, width - len(gap) * (len(columns) - 1))
        if widths is not None:
            lines = _table(columns, shown, numbers, widths, gap)
            break
    else:
        lines = _list(columns, shown, width)
    left = len(rows) - len(shown)
    if left:
        lines.append(
            f"{left} more row{'s' if left > 1 else ''}: --rows {len(rows)} shows all, "
            "--csv FILE writes them."
        )
    return "\n".join(lines)


def _cell(value: object) -> str:
    """Return a value on one line, without signs that a terminal would obey."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    if isinstance(value, date):
        return str(value)
    value = without_minus(value)
    text = str(value)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _widths(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool], width: int
) -> list[int] | None:
    """Return how wide each column is, or None where together they are wider even if wrapped."""
    cells = [max(len(row[place]) for row in rows) for place in range(len(columns))]
    least = []
    for place, name in enumerate(columns):
        texts = [row[place] for row in rows]
        least.append(
            max(
                _longest_word([name]),
                cells[place]
                if numbers[place]
                else min(
                    cells[place],
                    max(NARROWEST_TEXT, _longest_word(texts), cells[place] // MOST_LINES),
                ),
            )
        )
    spare = width - sum(least)
    if spare < 0:
        return None
    # What is left goes to the text that is wrapped most, then to the names of columns.
    for wanted in (cells, [len(name) for name in columns]):
        while spare:
            lines = [-(-want // have) for want, have in zip(wanted, least, strict=True)]
            place = max(range(len(columns)), key=lambda each, lines=lines: lines[each])
            if lines[place] <= 1:
                break
            least[place] += 1
            spare -= 1
    return least


def _longest_word(texts: Iterable[str]) -> int:
    words = (len(piece.strip()) for text in texts for piece in _PIECES.findall(text))
    return min(max(words, default=0), LONGEST_WORD)


def _wrap(text: str, width: int) -> list[str]:
    """Return a text in lines, of which none is wider."""
    lines = [""]
    for piece in _PIECES.findall(text):
        if len(lines[-1]) + len(piece) <= width:
            lines[-1] += piece
            continue
        word = piece.strip()
        lines += [word[first : first + width] for first in range(0, len(word), width)]
    return lines if lines[0] else lines[1:] or [""]


def _table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    numbers: Sequence[bool],
    widths: Sequence[int],
    gap: str,
) -> list[str]:
    heads = [_wrap(name, width) for name, width in zip(columns, widths, strict=True)]
    lines = _row(heads, numbers, widths, gap)
    lines.append(gap.join("-" * width for width in widths))
    for row in rows:
        cells = [_wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
        lines += _row(cells, numbers, widths, gap)
    return lines


def _row(
    cells: Sequence[Sequence[str]], numbers: Sequence[bool], widths: Sequence[int], gap: str
) -> list[str]:
    lines = []
    for line in range(max(map(len, cells))):
        parts = [cell[line] if line < len(cell) else "" for cell in cells]
        lines.append(
            gap.join(
                part.rjust(width) if is_number else part.ljust(width)
                for part, is_number, width in zip(parts, numbers, widths, strict=True)
            ).rstrip()
        )
    return lines


def _list(columns: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> list[str]:
    """Return each row as lines of a column's name and its value, after a line of its number."""
    longest = max(map(len, columns))
    lines = []
    for number, row in enumerate(rows, start=1):
        lines.append(f"-- {number} ".ljust(min(width, 40), "-"))
        for name, cell in zip(columns, row, strict=True):
            beside = width - longest - len(_GAPS[0])
            if beside >= 2 * NARROWEST_TEXT:
                first, *more = _wrap(cell, beside)
                lines.append(f"{name.ljust(longest)}{_GAPS[0]}{first}".rstrip())
                lines += [" " * (longest + len(_GAPS[0])) + part for part in more]
            else:
                lines += [name, *_wrap(cell, width)]
    return lines
