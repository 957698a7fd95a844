"""PowerShell scripts: the commands that they start."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import powershell


def commands(text: str) -> list[str]:
    return [" ".join(word.shown for word in one.words) for one in powershell.parse(SourceText("run.ps1", text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("celery -A shop worker\r\n", ["celery -A shop worker"]),
        ("celery -A shop worker `\r\n  --pool=solo `\n  -c 1\n", ["celery -A shop worker --pool=solo -c 1"]),
        ("# celery worker\n<# celery\nworker #>\nx # celery worker\n", ["x"]),
        ("$n = 4\ncelery worker -c $n\n", ["celery worker -c 4"]),
        ('$n = "4"; celery worker "--concurrency=$n"\n', ["celery worker --concurrency=4"]),
        ("celery worker -c $n\n", ["celery worker -c $n"]),
        ("celery worker '-c$n'\n", ["celery worker -c$n"]),
        ("$n = 4\nif ($x) { $n = 8 }\ncelery worker -c $n\n", ["if ( $x", "celery worker -c $n"]),
        ("$n = Get-Content n.txt\ncelery worker -c $n\n", ["Get-Content n.txt", "celery worker -c $n"]),
        ('& "$PSScriptRoot\\venv\\celery.exe" worker\n', [".\\venv\\celery.exe worker"]),
        ("celery worker -Q low,high -c 1\n", ["celery worker -Q low,high -c 1"]),
        ('Start-Process celery -ArgumentList "-A shop worker -c 2"\n', ["celery -A shop worker -c 2"]),
        ('Start-Process -FilePath "celery" -ArgumentList "-A", "shop", "worker" -NoNewWindow\n',
         ["celery -A shop worker"]),
        ('$a = @(\n  "-A", "shop",\n  "worker"\n)\nStart-Process python -WindowStyle Hidden -Args $a\n',
         ["python -A shop worker"]),
        ('$a = @("worker")\n$a += "-c", "2"\ncelery @a\n', ["celery worker -c 2"]),
        ('Start-Process powershell -ArgumentList "-NoExit", "-Command", "cd src; celery worker -c 1"\n',
         ["cd src", "celery worker -c 1"]),
        ('Invoke-Expression "celery worker"\n', ["celery worker"]),
        ("Start-Job -ScriptBlock { celery worker -c 1 }\n", ["Start-Job -ScriptBlock", "celery worker -c 1"]),
        ("while ($true) {\n  celery worker\n}\n", ["while ( $true", "celery worker"]),
        ('$job = Start-Process celery -ArgumentList "worker" -PassThru\n', ["celery worker"]),
    ],
)  # fmt: skip
def test_commands(text: str, expected: list[str]) -> None:
    assert commands(text) == expected


def test_variables_of_the_environment() -> None:
    (one,) = powershell.parse(SourceText("run.ps1", '$env:CELERY_WORKER_CONCURRENCY = "3"\ncelery worker\n'))
    assert one.environment["CELERY_WORKER_CONCURRENCY"].text == "3"


def test_a_program_that_a_variable_names() -> None:
    (one,) = powershell.parse(SourceText("run.ps1", "& $python -m celery worker\n"))
    assert powershell.as_python(one.words)[0].text == "python"


def test_arguments_of_a_list() -> None:
    text = 'Start-Process celery -ArgumentList "worker", "-c", "1"\ncelery worker\n'
    assert [one.listed for one in powershell.parse(SourceText("run.ps1", text))] == [True, False]


@pytest.mark.parametrize(
    "text",
    [
        '$a = "x"\n' + '$a = "$a$a"\n' * 60 + "celery -n $a\n",
        '$a = @("x")\n' + "$a = @($a, $a)\n" * 60 + "celery @a\n",
        "(" * 50_000,
        "`" * 50_000,
        '"' * 50_000 + "`",
        "a," * 50_000,
        "<#" * 30_000,
        "@'\n" * 20_000,
    ],
)
def test_time_is_bounded(text: str) -> None:
    start = time.process_time()
    powershell.parse(SourceText("run.ps1", text))
    assert time.process_time() - start < 4


@given(st.text(alphabet="a$=@\"'`(){};,|&# \n-:<>env", max_size=120))
def test_anything_can_be_read(text: str) -> None:
    for one in powershell.parse(SourceText("run.ps1", text)):
        assert one.words
