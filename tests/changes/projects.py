"""Little projects that are fixed, and the laws that hold for every fix."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from flake8_celery_oom.changes.fixing import Fixer, Outcome
from flake8_celery_oom.config import Config
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.workspace import Workspace

NUMBERS = Config(concurrency=2, max_memory_per_child=200_000, max_tasks_per_child=50)
"""Numbers that somebody chose: fixes with them are safe."""
ADDED = ("--concurrency=2", "--max-memory-per-child=200000")


@dataclass(frozen=True)
class Fixed:
    """A project after its fixes."""

    texts: Mapping[str, str]
    outcome: Outcome
    workspace: Workspace

    @property
    def reasons(self) -> dict[str, str]:
        """Why findings were left, by code."""
        return {left.finding.code: left.reason for left in self.outcome.left}


def fix(root: Path, files: Mapping[str, str], *codes: str, config: Config = NUMBERS, unsafe: bool = False) -> Fixed:
    """Fix the findings of these codes (none: all) in a project of these files, and hold every law."""

    def open_project(texts: Mapping[str, str]) -> Workspace:
        return Workspace(root, replace(config, extend_select=codes), {**files, **texts})

    def wanted(finding: Finding) -> bool:
        return not codes or finding.code in codes

    outcome = Fixer(open_project, wanted, unsafe=unsafe).run()
    fixed = Fixed({**files, **outcome.texts}, outcome, open_project(outcome.texts))
    check_laws(open_project({}), fixed, wanted)
    again = Fixer(lambda texts: open_project({**outcome.texts, **texts}), wanted, unsafe=unsafe).run()
    assert again.texts == {}, "a second run changes something"
    return fixed


def check_laws(before: Workspace, fixed: Fixed, wanted: object = None) -> None:
    """The findings that are fixed are gone, none is new, and as many workers are found.

    A fix may end another finding as well: a dead name is no longer reported where a live setting is made of it.
    """
    old, new = before.findings(), fixed.workspace.findings()
    assert len(new) <= len(old) - len(fixed.outcome.fixed)
    assert {finding.code for finding in new} <= {finding.code for finding in old}
    assert len(before.project().workers) == len(fixed.workspace.project().workers)
    for path in fixed.outcome.texts:
        assert fixed.texts[path] != _text(before, path)


def _text(workspace: Workspace, path: str) -> str:
    source = workspace.source(path)
    assert source is not None
    return source.text


def set_options(
    root: Path, path: str, marked: str, *, between: str = " ", more: Mapping[str, str] | None = None
) -> None:
    """Check that CO101 and CO201 of a file add their options at ``«»`` and nowhere else.

    ``between`` stands before each option; ``{}`` in it is the option where more than blanks belongs to it. What stands
    inside of ``«»`` goes before it.
    """
    own = re.search("«(.*?)»", marked, re.DOTALL)
    if own is not None and own[1]:
        between, marked = own[1], marked.replace(own[0], "«»")
    form = between if "{}" in between else between + "{}"
    added = "".join(form.replace("{}", option) for option in ADDED)
    before, after = marked.replace("«»", ""), marked.replace("«»", added)
    fixed = fix(root, {**(more or {}), path: before}, "CO101", "CO201")
    assert fixed.texts[path] == after, fixed.reasons
    assert not fixed.outcome.left
