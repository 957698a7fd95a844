"""Asks real Celery releases what they make of worker command lines, and writes their answers down for the tests.

    python tools/record_command_lines.py --venvs DIR [--python 3.6=/path/to/python3.6 ...] [RELEASE ...]

For each release a virtual environment is made below DIR (once) and Celery installed into it; then this very file runs
inside of it with ``--answer``: it reads questions from standard input and prints answers. The part that answers
therefore has to run on Python 3.6, and needs nothing but Celery. No worker is started and no broker is needed.

The tests import ``generate_lines`` and ``answer`` for the Celery release that is installed with them.

An answer to a command line is one of
    "!"      the command line is refused
    "-"      something else than a worker is started (help, version, beat...)
    [global options, worker options, settings]   what was given: {name: text, or true for a flag}
and to a worker question (argv, settings, environment) "!" or
    [pool, concurrency, autoscale maximum, autoscale minimum, max tasks, max memory, prefetch multiplier]
"""

import argparse
import contextlib
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

CPUS = 61
AUTO_CPUS = 59
KNOWN_POOLS = ("prefork", "eventlet", "gevent", "threads", "solo", "processes", "custom")


# --- questions --------------------------------------------------------------------------------------------------------

GLOBAL_FLAGS = ["-C", "--no-color", "-q", "--quiet", "--skip-checks"]
GLOBAL_VALUES = ["-A", "--app", "-b", "--broker", "--loader", "--config", "--workdir", "--result-backend"]
FLAGS = [
    "-D", "--detach", "-E", "--events", "--task-events", "-B", "--beat", "--purge", "--discard", "--without-gossip",
    "--without-mingle", "--without-heartbeat", "--disable-prefetch", "--autoreload", "--no-execv", "--force-execv",
]  # fmt: skip
VALUES = {
    "int": [
        "-c", "--concurrency", "--max-tasks-per-child", "--maxtasksperchild", "--max-memory-per-child",
        "--maxmemperchild", "--prefetch-multiplier", "--heartbeat-interval",
    ],
    "float": ["--time-limit", "--soft-time-limit"],
    "pool": ["-P", "--pool"],
    "autoscale": ["--autoscale"],
    "level": ["-l", "--loglevel"],
    "profile": ["-O", "--optimization"],
    "method": ["--pool-start-method"],
    "text": [
        "-n", "--hostname", "-Q", "--queues", "-X", "--exclude-queues", "-I", "--include", "-S", "--statedb", "-f",
        "--logfile", "--pidfile", "--uid", "--gid", "--umask", "--executable", "-s", "--schedule",
        "--schedule-filename", "--scheduler",
    ],
}  # fmt: skip
SAMPLES = {
    "int": ["1", "2", "4", "16", "200000", "0", "-3", "two", "2.5", "", "auto", "AUTO", "1_000", " 5", "+7"],
    "float": ["30", "1.5", "1e3", "soon", "", "-2", "nan"],
    "pool": ["prefork", "processes", "gevent", "eventlet", "solo", "threads", "custom", "Prefork", "fork", "my.pool:P"],
    "autoscale": ["10,3", "3,10", "8", "0,0", "10,3,1", "a,b", "10, 3", "10,", ""],
    "level": ["info", "INFO", "WARN", "warning", "debug", "fatal", "critical", "error", "loud"],
    "profile": ["fair", "default", "fast", "=fair"],
    "method": ["fork", "spawn", "forkserver"],
    "text": ["w1@%h", "high,low", "data.db", "worker", "/var/x/%n.log", "022", "a b", "0"],
}
GOOD = {"int": 5, "float": 3, "pool": 6, "autoscale": 3, "level": 5, "profile": 2, "method": 2, "text": 8}
ABBREVIATIONS = [
    "--conc", "--max-t", "--max-m", "--max", "--autos", "--pref", "--sched", "--log", "--without-g", "--without",
    "--time", "--pool", "--queue", "--maxt", "--hostn", "--no-c", "--be", "--res", "--work",
]  # fmt: skip
SETTINGS = [
    "worker.prefetch_multiplier=2", "worker.max_tasks_per_child=50", "worker_max_memory_per_child=90000",
    ".concurrency=3", "_concurrency=5", "worker.concurrency=6", "WORKER.Concurrency=7", "task.acks_late=1",
    "celeryd.concurrency=4", "celeryd.prefetch_multiplier=1", "celeryd_max_tasks_per_child=9", "stray", "worker.x",
    "worker.max_tasks_per_child=many", "-c",
]  # fmt: skip


