"""Programs that grow without end: the evaluator stops early, and says only that the value is not known."""

from __future__ import annotations

import time

import pytest

from tests.resolve.python_project import app_of, shown

GROWING = {
    "text doubled": "x = 'aa'\n" + "x = x + x\n" * 24,
    "pairs of pairs": "x = 1\n" + "x = (x, x)\n" * 24,
    "dicts of dicts": "x = {}\n" + "x = {'a': x, 'b': x}\n" * 24,
    "text times": "x = 'a' * 10**9",
    "list doubled": "x = [1]\n" + "x = x + x\n" * 26,
    "list times": "x = [0] * 10**9",
    "digits": "x = 10 ** 5000\nx = str(x * x)",
    "power": "x = 2 ** 64 ** 64",
    "shift": "x = 1 << 10**9",
    "format": "x = '%1000000000d' % 5",
    "f-strings": "x = 'a' * 9\n" + "x = f'{x}{x}{x}{x}'\n" * 14,
    "replaced": "x = 'a' * 1000\n" + "x = x.replace('a', 'a' * 10)\n" * 6,
    "nested loops": "x = []\nfor i in range(1000):\n    for j in range(1000):\n        x.append(i)",
    "comprehension": "x = [(i, j, k) for i in range(200) for j in range(200) for k in range(200)]",
    "calls": "def f(n):\n    return f(n - 1) + f(n - 1)\nx = f(30)",
    "brackets": "x = " + "[" * 90 + "]" * 90,
    "many large texts": "y = ['a' * 90000 for i in range(900)]\nx = [one + 'b' for one in y + y + y]",
}


@pytest.mark.parametrize("text", GROWING.values(), ids=GROWING.keys())
def test_what_grows_is_left_unknown(text: str) -> None:
    source = f"from celery import Celery\n{text}\napp = Celery('p')\napp.conf.worker_concurrency = 3\n"
    source += "app.conf.task_routes = x\n"
    started = time.process_time()
    made = app_of({"app.py": source})
    assert time.process_time() - started < 10
    assert shown(made.settings["worker_concurrency"]) == 3
    assert text.startswith("x = [[[") or shown(made.settings["task_routes"]) == ("unknown", None)


def test_one_module_does_not_take_the_budget_of_another() -> None:
    endless = "x = 0\nfor i in range(999):\n    for j in range(999):\n        x += 1\n"
    files = {f"a{index}.py": f"from celery import Celery\napp = Celery('a')\n{endless}" for index in range(4)}
    files["last.py"] = "from celery import Celery\napp = Celery('last')\napp.conf.worker_concurrency = 5\n"
    assert shown(app_of(files, "last").settings["worker_concurrency"]) == 5
