"""``celery-oom fleet fix``: one patch for each repository that can be mended. Nothing is written into a repository."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flake8_celery_oom.frontends.refusal import RefusedError
from flake8_celery_oom.frontends.terminal import complain

if TYPE_CHECKING:
    from flake8_celery_oom.fleet.jobs import Job, Outcome

DONE, FAILED = 0, 2


def add_parser(actions: argparse._SubParsersAction[Any]) -> None:
    """Add the action to those of ``celery-oom fleet``."""
    from flake8_celery_oom.frontends.fleet.scanning import add_engine_options

    fix = actions.add_parser(
        "fix",
        help="write a patch for each repository that can be mended",
        epilog="Exit status: 0 done, 2 a repository could not be looked at.",
    )
    fix.add_argument("file", metavar="FILE", help="results of celery-oom fleet")
    fix.add_argument("--patches", required=True, metavar="DIR", help="the folder of the patches, made if need be")
    fix.add_argument("--select", default="", metavar="CODES", help="only these findings: CO201,CO3")
    fix.add_argument("--unsafe-fixes", action="store_true", help="fix also with numbers that nobody chose: defaults")
    add_engine_options(fix)


def run(options: argparse.Namespace, write: Callable[[str], object]) -> int:
    """Write the patches, and say through ``write`` what they mend."""
    from flake8_celery_oom.fleet.children import EngineError
    from flake8_celery_oom.fleet.feed import Feed
    from flake8_celery_oom.frontends.fleet.scanning import engine_of, limits_of

    jobs, limits = _jobs(options), limits_of(options)
    try:
        os.makedirs(options.patches, exist_ok=True)
        writer = _Writer(options.patches, write)
        with engine_of(options, limits) as engine:
            for outcome in engine.run(Feed(jobs)):
                writer.take(outcome)
    except EngineError as error:
        raise RefusedError(str(error)) from error
    except OSError as error:
        raise RefusedError(f"{error.filename or options.patches}: {error.strerror or error}") from error
    write(f"{writer.patches} of {len(jobs)} repositories have a patch in {options.patches}\n")
    return FAILED if writer.failed else DONE


def _jobs(options: argparse.Namespace) -> list[Job]:
    """One for each repository in which a finding of those that were asked for has a fix."""
    from flake8_celery_oom.config import ConfigError, selectors
    from flake8_celery_oom.fleet.jobs import Fixes, Job
    from flake8_celery_oom.fleet.store import StoreError, opened_for_reading
    from flake8_celery_oom.frontends.fleet.scanning import config_of
    from flake8_celery_oom.rules import check_codes

    try:
        codes = selectors(options.select, "--select")
        check_codes(codes, "--select")
        with opened_for_reading(options.file) as connection:
            found = connection.execute(
                """SELECT repository, path FROM repositories WHERE repository IN (SELECT repository FROM findings
                WHERE fix_safety IN (SELECT unnest(?)) AND list_bool_or(
                    list_transform(?, lambda beginning: starts_with(code, beginning))))
                ORDER BY repository""",
                [["safe", "unsafe"] if options.unsafe_fixes else ["safe"], list(codes) or [""]],
            ).fetchall()
    except (ConfigError, StoreError) as error:
        raise RefusedError(str(error)) from error
    fixes, config = Fixes(options.select, options.unsafe_fixes), config_of(options)
    return [Job(number, name, path, config=config, fix=fixes) for number, (name, path) in enumerate(found)]


class _Writer:
    """Writes patches and says what they do."""

    def __init__(self, folder: str, write: Callable[[str], object]) -> None:
        self.patches = self.failed = 0
        self._folder = folder
        self._write = write
        self._taken: set[str] = set()

    def take(self, outcome: Outcome) -> None:
        """The outcome of one repository."""
        from flake8_celery_oom.fleet.patches import file_name, write_patch

        if not outcome.body:
            self.failed += 1
            complain(f"{outcome.name}: {outcome.reason}")
            return
        made = json.loads(outcome.body)
        for path in made["not_utf_8"]:
            complain(f"{outcome.name}: {path} is no UTF-8, so no patch can change it: fix it in its repository")
        if not made["patch"]:
            return
        name = file_name(outcome.name, self._taken)
        at = f" at {outcome.commit}" if outcome.commit else ""
        write_patch(self._folder, name, [f"celery-oom fleet fix: {outcome.name}{at}", *made["fixed"]], made["patch"])
        self.patches += 1
        left = f", {made['left']} left" if made["left"] else ""
        self._write(f"{name}: {len(made['fixed'])} fixed{left}\n")