RARE_SETTINGS = [
    "worker.prefetch_multiplier=many", "worker.max_memory_per_child=many", "worker.concurrency=many",
    "broker.pool_limit=3", "broker.connection_timeout=2.5", "cassandra.keyspace=k", "celery.acks_late=1",
    "celerybeat.max_loop_interval=3", "celerymon.log_level=INFO", "email.port=25", "server.email=root",
    "celery.concurrency=4", "celeryd.prefetch_multiplier=many",
]  # fmt: skip


def spelled(rng, option, value):
    """The words that give ``value`` to ``option``, in one of the usual and unusual spellings."""
    if option.startswith("--"):
        return rng.choice([[option, value], [option, value], [option + "=" + value]])
    if rng.random() < 0.06:
        return [option + "=" + value]
    return rng.choice([[option, value], [option, value], [option + value]])


KNOWN_SINCE = {
    "--disable-prefetch": (5, 6), "--pool-start-method": (5, 7), "--optimization": (5, 3), "--skip-checks": (5, 3),
    "--result-backend": (4, 2), "--task-events": (4, 0), "--force-execv": (4, 0), "--max-tasks-per-child": (4, 0),
    "--max-memory-per-child": (4, 0), "--maxmemperchild": (4, 0), "--prefetch-multiplier": (4, 0),
    "--schedule-filename": (4, 0),
}  # fmt: skip
GONE_SINCE = {
    "--autoreload": (4, 0), "--no-execv": (5, 0), "--force-execv": (5, 0), "--maxtasksperchild": (5, 0),
    "--maxmemperchild": (5, 0),
}  # fmt: skip


def choose(rng, options, line):
    """One of the options, seldom one that the release does not have."""
    known = [name for name in options if KNOWN_SINCE.get(name, line) <= line < GONE_SINCE.get(name, (9,))]
    return rng.choice(options if rng.random() < 0.02 or not known else known)


def random_option(rng, wild, line):
    """The words of one worker option; ``wild`` is how likely odd values and spellings are."""
    if rng.random() < 0.22:
        return [choose(rng, FLAGS, line)]
    kind = rng.choice(["int", "int", "int", "float", "pool", "autoscale", "level", "profile", "text", "text", "method"])
    if kind == "method" and line < (5, 7):
        kind = "text"
    samples = SAMPLES[kind] if rng.random() < wild else SAMPLES[kind][: GOOD[kind]]
    option = choose(rng, VALUES[kind], line)
    if rng.random() < wild / 4:
        option = rng.choice(ABBREVIATIONS)
    return spelled(rng, option, rng.choice(samples))


def random_global(rng, line):
    """The words of one global option."""
    if rng.random() < 0.2:
        return [choose(rng, GLOBAL_FLAGS, line)]
    option = choose(rng, GLOBAL_VALUES + ["-A"] * 6 + ["--app"] * 3, line)
    return spelled(rng, option, rng.choice(["proj", "proj.celery:app", "memory://"]))


def random_line(rng, line):
    """One command line, without the word ``celery``."""
    wild = rng.choice([0.0, 0.0, 0.3])
    before = [word for _ in range(rng.choice([0, 1, 1, 1, 2])) for word in random_global(rng, line)]
    if rng.random() < 0.04:
        before += random_option(rng, wild, line)
    after = [word for _ in range(rng.randrange(6)) for word in random_option(rng, wild, line)]
    if rng.random() < (0.05 if line >= (5, 0) else 0.3):
        after += random_global(rng, line)
    chance = rng.random()
    if chance < 0.05:
        after.append(rng.choice(["-EB", "-EBc2", "-Ec", "-BE", "-Efx.log", "-DEc3", "-c2E"]))
    elif chance < 0.08:
        after.append(rng.choice(["--bogus", "--bogus=1", "-Z", "-", "stray", "-h", "--help", "--version", "-c"]))
    elif chance < 0.11:
        after += ["--", *rng.sample(SETTINGS, rng.choice([0, 1, 1, 2]))]
    elif chance < 0.14:
        after.insert(rng.randrange(len(after) + 1), rng.choice(SETTINGS))
    elif chance < 0.16 and after:
        after.pop()
    command = (
        "worker" if rng.random() < 0.96 else rng.choice(["beat", "inspect", "workers", "report", "status", "help"])
    )
    return [*before, command, *after]


