"""The command ``celery-oom``: ``check`` (the default), ``fix``, ``workers``, ``plan``, ``explain``, ``rules``.

Exit status: 0 nothing found, 1 findings, 2 something could not be run. Everything heavy is imported when it is needed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from flake8_celery_oom import __version__
from flake8_celery_oom.config import Config, ConfigError, read_config, selectors

if TYPE_CHECKING:
    from flake8_celery_oom.formats.text import Line, View
    from flake8_celery_oom.workspace import Workspace

CLEAN, FOUND, FAILED = 0, 1, 2
STDIN = "<stdin>"
"""What standard input is called, as a file of the project: the path ``-``."""
INTERRUPTED = 130


class RefusedError(Exception):
    """Something that the user asked for and that cannot be done; the text is one line."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] not in {*COMMANDS, "-h", "--help", "--version"}:
        arguments.insert(0, "check")
    try:
        options = _parser().parse_args(arguments)
        return COMMANDS[options.command](options)
    except RefusedError as refused:
        _complain(str(refused))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


# --- commands ---------------------------------------------------------------------------------------------------------


def _check(options: argparse.Namespace) -> int:
    from flake8_celery_oom.formats import text

    if options.format == "json":
        from flake8_celery_oom.formats import json

    run = _Run(options)
    lines: list[Line] = []
    documents: list[dict[str, Any]] = []
    every = []
    for workspace, view in run.workspaces():
        findings = workspace.findings()
        every += findings
        if options.format == "json":
            documents += json.findings_document(findings, view)
        else:
            lines += text.finding_lines(findings, view)
        run.count(workspace)
    if options.format == "json":
        documents.sort(key=lambda one: (one["path"], one["line"], one["column"], one["code"], one["message"]))
        _write(json.check_output(documents, run.summary))
    elif run.done:
        _show([*lines, text.summary_line(every, run.summary)])
    return FAILED if run.failed else FOUND if every else CLEAN


