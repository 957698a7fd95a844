"""Asks real Celery releases which settings they have, and writes that down for the tests.

    python tools/record_settings.py --venvs DIR [--python 3.6=/path/to/python3.6 ...]

The virtual environments are those of record_command_lines.py. In each of them this very file runs with ``--answer``:
that part has to run on Python 3.6, and needs nothing but Celery.

tests/data/settings.json then has the releases in their order, the names of 3.1, and for every new name the old name
with the first and the last release that has the setting.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

OLDEST = "3.1.26.post2"
RELEASES = (
    "4.0.2", "4.1.1", "4.2.2", "4.3.1", "4.4.7", "5.0.5", "5.1.2", "5.2.7", "5.3.6", "5.4.0", "5.5.3", "5.6.3", "5.7.0",
)  # fmt: skip


def answer():
    """The settings of the Celery that runs this: {new name: old name}; for 3.1 its names, each as its own old name."""
    from celery.app import defaults

    if hasattr(defaults, "_TO_NEW_KEY"):
        return {new: old for old, new in defaults._TO_NEW_KEY.items()}  # noqa: SLF001
    return {name: name for name in defaults.DEFAULTS}


def recorded(answers):
    """What the answers of all releases come to."""
    settings = {}
    for release in RELEASES:
        for new, old in answers[release].items():
            first = settings.get(new, [old, release, release])[1]
            settings[new] = [old, first, release]
    return {"releases": list(RELEASES), "only old names": sorted(answers[OLDEST]), "settings": settings}


def main():
    if sys.argv[1:] == ["--answer"]:
        print(json.dumps(answer()))
        return
    from record_command_lines import interpreter

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venvs", required=True)
    parser.add_argument("--python", action="append", default=[], metavar="3.6=PATH")
    options = parser.parse_args()
    pythons = {"3.11": sys.executable}
    pythons.update(pair.split("=", 1) for pair in options.python)
    answers = {}
    for release in (OLDEST, *RELEASES):
        program = interpreter(release, str(Path(options.venvs).resolve()), pythons)
        run = subprocess.run([program, str(Path(__file__).resolve()), "--answer"], stdout=subprocess.PIPE, check=True)
        answers[release] = json.loads(run.stdout.decode())
        print(release, len(answers[release]))
    found = recorded(answers)
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(found["settings"].items()))
    text = (
        f'{{\n"releases": {json.dumps(found["releases"])},\n"only old names": {json.dumps(found["only old names"])},\n'
        f'"settings": {{\n{rows}\n}}\n}}\n'
    )
    (Path(__file__).resolve().parents[1] / "tests" / "data" / "settings.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