def probe_lines():
    """A line for every spelling and every sample value: what decides each row of the option tables."""
    lines = []
    for option in GLOBAL_FLAGS:
        lines += [[option, "worker"], ["worker", option], [option + "=1", "worker"]]
    for option in GLOBAL_VALUES:
        lines += [[option, "proj", "worker"], [option + "=proj", "worker"], ["worker", option, "proj"], [option]]
        lines += [["worker", option + "=proj"]]
    for option in FLAGS:
        lines += [["worker", option], ["worker", option, "-c", "2"], ["worker", option + "=1"], [option, "worker"]]
    for kind, options in sorted(VALUES.items()):
        for option in options:
            for sample in SAMPLES[kind]:
                lines += [["worker", option, sample], ["worker", option + "=" + sample]]
                if not option.startswith("--"):
                    lines.append(["worker", option + sample])
            good = SAMPLES[kind][0]
            lines += [["worker", option], ["worker", option, "-E"], ["worker", option, good, option, SAMPLES[kind][1]]]
            lines += [[option, good, "worker"], [option + "=" + good, "worker"], ["-A", "p", "worker", option, good]]
    for option in ABBREVIATIONS:
        lines += [["worker", option, "2"], ["worker", option + "=2"], ["worker", option]]
    for setting in SETTINGS + RARE_SETTINGS:
        lines += [["worker", setting], ["worker", "--", setting], ["worker", "-c", "2", "--", setting]]
    lines += [["worker"], [], ["-A"], ["-A", "p"], ["--version"], ["--help"], ["worker", "--help"], ["worker", "-h"]]
    lines += [["worker", "--version"], ["help", "worker"], ["beat"], ["worker", "-"], ["--", "worker"]]
    lines += [["worker", "-EBc2"], ["worker", "-c2E"], ["worker", "-EcB"], ["worker", "-BE"], ["worker", "stray"]]
    return lines


def generate_lines(seed, count, line):
    """``count`` random command lines, no two alike, mostly such as the release line (``(5, 7)``) accepts."""
    rng = random.Random(seed)
    found = {}
    while len(found) < count:
        words = random_line(rng, line)
        found.setdefault(tuple(words), words)
    return list(found.values())


def worker_questions(major, seed=5, count=600):
    """Questions about what a worker runs with: argv, settings and environment."""
    rng = random.Random(seed)
    settings = {
        "concurrency": [3, 0, None, "5", 6],
        "pool": ["solo", "threads", "prefork"],
        "max_tasks_per_child": [10, 100, None],
        "max_memory_per_child": [70000, 0, None, 80000.5],
        "prefetch_multiplier": [1, 0, 2, "3"],
    }
    options = [
        ["-c", "2"], ["-c", "0"], ["-c4"], ["--autoscale=10,3"], ["--autoscale", "3,10"], ["--autoscale=8"],
        ["--max-tasks-per-child", "20"], ["--max-tasks-per-child", "0"], ["--max-memory-per-child", "50000"],
        ["--max-memory-per-child=0"], ["--prefetch-multiplier", "0"], ["--prefetch-multiplier", "7"],
        ["-P", "prefork"], ["-P", "processes"], ["-P", "threads"], ["-P", "solo"], ["-c", "auto"],
    ]  # fmt: skip
    environment = {
        "CELERY_WORKER_CONCURRENCY": ["9", "0", ""],
        "CELERY_WORKER_POOL": ["solo", "prefork"],
        "CELERY_WORKER_AUTOSCALE": ["12,2"],
        "CELERY_WORKER_MAX_TASKS_PER_CHILD": ["30"],
        "CELERY_WORKER_MAX_MEMORY_PER_CHILD": ["60000"],
        "CELERY_WORKER_PREFETCH_MULTIPLIER": ["6", "0"],
        "CELERYD_CONCURRENCY": ["17"],
    }
    extras = ["worker.concurrency=11", "worker.max_tasks_per_child=40", "worker.max_memory_per_child=95000",
              "worker.prefetch_multiplier=5", "worker.pool=solo"]  # fmt: skip
    questions = []
    for _ in range(count):
        argv = ["-A", "proj", "worker"]
        for words in rng.sample(options, rng.choice([0, 0, 1, 1, 2, 3])):
            argv += words
        if rng.random() < 0.2:
            argv += ["--", *rng.sample(extras, rng.choice([1, 1, 2]))]
        names = rng.sample(sorted(settings), rng.choice([0, 1, 1, 2]))
        chosen = {name: rng.choice(settings[name]) for name in names}
        variables = rng.sample(sorted(environment), rng.choice([0, 0, 0, 1, 1, 2]))
        questions.append([argv, chosen, {name: rng.choice(environment[name]) for name in variables}])
    if major == 3:
        missing = ("--max-", "--prefetch-multiplier", "worker.")
        questions = [asked for asked in questions if not any(word.startswith(missing) for word in asked[0])]
    return questions


