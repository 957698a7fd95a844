"""Options of a project's own Python programs: what callers give, and the defaults of what they leave out."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.results import Worker
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files
from tests.interpreter import Program, run_all
from tests.resolve.python_project import shown

ARGPARSE = """import argparse
import subprocess
parser = argparse.ArgumentParser()
parser.add_argument("verb", nargs="?")
parser.add_argument("--procs", "-p", default=2)
parser.add_argument("--pool", default="prefork")
parser.add_argument("--queue")
args = parser.parse_args()
subprocess.run(["celery", "-A", "proj", "worker", "-c", str(args.procs), f"--pool={args.pool}"])
"""
CLICK = """import click
import subprocess
@click.group()
def cli():
    pass
@cli.command()
@click.option("--procs", "-p", type=int, default=2)
@click.option("--queue", envvar="QUEUE", default="a")
def worker(procs, queue):
    subprocess.run(["celery", "-A", "proj", "worker", "-c", str(procs)])
if __name__ == "__main__":
    cli()
"""
TYPER = """import typer
import subprocess
app = typer.Typer()
@app.command()
def worker(procs: int = typer.Option(2), pool: str = typer.Option("prefork", "--pool", envvar="POOL")):
    subprocess.run(["celery", "-A", "proj", "worker", "-c", str(procs), f"--pool={pool}"])
if __name__ == "__main__":
    app()
"""
ARGUMENTS = ("", "worker", "--procs 4", "-p 5", "-p6", "--procs=7 worker", "--queue x --pool solo", "worker --queue y")


def caller(root: Path, program: str, command: str) -> Worker:
    """The worker that a script starts by calling a program."""
    files = {"run.py": program, "run.sh": f"#!/bin/sh\n{command}\n", "proj.py": "from celery import Celery\n"}
    write_files(root, {**files, "proj.py": "from celery import Celery\napp = Celery('x')\n"})
    (worker,) = [one for one in Workspace(root, Config()).project().workers if one.at.path == "run.sh"]
    return worker


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_options_are_what_argparse_makes_of_them(arguments: str, tmp_path: Path) -> None:
    folder = tmp_path / "oracle"
    folder.mkdir()
    (outcome,) = run_all([Program(ARGPARSE, arguments=tuple(arguments.split()))], folder)
    (real,) = outcome.commands
    assert isinstance(real, list)
    worker = caller(tmp_path / "project", ARGPARSE, f"python run.py {arguments}")
    assert shown(worker.concurrency) == int(real[real.index("-c") + 1])
    assert f"--pool={shown(worker.pool)}" in real


@pytest.mark.parametrize(
    ("program", "command", "value"),
    [
        (CLICK, "python run.py worker", 2),
        (CLICK, "python run.py worker --procs 4", 4),
        (CLICK, "python run.py worker -p 4 --queue $Q", 4),
        (CLICK, "python run.py worker --queue $Q", 2),
        (CLICK, "python run.py worker $OPTIONS", ("unknown", 2)),
        (CLICK, 'python run.py worker "$@"', 2),
        (CLICK, "python run.py worker --procs $N", ("unknown", None)),
        (TYPER, "python run.py", 2),
        (TYPER, "python run.py --procs 3", 3),
    ],
)
def test_options_of_click_and_typer(program: str, command: str, value: object, tmp_path: Path) -> None:
    assert shown(caller(tmp_path, program, command).concurrency) == value


def test_a_variable_that_click_reads_decides(tmp_path: Path) -> None:
    worker = caller(tmp_path, TYPER, "python run.py")
    assert shown(worker.pool) == ("unknown", "prefork")
