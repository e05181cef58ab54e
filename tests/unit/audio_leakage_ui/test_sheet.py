"""What Excel opens in columns, in an English and in a German country."""

import csv

import pytest

from audio_leakage_ui.sheet import spreadsheet


def test_a_file_says_that_it_is_utf_16_and_separates_cells_by_tabs() -> None:
    stored = spreadsheet(
        [("contact", "cause"), ("1", "K\N{LATIN SMALL LETTER U WITH DIAERESIS}nstler; a, b")]
    )
    assert stored.startswith(b"\xff\xfe")
    assert stored.decode("utf-16") == (
        "contact\tcause\r\n1\tK\N{LATIN SMALL LETTER U WITH DIAERESIS}nstler; a, b\r\n"
    )


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-1", "@sum", "\tx"])
def test_a_cell_that_a_spreadsheet_would_execute_is_taken_as_text(cell: str) -> None:
    (row,) = csv.reader(spreadsheet([(cell,)]).decode("utf-16").splitlines(), delimiter="\t")
    assert row == [f"'{cell}"]


def test_a_cell_with_a_tab_stays_one_cell() -> None:
    (row,) = csv.reader(spreadsheet([("a\tb", "c")]).decode("utf-16").splitlines(), delimiter="\t")
    assert row == ["a\tb", "c"]