def multi_questions():
    """Argument lists of ``celery multi show``."""
    return [
        ["w1", "-A", "proj", "-c", "3"],
        ["2", "-A", "proj", "-c", "3"],
        ["2", "-c3"],
        ["w1", "w2", "-c", "3", "-c:w2", "5", "-l", "info"],
        ["w1", "w2", "--concurrency=4", "--concurrency:1=9"],
        ["w1", "w2", "w3", "-c:1,2", "7", "-c", "2"],
        ["3", "-c:1-2", "8", "-c:3", "1"],
        ["3", "-Q:1", "images", "-Q", "default", "--max-tasks-per-child=10"],
        ["w1", "-E", "w2"],
        ["w1", "--concurrency", "3"],
        ["2", "--concurrency", "3"],
        ["w1", "-c3", "w2"],
        ["a@host", "b", "-c", "2", "-n", "other"],
        ["a@host", "b@host", "-c:a@host", "6"],
        ["w1", "-c", "2", "--", "worker.prefetch_multiplier=1"],
        ["2", "--prefix=x", "-c:1", "4", "-P", "gevent"],
        ["2", "--range-prefix=x", "-c:2", "4"],
        ["w1", "--pidfile=./%n.pid", "--logfile=./%n.log", "--time-limit=300", "-B"],
        ["w1", "--quiet", "--nosplash", "-c", "5"],
        ["w1", "--no-color", "--verbose", "-c", "5"],
        ["w1", "w2", "-c:3", "4"],
        ["2", "-c:7", "4"],
        ["-c", "2", "w1"],
        ["w1", "--autoscale=10,3", "--autoscale:w1=5,2", "--max-memory-per-child=200000"],
        ["w1", "--append=-c 9", "-c", "2"],
        ["-q", "w1", "-c", "3"],
        ["w1", "--hostname=other", "-c", "2"],
        ["w1", "-n", "other@h", "-c", "2"],
        ["2", "--suffix=box", "-c", "2"],
        ["w1", "--suffix=box", "-c", "2"],
        ["w1", "--prefix=x", "-c", "2"],
        [],
    ]


# --- answers ----------------------------------------------------------------------------------------------------------


class Started(Exception):  # noqa: N818 - no error
    """A worker would be started."""


def version_line():
    import celery

    return tuple(int(number) for number in celery.__version__.split(".")[:2])


def quietly(function):
    """Run ``function``; hand back whether it failed. The environment and the arguments are put back."""
    environment, arguments = dict(os.environ), sys.argv
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            function()
    except SystemExit as error:
        return error.code not in (None, 0)
    except Started:
        return False
    except Exception:
        return True
    finally:
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = arguments
    return False


def checked_pool(real, line):
    """The look-up of a pool that neither needs gevent nor custom pools to be installed."""
    from celery import concurrency

    present = ("solo", "prefork", "processes") + (("threads",) if line >= (4, 4) else ())

    def look_up(name):
        if isinstance(name, str) and name in concurrency.ALIASES and name not in present:
            return name
        if isinstance(name, str) and name in KNOWN_POOLS and name not in concurrency.ALIASES:
            raise ImportError(name)
        if isinstance(name, str) and ":" in name and not name.startswith("="):
            return name
        return real(name)

    return look_up


