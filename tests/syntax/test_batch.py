"""Batch files of Windows: the commands that they start."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import batch


def commands(text: str) -> list[str]:
    return [" ".join(word.shown for word in one.words) for one in batch.parse(SourceText("run.bat", text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@echo off\r\ncelery -A shop worker\r\n", ["celery -A shop worker"]),
        ("celery -A shop worker ^\r\n  --pool=solo ^\r\n  -c 1\r\n", ["celery -A shop worker --pool=solo -c 1"]),
        ("rem celery worker\n:: celery worker\nREM. x\n:label\n", []),
        ("echo celery worker\ntitle celery worker\n", []),
        ("set N=4\ncelery worker -c %N%\n", ["celery worker -c 4"]),
        ('set "N=4"\ncelery worker -c %n%\n', ["celery worker -c 4"]),
        ("celery worker -c %N%\n", ["celery worker -c %N%"]),
        ("set N=4\nset /a N=%N%*2\ncelery worker -c %N%\n", ["celery worker -c %N%"]),
        ("set N=4\nif defined BIG set N=8\ncelery worker -c %N%\n", ["celery worker -c %N%"]),
        ("set N=4\nif exist x (\n  set N=8\n)\ncelery worker -c %N%\n", ["celery worker -c %N%"]),
        ("set N=4\n:again\nset N=5\ncelery worker -c %N%\ngoto again\n", ["celery worker -c %N%"]),
        ("set N=4\nset N=5\ncelery worker -c %N%\ngoto :eof\n", ["celery worker -c 5"]),
        ("celery worker -n w@%%h -c 1\n", ["celery worker -n w@%h -c 1"]),
        ("celery worker -n w@%h -c 1\n", ["celery worker -n w@%h -c 1"]),
        ("celery worker %*\n", ["celery worker %*"]),
        ("start celery worker\nstart /B /MIN celery worker\n", ["celery worker", "celery worker"]),
        ('start "A title" /D C:\\x celery worker\n', ["celery worker"]),
        ('start "T" cmd /k "cd app && call env\\activate && celery worker -c 1"\n',
         ["env\\activate", "celery worker -c 1"]),
        ("cmd /c celery worker > log.txt 2>&1\n", ["celery worker"]),
        ("call venv\\Scripts\\activate.bat & celery worker\n", ["venv\\Scripts\\activate.bat", "celery worker"]),
        ("if exist v (celery worker -c 1) else (celery worker -c 2)\n", ["celery worker -c 1", "celery worker -c 2"]),
        ("for %%q in (a b) do start celery worker -Q %%q\n", ["celery worker -Q %%q"]),
        ("celery worker -n ^& -c 1\n", ["celery worker -n & -c 1"]),
        ('start /min "T" celery worker\nstart "T" /b "celery" worker\n', ["celery worker", "celery worker"]),
        ("echo @echo off> w.bat\necho celery worker -n %%h ^>^> x.log >> w.bat\n", ["celery worker -n %h"]),
        ('>"%TMP%\\w.cmd" echo celery worker -c 2\n', ["celery worker -c 2"]),
        ("(\n  echo @echo off\n  echo cd src\n  echo celery worker\n) > w.bat\n", ["celery worker"]),
        ("(\n  echo celery worker\n) > notes.txt\necho celery worker > w.log\n", []),
        ('"C:\\my venv\\celery.exe" worker -Q "a b"\n', ["C:\\my venv\\celery.exe worker -Q a b"]),
    ],
)  # fmt: skip
def test_commands(text: str, expected: list[str]) -> None:
    assert commands(text) == expected


def test_a_command_stands_in_its_own_line() -> None:
    (one,) = batch.parse(SourceText("run.bat", "set BIN=env\\celery\n\n%BIN% worker\n"))
    assert (one.at.line, one.words[0].text) == (3, "env\\celery")


def test_variables_are_handed_on() -> None:
    first, second = batch.parse(SourceText("run.bat", "set A=1\nx\nset A=2\nset B=3\ny\n"))
    assert {name: word.text for name, word in first.environment.items()} == {"A": "1"}
    assert {name: word.text for name, word in second.environment.items()} == {"A": "2", "B": "3"}


def test_folders() -> None:
    (one,) = batch.parse(SourceText("run.bat", "cd /d %~dp0\\src\ncelery worker\n"))
    assert one.directory == ".//src"


@pytest.mark.parametrize(
    "text",
    [
        "set A=x\n" + "set A=%A%%A%\n" * 60 + "celery worker -n %A%\n",
        "set A%=%\n" * 20_000,
        "(" * 50_000,
        "%" * 100_000,
    ],
)
def test_time_is_bounded(text: str) -> None:
    start = time.process_time()
    batch.parse(SourceText("run.bat", text))
    assert time.process_time() - start < 4


def test_a_value_that_grows_is_not_known() -> None:
    (shown,) = commands("set A=x\n" + "set A=%A%%A%\n" * 60 + "celery worker -n %A%\n")
    assert "x" not in shown


@given(st.text(alphabet='ab=%!^&|()"<> \n\r:@/setdoifcal', max_size=120))
def test_anything_can_be_read(text: str) -> None:
    for one in batch.parse(SourceText("run.bat", text)):
        assert one.words
