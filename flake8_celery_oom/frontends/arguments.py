"""The command line of ``celery-oom`` as argparse sees it."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

from flake8_celery_oom import __version__
from flake8_celery_oom.frontends.refusal import RefusedError
from flake8_celery_oom.suggest import did_you_mean

EXIT_STATUS = "Exit status: 0 clean, 1 findings, 2 something could not be run or looked at."


class Parser(argparse.ArgumentParser):
    """Refuses what means nothing in one line, with the word that was probably meant."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> argparse.Namespace:  # type: ignore[override]
        """The options of a command line. Raises RefusedError for what no option or argument takes."""
        parsed: tuple[argparse.Namespace, list[str]] = self.parse_known_args(args, namespace)
        options, rest = parsed
        if rest:
            command = self._command_of(options)
            meant = did_you_mean(rest[0].partition("=")[0], command.option_names())
            command.error(f"unrecognized arguments: {' '.join(rest)}{meant}")
        return options

    def option_names(self) -> list[str]:
        """All options that this command takes, as they are written."""
        return [name for action in self._actions for name in action.option_strings]

    def _command_of(self, options: argparse.Namespace) -> Parser:
        """The parser of the command that was named."""
        named = getattr(options, "command", None)
        choices = [action.choices for action in self._actions if isinstance(action.choices, dict)]
        found = next((commands[named] for commands in choices if named in commands), self)
        return found if isinstance(found, Parser) else self

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            meant = did_you_mean(str(value), [str(choice) for choice in action.choices or ()])
            raise argparse.ArgumentError(action, f"{error.message}{meant}") from None

    def error(self, message: str) -> NoReturn:
        """Raise RefusedError."""
        raise RefusedError(f"{message} (see {self.prog} --help)")


class _Top(Parser):
    """Of the whole command line."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; ``fleet INPUT`` is ``fleet scan INPUT``."""
        from flake8_celery_oom.frontends.fleet import with_action

        words = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(with_action(words) if words[:1] == ["fleet"] else words, namespace)


def parser() -> Parser:
    """All commands with their options."""
    from flake8_celery_oom.frontends import fleet, plan, weigh, why

    top = _Top(
        prog="celery-oom",
        description="Finds Celery workers that will be killed for running out of memory, from the files of a project.",
        epilog=f"Without a command: check. {EXIT_STATUS}",
    )
    top.add_argument("--traceback", action="store_true", help="show where a mistake of this program happened")
    top.add_argument("--version", action="version", version=f"celery-oom {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    _add_analysis_commands(commands)
    plan.add_parser(commands)
    weigh.add_parser(commands)
    why.add_parser(commands)
    fleet.add_parser(commands)
    explain = _command(commands, "explain", "print the page of a rule", "Exit status: 0, or 2 for an unknown code.")
    _command(commands, "rules", "list the rules", "Exit status: 0.")
    _add_adoption_commands(commands)
    from flake8_celery_oom.frontends import lsp

    lsp.add_options(
        _command(
            commands, "lsp", "serve an editor (Language Server Protocol)", "Exit status: 0, or 2 if it cannot start."
        )
    )
    completion = _command(commands, "completion", "print the completion script of a shell", "Exit status: 0.")
    completion.add_argument("shell", metavar="SHELL", help="bash, zsh, fish, tcsh or powershell")
    from flake8_celery_oom.frontends import cache

    cache.add_options(
        _command(commands, "cache", "say where remembered answers lie, or remove them", "Exit status: 0, or 2.")
    )
    help_ = _command(commands, "help", "show the help of a command", "Exit status: 0, or 2 for an unknown command.")
    help_.add_argument("about", nargs="?", metavar="COMMAND")
    _command(commands, "version", "print the version", "Exit status: 0.")
    explain.add_argument("code", metavar="CODE")
    return top


def _add_analysis_commands(commands: Any) -> None:
    """The commands that look at a project: check, fix and workers."""
    from flake8_celery_oom.frontends import check as check_command
    from flake8_celery_oom.frontends import diff as diff_command
    from flake8_celery_oom.frontends.workers import add_options as add_worker_options

    check = _command(commands, "check", "report what is wrong with the workers of a project")
    fix = _command(
        commands,
        "fix",
        "mend what can be mended safely, and say what was left and why",
        "Exit status: 0 nothing is left, 1 findings are left, 2 something could not be done.",
    )
    workers = _command(
        commands,
        "workers",
        "list the workers of a project and what each will run with",
        "Exit status: 0 listed, 2 something could not be looked at.",
    )
    check_command.add_options(check)
    add_worker_options(workers)
    diff = _command(
        commands,
        "diff",
        "say how the workers differ from those of a revision of git",
        "Exit status: 0 said, 2 something could not be looked at.",
    )
    diff_command.add_options(diff)
    for one in (check, workers):
        one.add_argument("--no-cache", action="store_true", help="read every file again")
    fix.add_argument("--diff", action="store_true", help="show what would change, and change nothing")
    fix.add_argument("--unsafe-fixes", action="store_true", help="fix also with numbers that nobody chose: defaults")
    for one in (check, fix, workers, diff):
        _add_project_options(one, stdin=one in (check, workers))


def _add_adoption_commands(commands: Any) -> None:
    """The commands for a project that begins to use the program: baseline and init."""
    from flake8_celery_oom.frontends import baseline, init

    baseline.add_options(
        _command(
            commands,
            "baseline",
            "keep the findings that a project lives with for now, so that only new ones are reported",
            "Exit status: 0 done, 1 (check) entries are found no more, 2 something could not be done.",
        )
    )
    init.add_options(
        _command(
            commands,
            "init",
            "add a commented [tool.celery-oom] to pyproject.toml, from what the project holds",
            "Exit status: 0 done, 2 it could not be done.",
        )
    )


def _command(
    commands: argparse._SubParsersAction[Any], name: str, what: str, status: str = EXIT_STATUS
) -> argparse.ArgumentParser:
    added: argparse.ArgumentParser = commands.add_parser(name, help=what, description=f"{what}.", epilog=status)
    return added


def _add_project_options(command: argparse.ArgumentParser, *, stdin: bool) -> None:
    what = "files or folders (default: the current folder)"
    what += "; - reads YAML from standard input (helm template)" if stdin else ""
    command.add_argument("paths", nargs="*", metavar="PATH", help=what)
    command.add_argument("--select", metavar="CODES", help="only these rules: CO101,CO2")
    command.add_argument("--extend-select", metavar="CODES", help="these rules too")
    command.add_argument("--ignore", metavar="CODES", help="not these rules")
    command.add_argument("--config", metavar="FILE", help="TOML file with [tool.celery-oom]")
    command.add_argument("--tracked-only", action="store_true", help="leave out files that git does not track")
