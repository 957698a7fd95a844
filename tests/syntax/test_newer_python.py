from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import python
from flake8_celery_oom.syntax.newer_python import older


def names(text: str) -> list[str]:
    """The names that a module's statements set."""
    tree = python.parse(SourceText("a.py", text))
    assert tree is not None
    assigned = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return [target.id for target in assigned if isinstance(target, ast.Name)]


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import local\nexcept ImportError, KeyError:\n    pass\nx = 1\n",
        "try:\n    import local\nexcept* a.B, C , D :\n    pass\nx = 1\n",
        "try:\n    import local\nexcept*OSError:\n    pass\nx = 1\n",
        "def first[T: int](items: list[T]) -> T:\n    return items[0]\nx = 1\n",
        "class Pair[A, *B](Base):\n    pass\nx = 1\n",
        "class Pair[A]:\n    pass\nx = 1\n",
        "type Pair[A] = tuple[A, A]\nx = 1\n",
        "y = t'{a}'\nz = rt\"{b}\"\nx = 1\n",
        'y = f"{a["b"]}"\nz = f"{a["c"]}" % 3\nx = 1\n',
    ],
)
def test_what_later_pythons_read_is_read(text: str) -> None:
    found = names(text)
    assert found[-1] == "x"
    assert set(found) <= {"x", "y", "z", "Pair"}


def test_what_cannot_be_said_is_a_name_that_nobody_knows() -> None:
    text = older('y = f"{a["b"]}"\n', lambda shown: 1 if "f" in shown else None)
    assert text == "y = ___________\n"


def test_groups_of_exceptions_are_read_by_pythons_that_have_none() -> None:
    assert older("try:\n    pass\nexcept* A:\n    pass\n", lambda _: None) == "try:\n    pass\nexcept  A:\n    pass\n"


def test_positions_stay() -> None:
    text = "class Pair[A, B]:\n    pass\ntry:\n    pass\nexcept A, B:\n    pass\nx = 1  # here\n"
    tree = python.parse(SourceText("a.py", text))
    assert tree is not None
    assert (tree.body[-1].lineno, tree.body[-1].col_offset) == (7, 0)
    changed = older(text, lambda _: None)
    assert changed is not None
    assert [len(line) for line in changed.split("\n")] == [len(line) for line in text.split("\n")]


@pytest.mark.parametrize("text", ["def (:\n", "x = f'{\n", "x = (\n", "except A, B\n"])
def test_what_is_no_python_stays_none(text: str) -> None:
    assert python.parse(SourceText("a.py", text)) is None


@given(st.text(alphabet="abt[](){}:=,'\"f\n \texcpdlsy*.\\", max_size=80), st.integers(-1, 9))
def test_any_text_keeps_its_length(text: str, line: int) -> None:
    changed = older(text, lambda _: None if line < 0 else line)
    assert changed is None or len(changed) == len(text)