def patch(target, name, value):
    setattr(target, name, value)


class Recorder:
    """Stands between Celery's command line and the worker that it would start."""

    def __init__(self):
        self.line = version_line()
        self.given = {}
        self.started = None
        self.app = None
        self.configured = {}
        self.real_worker = False
        self.patch_everywhere()
        if self.line >= (5, 0):
            self.patch_click()
        else:
            self.patch_command_classes()

    def new_app(self, **settings):
        from celery import Celery, concurrency

        recorder = self
        app = Celery("proj", broker="memory://", set_as_current=False)
        real = app.Worker

        def start_worker(**options):
            if recorder.line < (5, 0) and not recorder.real_worker:
                concurrency.get_implementation(options.get("pool") or options.get("pool_cls"))
                if options.get("autoscale"):
                    real(autoscale=options["autoscale"], pool_cls="solo", concurrency=1)
            if recorder.real_worker:
                recorder.started = real(**options)
            else:
                recorder.started = options
            raise Started

        app.Worker = start_worker
        app.conf.update(settings)
        if self.line >= (4, 0):
            app.conf.worker_concurrency  # noqa: B018 - loads the configuration
        else:
            app.conf.CELERYD_CONCURRENCY  # noqa: B018
        parse = app.loader.cmdline_config_parser

        def parse_settings(*args, **options):
            recorder.configured = parse(*args, **options)
            return recorder.configured

        app.loader.cmdline_config_parser = parse_settings
        self.app = app
        return app

    def patch_everywhere(self):
        import celery.apps.worker
        import celery.concurrency
        from celery.worker import WorkController

        module = sys.modules[WorkController.__module__]
        patch(module, "cpu_count", lambda: CPUS)
        patch(celery.apps.worker, "check_privileges", lambda *_args: None)
        patch(os, "chdir", lambda _path: None)
        patch(os, "makedirs", lambda *_args, **_options: None)
        patch(celery.concurrency, "get_implementation", checked_pool(celery.concurrency.get_implementation, self.line))
        with contextlib.suppress(ImportError):
            from celery.utils import sysinfo

            if hasattr(sysinfo, "cpu_budget"):
                patch(sysinfo, "cpu_budget", lambda *_args, **_options: AUTO_CPUS)
                patch(module, "cpu_budget", lambda *_args, **_options: AUTO_CPUS)

    def patch_click(self):
        import celery.bin.base
        import celery.bin.celery
        import celery.bin.worker
        import click

        recorder = self

        def find_app(name):
            recorder.given["app"] = name
            if name.startswith("="):
                raise ImportError(name)
            return recorder.app

        def detach(*_args, **_options):
            recorder.started = {}
            raise Started

        patch(celery.bin.celery, "find_app", find_app)
        patch(celery.bin.base, "get_current_app", lambda: recorder.app)
        patch(celery.bin.worker, "maybe_drop_privileges", lambda **_options: None)
        patch(celery.bin.worker, "detach", detach)
        for name, command in celery.bin.celery.celery.commands.items():
            if name != "worker":
                command.callback = lambda *_args, **_options: None
        real = click.Command.make_parser

        def make_parser(command, ctx):
            parser = real(command, ctx)
            parse = parser.parse_args

            def parse_args(args):
                found = parse(args)
                recorder.given.update(
                    {name: value for name, value in found[0].items() if isinstance(value, (str, bool, int))}
                )
                return found

            parser.parse_args = parse_args
            return parser

        patch(click.Command, "make_parser", make_parser)

    def patch_command_classes(self):
        import celery.bin.base
        import celery.bin.worker
        from celery.bin.celery import CeleryCommand

        recorder = self
        worker = celery.bin.worker.worker
        patch(celery.bin.base, "maybe_patch_concurrency", lambda *_args, **_options: None)
        patch(celery.bin.worker, "maybe_drop_privileges", lambda **_options: None)
        create = worker.create_parser

        def create_parser(command, *args, **options):
            parser = create(command, *args, **options)
            if recorder.real_worker:
                return parser
            if hasattr(parser, "_actions"):
                for action in parser._actions:  # noqa: SLF001
                    action.default = argparse.SUPPRESS
            else:
                parser.defaults = {}
            return parser

        def parse_options(command, *args, **options):
            found = parse(command, *args, **options)
            values = found[0] if isinstance(found[0], dict) else vars(found[0])
            recorder.given.update({name: value for name, value in values.items() if value not in (None, [])})
            return found

        def find_app(_command, name):
            recorder.given["app"] = name
            if name.startswith("="):
                raise ImportError(name)
            return recorder.app

        parse = worker.parse_options
        patch(worker, "create_parser", create_parser)
        patch(worker, "parse_options", parse_options)
        patch(worker, "maybe_detach", lambda *_args, **_options: None)
        patch(celery.bin.base.Command, "find_app", find_app)
        patch(celery.bin.base.Command, "get_app", lambda _command, **_options: recorder.app)
        patch(celery.bin.base.Command, "_get_default_app", lambda _command, **_options: recorder.app)
        real = celery.bin.base.Command.parse_preload_options

        def parse_preload_options(command, args):
            found = real(command, args)
            values = found[0] if isinstance(found, tuple) else found
            recorder.given.update({name: value for name, value in values.items() if value not in (None, [], False)})
            return found

        patch(celery.bin.base.Command, "parse_preload_options", parse_preload_options)
        for name, command in CeleryCommand.commands.items():
            if name not in ("worker", "help"):
                patch(command, "run_from_argv", lambda *_args, **_options: 0)
        self.command_class = CeleryCommand

    def run(self, argv):
        """Run Celery's program in this process; whether it failed."""
        self.given, self.started, self.configured = {}, None, {}
        sys.argv = ["celery", *list(argv)]
        if self.line >= (5, 0):
            from celery.bin.celery import celery as program

            return quietly(lambda: program.main(args=list(argv), prog_name="celery", auto_envvar_prefix="CELERY"))
        return quietly(lambda: self.command_class().execute_from_commandline(["celery", *list(argv)]))

    def line_answer(self, argv):
        if self.app is None or self.configured or "--disable-prefetch" in argv:
            self.new_app()
        failed = self.run(argv)
        if self.started is None:
            return "!" if failed else "-"
        given = {RENAMED.get(name, name): value for name, value in self.given.items() if value is not False}
        given = {name: value if value is True else str(value) for name, value in given.items()}
        return [given, self.configured] if self.configured else [given]

    def worker_answer(self, question):
        argv, settings, variables = question
        self.real_worker = True
        try:
            prefix = "worker_" if self.line >= (4, 0) else "celeryd_"
            spelled_settings = {prefix + name: value for name, value in settings.items()}
            if self.line < (4, 0):
                spelled_settings = {name.upper(): value for name, value in spelled_settings.items()}
            before = dict(os.environ)
            os.environ.update(variables)
            self.new_app(**spelled_settings)
            failed = self.run(argv)
            self.app = None
            os.environ.clear()
            os.environ.update(before)
        finally:
            self.real_worker = False
        worker = self.started
        if worker is None:
            return "!" if failed else "-"
        pool = worker.pool_cls if isinstance(worker.pool_cls, str) else worker.pool_cls.__module__.rpartition(".")[2]
        autoscale = worker.autoscale
        return [
            {"thread": "threads", "celery.concurrency.prefork:TaskPool": "prefork"}.get(pool, pool),
            worker.concurrency,
            list(autoscale) if isinstance(autoscale, (list, tuple)) else autoscale,
            worker.max_tasks_per_child,
            getattr(worker, "max_memory_per_child", None),
            getattr(worker, "prefetch_multiplier", None),
        ]

    def multi_answer(self, argv):
        from celery.bin.multi import MultiTool

        output = io.StringIO()
        tool = MultiTool(stdout=output, stderr=io.StringIO())
        if quietly(lambda: tool.execute_from_commandline(["multi", "show", *list(argv)])):
            return "!"
        return [line.replace(sys.executable, "python") for line in output.getvalue().splitlines() if " -m " in line]


