from __future__ import annotations

import random
import shutil
import subprocess

import pytest

from flake8_celery_oom.syntax.shell_arithmetic import UNKNOWN, assigned_in, evaluate, number_in


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


def value(expression: str, **variables: int | None) -> tuple[int | None, dict[str, int | None]]:
    held: dict[str, int | None] = dict(variables)
    return evaluate(expression, lambda name: held.get(name, 0), held.__setitem__), held


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ("1 + 2 * 3", 7),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("2 ** 3 ** 2", 512),
        ("010 + 0x10", 24),
        ("1 ? 2 : 3", 2),
        ("(1 << 63) - 1", 2**63 - 1),
        ("1 / 0", None),
        ("1 +", None),
        ("0 && 1 / 0", 0),
        (f"1 + {UNKNOWN}", None),
        (f"0 && {UNKNOWN}", 0),
        (f"1 || {UNKNOWN}", 1),
        ("", 0),
        ("(" * 500 + "1" + ")" * 500, None),
    ],
)
def test_numbers(expression: str, number: int | None) -> None:
    assert value(expression)[0] == number


def test_assignments() -> None:
    assert value("N = 4, N++ * 2", N=1) == (8, {"N": 5})
    assert value(f"{UNKNOWN} && (N = 4)", N=1)[1] == {"N": None}
    assert value("0 && (N = 4)", N=1)[1] == {"N": 1}
    assert value("N = 1 +", N=1)[1] == {"N": None}


@pytest.mark.parametrize(
    ("text", "number"), [("8", 8), (" 010 ", 8), ("-0x1f", -31), ("", 0), ("09", None), ("x", None)]
)
def test_number_in(text: str, number: int | None) -> None:
    assert number_in(text) == number


def _expression(source: random.Random, depth: int = 0) -> str:
    choice = source.random()
    if depth > 3 or choice < 0.3:
        return source.choice(("1", "2", "7", "0", "010", "0x1f", "N", "M", "K"))
    inner = _expression(source, depth + 1)
    if choice < 0.75:
        operators = (
            " + ",
            "-",
            "*",
            " / ",
            "%",
            "<",
            ">",
            "<=",
            ">=",
            "==",
            "!=",
            "&&",
            "||",
            "&",
            "|",
            "^",
            "<<",
            ">>",
        )
        return inner + source.choice(operators) + _expression(source, depth + 1)
    if choice < 0.85:
        return f"({inner})" if choice < 0.8 else source.choice("!~") + f"({inner})"
    if choice < 0.92:
        return f"({inner} ? {_expression(source, depth + 1)} : {_expression(source, depth + 1)})"
    return f"({source.choice('NMK')}{source.choice((' = ', '+=', '-=', '*='))}{inner})"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_against_bash() -> None:
    source = random.Random(11)
    expressions = [_expression(source) for _ in range(1_500)]
    lines = [
        f'( N=5; M=-3; K=0; r=$(( {one} )); echo "$r $N $M $K" ) 2>/dev/null || echo refused' for one in expressions
    ]
    answers = subprocess.run(["bash"], input="\n".join(lines), capture_output=True, text=True, check=False).stdout
    for one, answer in zip(expressions, answers.splitlines(), strict=True):
        number, held = value(one, N=5, M=-3, K=0)
        assert number is None or f"{number} {held['N']} {held['M']} {held['K']}" == answer, one