def _workers(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import workers

    return workers.run(options, _Run(options), _write)


def _plan(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import plan

    return plan.run(options, _write)


def _explain(options: argparse.Namespace) -> int:
    from flake8_celery_oom import rules

    try:
        page = rules.entry(options.code.upper()).page
    except KeyError:
        raise RefusedError(f"no rule is called {options.code}; `celery-oom rules` lists them") from None
    _write(page)
    return CLEAN


def _rules(_: argparse.Namespace) -> int:
    from flake8_celery_oom import rules

    for rule in rules.rules():
        state = rule.severity if rule.on else "off"
        _write(f"{rule.code}  {state:8}{rule.name:32}{rule.summary}\n")
    return CLEAN


def _fix(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import fix

    if "-" in options.paths:
        raise RefusedError("standard input can be checked, not fixed")

    return fix.run(options, _Run(options), _complain)


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": _check,
    "fix": _fix,
    "workers": _workers,
    "plan": _plan,
    "explain": _explain,
    "rules": _rules,
}


# --- what a run looks at ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Target:
    """A project to look at, and the paths in it that were asked for; none: all of it."""

    root: Path
    paths: tuple[str, ...]
    overlays: Mapping[str, str] = field(default_factory=dict)


class _Run:
    """The workspaces that the paths of a command line ask for; what cannot be looked at is said and left out."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self.failed = False
        self.done = 0
        self.summary: Counter[str] = Counter(workers=0, unknown=0, files=0, suppressed=0, baselined=0)

    def workspaces(self) -> Iterator[tuple[Workspace, View]]:
        """Each with what its paths are called in the folder where the command runs."""
        from flake8_celery_oom.workspace import Workspace

        for target in self._targets():
            try:
                config = self._config(target.root)
                with Patience(f"reading {target.root}"):
                    workspace = Workspace(target.root, config, target.overlays, target.paths)
                    workspace.project()
                yield workspace, _view_of(target.root)
                self.done += 1
            except ConfigError as error:
                self._fail(str(error))
            except OSError as error:
                self._fail(f"{error.filename or target.root}: {error.strerror or error}")

    def count(self, workspace: Workspace) -> None:
        """Add what the workspace has looked at to the summary."""
        self.summary.update(asdict(workspace.summary()))

    def _fail(self, message: str) -> None:
        _complain(message)
        self.failed = True

    def _targets(self) -> list[_Target]:
        from flake8_celery_oom.workspace import Workspace

        wanted: dict[Path, list[str]] = {}
        given_paths = list(dict.fromkeys(self._options.paths or ["."]))
        from_stdin = "-" in given_paths
        for given in given_paths:
            if given == "-":
                continue
            reason = _unusable(Path(given))
            if reason:
                self._fail(f"{given}: {reason}")
                continue
            path = Path(given).absolute()
            path = path.parent.resolve() / path.name if path.name not in {"", ".."} else path.resolve()
            root = Workspace.root_of(path if path.is_dir() else path.parent)
            wanted.setdefault(root, []).append(path.relative_to(root).as_posix())
        overlays = {}
        if from_stdin and not (self.failed and not wanted):
            overlays[STDIN] = sys.stdin.buffer.read().decode("utf-8", "surrogateescape").removeprefix("\ufeff")
            wanted = wanted or {Workspace.root_of(Path.cwd()): []}
            next(iter(wanted.values())).append(STDIN)
        return [
            _Target(root, () if "." in paths else tuple(paths), {} if number else overlays)
            for number, (root, paths) in enumerate(wanted.items())
        ]

    def _config(self, root: Path) -> Config:
        from flake8_celery_oom import rules

        options = self._options
        config = read_config(root, Path(options.config) if options.config else None)
        if options.select is not None:
            config = replace(config, select=selectors(options.select, "--select"))
        if options.extend_select is not None:
            more = selectors(options.extend_select, "--extend-select")
            config = replace(config, extend_select=(*config.extend_select, *more))
        if options.ignore is not None:
            config = replace(config, ignore=selectors(options.ignore, "--ignore"))
        for name in ("select", "extend_select", "ignore"):
            rules.check_codes(getattr(config, name), name.replace("_", "-"))
        return config


def _unusable(path: Path) -> str:
    """Why a path of the command line cannot be looked at; empty when it can."""
    try:
        if path.is_dir():
            with os.scandir(path):
                return ""
        if not path.exists():
            return "no such file or folder"
        if not path.is_file():
            return "is neither a file nor a folder"
        with path.open("rb"):
            return ""
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except ValueError:
        return "no such file or folder"


def _view_of(root: Path) -> View:
    here = Path.cwd()

    def view(path: str) -> str:
        if path == STDIN:
            return path
        try:
            return Path(os.path.relpath(root / path, here)).as_posix()
        except ValueError:  # another drive
            return (root / path).as_posix()

    return view


# --- the terminal -----------------------------------------------------------------------------------------------------


def _write(text: str) -> None:
    """Print text as it is. A reader that goes away (head, a pager) has seen enough: that is no error."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show(lines: Sequence[Line]) -> None:
    from flake8_celery_oom.formats import text

    if not sys.stdout.isatty():
        _write(text.plain(lines))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)


class Patience:
    """Says on a terminal what is being done, once it takes longer than some seconds."""

    def __init__(self, what: str, seconds: float = 1.0) -> None:
        self._what = what
        self._seconds = seconds

    def __enter__(self) -> Patience:
        from threading import Event, Timer

        self.shown = Event()
        self._status: Any = None
        self._timer = Timer(self._seconds, self._begin)
        self._timer.daemon = True
        if sys.stderr.isatty():
            self._timer.start()
        return self

    def _begin(self) -> None:
        from rich.console import Console

        self._status = Console(stderr=True).status(self._what)
        self._status.start()
        self.shown.set()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._timer.is_alive():
            self._timer.join()
        if self._status is not None:
            self._status.stop()


def _complain(message: str) -> None:
    sys.stderr.write(f"celery-oom: error: {message}\n")


# --- options ----------------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise RefusedError(f"{message} (see {self.prog} --help)")


def _parser() -> argparse.ArgumentParser:
    from flake8_celery_oom.frontends import plan
    from flake8_celery_oom.frontends.workers import add_options as add_worker_options

    parser = _Parser(
        prog="celery-oom",
        description="Finds Celery workers that will be killed for running out of memory, from the files of a project.",
        epilog="Without a command: check. Exit status: 0 clean, 1 findings, 2 could not run.",
    )
    parser.add_argument("--version", action="version", version=f"celery-oom {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="report what is wrong with the workers of a project")
    fix = commands.add_parser("fix", help="mend what can be mended safely, and say what was left and why")
    workers = commands.add_parser("workers", help="list the workers of a project and what each will run with")
    plan.add_parser(commands)
    explain = commands.add_parser("explain", help="print the page of a rule")
    commands.add_parser("rules", help="list the rules")
    check.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    add_worker_options(workers)
    for command in (check, workers):
        command.add_argument("--no-cache", action="store_true", help="read every file again")
    fix.add_argument("--diff", action="store_true", help="show what would change, and change nothing")
    fix.add_argument("--unsafe-fixes", action="store_true", help="fix also with numbers that nobody chose: defaults")
    for command in (check, fix, workers):
        what = "files or folders (default: the current folder)"
        what += "" if command is fix else "; - reads YAML from standard input (helm template)"
        command.add_argument("paths", nargs="*", metavar="PATH", help=what)
        command.add_argument("--select", metavar="CODES", help="only these rules: CO101,CO2")
        command.add_argument("--extend-select", metavar="CODES", help="these rules too")
        command.add_argument("--ignore", metavar="CODES", help="not these rules")
        command.add_argument("--config", metavar="FILE", help="TOML file with [tool.celery-oom]")
    explain.add_argument("code", metavar="CODE")
    return parser