RENAMED = {
    "pool_cls": "pool", "state_db": "statedb", "send_events": "task_events", "working_directory": "workdir",
    "task_time_limit": "time_limit", "task_soft_time_limit": "soft_time_limit", "scheduler_cls": "scheduler",
}  # fmt: skip


def answer_all(questions):
    """Answer every question; a dictionary of lists goes in and comes out."""
    recorder = Recorder()
    answers = {
        "lines": recorder.line_answer,
        "workers": recorder.worker_answer,
        "multi": recorder.multi_answer,
    }
    return {kind: [answers[kind](question) for question in asked] for kind, asked in questions.items()}


# --- recording --------------------------------------------------------------------------------------------------------

PYTHONS = {"3": "3.6", "4.0": "3.6", "4.1": "3.7", "4.2": "3.7", "4.3": "3.7", "4.4": "3.9", "5.0": "3.9", "5.1": "3.9",
           "5.2": "3.9"}  # fmt: skip
PINS = {
    "3.6": ["setuptools<60", "importlib_metadata<4.9", "typing_extensions<4.2", "pytz<2024", "zipp<3.7"],
    "3.7": ["setuptools<60", "importlib_metadata<5", "pytz<2024", "zipp<3.7"],
    "3.9": ["setuptools<60"],
    "4.0.2": ["kombu<4.2"],
}
WHOLE = ("3.1.26.post2", "4.4.7", "5.0.5", "5.6.3")
PROBED = ("4.0.2", "4.1.1", "4.2.2", "4.3.1", "5.1.2", "5.2.7", "5.3.6", "5.5.3")


