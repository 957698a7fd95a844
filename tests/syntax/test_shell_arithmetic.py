from __future__ import annotations

import pytest

from flake8_celery_oom.syntax.shell_arithmetic import assigned_in


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("((N = 2 * 3))", ("N",)),
        ("((N++, --M))", ("N", "M")),
        ("N+=1", ("N",)),
        ("N <<= 2", ("N",)),
        ("(( N == 3 ))", ()),
        ("((N <= 3 && M >= 2 || K != 1))", ()),
        ("for ((i=0; i<3; i++))", ("i",)),
        ("", ()),
    ],
)
def test_assigned(expression: str, names: tuple[str, ...]) -> None:
    assert assigned_in(expression) == names
