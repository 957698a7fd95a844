"""Lets plain ``flake8 .`` report files that are no Python: Dockerfiles, compose files, Procfiles...

flake8 has no hook for them: it is given names by patterns that can't tell a script without an ending from a picture,
and it builds a syntax tree before any plugin runs, so one word of YAML ends the file in E999. So three functions are
wrapped. ``checker.expand_paths`` also gives the files that have findings; ``FileChecker.run_checks`` leaves such a file
alone, since ``should_process`` is false there, and adds the findings through ``FileChecker.report``;
``FileChecker._make_processor`` reads files whose beginning looks like a coding cookie. Seen in flake8 6.0 to 7.5.
Where these names are missing nothing is wrapped, and Python files are still checked.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Protocol

MARK = "_celery_oom"


class InfraChecker(Protocol):
    """What the wrappers ask about the files of a run. ``lines`` keep their line ends."""

    def has_more(self, paths: Sequence[str]) -> bool:
        """Whether a file below the arguments of the command line may be given to flake8 in addition."""

    def is_one_more(self, filename: str) -> bool:
        """Whether this file is given to flake8 in addition."""

    def is_infra(self, filename: str, lines: Sequence[str]) -> bool:
        """Whether the file is ours and not Python."""

    def asked_for(self, filename: str) -> bool:
        """Whether flake8 would check the file without the plugin."""

    def results(self, filename: str, lines: Sequence[str]) -> Iterable[tuple[int, int, str]]:
        """Line (from 1), column (from 0) and ``CODE message`` of each finding."""


_checker: InfraChecker | None = None


def use(checker: InfraChecker | None) -> None:
    """Ask ``checker`` from now on; None leaves every file to flake8."""
    global _checker
    _checker = checker


def install() -> bool:
    """Wrap flake8's functions, once. False when flake8 is not built as expected; then nothing is changed."""
    try:
        from flake8 import checker, processor  # type: ignore[import-untyped]

        kind = checker.FileChecker
        if not _is_understood(checker):
            return False
        wrapped = {
            "run_checks": _wrapped_run_checks(kind.run_checks),
            "_make_processor": _wrapped_make_processor(kind._make_processor, processor.FileProcessor),  # noqa: SLF001
        }
        expand_paths = _wrapped_expand_paths(checker.expand_paths)
    except (ImportError, AttributeError, TypeError, ValueError):
        return False
    for name, function in wrapped.items():
        if not getattr(getattr(kind, name), MARK, False):
            setattr(kind, name, function)
    if not getattr(checker.expand_paths, MARK, False):
        checker.expand_paths = expand_paths
    return True


def _is_understood(checker: Any) -> bool:
    """Whether ``run_checks`` looks at ``should_process``, and the others take what the wrappers give them."""
    kind = checker.FileChecker
    return (
        any("should_process" in names for names in _names_used(kind, "run_checks"))
        and _takes(kind.report, ("self", "error_code", "line_number", "column", "text"))
        and callable(kind._make_processor)  # noqa: SLF001
        and _takes(checker.expand_paths, (), ("paths", "stdin_display_name", "filename_patterns", "exclude"))
    )


def _takes(function: Callable[..., Any], positional: Sequence[str], named: Collection[str] = ()) -> bool:
    """Whether a function can be called so. More parameters are no trouble while they need not be given."""
    parameters = inspect.signature(function).parameters.values()
    by_position = [one for one in parameters if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}]
    known = {one.name for one in parameters if one.kind in {one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD}}
    needed = {
        one.name
        for one in parameters
        if one.default is one.empty and one.kind not in {one.VAR_POSITIONAL, one.VAR_KEYWORD}
    }
    return (
        [one.name for one in by_position[: len(positional)]] == list(positional)
        and known.issuperset(named)
        and needed.issubset({*positional, *named})
    )


def _names_used(kind: Any, method: str) -> Iterable[tuple[str, ...]]:
    """The names that a method and those it replaces or wraps use."""
    for base in kind.__mro__:
        function = base.__dict__.get(method)
        while function is not None:
            code = getattr(function, "__code__", None)
            if code is not None:
                yield code.co_names
            function = getattr(function, "__wrapped__", None)


def _wrapped_expand_paths(original: Any) -> Any:
    @functools.wraps(original)
    def expand_paths(*, paths: Sequence[str], filename_patterns: Sequence[str], **rest: Any) -> Iterable[str]:
        found = list(original(paths=paths, filename_patterns=filename_patterns, **rest))
        if _checker is None or not _checker.has_more(paths):
            return found
        known = set(found)
        every = original(paths=paths, filename_patterns=(), **rest)  # no patterns: every file that is not excluded
        return found + [name for name in every if name not in known and _checker.is_one_more(name)]

    setattr(expand_paths, MARK, True)
    return expand_paths


def _wrapped_run_checks(original: Any) -> Any:
    @functools.wraps(original)
    def run_checks(self: Any, *args: Any, **kwargs: Any) -> Any:
        lines = self.processor.lines if self.processor is not None else ()
        filename = self.processor.filename if self.processor is not None else self.filename
        if _checker is None or not _checker.is_infra(filename, lines):
            return original(self, *args, **kwargs)
        if self.processor is None:
            if not _checker.asked_for(filename):
                self.results.clear()  # it was there when the project was read, and only the plugin brought it in
            return original(self, *args, **kwargs)
        wanted, self.should_process = self.should_process, False
        answer = original(self, *args, **kwargs)
        if wanted:
            # flake8 looks for noqa comments by Python's tokens, which these files don't have
            self.processor._noqa_line_mapping = dict(enumerate(lines, 1))  # noqa: SLF001
            for line, column, text in _checker.results(filename, lines):
                self.report(None, line, column, text)
        return answer

    setattr(run_checks, MARK, True)
    return run_checks


def _wrapped_make_processor(original: Any, reader: Any) -> Any:
    @functools.wraps(original)
    def make_processor(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except LookupError:
            # "# Content-Encoding: base64" near the top reads like a coding cookie, and that one is no text encoding
            if _checker is None or not _checker.is_infra(self.filename, ()):
                raise
            with open(self.filename, encoding="utf-8", errors="replace") as stream:  # noqa: PTH123
                return reader(self.filename, self.options, stream.readlines())

    setattr(make_processor, MARK, True)
    return make_processor
