"""Files that grow without end when they are followed: all end, soon, with what is known."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

WORKER = "celery -A p worker -c $A\n"
SCRIPTS = {f"s{n}": f"npm run s{n + 1} && npm run s{n + 1}" for n in range(14)}
DOUBLED = "".join(f"A{n} = $(A{n - 1})$(A{n - 1})\n" for n in range(1, 40))
CHAIN = "".join(f"t{n}:\n\t$(MAKE) t{n + 1}\n\t$(MAKE) t{n + 1}\n" for n in range(14))
PROJECTS: dict[str, tuple[str, str]] = {
    "a value that doubles": ("run.sh", "#!/bin/sh\nA=x\n" + "A=$A$A\n" * 30 + WORKER),
    "a value that doubles in place": ("run.sh", "#!/bin/bash\nA=xxxxxxxxxx\n" + "A+=$A\n" * 30 + WORKER),
    "an array that doubles": ("run.sh", "#!/bin/bash\nA=(x)\n" + 'A=("${A[@]}" "${A[@]}")\n' * 30 + WORKER),
    "an output that doubles": ("run.sh", "#!/bin/bash\nA=xxxxxxxxxx\n" + "A=$(echo $A$A)\n" * 30 + WORKER),
    "nested defaults": ("run.sh", "#!/bin/sh\ncelery -A p worker -c " + "${a:-" * 300 + "1" + "}" * 300 + "\n"),
    "many branches": (
        "run.sh",
        '#!/bin/sh\ncase "$1" in\n' + "".join(f"a{n}) N={n} ;;\n" for n in range(2000)) + "esac\ncelery -A p worker\n",
    ),
    "a chain of tasks": (
        "package.json",
        json.dumps({"scripts": {**SCRIPTS, "s14": WORKER}}),
    ),
    "a chain of targets": ("Makefile", CHAIN + "t14:\n\tcelery -A p worker\n"),
    "a variable of make that doubles": (
        "Makefile",
        "A0 = x\n" + DOUBLED + "w:\n\tcelery -A p worker -n $(A39)\n",
    ),
    "nested foreach": (
        "Makefile",
        "L = 1 2 3 4 5 6 7 8 9 10\nw:\n\tcelery -A p worker -n "
        + "".join(f"$(foreach v{n},$(L)," for n in range(9))
        + "x"
        + ")" * 9
        + "\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROJECTS)
def test_it_ends(tmp_path: Path, name: str) -> None:
    path, text = PROJECTS[name]
    start = time.process_time()
    workers = Workspace(tmp_path, Config(), {path: text}).project().workers
    assert workers
    assert time.process_time() - start < 8


def test_a_script_that_was_given_too_few_steps_is_tried_again(tmp_path: Path) -> None:
    def busy(lines: int) -> str:
        return "".join(f"CELERY_NOTE={number}\n" for number in range(lines))

    files = {
        "a_long.sh": busy(15_000) + "./work.sh\n",
        "run.sh": "exec ./work.sh\n",
        "work.sh": busy(3_000) + "exec celery -A shop worker -c 2\n",
    }
    write_files(tmp_path, files)
    found = Workspace(tmp_path, Config()).project().workers
    assert {one.at.path for one in found} >= {"run.sh", "work.sh"}
