"""How long ``celery-oom check`` takes on a large repository, measured in runs of ``grep -rIl celery``.

    python benchmarks/check_speed.py [--runs 7] [--path FOLDER] [--files 5000] [--git]

Without ``--path`` a repository is made up: mostly Python, web and text files, a tenth of them about Celery, and the
files that start its workers. Both commands run in turn over a warm cache; the median of the paired ratios is printed.
``--git`` makes the tree a git repository, which is how most trees are checked; grep reads ``.git`` then too.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

WORDS = re.findall(
    r"\w+",
    """
    account amount archive basket billing buffer catalog channel client column comment country currency customer
    delivery discount document email export feature field filter folder group handler image import index invoice
    item label language layout limit list locale media member message model module name number offer option order
    page partner payment period person picture plan price product profile project quantity query rate record
    region report request response result review role rule sale schema search section service session shop signal
    slot source status stock store subject table target tax team template ticket token total unit update user
    value version view visit warehouse webhook widget
    """,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--path", type=Path, help="a repository to check instead of the made-up one")
    parser.add_argument("--git", action="store_true")
    parser.add_argument("--at-most", type=float, help="end with 1 when the ratio is higher")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.path.resolve() if options.path else make_repository(Path(temporary), options.files)
        if options.git and not options.path:
            for command in (["init", "-q"], ["add", "--all"]):
                subprocess.run(["git", *command], cwd=folder, check=True)
        ratio = measure(folder, options.runs)
    if options.at_most and ratio > options.at_most:
        sys.exit(1)


def measure(folder: Path, runs: int) -> float:
    grep = ["grep", "-rIl", "celery", str(folder)]
    check = [sys.executable, "-m", "flake8_celery_oom", "check", str(folder)]
    found = [len(run(command)[1].splitlines()) for command in (grep, check)]
    run(grep), run(check)
    print(f"{folder}: grep names {found[0]} files, the check prints {found[1]} lines")
    ratios, greps, checks = [], [], []
    for number in range(runs):
        order = (grep, check) if number % 2 == 0 else (check, grep)
        seconds = {command[0]: run(command)[0] for command in order}
        greps.append(seconds["grep"])
        checks.append(seconds[check[0]])
        ratios.append(checks[-1] / greps[-1])
        print(f"{number + 1}: grep {greps[-1]:.3f} s, check {checks[-1]:.3f} s, x{ratios[-1]:.1f}", flush=True)
    ratio = statistics.median(ratios)
    print(
        f"celery-oom check / grep: median x{ratio:.1f} of wall time"
        f" ({statistics.median(greps):.3f} s and {statistics.median(checks):.3f} s, {runs} pairs)"
    )
    return ratio


def run(command: list[str]) -> tuple[float, str]:
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1) or done.stderr:
        sys.exit(f"{' '.join(command)} failed: {done.stderr}")
    return seconds, done.stdout


# --- a made-up repository ---------------------------------------------------------------------------------------------


def make_repository(folder: Path, files: int) -> Path:
    """A repository of ``files`` files; the same one every time."""
    dice = random.Random(files)
    kinds: list[tuple[float, Callable[[random.Random, int], tuple[str, str]]]] = [
        (0.46, plain_python),
        (0.06, tasks),
        (0.05, migration),
        (0.14, script),
        (0.08, page),
        (0.06, data),
        (0.05, prose),
        (0.05, manifest),
        (0.03, style),
        (0.02, shell),
    ]
    fixed = dict(project())
    for name, text in fixed.items():
        write(folder / name, text)
    shares = [share for share, _ in kinds]
    for number in range(files - len(fixed)):
        ((_, kind),) = dice.choices(kinds, shares)
        name, text = kind(dice, number)
        write(folder / name, text)
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def app_of(number: int) -> str:
    return str(WORDS[number % 40])


def project() -> Iterator[tuple[str, str]]:
    """What starts workers: a few files of each kind."""
    yield "manage.py", "import os\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    yield "shop/__init__.py", "from .celery import app\n"
    yield (
        "shop/celery.py",
        (
            "import os\n\nfrom celery import Celery\n\n"
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
            "app = Celery('shop')\napp.config_from_object('django.conf:settings', namespace='CELERY')\n"
            "app.autodiscover_tasks()\n"
        ),
    )
    yield (
        "shop/settings.py",
        (
            "import os\n\nINSTALLED_APPS = []\nCELERY_BROKER_URL = os.environ.get('BROKER', 'redis://')\n"
            "CELERY_TASK_TIME_LIMIT = 600\nCELERY_WORKER_MAX_TASKS_PER_CHILD = 100\n"
        ),
    )
    yield "requirements.txt", "celery==5.4.0\nDjango==5.0\nredis==5.0\n"
    yield "Procfile", "web: gunicorn shop.wsgi\nworker: celery -A shop worker -l info\n"
    for number in range(4):
        yield (
            f"docker/worker{number}/Dockerfile",
            (
                "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
                f'CMD ["celery", "-A", "shop", "worker", "-Q", "queue{number}"]\n'
            ),
        )
        services = "".join(
            f"  worker{index}:\n    build:\n      context: .\n      dockerfile: docker/worker{number}/Dockerfile\n"
            f"    command: celery -A shop worker -Q q{index} -c {index + 1}\n"
            for index in range(4)
        )
        yield f"compose.{number}.yml", f"services:\n{services}"
    for number in range(12):
        yield (
            f"deploy/worker-{number}.yaml",
            (
                f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: worker-{number}\n"
                "spec:\n  template:\n    spec:\n"
                "      containers:\n        - name: worker\n          image: shop\n"
                f'          command: ["celery", "-A", "shop", "worker", "-Q", "queue{number}"]\n'
                "          resources:\n            limits:\n              memory: 1Gi\n"
            ),
        )


def sentence(dice: random.Random, length: int) -> str:
    return " ".join(dice.choices(WORDS, k=length))


def plain_python(dice: random.Random, number: int) -> tuple[str, str]:
    lines = ["import os", "", "from django.db import models", ""]
    for index in range(dice.randint(2, 30)):
        first, second, third = dice.choices(WORDS, k=3)
        lines += [
            "",
            f"class {first.title()}{index}(models.Model):",
            f'    """{sentence(dice, 8).capitalize()}."""',
            "",
            f"    {second} = models.CharField(max_length={dice.randint(1, 200)})",
            "",
            f"    def {third}_{second}(self, {first}):",
            f"        for {third} in self.{second}:",
            f"            if {third} != {first}:",
            f'                return os.path.join({third}, "{sentence(dice, 3)}")',
            "        return None",
        ]
    return f"{app_of(number)}/module_{number}.py", "\n".join(lines) + "\n"


def tasks(dice: random.Random, number: int) -> tuple[str, str]:
    lines = ["from celery import shared_task", ""]
    for index in range(dice.randint(1, 12)):
        first, second = dice.choices(WORDS, k=2)
        lines += [
            "",
            "@shared_task(bind=True, max_retries=3)",
            f"def {first}_{second}_{index}(self, {second}_id):",
            f'    """{sentence(dice, 10).capitalize()}."""',
            f"    return {second}_id + {index}",
            "",
        ]
    return f"{app_of(number)}/tasks_{number}.py", "\n".join(lines)


def migration(dice: random.Random, number: int) -> tuple[str, str]:
    fields = "".join(
        f"            ('{word}', models.CharField(max_length=100, help_text='{sentence(dice, 6)}')),\n"
        for word in dice.choices(WORDS, k=20)
    )
    head = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
    text = f"{head}    fields = [\n{fields}    ]\n"
    return f"{app_of(number)}/migrations/{number:04}_auto.py", text


def script(dice: random.Random, number: int) -> tuple[str, str]:
    body = "\n".join(
        f"export function {word}{index}(value) {{ return value.{word} || '{sentence(dice, 4)}'; }}"
        for index, word in enumerate(dice.choices(WORDS, k=dice.randint(10, 150)))
    )
    return f"static/js/{app_of(number)}/file_{number}.{dice.choice(['js', 'ts', 'tsx'])}", body


def page(dice: random.Random, number: int) -> tuple[str, str]:
    body = "\n".join(f"<p class='{word}'>{sentence(dice, 12)}</p>" for word in dice.choices(WORDS, k=40))
    return f"templates/{app_of(number)}/page_{number}.html", f"<html><body>\n{body}\n</body></html>\n"


def data(dice: random.Random, number: int) -> tuple[str, str]:
    rows = ",\n".join(f'  {{"id": {index}, "name": "{sentence(dice, 3)}"}}' for index in range(dice.randint(5, 200)))
    return f"data/{app_of(number)}/rows_{number}.json", f"[\n{rows}\n]\n"


def prose(dice: random.Random, number: int) -> tuple[str, str]:
    about = "Runs with celery.\n" if number % 5 == 0 else ""
    return f"docs/{app_of(number)}/page_{number}.md", f"# Page\n\n{about}" + "\n".join(
        sentence(dice, 15) for _ in range(60)
    )


def manifest(dice: random.Random, number: int) -> tuple[str, str]:
    """YAML: mostly configuration and translations, some of it Kubernetes or compose."""
    kind = dice.random()
    words = dice.choices(WORDS, k=dice.randint(5, 60))
    if kind < 0.7:
        body = "".join(
            f"  {word}_{index}:\n    name: {sentence(dice, 3)}\n    limit: {index}\n    kinds: [{word}, other]\n"
            for index, word in enumerate(words)
        )
        return f"config/{app_of(number)}/file_{number}.{dice.choice(['yml', 'yaml'])}", f"settings:\n{body}"
    if kind < 0.95:
        body = "---\n".join(
            f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {word}-{index}\ndata:\n  NAME: {sentence(dice, 2)}\n"
            if index % 2
            else f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {word}\nspec:\n  template:\n    spec:\n"
            f"      containers:\n        - name: {word}\n          image: {word}:{index}\n          args: [serve]\n"
            for index, word in enumerate(words[:4])
        )
        return f"deploy/{app_of(number)}/file_{number}.yaml", body
    body = "".join(f"  {word}{index}:\n    image: {word}\n" for index, word in enumerate(words[:4]))
    return f"docker/{app_of(number)}/compose.{number}.yml", f"services:\n{body}"


def style(dice: random.Random, number: int) -> tuple[str, str]:
    body = "\n".join(f".{word} {{ margin: {dice.randint(0, 9)}px; }}" for word in dice.choices(WORDS, k=100))
    return f"static/css/file_{number}.css", body


def shell(dice: random.Random, number: int) -> tuple[str, str]:
    run_line = 'exec celery -A shop worker "$@"\n' if number % 20 == 0 else 'exec "$@"\n'
    body = "\n".join(f'{word.upper()}="${{{word.upper()}:-{word}}}"' for word in dice.choices(WORDS, k=10))
    return f"scripts/run_{number}.sh", f"#!/bin/sh\nset -e\n{body}\n{run_line}"


if __name__ == "__main__":
    main()
