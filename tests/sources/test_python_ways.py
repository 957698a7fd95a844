"""Commands that Python programs put together: under conditions, by functions of the file, out of paths and dicts."""

from __future__ import annotations

import textwrap

import pytest

from flake8_celery_oom.core.facts import Argv, Launch, ShellText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.sources import python


def launches(text: str, path: str = "tools/run.py") -> list[Launch]:
    return [fact for fact in python.read(SourceText(path, textwrap.dedent(text))) if isinstance(fact, Launch)]


def commands(text: str) -> list[str]:
    """The commands of all launches, those that a condition's default does not lead to in brackets."""
    found = []
    for launch in launches(text):
        command = launch.command
        assert command is not None
        shown = " ".join(word.shown for word in command.words) if isinstance(command, Argv) else command.text.text
        found.append(f"({shown})" if launch.unlikely else shown)
    return found


TEXTS = [
    ("cmd = 'celery -A p worker'\ncmd += ' -c 2'\nos.system(cmd)", ["celery -A p worker -c 2"]),
    ("cmd = 'celery -A p worker'\ncmd = cmd + ' -c 2'\nos.system(cmd)", ["celery -A p worker -c 2"]),
    ("base = f'celery -A {APP}'\nos.system(f'{base} worker -c 2')", ["celery -A {APP} worker -c 2"]),
    ("n = 3\nbase = f'celery -A p worker -c {n}'\nos.system(f'{base}')", ["celery -A p worker -c 3"]),
    ("parts = ['celery', '-A', 'p']\nparts.append('worker')\nos.system(' '.join(parts))", ["celery -A p worker"]),
    ("base = 'celery -A {}'\nos.system(base.format('p') + ' worker')", ["celery -A {} worker"]),
    ("os.system(shlex.join(['celery', '-A', 'p', 'worker']))", ["celery -A p worker"]),
    (
        "def f(q, n=None):\n    part = f'-c {n}' if n else ''\n    os.system(f'celery -A p worker -Q {q} {part}')",
        ["celery -A p worker -Q {q} ", "(celery -A p worker -Q {q} -c {n})"],
    ),
    (
        "def f(n):\n    os.system(f'celery -A p worker -c {n}')\nf(2)\nf(3)",
        ["celery -A p worker -c 2", "celery -A p worker -c 3"],
    ),
    ("def sh(cmd):\n    subprocess.run(cmd, shell=True)\nsh('celery -A p worker')", ["celery -A p worker"]),
    ("def sh(*cmd):\n    subprocess.run(cmd)\nsh('celery', '-A', 'p', 'worker')", ["celery -A p worker"]),
    (
        "class A:\n    CMD = 'celery -A p worker'\n    def go(self):\n        os.system(self.CMD)",
        ["celery -A p worker"],
    ),
    ("def cmd():\n    return 'celery -A p worker'\nos.system(cmd())", ["celery -A p worker"]),
    (
        "cmds = ['npm start']\ncmds.append('celery -A p worker')\n[Popen(cmd, shell=True) for cmd in cmds]",
        ["celery -A p worker"],
    ),
    (
        "list(subprocess.run(['celery', '-A', 'p', 'worker', '-n', name]) for name in ('a', 'b'))",
        ["celery -A p worker -n a", "celery -A p worker -n b"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_texts_that_are_put_together(text: str, expected: list[str]) -> None:
    assert commands(text) == expected


CHOICE = """
def argv(fast):
    if fast:
        return ['celery', 'worker', '-c', '8']
    return ['celery', 'beat']
"""

LISTS = [
    ("cmd = ['celery', 'worker']\ncmd = cmd + ['-c', '2']\nrun(cmd)", ["celery worker -c 2"]),
    ("run(['celery', 'worker', *(['-B'] if False else [])])", ["celery worker"]),
    (
        "def f(b=False):\n    run(['celery', 'worker', *(['-B'] if b else [])])",
        ["celery worker", "(celery worker -B)"],
    ),
    (
        "def f(solo=True):\n    cmd = ['celery', 'worker']\n    if solo:\n        cmd += ['-P', 'solo']\n    run(cmd)",
        ["celery worker -P solo", "(celery worker)"],
    ),
    ("run(shlex.split('celery -A p') + ['worker', '-n', 'a b'])", ["celery -A p worker -n a b"]),
    ("def opts(n):\n    return ['-c', str(n)]\nrun(['celery', 'worker', *opts(2)])", ["celery worker -c 2"]),
    (f"{CHOICE}run(argv(x))", ["celery worker -c 8"]),
    (f"{CHOICE}run(argv(True))", ["celery worker -c 8"]),
    ("run([find_celery(), '-A', 'p', 'worker'])", ["celery -A p worker"]),
    ("run([exe, '-m', 'celery', '-A', 'p', 'worker'])", ["python -m celery -A p worker"]),
    ("run([exe, '-A', 'p', 'web'])", []),
    ("words = ['nice', 'celery', '-A', 'p', 'worker']\nrun(words[1:])", ["celery -A p worker"]),
    ("run(list(map(str, ['celery', 'worker', '-c', 2])))", ["celery worker -c 2"]),
]


@pytest.mark.parametrize(("text", "expected"), LISTS)
def test_lists_that_are_put_together(text: str, expected: list[str]) -> None:
    assert commands(text) == expected


def test_each_of_many_conditions_is_turned_once() -> None:
    lines = ["def f(" + ", ".join(f"o{i}=None" for i in range(7)) + "):", "    cmd = ['celery', 'worker']"]
    lines += [f"    if o{i}:\n        cmd.append('--o{i}')" for i in range(7)]
    found = commands("\n".join([*lines, "    cmd += ['-c', '2']", "    run(cmd)"]))
    assert found[0] == "celery worker -c 2"
    assert found[1:] == [f"(celery worker --o{i} -c 2)" for i in range(7)]


def test_more_conditions_than_can_be_turned_stay_open() -> None:
    lines = ["def f(" + ", ".join(f"o{i}=None" for i in range(40)) + "):", "    cmd = ['celery', 'worker']"]
    lines += [f"    if o{i}:\n        cmd.append('--o{i}')" for i in range(40)]
    (launch,) = launches("\n".join([*lines, "    run(cmd)"]))
    assert isinstance(launch.command, Argv)
    assert [word.several for word in launch.command.words] == [False, False, *[True] * 40]


PATHS = [
    ("[os.path.join(os.path.dirname(__file__), 'jobs', 'run.sh')]", ["tools", "/jobs/run.sh"]),
    ("[str(Path(__file__).resolve().parent / 'run.sh')]", ["tools/run.sh"]),
    ("[str(Path(__file__).parents[1] / 'bin' / 'run.sh')]", ["bin/run.sh"]),
    ("['bash', f'{HERE}/run.sh']", ["tools", "/run.sh"]),
    ("[sys.executable, HERE + '/work.py']", ["tools", "/work.py"]),
]


@pytest.mark.parametrize(("words", "expected"), PATHS)
def test_scripts_by_their_place_in_the_project(words: str, expected: list[str]) -> None:
    (launch,) = launches(f"HERE = os.path.dirname(os.path.abspath(__file__))\nsubprocess.run({words})")
    assert isinstance(launch.command, Argv)
    word = launch.command.words[-1]
    assert [part if isinstance(part, str) else part.path for part in word.parts] == expected


KEYWORDS = [
    ("options = {'concurrency': 2}\ncelery_app.Worker(**options).start()", ["worker --concurrency=2"]),
    (
        "options = dict(pool='solo')\noptions['concurrency'] = 3\ncelery_app.Worker(**options).start()",
        ["worker --pool=solo --concurrency=3"],
    ),
    (
        "from celery.bin import worker\noptions = {'concurrency': n, 'x': 1}\nworker.worker(app=a).run(**options)",
        ["worker --concurrency=n"],
    ),
    ("celery_app.WorkController(concurrency=2).start()", ["worker --concurrency=2"]),
    ("options = load()\noptions.update(x)\ncelery_app.Worker(**options).start()", ["worker options"]),
]


@pytest.mark.parametrize(("text", "expected"), KEYWORDS)
def test_options_in_a_dict(text: str, expected: list[str]) -> None:
    assert commands(text) == expected


NEVER_STARTED = [
    "from celery.events.state import Worker\nw = Worker(hostname='a')\nw.start()",
    "w = celery_app.Worker()\nassert w.hostname",
    "def make():\n    return celery_app.Worker()",
    "w = celery_app.Worker()\nprint(w)",
    "from celery.concurrency.asynpool import Worker\nWorker(3).start()",
]


@pytest.mark.parametrize("text", NEVER_STARTED)
def test_objects_that_start_no_worker(text: str) -> None:
    assert commands(text) == []


def test_a_worker_that_is_handed_on_may_be_started() -> None:
    assert commands("w = celery_app.Worker()\nrun_in_thread(w)") == ["worker"]
    assert commands("self.w = celery_app.Worker()\ndef go(self):\n    self.w.start()") == ["worker"]
    assert commands("w = celery_app.Worker()\nThread(target=w.start).start()") == ["worker"]


def test_words_that_the_program_puts_into_sys_argv() -> None:
    text = "import sys\ndef handle():\n    sys.argv = ['celery', 'worker', '-c', '2']\n    celery_app.start()"
    assert commands(text) == ["celery worker -c 2"]


def test_a_text_of_several_places_stands_where_the_program_is_named() -> None:
    text = "def in_bin(cmd):\n    return os.path.join(BIN, cmd)\ncmd = f'celery -A p worker -l {x}'\nrun(in_bin(cmd))"
    (launch,) = launches(text)
    assert isinstance(launch.command, ShellText)
    assert launch.at.line == 3
