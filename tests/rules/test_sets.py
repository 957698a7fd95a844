"""A rule is a module, a case file, a page, a row of the list of rules and a line of the changelog: all or none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flake8_celery_oom import rules
from tests.rules import cases

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "rules"
LIST = ROOT / "docs" / "rules.md"
CHANGELOG = ROOT / "CHANGELOG.md"
TABLE = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- end of rules -->)", re.DOTALL)
SECTIONS = ["What it finds", "Why it matters", "Example", "Fix", "When to suppress", "Evidence"]
CODES = sorted(rules.modules())


def table() -> str:
    lines = ["| code | name | default | what it finds |", "|---|---|---|---|"]
    for rule in rules.rules():
        summary = rule.summary.replace("|", "\\|")
        state = rule.severity if rule.on else "off"
        lines.append(f"| [{rule.code}](rules/{rule.code}.md) | {rule.name} | {state} | {summary} |")
    return "\n".join(lines) + "\n"


def test_every_rule_has_cases() -> None:
    assert cases.codes() == CODES


def test_every_rule_has_a_page() -> None:
    assert sorted(path.stem for path in PAGES.glob("*.md")) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_page_is_what_the_command_explains(code: str, accept: bool) -> None:
    if accept:
        PAGES.mkdir(parents=True, exist_ok=True)
        (PAGES / f"{code}.md").write_text(rules.entry(code).page)
    assert (PAGES / f"{code}.md").read_text() == rules.entry(code).page


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_its_sections_in_order(code: str) -> None:
    assert re.findall(r"^## (.+)$", rules.entry(code).page, re.MULTILINE) == SECTIONS


def test_every_rule_has_a_row_in_the_list(accept: bool) -> None:
    text = LIST.read_text()
    if accept:
        text = TABLE.sub(lambda _: table(), text)
        LIST.write_text(text)
    found = TABLE.search(text)
    assert found is not None
    assert found[0] == table()


def test_every_rule_has_a_line_in_the_changelog() -> None:
    assert sorted(set(re.findall(r"\bCO\d{3}\b", CHANGELOG.read_text()))) == CODES
