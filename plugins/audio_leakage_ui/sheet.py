"""Tables that people open in a spreadsheet.

Excel takes the separator of a CSV file from the reader's country: a comma in English, a semicolon in German.
UTF-16 with tabs is the one form that it opens in columns everywhere.
"""

from __future__ import annotations

import csv
from codecs import BOM_UTF16_LE
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What a browser takes the file for.
MEDIA_TYPE = "text/csv; charset=utf-16"
#: A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet(rows: Iterable[Iterable[str]]) -> bytes:
    """Return a file that Excel opens in columns in every country.

    :param rows: the cells of each row, the heads first.
    """
    text = StringIO()
    writer = csv.writer(text, delimiter="\t")
    writer.writerows([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows)
    return BOM_UTF16_LE + text.getvalue().encode("utf-16-le")
