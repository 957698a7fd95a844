from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules import cases

EVERY = [case for code in cases.codes() for case in cases.read_cases(code)]


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_case(case: cases.Case, tmp_path: Path, accept: bool) -> None:
    cases.write(case, tmp_path)
    workspace = cases.open_case(case, tmp_path)
    actual, mended = cases.outcome(case, workspace), cases.fixes(case, tmp_path)
    if accept:
        cases.accept(case, actual, mended)
    else:
        assert actual == case.expected
        assert mended == case.mended
    assert bool(actual) is (case.kind == "Finds"), "the heading says what kind of case it is"


@pytest.mark.parametrize("case", [one for one in EVERY if one.kind == "Unknown" and one.code[2] in "1234"], ids=str)
def test_what_is_unknown_is_counted(case: cases.Case, tmp_path: Path) -> None:
    cases.write(case, tmp_path)
    assert cases.open_case(case, tmp_path).summary().unknown > 0


@pytest.mark.parametrize("code", cases.codes())
def test_every_rule_has_a_case_of_each_kind(code: str) -> None:
    kinds = [case.kind for case in cases.read_cases(code)]
    assert set(kinds) == set(cases.KINDS)
