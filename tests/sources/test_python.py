"""Worker commands that Python programs build."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.facts import Argv, Launch, ShellText
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.sources import python


def launches(text: str) -> list[Launch]:
    facts = python.read(SourceText("run.py", textwrap.dedent(text)))
    assert all(isinstance(fact, Launch) and fact.kind == "python" for fact in facts)
    return [fact for fact in facts if isinstance(fact, Launch)]


def commands(text: str) -> list[tuple[str, str]]:
    """The entry and the command of every launch, text commands between bars."""
    found = []
    for launch in launches(text):
        if isinstance(launch.command, Argv):
            assert launch.command.notation == "python"
            found.append((launch.name, " ".join(word.shown for word in launch.command.words)))
        else:
            assert isinstance(launch.command, ShellText)
            shell = "$" if launch.command.shell else "|"
            found.append((launch.name, f"{shell}{launch.command.text.text}{shell}"))
    return found


def word_holes(text: str) -> list[Hole]:
    (launch,) = launches(text)
    assert isinstance(launch.command, Argv)
    return [hole for word in launch.command.words for hole in word.holes]


def test_claims() -> None:
    assert python.claims("a/b.py", "")
    assert python.claims("a/b.pyw", "")
    assert python.claims("bin/run", "#!/usr/bin/env python3\n")
    assert not python.claims("bin/run", "#!/bin/sh\n")
    assert not python.claims("a.txt", "#!/usr/bin/python\n")


RUNS = [
    ("import subprocess\nsubprocess.run(['celery', '-A', 'p', 'worker'])", [("subprocess", "celery -A p worker")]),
    ("import subprocess as s\ns.Popen(args=['celery', 'worker', '-A', 'p'])", [("subprocess", "celery worker -A p")]),
    ("subprocess.check_call(('celery', '-A', 'p', 'worker'))", [("subprocess", "celery -A p worker")]),
    ("subprocess.run('celery -A p worker -c 2', shell=True)", [("subprocess", "$celery -A p worker -c 2$")]),
    ("subprocess.run('celery -A p worker')", [("subprocess", "|celery -A p worker|")]),
    ("os.system('cd x && celery -A p worker')", [("subprocess", "$cd x && celery -A p worker$")]),
    ("os.execvp('celery', ['celery', '-A', 'p', 'worker'])", [("subprocess", "celery -A p worker")]),
    ("os.execlp('celery', 'celery', '-A', 'p', 'worker')", [("subprocess", "celery -A p worker")]),
    ("os.spawnvp(os.P_WAIT, 'celery', ['celery', 'worker'])", [("subprocess", "celery worker")]),
    ("c.run('celery -A p worker -c 2')", [("subprocess", "$celery -A p worker -c 2$")]),
    ("await asyncio.create_subprocess_exec('celery', '-A', 'p', 'worker')", [("subprocess", "celery -A p worker")]),
    ("subprocess.run(shlex.split('celery -A p worker'))", [("subprocess", "|celery -A p worker|")]),
    ("subprocess.run('celery -A p worker'.split())", [("subprocess", "|celery -A p worker|")]),
    ("subprocess.run('celery -A p worker'.split(' '))", [("subprocess", "|celery -A p worker|")]),
    ("subprocess.run('a/celery -A p worker'.split('/'))", []),
    ("session.run('celery', '-A', 'p', f'worker', external=True)", [("subprocess", "celery -A p worker")]),
    ("subprocess.run([sys.executable, '-m', 'celery', 'worker'])", [("subprocess", "sys.executable -m celery worker")]),
    ("run_process('./src', target='celery -A p worker')", [("subprocess", "$celery -A p worker$")]),
    ("execute_from_command_line(['manage.py', 'celery', 'worker'])", [("subprocess", "manage.py celery worker")]),
    ("call_command('celery', 'worker', '-c', '2')", [("call_command", "celery worker -c 2")]),
    ("call_command('celery', 'worker', concurrency=2)", [("call_command", "celery worker --concurrency=2")]),
    ("CMD = 'celery -A p worker'\nos.system(CMD)", [("subprocess", "$celery -A p worker$")]),
    ("os.system('celery -A %s worker -c %d' % (a, 2))", [("subprocess", "$celery -A %s worker -c %d$")]),
    ("os.system('celery -A {} worker'.format(a))", [("subprocess", "$celery -A {} worker$")]),
    ("os.system('celery -A p ' + 'worker -c ' + str(n))", [("subprocess", "$celery -A p worker -c str(n)$")]),
    ("os.system(' '.join(['celery', '-A', 'p', 'worker']))", [("subprocess", "$celery -A p worker$")]),
    ("app.worker_main(['worker', '-c', '3'])", [("worker_main", "worker -c 3")]),
    ("app.worker_main(argv=['worker', '-c', '3'])", [("worker_main", "worker -c 3")]),
    ("ARGS = ['worker']\ncelery_app.worker_main(ARGS)", [("worker_main", "worker")]),
    ("app.worker_main()  # celery", [("worker_main", "sys.argv[1:]")]),
    ("app.start(['celery', 'worker', '-c', '3'])", [("start", "celery worker -c 3")]),
    ("from celery import Celery\napp = Celery('x')\napp.start()", [("start", "sys.argv[1:]")]),
    ("def start(argv):\n    celery.start(argv)", [("start", "argv")]),
    (
        "from celery import Celery\napp = Celery('x')\napp.Worker(concurrency=3).start()",
        [("Worker", "worker --concurrency=3")],
    ),
    (
        "from celery.worker import WorkController\nw = WorkController(app=a, pool='solo')\nw.start()",
        [("Worker", "worker --pool=solo")],
    ),
    ("celery_app.Worker(autoscale=(8, 2), beat=True, x=1).start()", [("Worker", "worker --autoscale=8,2 --beat")]),
    (
        "from celery.bin import worker\nworker.worker(app=a).run(concurrency=2)",
        [("worker.run", "worker --concurrency=2")],
    ),
    ("celery_app.Worker(concurrency=None, pool='solo').start()", [("Worker", "worker --pool=solo")]),
    (
        "from celery.__main__ import main\nimport sys\nsys.argv = ['celery', '-A', 'p', 'worker']\nmain()",
        [("main", "celery -A p worker")],
    ),
    ("from celery.__main__ import main\nmain()", [("main", "sys.argv[1:]")]),
    ("from celery.bin.celery import main as m\nm(['celery', 'worker'])", [("main", "celery worker")]),
]


@pytest.mark.parametrize(("text", "expected"), RUNS)
def test_ways_to_run_a_command(text: str, expected: list[tuple[str, str]]) -> None:
    body = "async def f():\n" + textwrap.indent(text, "    ") if text.startswith("await") else text
    mentions = "" if "celery" in body else "# celery\n"
    assert commands(mentions + body) == expected


LISTS = [
    ("cmd = ['celery', '-A', 'p']\ncmd += ['worker', '-c', '2']\nrun(cmd)", "celery -A p worker -c 2"),
    ("cmd = ['celery']\ncmd.extend(['worker'])\ncmd.append('-B')\nrun(cmd)", "celery worker -B"),
    ("BASE = ['celery', '-A', 'p']\nrun(BASE + ['worker'])", "celery -A p worker"),
    ("BASE = ['-A', 'p']\nrun(['celery', *BASE, 'worker'])", "celery -A p worker"),
    ("APP = 'proj'\nrun(['celery', '-A', APP, 'worker'])", "celery -A proj worker"),
    ("N = 4\nrun(['celery', 'worker', f'-c{N}'])", "celery worker -c4"),
    ("N = 4\nrun(['celery', 'worker', '-c', str(N)])", "celery worker -c 4"),
    ("jobs = [['celery', 'worker', '-c', '2'], ['other']]", "celery worker -c 2"),
    ("JOBS = {'w': ['celery', '-A', 'p', 'worker']}", "celery -A p worker"),
    ("def f():\n    cmd = ['celery', 'worker']\n    jobs.append(cmd)", "celery worker"),
    ("def f():\n    return ['celery', 'worker', '-c', '2']", "celery worker -c 2"),
    ("COMMAND = ['/usr/bin/celery', 'worker']", "/usr/bin/celery worker"),
]


@pytest.mark.parametrize(("text", "expected"), LISTS)
def test_lists_and_what_is_added_to_them(text: str, expected: str) -> None:
    assert commands(text) == [("subprocess", expected)]


SILENT = [
    "import celery",
    '"""Start it with subprocess.run([\'celery\', \'worker\'])."""',
    "print('celery -A p worker')",
    "logger.info('run celery -A p worker')",
    "parser.add_argument('-c', help='celery -A p worker')",
    "assert command() == ['celery', '-A', 'p', 'worker']",
    "def test_it():\n    expected = ['celery', 'worker']\n    assert build() == expected",
    "run.assert_called_with(['celery', 'worker'])",
    "@pytest.mark.parametrize('argv', [['celery', 'worker']])\ndef test_it(argv): pass",
    "monkeypatch.setattr(sys, 'argv', ['celery', 'worker'])",
    "subprocess.run(['celery', '-A', 'p', 'inspect', 'ping'])",
    "subprocess.run(['git', 'clone', 'celery'])",
    "subprocess.run(['pip', 'install', 'celery'])",
    "handlers = ['celery', 'console']",
    "cursor.execute('select * from celery_worker')",
    "import threading\nthread.start()  # celery",
    "import rq\nrq.Worker(['celery']).work()",
    "call_command('migrate')  # celery",
]


@pytest.mark.parametrize("text", SILENT)
def test_what_is_no_command(text: str) -> None:
    assert commands(text) == []


def test_every_command_of_a_program_once() -> None:
    text = """
        import subprocess
        WORKER = ["celery", "-A", "p", "worker"]
        def start():
            for name in ("a", "b"):
                cmd = ["celery", "-A", f"p.{name}", "worker", "-Q", name]
                subprocess.Popen(cmd)
            subprocess.Popen(WORKER)
            beat = ["celery", "-A", "p", "beat"]
            subprocess.Popen(beat)
        """
    found = launches(text)
    assert [(launch.at.line, launch.at.end_line) for launch in found] == [(3, 3), (6, 6), (6, 6)]
    assert commands(text)[1:] == [
        ("subprocess", "celery -A p.a worker -Q a"),
        ("subprocess", "celery -A p.b worker -Q b"),
    ]


def test_both_branches_of_a_condition() -> None:
    text = """
        if debug:
            cmd = ["celery", "worker", "-c", "1"]
        else:
            cmd = ["celery", "worker", "-c", "8"]
        subprocess.run(cmd)
        """
    assert commands(text) == [("subprocess", "celery worker -c 1"), ("subprocess", "celery worker -c 8")]


def test_what_is_added_under_a_condition_may_be_there() -> None:
    text = "cmd = ['celery', 'worker']\nif x:\n    cmd.append('-B')\nrun(cmd)"
    assert commands(text) == [("subprocess", "celery worker -B"), ("subprocess", "celery worker")]
    (hole,) = word_holes(text.replace("if x", "for x in y"))
    assert (hole.source, hole.several) == ("-B", True)


@pytest.mark.parametrize(
    ("expression", "hole"),
    [
        ("os.environ['N']", Hole("os.environ['N']", name="N")),
        ("os.environ.get('N', '4')", Hole("os.environ.get('N', '4')", name="N", default="4")),
        ("os.getenv('N', 4)", Hole("os.getenv('N', 4)", name="N", default="4")),
        ("str(os.getenv('N') or 4)", Hole("str(os.getenv('N') or 4)", name="N", default="4")),
        ("str(os.cpu_count())", Hole("str(os.cpu_count())", host_cpus=True)),
        ("str(multiprocessing.cpu_count() * 2)", Hole("str(multiprocessing.cpu_count() * 2)", host_cpus=True)),
        ("str(min(4, os.cpu_count()))", Hole("str(min(4, os.cpu_count()))")),
        ("settings.WORKERS", Hole("settings.WORKERS")),
        ("f'{os.getenv(\"N\", 4)}'", Hole('{os.getenv("N", 4)}', name="N", default="4")),
        ("f'{NUMBER}'", Hole("{NUMBER}", name="N", default="3")),
        ("NUMBER", Hole("NUMBER", name="N", default="3")),
        ("f'{count}'", Hole("{count}", default="2")),
        ("count", Hole("count", default="2")),
    ],
)
def test_what_the_system_fills_in(expression: str, hole: Hole) -> None:
    text = (
        "import os\nNUMBER = os.environ.get('N', '3')\ndef f(count=2):\n"
        f"    run(['celery', 'worker', '-c', {expression}])"
    )
    (found,) = word_holes(text)
    assert found.at is not None
    assert found == Hole(hole.source, hole.name, hole.default, found.at, hole.several, hole.host_cpus)


def test_arguments_of_the_program_are_forwarded() -> None:
    text = "argv = ['celery', *sys.argv[1:]]\nrun_process(target=f, args=(argv,))"
    (hole,) = word_holes(text)
    assert (hole.source, hole.several) == ("sys.argv[1:]", True)
    (other,) = word_holes("subprocess.run(['celery'] + sys.argv[1:])")
    assert (other.source, other.several) == ("sys.argv[1:]", True)


def test_the_folder_a_command_runs_in() -> None:
    assert [launch.workdir for launch in launches("subprocess.run(['celery', 'worker'], cwd='src')")] == ["src"]
    assert [launch.workdir for launch in launches("subprocess.run(['celery', 'worker'], cwd=here)")] == [None]


def test_places_of_words() -> None:
    text = "import subprocess\nsubprocess.run(['celery',  # the program\n    \"worker\", f'-c{n}'])\n"
    source = SourceText("run.py", text)
    (launch,) = launches(text)
    assert isinstance(launch.command, Argv)
    assert launch.at == launch.command.at
    assert source.text[launch.at.start : launch.at.end].startswith("['celery'")
    places = [word.at for word in launch.command.words]
    assert [text[place.start : place.end] for place in places if place] == ["celery", "worker", "-c{n}"]


def test_places_inside_text() -> None:
    text = "os.system('celery -A p '\n          'worker -c 2')\n"
    (launch,) = launches(text)
    assert isinstance(launch.command, ShellText)
    place = launch.command.text.location(19, 21)
    assert (text[place.start : place.end], place.line) == ("-c", 2)


def test_the_entry_of_a_variable_list_is_the_call() -> None:
    (launch,) = launches("ARGS = ['worker', '-c', '2']\ncelery.worker_main(ARGS)")
    assert launch.at.line == 2
    assert isinstance(launch.command, Argv)
    assert [word.text for word in launch.command.words] == ["worker", "-c", "2"]
    assert launch.command.words[0].at is not None
    assert launch.command.words[0].at.line == 1


def test_words_of_a_worker_object() -> None:
    (launch,) = launches("celery.Worker(concurrency=int(os.environ['N']), **options).start()")
    assert isinstance(launch.command, Argv)
    word = launch.command.words[1]
    assert word == Word(("--concurrency=", Hole("int(os.environ['N'])", "N", at=word.holes[0].at)), word.at)
    assert launch.command.words[2].several


PIECES = st.lists(
    st.sampled_from(
        [
            "cmd = ['celery', 'worker']",
            "cmd = cmd + other",
            "cmd += cmd",
            "cmd.append(cmd)",
            "cmd.extend(sys.argv[1:])",
            "run(cmd)",
            "run(f'celery {cmd} worker')",
            "os.system('celery %s' % cmd)",
            "other = [*cmd, *other]",
            "other = cmd",
            "cmd = other",
            "subprocess.run(shlex.split(cmd))",
            "app.worker_main(cmd)",
            "def f(cmd=cmd):\n    return run(cmd)",
            "class C:\n    cmd = ['celery', 'worker', cmd]",
            "cmd = f'celery {cmd!r}'",
            "for cmd in other: run(cmd)",
            "sys.argv = cmd",
            "(cmd := ['celery', 'multi'])",
            "run((lambda: cmd)())",
        ]
    ),
    max_size=12,
)


@given(PIECES)
@settings(max_examples=150, deadline=None)
def test_no_program_breaks_the_reader(pieces: list[str]) -> None:
    python.read(SourceText("run.py", "\n".join(pieces)))


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(python.read(SourceText("run.py", f"celery\n{text}")), list)


@pytest.mark.parametrize(
    ("declared", "default"),
    [
        ("p.add_argument('-c', '--processes', type=int, default=3)", "3"),
        ("p.add_argument('-c', dest='processes', default=4)", "4"),
        ("p.add_argument('--processes', default=3)\nq.add_argument('--processes', default=5)", None),
        ("p.add_argument('--processes', default=N)", None),
        ("p.add_argument('--process', default=3)", None),
    ],
)
def test_the_default_of_an_argument_of_the_program(declared: str, default: str | None) -> None:
    (hole,) = word_holes(f"{declared}\nsubprocess.run(['celery', 'worker', '-c', '{{}}'.format(args.processes)])\n")
    assert (hole.source, hole.default) == ("{args.processes}", default)


def test_the_default_of_an_option_that_is_an_item() -> None:
    declared = "p.add_argument('--processes', default=3)"
    (hole,) = word_holes(f"{declared}\nsubprocess.run(['celery', 'worker', f'-c{{options[\"processes\"]}}'])\n")
    assert hole.default == "3"


def test_a_word_that_is_there_under_a_condition_says_which() -> None:
    text = "argv = ['celery', 'worker']\nwhile x:\n    argv.append('--pool=solo')\nsubprocess.run(argv)\n"
    (hole,) = word_holes(text)
    assert (hole.perhaps, hole.several) == ("--pool=solo", True)


@pytest.mark.parametrize(
    ("head", "default"),
    [
        ("@click.option('--processes', type=int, default=3)\ndef work(processes):", "3"),
        ("@click.option('-c', '--count', 'processes', default=4)\ndef work(processes):", "4"),
        ("@cli.command()\n@click.option('--other', default=4)\ndef work(processes):", None),
        ("@click.option('--processes', default=N)\ndef work(processes):", None),
        ("def work(processes: int = typer.Option(5, '--processes')):", "5"),
        ("def work(processes: int = typer.Option(default=6)):", "6"),
        ("def work(processes: int = typer.Argument(...)):", None),
        ("def work(processes=7):", "7"),
        ("def work(processes=None):", None),
    ],
)
def test_the_default_of_a_parameter(head: str, default: str | None) -> None:
    (hole,) = word_holes(f"{head}\n    subprocess.run(['celery', 'worker', '-c', str(processes)])\n")
    assert (hole.source, hole.default) == ("str(processes)", default)


def test_a_text_that_is_one_of_several_is_split() -> None:
    text = """
        if beat:
            line = f"celery -A {name} worker -B"
        else:
            line = f"celery -A {name} worker"
        words = line.split()
        subprocess.call(words)
        """
    assert commands(text) == [
        ("subprocess", "|celery -A {name} worker -B|"),
        ("subprocess", "|celery -A {name} worker|"),
    ]
