"""``celery-oom weigh``: runs the worker of an app, and says what its processes weigh.

The only command that runs code of the project.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flake8_celery_oom.frontends.plan import ROUND, size
from flake8_celery_oom.frontends.refusal import RefusedError
from flake8_celery_oom.quantity import GIB, MIB, human_bytes

if TYPE_CHECKING:
    from flake8_celery_oom.core.weights import Weights
    from flake8_celery_oom.weighing.running import Subject, Task
    from flake8_celery_oom.weighing.weigh import Weighed

LIMITS = (256 * MIB, 512 * MIB, GIB, 2 * GIB, 4 * GIB)
COUNTS = (1, 2, 4, 8, 16)
HEADROOM = 20
SECONDS = 120.0


def add_parser(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to those of ``celery-oom``."""
    what = "run the worker of an app, and say what its processes weigh"
    parser = commands.add_parser(
        "weigh",
        help=what,
        description=f"{what}. This imports and runs the code of the app; no other command does.",
        epilog="Exit status: 0 weighed, 2 it could not be.",
    )
    parser.add_argument("-A", "--app", required=True, metavar="NAME", help="the app, as `celery -A` names it")
    parser.add_argument("--run", action="store_true", help="yes, run the code of the app")
    parser.add_argument("--python", default=sys.executable, metavar="PROGRAM", help="the Python that has the app")
    parser.add_argument(
        "--project", default=".", metavar="FOLDER", help="where modules are imported from (default: the current folder)"
    )
    parser.add_argument(
        "--chdir",
        metavar="FOLDER",
        help="start the worker in this folder (default: a temporary one)",
    )
    parser.add_argument("--task", metavar="NAME", help="a task of the app that every child does before it is weighed")
    parser.add_argument("--args", type=_list, default=[], metavar="JSON", help="its arguments: '[1, \"a\"]'")
    parser.add_argument("--kwargs", type=_object, default={}, metavar="JSON", help="its keywords: '{\"n\": 1}'")
    parser.add_argument("--limit", type=size, metavar="SIZE", help="the memory limit of the container: 512Mi, 1.5g")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long a start or a task may take (120)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def _list(text: str) -> list[Any]:
    value = _json(text)
    if not isinstance(value, list):
        raise argparse.ArgumentTypeError(f"{text!r} is no JSON list")
    return value


def _object(text: str) -> dict[str, Any]:
    value = _json(text)
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is no JSON object")
    return value


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def run(options: argparse.Namespace, write: Callable[[str], object]) -> int:
    """Weigh, print the result through ``write`` and give the exit status; what is going on goes to standard error."""
    from flake8_celery_oom.weighing.running import Task, WeighingError

    if not sys.platform.startswith("linux"):
        raise RefusedError("weigh needs Linux: what processes share after a fork is read from /proc")
    if not options.run:
        raise RefusedError(
            f"weigh imports and runs the code of the app {options.app} with {options.python}: --run says that it may"
        )
    task = Task(options.task, options.args, options.kwargs) if options.task else None
    try:
        weighed = _weighed(options, task)
    except WeighingError as error:
        raise RefusedError(f"{options.app}: {error}") from error
    if options.format == "json":
        write(json.dumps(_document(options.app, weighed), indent=2) + "\n")
    else:
        write("".join(f"{line}\n" for line in _lines(options, weighed)))
    return 0


def _weighed(options: argparse.Namespace, task: Task | None) -> Weighed:
    from flake8_celery_oom.weighing.weigh import weigh

    with tempfile.TemporaryDirectory(prefix="celery-oom-weigh-") as name:
        return weigh(_subject(options, Path(name)), task, _say)


def _say(what: str) -> None:
    print(f"weighing {what} ...", file=sys.stderr, flush=True)


def _subject(options: argparse.Namespace, folder: Path) -> Subject:
    from flake8_celery_oom.weighing.running import Subject

    for named in filter(None, (options.project, options.chdir)):
        if not Path(named).is_dir():
            raise RefusedError(f"{named}: no such folder")
    return Subject(
        app=options.app,
        project=Path(options.project).resolve(),
        python=options.python,
        folder=folder,
        start_in=Path(options.chdir).resolve() if options.chdir else folder,
        seconds=options.seconds,
        environment=dict(os.environ),
    )


# --- telling ----------------------------------------------------------------------------------------------------------


def _mebibytes(amount: int) -> float:
    return round(amount / MIB, 1)


def toml_line(app: str, weights: Weights) -> str:
    """The line of ``[tool.celery-oom.weights]`` for an app."""
    from flake8_celery_oom.config import WEIGHTS

    amounts = ((key, getattr(weights, name)) for key, name in WEIGHTS.items())
    shown = ", ".join(f"{key} = {_mebibytes(amount)}" for key, amount in amounts if amount is not None)
    return f"{json.dumps(app)} = {{{shown}}}"


def _document(app: str, weighed: Weighed) -> dict[str, Any]:
    """Everything, in bytes."""

    def amounts(weights: Weights | None) -> dict[str, int | None] | None:
        from flake8_celery_oom.config import WEIGHTS

        return None if weights is None else {key: getattr(weights, name) for key, name in WEIGHTS.items()}

    return {
        "version": 1,
        "app": app,
        "imported": amounts(weighed.imported),
        "idle": amounts(weighed.idle),
        "used": amounts(weighed.used),
        "first_child": weighed.first_child,
        "peak": weighed.peak,
        "weights": amounts(weighed.lasting),
    }


def _lines(options: argparse.Namespace, weighed: Weighed) -> Iterator[str]:
    lasting = weighed.lasting
    after = f"after the task {options.task}" if weighed.used is not None else "after a task that does nothing"
    yield f"app {options.app}, an idle worker {after}:"
    yield f"  main process         {human_bytes(lasting.main_rss):>9} in memory"
    yield f"  child                {human_bytes(lasting.child_rss):>9} in memory, much of it shared"
    yield f"  the first child adds {human_bytes(weighed.first_child):>9}"
    yield f"  each further one     {human_bytes(lasting.child_own):>9}"
    yield f"  N children need      {human_bytes(lasting.main_alone):>9} + N x {human_bytes(lasting.child_own)}"
    if lasting.one_process is not None:
        yield f"  without children     {human_bytes(lasting.one_process):>9} (threads, gevent, solo)"
    if weighed.peak is not None:
        yield f"  at most in one child {human_bytes(weighed.peak):>9}, which is what max-memory-per-child looks at"
    yield ""
    yield from _table(options.limit, weighed)
    yield ""
    yield "For pyproject.toml, in MiB:"
    yield ""
    yield "[tool.celery-oom.weights]"
    yield toml_line(options.app, lasting)


def _table(limit: int | None, weighed: Weighed) -> Iterator[str]:
    """The largest max-memory-per-child for limits and numbers of children."""
    from flake8_celery_oom.analysis import budget

    yield f"--max-memory-per-child (KiB) that fits, with {HEADROOM} % of the limit free:"
    yield "limit    " + "".join(f"{f'-c {count}':>10}" for count in COUNTS)
    for one in LIMITS if limit is None else (limit,):
        cells = []
        for count in COUNTS:
            plan = budget.Plan(concurrency=count, weights=weighed.lasting)
            kib = budget.largest_max_memory(plan, one * (100 - HEADROOM) // 100) or 0
            enough = kib >= budget.smallest_useful_max_memory(plan)
            cells.append(f"{kib // ROUND * ROUND if enough else '-':>10}")
        yield f"{human_bytes(one):9}" + "".join(cells)
