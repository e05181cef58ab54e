"""What the tests noticed: a table by package and module, and the mistakes that nobody noticed."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutants.mutant import Mutant

EQUIVALENT = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True)
class Result:
    """One mistake, and whether a test noticed it."""

    package: str
    mutant: Mutant
    tests: int
    noticed: bool


def equivalents() -> Mapping[str, str]:
    """Read the mistakes that change nothing that anybody could see, with the reason for each.

    :return: reasons by the name of the mistake.
    """
    rows = tomllib.loads(EQUIVALENT.read_text())["mutant"]
    return {f"{row['path']} {row['function']}: {row['before']} -> {row['after']}": row["why"] for row in rows}


def table(results: Sequence[Result]) -> str:
    """Write the score of each module, a package's sum before its modules.

    :param results: every mistake that was tried.
    :return: a table in Markdown.
    """
    reasons = equivalents()
    counted = [result for result in results if result.noticed or result.mutant.name not in reasons]
    lines = ["| module | mistakes | noticed | |", "|---|--:|--:|--:|"]
    for package in dict.fromkeys(result.package for result in counted):
        of_package = [result for result in counted if result.package == package]
        lines.append(_row(f"**{package}**", of_package))
        modules = Counter(result.mutant.path for result in of_package)
        lines += [_row(path, [r for r in of_package if r.mutant.path == path]) for path in sorted(modules)]
    return "\n".join(lines) + "\n"


def survivors(results: Iterable[Result]) -> str:
    """List the mistakes that no test noticed, the equivalent ones with their reason.

    :param results: every mistake that was tried.
    :return: entries as equivalent.toml has them.
    """
    reasons = equivalents()
    return "\n".join(
        f"[[mutant]]  # line {result.mutant.line}, reached by {result.tests} tests\n"
        f"path = {_quoted(result.mutant.path)}\n"
        f"function = {_quoted(result.mutant.function)}\n"
        f"before = {_quoted(result.mutant.before)}\n"
        f"after = {_quoted(result.mutant.after)}\n"
        f"why = {_quoted(reasons.get(result.mutant.name, ''))}\n"
        for result in results
        if not result.noticed
    )


def _row(name: str, results: Sequence[Result]) -> str:
    noticed = sum(result.noticed for result in results)
    return f"| {name} | {len(results)} | {noticed} | {100 * noticed / len(results):.0f} % |"


def _quoted(text: str) -> str:
    return f"'{text}'" if "'" not in text else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
