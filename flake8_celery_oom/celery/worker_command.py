"""What reading a celery command line yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.value import Value
from flake8_celery_oom.core.word import Word

Entry: TypeAlias = Literal[
    "celery",  # celery, python -m celery
    "celeryd",  # Celery 3.1: celeryd
    "celeryd-multi",  # Celery 3.1: celeryd-multi
    "manage.py",  # a Django command: manage.py celery, manage.py celeryd, nautobot-server celery
    "worker_main",  # app.worker_main([...])
    "keywords",  # app.Worker(concurrency=3): no command line, the keywords stand as options
    "worker-class",  # celery.bin.worker.worker(app).run(concurrency=3): the same with a class that 5.0 has not
    "start",  # app.start([...])
    "airflow",  # airflow celery worker, airflow worker
    "program",  # another program that hands its words to Celery: hypothesis celery worker
]

RefusalKind: TypeAlias = Literal[
    "unknown-option",  # no version has it
    "not-in-version",  # other versions have it
    "misplaced-option",  # it belongs before (or after) the word "worker"
    "abbreviated-option",  # --conc; ``respelled`` is the word in full
    "ambiguous-option",  # --max
    "equals-in-short-option",  # -c=2
    "behind-dashes",  # -- -c 3: nothing but settings stands there
    "missing-value",
    "needless-value",  # --beat=1
    "invalid-value",
    "unexpected-argument",
    "needs-equals",  # celery multi: --concurrency 3
    "missing-subcommand",  # worker_main([...]) without "worker"
    "no-such-program",  # celeryd on 4.0 and later, the class of celery.bin.worker on 5.0 and later
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that keeps the worker from starting as it is written.

    ``at`` is the option, or the value where the value is at fault. ``word`` is the word of the command that holds it
    and ``respelled`` what that word would have to be, where that is certain. ``option`` is the option's name.
    """

    kind: RefusalKind
    at: Location | None
    message: str
    word: Word | None = None
    option: str = ""
    respelled: str | None = None


@dataclass(frozen=True, slots=True)
class CeleryCommand:
    """One worker that a celery command starts.

    ``options`` has every option of Celery by its name (``options.NAMES``), whatever the version:
    Known: the word that was given, ``at`` is the option with its value. The word may be a hole (``-c $N``), or the
    option itself where it is a flag. Unknown: a piece like ``$OPTS`` may set the option; ``default`` is what the
    default text of that piece sets. An option that is written out is Known even where ``$OPTS`` stands beside it:
    whoever writes ``-c 2 $OPTS`` means 2. Unset: nothing sets it.

    A value that is refused is still given as it was meant, and ``refusals`` tells.
    ``settings`` are the ``worker.x=y`` words under their new names (``worker_x``).
    ``node`` is the name of the node as written for ``celery multi``.
    """

    entry: Entry
    words: tuple[Word, ...]
    program_at: Location | None
    at: Location | None
    app: Value[str]
    workdir: Value[str]
    options: Mapping[str, Value[Word]]
    settings: Mapping[str, Word] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    node: str | None = None
