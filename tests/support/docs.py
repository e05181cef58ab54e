"""The documentation as tests read it."""

import re
from collections.abc import Iterator
from pathlib import Path

_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def text_of(page: Path) -> str:
    """Return the text of a page without its blocks of code."""
    return re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)


def parts_of(page: Path) -> dict[str, str]:
    """Return the text below each heading of a page, up to the next heading of any level."""
    parts = _HEADING.split(text_of(page))
    return dict(zip(parts[2::3], parts[3::3], strict=True))


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in parts_of(page))
    return {heading.replace(" ", "-") for heading in headings}


def rows_of(text: str) -> Iterator[list[str]]:
    """Yield the cells of each row of every table, without the heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    heads = {place - 1 for place, line in enumerate(lines) if set(line) <= set("|-: ")}
    for place, line in enumerate(lines):
        if place not in heads and not set(line) <= set("|-: "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def words_of(cell: str) -> list[str]:
    """Return the words a cell shows as code."""
    return re.findall(r"`([^`]+)`", cell)
