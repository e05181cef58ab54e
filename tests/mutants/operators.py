"""Which small mistakes we put into the code.

Most operators are cosmic-ray's. It has none for four kinds that matter here: a condition that is left out, a branch
that is always or never taken, an item that is missing from a table, and a statement that is forgotten.
"""

from collections.abc import Iterable, Iterator, Sequence

from cosmic_ray.operators import provider
from cosmic_ray.operators.operator import Example, Operator
from parso.python.tree import IfStmt, Keyword, PythonNode, WhileStmt
from parso.python.tree import Operator as Leaf
from parso.tree import BaseNode, NodeOrLeaf

Span = tuple[tuple[int, int], tuple[int, int]]

# Where a mistake changes nothing that a test could see: logs, flags of a dataclass, and guards of the type checker.
_SILENT = ("log.", "warnings.", "dataclass(", "TYPE_CHECKING", "strict=", "__all__")

_MAY_BE_SILENT = {"decorator", "atom_expr", "if_stmt", "argument", "expr_stmt"}

_REPLACED = {
    "ReplaceComparisonOperator": [
        "Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is",
        "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt",
    ],
    "ReplaceBinaryOperator": [
        "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_Mul", "BitOr_BitAnd", "BitAnd_BitOr",
    ],
    "ReplaceUnaryOperator": ["Delete_Not", "Delete_USub"],
}  # fmt: skip
_PLAIN = [
    "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak", "ExceptionReplacer", "NumberReplacer", "ZeroIterationForLoop",
]  # fmt: skip


class DropCondition(Operator):
    """Leave out one operand of ``and`` or ``or``."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        if node.type in {"and_test", "or_test"}:
            for operand in node.children[::2]:
                yield operand.start_pos, operand.end_pos

    def mutate(self, node: PythonNode, index: int) -> PythonNode:
        place = 2 * index
        with_its_word = slice(place, place + 2) if place == 0 else slice(place - 1, place + 1)
        del node.children[with_its_word]
        return node

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example("a and b", " b"), Example("a and b", "a", occurrence=1))


class FixCondition(Operator):
    """Take a branch always, or never."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        for place in self._places(node):
            condition = node.children[place]
            yield from [(condition.start_pos, condition.end_pos)] * (1 if isinstance(node, WhileStmt) else 2)

    def mutate(self, node: BaseNode, index: int) -> BaseNode:
        per_condition = 1 if isinstance(node, WhileStmt) else 2
        place = self._places(node)[index // per_condition]
        word = "False" if index % 2 == 0 else "True"
        node.children[place] = Keyword(word, node.children[place].start_pos, prefix=" ")
        return node

    @staticmethod
    def _places(node: NodeOrLeaf) -> list[int]:
        if isinstance(node, IfStmt | WhileStmt):
            return [
                place + 1
                for place, child in enumerate(node.children)
                if isinstance(child, Keyword) and child.value in {"if", "elif", "while"}
            ]
        return {"test": [2], "comp_if": [1]}.get(node.type, [])

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example("a if b else c", "a if False else c"),
            Example("a if b else c", "a if True else c", 1),
        )


class DropItem(Operator):
    """Leave out one item of a tuple, a list, a set or a dictionary that is written out."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        for item in self._items(node):
            yield item[0].start_pos, item[-1].end_pos

    def mutate(self, node: BaseNode, index: int) -> BaseNode:
        items = self._items(node)
        kept = [item for place, item in enumerate(items) if place != index]
        # Every item has a comma behind it: a tuple of one needs it, and nothing else minds.
        node.children = [leaf for item in kept for leaf in (*item, Leaf(",", item[-1].end_pos))]
        return node

    @staticmethod
    def _items(node: NodeOrLeaf) -> list[list[NodeOrLeaf]]:
        if node.type not in {"testlist_comp", "dictorsetmaker"} or any(
            "comp_for" in c.type for c in node.children
        ):
            return []
        items: list[list[NodeOrLeaf]] = [[]]
        for child in node.children:
            if child == ",":
                items.append([])
            else:
                items[-1].append(child)
        items = [item for item in items if item]
        return items if len(items) > 1 else []

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example("(a, b)", "( b,)"), Example("{a: 1, b: 2, c: 3}", "{a: 1, c: 3,}", 1))


class DropStatement(Operator):
    """Forget a call, a ``raise`` or a ``+=`` that stands alone."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[Span]:
        if self._may_go(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: NodeOrLeaf, index: int) -> NodeOrLeaf:
        del index
        return Keyword("pass", node.start_pos, prefix=node.get_first_leaf().prefix)

    @staticmethod
    def _may_go(node: NodeOrLeaf) -> bool:
        if node.parent is None or node.parent.type != "simple_stmt":
            return False
        if node.type == "atom_expr":
            return node.children[-1].type == "trailer" and node.children[-1].children[0] == "("
        return node.type == "raise_stmt" or (
            node.type == "expr_stmt"
            and getattr(node.children[1], "type", "") == "operator"
            and node.children[1] != "="
        )

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example("f(x)\n", "pass\n"), Example("x += 1\n", "pass\n"))


def operators() -> dict[str, Operator]:
    """Return every kind of mistake by its name."""
    theirs = provider.OperatorProvider()
    names = _PLAIN + [f"{kind}_{change}" for kind, changes in _REPLACED.items() for change in changes]
    ours: Iterable[type[Operator]] = (DropCondition, FixCondition, DropItem, DropStatement)
    return {name: theirs[name]() for name in names} | {kind.__name__: kind() for kind in ours}


def counts(node: NodeOrLeaf) -> bool:
    """Tell whether a mistake in this node could be seen at all: not in a log line, nor in an annotation."""
    if node.parent is not None and node.parent.type == "parameters":  # a star between parameters
        return False
    above: NodeOrLeaf | None = node
    while above is not None:
        annotation = above.children[1] if above.type == "annassign" else getattr(above, "annotation", None)
        if annotation is not None and _inside(node, annotation):
            return False
        if above.type in _MAY_BE_SILENT and _head(above).startswith(_SILENT):
            return False
        above = above.parent
    return True


def _inside(node: NodeOrLeaf, outer: NodeOrLeaf) -> bool:
    return outer.start_pos <= node.start_pos and node.end_pos <= outer.end_pos


def _head(node: NodeOrLeaf) -> str:
    code = node.children[1].get_code() if node.type in {"decorator", "if_stmt"} else node.get_code()
    return code.strip()