def interpreter(release, venvs, pythons):
    """The Python of a virtual environment with this release of Celery."""
    home = Path(venvs) / release
    program = str(home / "bin" / "python")
    if not (home / "ready").exists():
        line = ".".join(release.split(".")[:2])
        version = PYTHONS.get(line, PYTHONS.get(line[:1], "3.11"))
        version = "3.11" if line[0] == "5" and line not in PYTHONS else version
        subprocess.run([pythons[version], "-m", "venv", str(home)], check=True)
        packages = [*PINS.get(version, []), *PINS.get(release, []), "celery==" + release]
        subprocess.run([program, "-m", "pip", "-q", "install", *packages], check=True)
        (home / "ready").touch()
    return program


def compact(answers, questions):
    """The recording as text: one question with its answer a line."""
    rows = []
    for kind in sorted(answers):
        pairs = [
            json.dumps([question, answer], separators=(",", ":"), sort_keys=True)
            for question, answer in zip(questions[kind], answers[kind])  # noqa: B905 - Python 3.6 has no strict
        ]
        rows.append(json.dumps(kind) + ": [\n" + ",\n".join(pairs) + "\n]")
    return "{\n" + ",\n".join(rows) + "\n}\n"


def record(release, program, target):
    """Ask one release and write its answers."""
    questions = {"lines": probe_lines()}
    if release in WHOLE:
        line = tuple(int(number) for number in release.split(".")[:2])
        questions["lines"] += generate_lines(release, 3000 if line >= (4, 0) else 800, line)
        questions["workers"] = worker_questions(int(release[0]))
        questions["multi"] = multi_questions()
    done = subprocess.run(
        [program, str(Path(__file__).resolve()), "--answer"],
        input=json.dumps(questions).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    text = compact(json.loads(done.stdout.decode()), questions)
    (Path(target) / f"command_lines_{release}.json").write_text(text, encoding="utf-8")
    print(release, len(questions["lines"]), "lines,", len(text), "characters")


def main():
    if sys.argv[1:] == ["--answer"]:
        questions = json.loads(sys.stdin.read())
        output = sys.stdout
        output.write(json.dumps(answer_all(questions)))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venvs", required=True)
    parser.add_argument("--python", action="append", default=[], metavar="3.6=PATH")
    parser.add_argument("--target", default=str(Path(__file__).resolve().parents[1] / "tests" / "data"))
    parser.add_argument("releases", nargs="*", default=WHOLE + PROBED)
    options = parser.parse_args()
    pythons = {"3.11": sys.executable}
    pythons.update(pair.split("=", 1) for pair in options.python)
    for release in options.releases:
        record(release, interpreter(release, str(Path(options.venvs).resolve()), pythons), options.target)


if __name__ == "__main__":
    main()
