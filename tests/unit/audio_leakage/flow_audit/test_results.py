"""The table of results."""

from itertools import chain, combinations

import pytest

from audio_leakage.flow_audit.places import Ending
from audio_leakage.flow_audit.results import RULES, AuditResult, result_of
from conftest import ROOT
from support.docs import parts_of, rows_of, words_of

SETS = [
    frozenset(each)
    for each in chain.from_iterable(combinations(Ending, size) for size in range(len(Ending) + 1))
]


@pytest.mark.parametrize("endings", SETS, ids=lambda endings: "+".join(sorted(endings)) or "none")
def test_every_set_of_endings_has_one_result_and_shows_one_of_them(endings: frozenset[Ending]) -> None:
    result, shown = result_of(endings)
    assert (shown is None) == (result is AuditResult.NO_AGENT)
    assert shown is None or shown in endings


def test_every_rule_is_the_first_for_some_set() -> None:
    first = {next(place for place, (_, holds, _) in enumerate(RULES) if holds(endings)) for endings in SETS}
    assert first == set(range(len(RULES)))


def test_a_promise_is_kept_by_every_ending() -> None:
    for endings in SETS:
        result, _ = result_of(endings)
        if result is AuditResult.ALWAYS:
            assert endings == {Ending.RECORDED}
        if result is AuditResult.NEVER:
            assert endings <= {Ending.NOT_RECORDED, Ending.FAILED}


def test_the_page_lists_the_results_in_the_order_of_the_rules() -> None:
    rows = rows_of(parts_of(ROOT / "docs" / "flow-audit.md")["Results"])
    named = [words_of(cells[0])[0] for cells in rows]
    assert named == list(dict.fromkeys(str(result) for result, _, _ in RULES)) == list(AuditResult)
