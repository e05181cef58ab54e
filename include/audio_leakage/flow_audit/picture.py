"""An audited entry as a picture: the way of a call, as SVG without scripts and without outside files."""

from collections.abc import Iterable, Iterator
from html import escape

from audio_leakage.flow_audit.audit import AuditedEntry
from audio_leakage.flow_audit.results import AuditResult
from audio_leakage.flow_audit.words import entry_in_words, shown_name, stretches

_WIDTH, _BOX, _GAP, _LEFT = 560, 30, 14, 24
#: Colours that can be told apart on light and on dark ground.
_COLOURS = {AuditResult.ALWAYS: "#2e7d32", AuditResult.NO_AGENT: "#616161"}
_ALARMING = "#c62828"


#: Each flow on a way, with the blocks that the call runs in it.
Way = Iterable[tuple[str, Iterable[str]]]


def picture_of(audited: AuditedEntry) -> str:
    """Return the way that explains a result, as a document of type ``image/svg+xml``."""
    return picture(entry_in_words(audited), audited.result, stretches(audited.route))


def picture(entry: str, result: AuditResult, way: Way) -> str:
    """Return a way as a document of type ``image/svg+xml``. It escapes every name.

    :param entry: where calls come in, in words.
    :param result: of the entry.
    :param way: in words.
    """
    rows = list(_rows(entry, result, way))
    height = _GAP + len(rows) * (_BOX + _GAP)
    colour = _COLOURS.get(result, _ALARMING)
    parts = [
        part for place, row in enumerate(rows) for part in _row(place, row, colour, place == len(rows) - 1)
    ]
    label = escape(f"{entry}: {result}", quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}" '
        f'font-family="sans-serif" font-size="13">{"".join(parts)}</svg>'
    )


def _rows(entry: str, result: AuditResult, way: Way) -> Iterator[tuple[str, bool]]:
    """Yield text and whether it is a heading, from the entry to the result."""
    yield entry, True
    for place, (flow, blocks) in enumerate(way):
        if place:
            yield shown_name(flow), True
        yield from ((block, False) for block in blocks)
    yield result, True


def _row(place: int, row: tuple[str, bool], colour: str, is_last: bool) -> Iterator[str]:
    text, is_heading = row
    top = _GAP + place * (_BOX + _GAP)
    left = 4 if is_heading else _LEFT
    edge = colour if is_last else "#757575"
    if place:
        middle = _LEFT + 20
        yield (f'<path d="M{middle} {top - _GAP}v{_GAP - 5}m-4 0h8l-4 5z" stroke="#757575" fill="#757575"/>')
    yield (
        f'<rect x="{left}" y="{top}" width="{_WIDTH - left - 4}" height="{_BOX}" rx="5" fill="none" '
        f'stroke="{edge}" stroke-width="{2 if is_last else 1}"/>'
    )
    weight = ' font-weight="bold"' if is_heading else ""
    yield f'<text x="{left + 10}" y="{top + 20}" fill="{edge}"{weight}>{escape(text)}</text>'
