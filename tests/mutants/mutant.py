"""The mistakes of a file, and a sample of them that stays the same while other code changes."""

import difflib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from parso.tree import NodeOrLeaf

from mutants.operators import counts, operators


@dataclass(frozen=True)
class Mutant:
    """One mistake in one file, as text that survives an edit elsewhere in the file."""

    path: str
    function: str
    lines: tuple[int, int]  # first and last of the function or statement that it stands in
    line: int
    before: str
    after: str
    source: str

    @property
    def name(self) -> str:
        """Name it as equivalent.toml does."""
        return f"{self.path} {self.function}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class _Place:
    operator: str
    occurrence: int
    node: NodeOrLeaf
    line: int


def sample(root: Path, path: str, most: int, seed: int) -> list[Mutant]:
    """Choose mistakes of a file by a hash of what they change, so that the choice does not depend on other lines.

    :param root: the folder of the project.
    :param path: the file, seen from there.
    :param most: how many mistakes to take at most.
    :param seed: another number chooses other mistakes.
    :return: mistakes that compile, in the order of their lines.
    """
    source = (root / path).read_text()
    # Each kind in turn, or the kind with most places would fill the sample.
    by_kind: dict[str, list[_Place]] = {}
    for place in _places(source):
        by_kind.setdefault(place.operator.partition("_")[0], []).append(place)
    for places in by_kind.values():
        places.sort(
            key=lambda place: _hash(seed, path, place.operator, source.splitlines()[place.line - 1].strip())
        )
    kinds = sorted(by_kind, key=lambda kind: _hash(seed, path, kind))
    chosen: dict[str, Mutant] = {}
    while len(chosen) < most and any(by_kind.values()):
        for kind in kinds:
            if by_kind[kind] and len(chosen) < most:
                mutant = _mutant(path, source, by_kind[kind].pop(0))
                if mutant is not None:
                    chosen.setdefault(mutant.source, mutant)
    return sorted(chosen.values(), key=lambda mutant: (mutant.line, mutant.after))


def _places(source: str) -> Iterator[_Place]:
    nodes = list(ast_nodes(get_ast(source)))
    for name, operator in operators().items():
        spans = ((node, start) for node in nodes for start, _ in operator.mutation_positions(node))
        for occurrence, (node, start) in enumerate(spans):
            if counts(node):
                yield _Place(name, occurrence, node, start[0])


def _hash(*parts: object) -> bytes:
    return hashlib.sha256(" ".join(map(str, parts)).encode()).digest()


def _mutant(path: str, source: str, place: _Place) -> Mutant | None:
    changed = mutate_code(source, operators()[place.operator], place.occurrence)
    try:
        compile(changed, path, "exec")
    except (SyntaxError, TypeError):
        return None
    removed, added = [], []
    for line in difflib.ndiff(source.splitlines(), changed.splitlines()):
        if line.startswith("- "):
            removed.append(line[2:].strip())
        elif line.startswith("+ "):
            added.append(line[2:].strip())
    if removed == added:
        return None
    definition = place.node
    while (
        definition.parent is not None
        and definition.type != "funcdef"
        and definition.parent.type != "file_input"
    ):
        definition = definition.parent
    lines = (definition.start_pos[0], definition.end_pos[0])
    function = definition.name.value if definition.type in {"funcdef", "classdef"} else "the module"
    return Mutant(path, function, lines, place.line, " ".join(removed), " ".join(added), changed)
