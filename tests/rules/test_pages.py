"""The examples of the pages are projects: a rule finds something in its example, and nothing once that is mended."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flake8_celery_oom import rules
from tests.rules import cases

CODES = sorted(rules.modules())


def section(code: str, title: str) -> dict[str, str]:
    """The files that a section of a page shows, by name."""
    found = re.search(rf"^## {title}$(.*?)(?=^## )", rules.entry(code).page, re.MULTILINE | re.DOTALL)
    assert found is not None
    return cases.files_of(found[1])


def codes_in(folder: Path, files: dict[str, str], code: str) -> set[str]:
    case = cases.Case(code, 0, "Finds", "page", files, "", (0, 0))
    cases.write(case, folder)
    return {finding.code for finding in cases.open_case(case, folder).findings()}


@pytest.mark.parametrize("code", CODES)
def test_the_example_of_a_page(code: str, tmp_path: Path) -> None:
    example, fix = section(code, "Example"), section(code, "Fix")
    assert fix
    assert code in codes_in(tmp_path / "example", example, code)
    assert code not in codes_in(tmp_path / "mended", {**example, **fix}, code)
