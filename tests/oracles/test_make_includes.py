"""Makefiles that include others, held against GNU make: what ``make --dry-run`` prints is what we know."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.value import Known
from tests.files import write_files
from tests.oracles.amount import derandomized, examples
from tests.resolve.started_project import follow

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

RECIPE = "jobs:\n\tcelery -A shop worker --concurrency=$(A) --hostname=$(B)x\n"


def printed(folder: Path) -> str:
    command = ["make", "--dry-run", "--no-print-directory", "jobs"]
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def known(folder: Path, files: dict[str, str]) -> dict[str, str | None]:
    (one,) = [one for one in follow(folder, files) if one.site.path == "Makefile"]
    options = {name: one.command.options[name] for name in ("concurrency", "hostname")}
    return {name: value.value.text if isinstance(value, Known) else None for name, value in options.items()}


@pytest.mark.parametrize(
    ("files", "concurrency"),
    [
        ({"Makefile": "A := 2\ninclude more.mk\n", "more.mk": "A := 8\n"}, "8"),
        ({"Makefile": "A := 2\n-include more.mk\nA += 1\n", "more.mk": "A := 8\n"}, "8 1"),
        ({"Makefile": "include more.mk\nA ?= 2\n", "more.mk": "A = 9\n"}, "9"),
        ({"Makefile": "include more.mk\nA = 2\n", "more.mk": "A = 9\n"}, "2"),
        ({"Makefile": "M = more\ninclude $(M)/*.mk\nA ?= 2\n", "more/a.mk": "N = 6\n", "more/b.mk": "A = $(N)\n"}, "6"),
        ({"Makefile": "A := 2\ninclude more.mk\n", "more.mk": "include last.mk\n", "last.mk": "A := $(A)4\n"}, "24"),
        ({"Makefile": "A := 2\nsinclude .env\n", ".env": "A=3 # three\n"}, "3"),
    ],
)
def test_what_an_included_file_sets(tmp_path: Path, files: dict[str, str], concurrency: str) -> None:
    files = {**files, "Makefile": files["Makefile"] + RECIPE}
    write_files(tmp_path, files)
    assert f"--concurrency={concurrency} " in printed(tmp_path)
    assert known(tmp_path, files)["concurrency"] == concurrency.split()[0]


@pytest.mark.parametrize("include", ["-include private.mk", "include $(shell ls *.mk)", "-include $(NOWHERE)/x.mk"])
def test_a_file_that_is_not_here_may_set_any_number(tmp_path: Path, include: str) -> None:
    files = {"Makefile": f"A := 2\n{include}\n{RECIPE}"}
    assert known(tmp_path, files)["concurrency"] is None


VALUES = st.sampled_from(["1", "2", "7", "$(A)3", "$(B)4", "$(C)", "$(strip $(B) )5"])
LINES = st.builds(
    lambda name, operator, value: f"{name} {operator} {value}",
    st.sampled_from("ABC"), st.sampled_from(["=", ":=", "?=", "+="]), VALUES,
)  # fmt: skip
BODIES = st.lists(LINES, max_size=4)
PROJECTS = st.tuples(BODIES, BODIES, BODIES, BODIES, st.booleans())


@settings(
    max_examples=examples(100) * 8,
    deadline=None,
    database=None,
    derandomize=derandomized(),
    suppress_health_check=list(HealthCheck),
)
@given(PROJECTS)
def test_generated_includes(parts: tuple[list[str], list[str], list[str], list[str], bool]) -> None:
    before, between, behind, inner, nested = parts
    lines = ["C = 3", "A = 1", "B = 2", *before, "include one.mk", *between, "-include two.mk", *behind]
    files = {
        "Makefile": "\n".join(lines) + f"\n{RECIPE}",
        "one.mk": "\n".join([*inner, "include two.mk"] if nested else inner) + "\n",
        "two.mk": "\n".join([*between, *inner]) + "\n",
    }
    with tempfile.TemporaryDirectory() as name:
        write_files(Path(name), files)
        try:
            words = printed(Path(name)).split()
        except subprocess.CalledProcessError:
            return  # a variable that refers to itself
        ours = known(Path(name), files)
    if ours["concurrency"] is not None:
        assert f"--concurrency={ours['concurrency']}" in words, files
    if ours["hostname"] is not None:
        assert f"--hostname={ours['hostname']}" in words or words[-1] == ours["hostname"], files
