"""The command ``celery-oom``; without the name of a command it is ``celery-oom check``.

Exit status: 0 nothing found, 1 findings, 2 something could not be run. Everything heavy is imported when it is needed.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from flake8_celery_oom import __version__
from flake8_celery_oom.frontends.refusal import RefusedError
from flake8_celery_oom.frontends.terminal import complain, write

CLEAN, FOUND, FAILED = 0, 1, 2
INTERRUPTED = 130
TRACEBACK = "--traceback"


def main(argv: Sequence[str] | None = None, *, remember: bool = False) -> int:
    """Run the command and give its exit status; with ``remember`` a project is looked at from where it was left."""
    from flake8_celery_oom.frontends import arguments

    words = list(sys.argv[1:] if argv is None else argv)
    with_traceback = TRACEBACK in words
    words = [word for word in words if word != TRACEBACK]
    try:
        if not words or words[0] not in {*COMMANDS, "-h", "--help", "--version"}:
            _refuse_misspelt_command(words)
            words.insert(0, "check")
        options = arguments.parser().parse_args(words)
        options.remember = remember
        return COMMANDS[options.command](options)
    except RefusedError as refused:
        complain(str(refused))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        if error.filename is None and error.errno in _CLOSED:
            return output_failed(error)
        return broken(error, with_traceback=with_traceback)
    except Exception as error:
        return broken(error, with_traceback=with_traceback)


def broken(error: Exception, *, with_traceback: bool) -> int:
    """Say in one line what ended the run that nobody foresaw; ``--traceback`` shows where it happened."""
    if with_traceback and sys.stderr is not None:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, MemoryError):
        complain("there is not enough memory for this project: name a folder of it")
        return FAILED
    what = " ".join(f"{type(error).__name__}: {error}"[:300].split())
    shown = "" if with_traceback else "; with --traceback added, the output says where"
    complain(f"a mistake in celery-oom {__version__} ended the run, please report it ({what}){shown}")
    return FAILED


_CLOSED = {errno.EPIPE, errno.ENOSPC, errno.EBADF, errno.EIO, errno.EINVAL}
"""What writing to a closed or full standard output ends in."""


def output_failed(error: OSError) -> int:
    """Say that standard output could not be written; it is nobody's any more."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    complain(f"standard output cannot be written ({error.strerror})")
    return FAILED


def _refuse_misspelt_command(words: Sequence[str]) -> None:
    """``celery-oom wrokers`` is no path that is missing."""
    from flake8_celery_oom.suggest import did_you_mean

    first = words[0] if words else "-"
    meant = did_you_mean(first, COMMANDS) if first.isalpha() and not Path(first).exists() else ""
    if meant:
        raise RefusedError(f"no command or file is called {first}{meant}")


# --- commands ---------------------------------------------------------------------------------------------------------


def _check(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import check

    return check.run(options)


def _workers(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import workers
    from flake8_celery_oom.frontends.projects import Projects

    return workers.run(options, Projects(options), write)


def _plan(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import plan

    return plan.run(options, write)


def _weigh(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import weigh

    return weigh.run(options, write)


def _diff(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import diff

    return diff.run(options, write)


def _fleet(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import fleet

    return fleet.run(options, write)


def _why(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import why

    return why.run(options, write)


def _fix(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import fix
    from flake8_celery_oom.frontends.projects import Projects

    if "-" in options.paths:
        raise RefusedError("standard input can be checked, not fixed")
    return fix.run(options, Projects(options), complain)


def _explain(options: argparse.Namespace) -> int:
    from flake8_celery_oom import rules
    from flake8_celery_oom.suggest import did_you_mean

    code = next((one.code for one in rules.rules() if one.name == options.code.lower()), options.code.upper())
    try:
        page = rules.entry(code).page
    except KeyError:
        meant = did_you_mean(code, rules.modules()) or "; `celery-oom rules` lists them"
        raise RefusedError(f"no rule is called {options.code}{meant}") from None
    write(page)
    return CLEAN


def _rules(_: argparse.Namespace) -> int:
    from flake8_celery_oom import rules

    for rule in rules.rules():
        state = rule.severity if rule.on else "off"
        write(f"{rule.code}  {state:8}{rule.name:32}{rule.summary}\n")
    return CLEAN


def _baseline(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import baseline
    from flake8_celery_oom.frontends.projects import Projects

    return baseline.run(options, Projects(options, with_baseline=options.action != "write"), write)


def _init(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import init
    from flake8_celery_oom.frontends.projects import Projects

    return init.run(options, Projects(options), write)


def _cache(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import cache

    return cache.run(options, write)


def _completion(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import arguments

    try:
        import shtab
    except ImportError:
        raise RefusedError("shtab is not installed: pip install 'flake8-celery-oom[completion]'") from None
    if options.shell not in shtab.SUPPORTED_SHELLS:
        raise RefusedError(f"this version of shtab knows no {options.shell}: {', '.join(shtab.SUPPORTED_SHELLS)}")
    write(shtab.complete(arguments.parser(), options.shell) + "\n")
    return CLEAN


def _help(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import arguments
    from flake8_celery_oom.suggest import did_you_mean

    about = options.about
    if about is not None and about not in COMMANDS:
        raise RefusedError(f"no command is called {about}{did_you_mean(about, COMMANDS)}")
    with contextlib.suppress(SystemExit):
        arguments.parser().parse_args([about, "--help"] if about else ["--help"])
    return CLEAN


def _lsp(options: argparse.Namespace) -> int:
    from flake8_celery_oom.frontends import lsp

    return lsp.run(options)


def _version(_: argparse.Namespace) -> int:
    write(f"celery-oom {__version__}\n")
    return CLEAN


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": _check,
    "fix": _fix,
    "workers": _workers,
    "plan": _plan,
    "weigh": _weigh,
    "why": _why,
    "diff": _diff,
    "fleet": _fleet,
    "explain": _explain,
    "rules": _rules,
    "baseline": _baseline,
    "init": _init,
    "completion": _completion,
    "cache": _cache,
    "help": _help,
    "lsp": _lsp,
    "version": _version,
}
