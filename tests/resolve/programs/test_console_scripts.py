"""Programs of the project's own: console scripts, and commands of Click and Typer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.resolve.started_project import follow, shown

GROUP = """
    import subprocess

    import click

    @click.group("jobs")
    def cli():
        pass

    @cli.command("start")
    @click.option("--dry/--no-dry")
    def begin(dry):
        start_all(4)

    @cli.command()
    def stop_command():
        subprocess.run(["celery", "-A", "shop", "control", "shutdown"])

    def start_all(count):
        first = f"celery -A shop worker -n first@%h -c {count}"
        subprocess.Popen(first.split(" "))
    """
OTHER = GROUP.replace('"jobs"', '"mail"').replace("first", "second")
ROOT = """
    import importlib

    import click

    class ByFile(click.MultiCommand):
        def get_command(self, ctx, name):
            return importlib.import_module("shop.cli." + name).cli

    @click.command(cls=ByFile)
    def run():
        pass
    """
PROJECT = '[project]\nname = "shop"\n[project.scripts]\nshop = "shop.cli.root:run"\n'


def reached(tmp_path: Path, files: dict[str, str], command: str) -> list[str]:
    found = shown(follow(tmp_path, {**files, "start.sh": f"#!/bin/sh\nexec {command}\n"}))
    return [line for line in found if line.startswith("start.sh")]


def test_a_manage_py_that_is_not_djangos(tmp_path: Path) -> None:
    text = """
        import subprocess
        from flask_script import Manager

        manager = Manager(app)

        @manager.command
        def jobs():
            subprocess.Popen(["celery", "-A", "shop", "worker", "-c", "2"])

        @manager.command
        def web():
            pass
        """
    found = reached(tmp_path, {"manage.py": text}, "python manage.py jobs")
    assert found == ["start.sh:2 <- manage.py:8: celery -A shop worker -c 2"]
    assert not reached(tmp_path, {"manage.py": text}, "python manage.py web")


@pytest.mark.parametrize(
    ("command", "hops"),
    [
        ("shop jobs start", ["start.sh:2 <- shop/cli/jobs.py:19: celery -A shop worker -n first@%h -c 4"]),
        (
            "shop --verbose mail start --dry",
            ["start.sh:2 <- shop/cli/mail.py:19: celery -A shop worker -n second@%h -c 4"],
        ),
        ("shop jobs stop", []),
        ("shop start", []),
        ("shop web start", []),
        ("shop", []),
        ("store jobs start", []),
    ],
)
def test_a_verb_of_a_console_script_runs_its_function(tmp_path: Path, command: str, hops: list[str]) -> None:
    files = {
        "pyproject.toml": PROJECT,
        "shop/cli/root.py": ROOT,
        "shop/cli/jobs.py": GROUP,
        "shop/cli/mail.py": OTHER,
    }
    assert reached(tmp_path, files, command) == hops


PLAIN = """
    from shop.jobs import start_workers

    def main():
        start_workers()

    def web():
        pass
    """
JOBS = """
    import os

    def start_workers():
        os.execvp("celery", ["celery", "-A", "shop", "worker", "-c", "3"])
    """


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[tool.poetry.scripts]\nshop-jobs = "shop.main:main"\nshop-web = "shop.main:web"\n'),
        (
            "setup.cfg",
            "[options.entry_points]\nconsole_scripts =\n    shop-jobs = shop.main:main\n    shop-web = shop.main:web\n",
        ),
        (
            "setup.py",
            'setup(entry_points={"console_scripts": ["shop-jobs=shop.main:main", "shop-web = shop.main:web"]})\n',
        ),
    ],
)
def test_a_console_script_runs_what_its_function_calls(tmp_path: Path, path: str, text: str) -> None:
    files = {path: text, "shop/main.py": PLAIN, "shop/jobs.py": JOBS}
    assert reached(tmp_path, files, "shop-jobs --now") == ["start.sh:2 <- shop/jobs.py:4: celery -A shop worker -c 3"]
    assert reached(tmp_path, files, "shop-web") == []


TYPER = """
    import subprocess

    import typer

    app = typer.Typer()

    @app.command()
    def work_now(count: int = 2):
        subprocess.run(["celery", "-A", "shop", "worker", f"-c{count}"])

    @app.command(name="web")
    def serve():
        pass

    if __name__ == "__main__":
        app()
    """


@pytest.mark.parametrize("program", ["python shop/tool.py", "python -m shop.tool", "tool"])
def test_a_command_of_a_typer_application(tmp_path: Path, program: str) -> None:
    files = {"pyproject.toml": '[project.scripts]\ntool = "shop.tool:app"\n', "shop/tool.py": TYPER}
    assert reached(tmp_path, files, f"{program} work-now") == [
        "start.sh:2 <- shop/tool.py:9: celery -A shop worker -c{count}"
    ]
    assert reached(tmp_path, files, f"{program} web") == []


PARSED = """
    import argparse
    import subprocess

    def initialise(args):
        print("celery is not started")

    def work(args):
        subprocess.run(["celery", "-A", "shop", "worker", "-c", "3"])

    def main():
        parser = argparse.ArgumentParser()
        commands = parser.add_subparsers()
        init = commands.add_parser("init", help="celery")
        init.set_defaults(handler=initialise)
        task = commands.add_parser("task")
        task.add_argument("--count", type=int)
        task.set_defaults(handler=work)
        args = parser.parse_args()
        args.handler(args)

    if __name__ == "__main__":
        main()
    """


@pytest.mark.parametrize("program", ["shop", "python shop/main.py"])
@pytest.mark.parametrize(("verb", "starts"), [("task --count 2", True), ("init", False), ("", False)])
def test_a_verb_of_a_parser_runs_its_function(tmp_path: Path, program: str, verb: str, starts: bool) -> None:
    files = {
        "pyproject.toml": '[project.scripts]\nshop = "shop.main:main"\n',
        "shop/__init__.py": "",
        "shop/main.py": PARSED,
    }
    assert bool(reached(tmp_path, files, f"{program} {verb}")) is (starts or (not verb and program != "shop"))


SINGLE = """
    import subprocess

    import click

    @click.command()
    @click.option("--count", default=2)
    @click.argument("queue")
    def main(count, queue):
        subprocess.run(["celery", "-A", "shop", "worker", "-Q", queue])

    main()
    """


def test_a_program_of_one_command_takes_no_verb(tmp_path: Path) -> None:
    found = reached(tmp_path, {"jobs.py": SINGLE}, "python jobs.py --count 4 mail")
    assert found == ["start.sh:2 <- jobs.py:9: celery -A shop worker -Q queue"]


@pytest.mark.parametrize(("more", "reaches"), [("", True), ("app.add_typer(other, name='other')", False)])
def test_the_only_command_of_a_typer_application_takes_no_verb(tmp_path: Path, more: str, reaches: bool) -> None:
    text = TYPER.replace('@app.command(name="web")', "").replace('if __name__ == "__main__":', f"{more}\n    if True:")
    files = {"pyproject.toml": '[project.scripts]\ntool = "shop.tool:app"\n', "shop/tool.py": text}
    assert bool(reached(tmp_path, files, "tool --count 3")) is reaches
    assert bool(reached(tmp_path, files, "tool work-now")) is True
