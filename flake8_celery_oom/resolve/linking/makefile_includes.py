"""Makefiles that include others: what their variables are is what all these files say together.

Source: GNU make, "Including Other Makefiles": names are relative to the folder in which make runs, and may be patterns.
"""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from functools import partial

from flake8_celery_oom.core.facts import Launch
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.sources import makefile


def with_included_makefiles(facts: Facts) -> list[Launch]:
    """The launches of a project, those of Makefiles that include others read together with them."""
    again = {fact.path for fact in facts.notation_facts if isinstance(fact, makefile.MakefileThatIncludes)}
    if not again:
        return facts.launches
    kept = [one for one in facts.launches if one.kind != makefile.KIND or one.at.path not in again]
    for path in sorted(again):
        source = facts.read(path)
        if source is not None:
            kept += makefile.launches(source, partial(_included, facts, posixpath.dirname(path)))
    return kept


def _included(facts: Facts, folder: str, name: str) -> list[SourceText]:
    path = posixpath.normpath(posixpath.join(folder, name))
    if any(char in name for char in "*?["):
        paths = [one for one in facts.files_in(posixpath.dirname(path)) if fnmatchcase(one, path)]
    else:
        paths = [path] if path in facts.file_set else []
    return [source for one in sorted(paths) if (source := facts.read(one)) is not None]
