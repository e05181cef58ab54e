"""Each of our own operators does what its examples say. `make mutants` runs this first: only it installs cosmic-ray."""

from pathlib import Path

import pytest
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator

from mutants.mutant import sample
from mutants.operators import DropCondition, DropItem, DropStatement, FixCondition

EXAMPLES = [
    pytest.param(operator, example, id=f"{operator.__name__}: {example.post_mutation_code.strip()}")
    for operator in (DropCondition, DropItem, DropStatement, FixCondition)
    for example in operator.examples()
]


@pytest.mark.parametrize(("operator", "example"), EXAMPLES)
def test_an_operator_changes_code_as_its_example_says(operator: type[Operator], example: Example) -> None:
    assert (
        mutate_code(example.pre_mutation_code, operator(), example.occurrence) == example.post_mutation_code
    )


def test_a_sample_has_each_mistake_once_and_none_in_a_log_line_or_a_list_of_names(tmp_path: Path) -> None:
    code = (
        '__all__ = ["pay", "owe"]\n'
        'def pay(debts):\n    if debts and debts[0] > 5:\n        log.info("%s", 7 + 1)\n    return (1, 2)\n'
    )
    (tmp_path / "code.py").write_text(code)
    mutants = sample(tmp_path, "code.py", 100, 0)
    assert len({mutant.source for mutant in mutants}) == len(mutants)
    assert {mutant.line for mutant in mutants} == {3, 5}
    assert {mutant.function for mutant in mutants} == {"pay"}
    assert "return ( 2,)" in {mutant.after for mutant in mutants}


def test_other_lines_do_not_change_the_sample(tmp_path: Path) -> None:
    code = "".join(f"def f{n}(a, b):\n    return a + b if a > {n} else b\n" for n in range(20))
    (tmp_path / "code.py").write_text(code)
    before = {mutant.name for mutant in sample(tmp_path, "code.py", 10, 0)}
    (tmp_path / "code.py").write_text("# A comment.\n" + code)
    assert {mutant.name for mutant in sample(tmp_path, "code.py", 10, 0)} == before
