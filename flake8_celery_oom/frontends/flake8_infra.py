"""Lets plain ``flake8 .`` report files that are no Python: Dockerfiles, compose files, Procfiles...

flake8 has no hook for them. It builds a syntax tree before any plugin runs, so one word of YAML ends the file in E999.
So one method is wrapped: ``FileChecker.run_checks`` leaves a file alone when ``should_process`` is false, which is what
the wrapper says for an infra file before it adds the findings through ``FileChecker.report``. Seen in flake8 6.0 to
7.5. Where these names are missing nothing is wrapped, and Python files are still checked.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

MARK = "_celery_oom"


class InfraChecker(Protocol):
    """What the wrapper asks about each file of a run. ``lines`` keep their line ends."""

    def is_infra(self, filename: str, lines: Sequence[str]) -> bool:
        """Whether the file is ours and not Python."""

    def asked_for(self, filename: str) -> bool:
        """Whether the user named this very file."""

    def results(self, filename: str, lines: Sequence[str]) -> Iterable[tuple[int, int, str]]:
        """Line (from 1), column (from 0) and ``CODE message`` of each finding."""


_checker: InfraChecker | None = None


def use(checker: InfraChecker | None) -> None:
    """Ask ``checker`` from now on; None leaves every file to flake8."""
    global _checker
    _checker = checker


def install() -> bool:
    """Wrap flake8's file checker, once. False when flake8 is not built as expected; then nothing is changed."""
    try:
        from flake8 import checker, processor  # type: ignore[import-untyped]

        kind = checker.FileChecker
        if getattr(kind.run_checks, MARK, False):
            return True
        if not _is_understood(kind):
            return False
        reader = processor.FileProcessor
        kind.run_checks = _wrapped_run_checks(kind.run_checks)
        kind._make_processor = _wrapped_make_processor(kind._make_processor, reader)  # noqa: SLF001
    except (ImportError, AttributeError):
        return False
    return True


def _is_understood(kind: Any) -> bool:
    """Whether ``run_checks`` looks at ``should_process`` and ``report`` takes what the wrapper gives."""
    wanted = ["self", "error_code", "line_number", "column", "text"]
    return (
        any("should_process" in names for names in _names_used(kind, "run_checks"))
        and list(inspect.signature(kind.report).parameters) == wanted
        and callable(kind._make_processor)  # noqa: SLF001
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


def _wrapped_run_checks(original: Any) -> Any:
    @functools.wraps(original)
    def run_checks(self: Any, *args: Any, **kwargs: Any) -> Any:
        lines = self.processor.lines if self.processor is not None else ()
        filename = self.processor.filename if self.processor is not None else self.filename
        if _checker is None or not _checker.is_infra(filename, lines):
            return original(self, *args, **kwargs)
        if self.processor is None:
            if not _checker.asked_for(filename):
                self.results.clear()  # a broken link that only our patterns brought in is no E902
            return original(self, *args, **kwargs)
        wanted, self.should_process = self.should_process, False
        answer = original(self, *args, **kwargs)
        if wanted:
            results = _checker.results(filename, lines)
            # flake8 looks for noqa comments by Python's tokens, which these files don't have
            self.processor._noqa_line_mapping = dict(enumerate(lines, 1))  # noqa: SLF001
            for line, column, text in results:
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

    return make_processor
