"""Changes that an editor offers, made and proved when somebody asks for one.

A fix is made as ``celery-oom fix`` makes it: the changed project is looked at again, and only what the wish names may
have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from difflib import SequenceMatcher

from flake8_celery_oom.changes.silence import comment_above
from flake8_celery_oom.core.findings import Edit, Finding
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.fixer import fixer_for
from flake8_celery_oom.frontends.language_server.analysis import Analysed
from flake8_celery_oom.workspace import Workspace


def fix_of(analysed: Analysed, finding: Finding) -> list[Edit]:
    """The edits that mend one finding; none where they change anything else."""
    key = finding.code, finding.at.path, finding.message
    return _proved(analysed, lambda one: (one.code, one.at.path, one.message) == key, unsafe=True)


def fixes_of_file(analysed: Analysed, path: str) -> list[Edit]:
    """The edits that mend everything in a file that can be mended safely."""
    return _proved(analysed, lambda one: one.at.path == path, unsafe=False)


def fixes_of_code(analysed: Analysed, code: str) -> list[Edit]:
    """The edits that mend all that one rule says of the project, as far as that is safe."""
    return _proved(analysed, lambda one: one.code == code, unsafe=False)


def _proved(analysed: Analysed, only: Callable[[Finding], bool], *, unsafe: bool) -> list[Edit]:
    outcome = fixer_for(analysed.workspace, unsafe=unsafe, only=only).run()
    return [edit for path, text in outcome.texts.items() for edit in _between(outcome.originals[path], text)]


def silence(analysed: Analysed, finding: Finding) -> list[Edit]:
    """The edit that silences one finding by a comment; none where no comment can stand above it."""
    workspace = analysed.workspace
    source = workspace.source(finding.at.path)
    if source is None:
        return []
    edit = comment_above(finding, source)
    text = source.text[: edit.at.start] + edit.replacement + source.text[edit.at.end :]
    config = replace(workspace.config, require_reason=False)
    changed = workspace.changed({finding.at.path: text}, config)
    before = [one for one in _told(workspace) if one != (finding.code, finding.at.path, finding.message)]
    return [edit] if sorted(_told(changed)) == sorted(before) else []


def _told(workspace: Workspace) -> Iterator[tuple[str, str, str]]:
    return ((one.code, one.at.path, one.message) for one in workspace.findings())


def _between(source: SourceText, text: str) -> Iterator[Edit]:
    """The edits that make ``text`` of a file, each as short as whole lines allow."""
    old, new = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield Edit(source.location(starts[i], starts[j]), "".join(new[k:m]))
