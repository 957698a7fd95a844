"""The order in which ``make target`` runs recipes, held against GNU make."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.resolve.programs.make_targets import with_prerequisites
from flake8_celery_oom.sources import makefile
from tests.oracles.amount import derandomized, examples

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")

NAMES = ("all", "web-1", "jobs", "db.up", "wait")
NEEDS = st.lists(st.sampled_from([*NAMES, "|"]), max_size=3, unique=True)
FORMS = st.sampled_from(["{0}: {1}\n", "{0} : {1} # text: more\n", "{0}:\\\n  {1}\n", "{0}: {1}\n\n", "{0}:{1}\n"])


@settings(max_examples=examples(400), derandomize=derandomized(), deadline=None)
@given(
    rules=st.lists(st.tuples(st.sampled_from(NAMES), NEEDS, FORMS), max_size=5),
    joined=st.lists(st.tuples(st.lists(st.sampled_from(NAMES), min_size=2, max_size=2), NEEDS), max_size=1),
    asked=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
)
def test_the_recipes_come_in_the_order_of_make(
    rules: list[tuple[str, list[str], str]],
    joined: list[tuple[list[str], list[str]]],
    asked: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    text = f"A := b: c\n.PHONY: {' '.join(NAMES)}\n"
    text += "".join(form.format(name, " ".join(needs)) for name, needs, form in rules)
    text += "".join(f"{' '.join(names)}: {' '.join(needs)}\n" for names, needs in joined)
    text += "".join(f"{name}:\n\t@echo {name}\n" for name in NAMES)
    folder = tmp_path_factory.mktemp("make")
    (folder / "Makefile").write_text(text)
    ran = subprocess.run(["make", "-s", *asked], cwd=folder, capture_output=True, text=True, check=False, timeout=30)
    source = SourceText("Makefile", text)
    facts = Facts.of(("Makefile",), lambda _: source, {"Makefile": makefile.read(source)})
    if "|" in text or "Circular" in ran.stderr:
        assert set(with_prerequisites(facts, asked, "")) == set(ran.stdout.split())
    else:
        assert with_prerequisites(facts, asked, "") == ran.stdout.split(), text


def test_the_makefile_of_the_folder_counts() -> None:
    files = {"a/Makefile": "all: jobs\n", "b/Makefile": "all: web\n"}
    sources = {path: SourceText(path, text) for path, text in files.items()}
    read = {path: makefile.read(source) for path, source in sources.items()}
    facts = Facts.of(tuple(files), sources.get, read)
    assert with_prerequisites(facts, ["all"], "b") == ["web", "all"]
    assert with_prerequisites(facts, ["all"], "c") == ["all"]


def test_what_is_not_written_out_is_left_out(tmp_path: Path) -> None:
    text = "all: $(JOBS) %.o web\n%.c: y\nall: X = 1\nall:: z\n.SUFFIXES: .a\n\tb: c\nd := e: f\n"
    assert makefile.prerequisites(text) == {"all": ("web", "z")}
