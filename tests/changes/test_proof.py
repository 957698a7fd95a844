"""A change that does something else than what was wished is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from flake8_celery_oom.changes.documents import same_but_for
from flake8_celery_oom.changes.edits import apply
from flake8_celery_oom.changes.proof import UnprovenError, prove
from flake8_celery_oom.core.findings import Edit
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.workspace import Workspace
from tests.changes.projects import NUMBERS

COMPOSE = """\
services:
  a:
    command: celery -A shop worker -l info  # c
    deploy: {resources: {limits: {memory: 1g}}}
  b:
    command: celery -A shop worker -c 3 --max-memory-per-child=100000
    environment: {X: "1"}
"""


def the_edit(source: SourceText, new: str) -> Edit:
    """The one stretch in which two texts differ."""
    old = source.text
    start = next((index for index, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), len(old))
    end = len(old)
    stop = len(new)
    while end > start and stop > start and old[end - 1] == new[stop - 1]:
        end, stop = end - 1, stop - 1
    return Edit(source.location(start, end), new[start:stop])


def proved(root: Path, path: str, old: str, replaced: Sequence[tuple[str, str]], code: str = "CO101") -> None:
    """Prove the fix of a finding that replaces these texts, each of which stands once in the file."""
    source = SourceText(path, old)
    edits = []
    for gone, come in replaced:
        assert old.count(gone) == 1
        start = old.index(gone)
        inner = the_edit(SourceText(path, gone), come)
        at = source.location(start + inner.at.start, start + inner.at.end)
        edits.append(Edit(at, inner.replacement))
    edits.sort(key=lambda edit: edit.at.start)
    before, after = (Workspace(root, NUMBERS, {path: text}) for text in (old, apply(old, edits)))
    finding = next(one for one in before.findings() if one.code == code)
    prove(before, after, [finding], {path: edits})


SET = ("worker -l", "worker --concurrency=2 -l")


def test_what_was_wished_is_proved(tmp_path: Path) -> None:
    proved(tmp_path, "compose.yml", COMPOSE, [SET])


REFUSED = [
    ([("worker -l", "worker --concurrency=3 -l")], "also change concurrency"),
    ([("worker -l", "worker --concurrency=2 -E -l")], "also change task-events"),
    ([("worker -l", "worker --concurrency=2 --nonsense -l")], "Celery would refuse"),
    ([("worker -l info", "worker --concurrency=2 -l debug")], "also change loglevel|something else"),
    ([("worker -l info", "worker --concurrency=2")], "also change loglevel|something else"),
    ([("worker -l", "beat -l")], "workers would be found"),
    ([("  # c", " --concurrency=2")], "other comments"),
    ([("# c", "# c --concurrency=2")], "other comments"),
    ([SET, ("1g", "2g")], "also change memory limit"),
    ([SET, ('X: "1"', 'X: "9"')], "also change X"),
    ([SET, ('X: "1"', 'Y: "1"')], "change how"),
    ([("  b:", "  - b:")], "no longer be read"),
    ([SET, ("worker -c 3", "worker -c 9")], "also change concurrency"),
    ([("shop worker -l", "store worker --concurrency=2 -l")], "the edit would change what"),
    ([SET, ("info", "info --max-memory-per-child=90000")], "also change max memory per child"),
]


@pytest.mark.parametrize(("replaced", "message"), REFUSED)
def test_what_was_not_wished_is_refused(replaced: list[tuple[str, str]], message: str, tmp_path: Path) -> None:
    with pytest.raises(UnprovenError, match=message):
        proved(tmp_path, "compose.yml", COMPOSE, replaced)


PROCFILE = "w: celery -A shop worker\nx: true\n"
DOCKERFILE = "FROM python\nRUN pip install celery==5.4.0 redis==5.0.1\nCMD celery -A shop worker\n"
ELSEWHERE = [
    ("Procfile", PROCFILE, ("x: true", "y: true"), "change how"),
    ("Procfile", PROCFILE, ("x: true", "x: true\ny: true"), "change what is started"),
    ("Dockerfile", DOCKERFILE, ("redis==5.0.1", "redis==5.0.2"), "also change the requirements"),
]


@pytest.mark.parametrize(("path", "text", "more", "message"), ELSEWHERE)
def test_another_change_beside_the_wished_one_is_refused(
    path: str, text: str, more: tuple[str, str], message: str, tmp_path: Path
) -> None:
    wished = ("shop worker", "shop worker --concurrency=2")
    proved(tmp_path, path, text, [wished])
    with pytest.raises(UnprovenError, match=message):
        proved(tmp_path, path, text, [wished, more])


def test_a_new_finding_is_refused(tmp_path: Path) -> None:
    config = replace(NUMBERS, max_memory_per_child=9_000_000)
    options = ["--concurrency=2", "--concurrency=2 --max-memory-per-child=9000000"]
    texts = [COMPOSE.replace("worker -l", f"worker {option} -l") for option in options]
    before, after = (Workspace(tmp_path, config, {"compose.yml": text}) for text in texts)
    finding = next(one for one in before.findings() if one.code == "CO201")
    edit = the_edit(SourceText("compose.yml", texts[0]), texts[1])
    with pytest.raises(UnprovenError, match=r"CO30. would be reported"):
        prove(before, after, [finding], {"compose.yml": [edit]})


APP = "from celery import Celery\n\napp = Celery('shop')\napp.conf.task_acks_late = True\n"
PYTHON = [
    ("app.conf.worker_concurrency = 2\n", ""),
    ("app.conf.worker_concurrency = 3\n", "also change worker_concurrency"),
    ("app.conf.worker_concurrency = 2\napp.conf.task_acks_late = False\n", "also change task_acks_late"),
    ("app.conf.worker_concurrency = = 2\n", "no longer be Python"),
    ("app.conf.worker_prefetch_multiplier = 2\n", "also change|still"),
]


@pytest.mark.parametrize(("added", "message"), PYTHON)
def test_settings(added: str, message: str, tmp_path: Path) -> None:
    replaced = [("late = True\n", f"late = True\n{added}")]
    if message:
        with pytest.raises(UnprovenError, match=message):
            proved(tmp_path, "shop.py", APP, replaced)
    else:
        proved(tmp_path, "shop.py", APP, replaced)


DOCUMENTS = [
    ("a.yml", "a: [x, y]  # c\n", "a: [x, z, y]  # c\n", True),
    ("a.yml", "a: x\n", "a: x  # c\n", False),
    ("a.yml", "a: 1 # one\nb: 2\n", "a: 1\nb: 2\n", False),
    ("a.yml", "a: &x 1\nb: *x\n", "a: &x 2\nb: *x\n", True),
    ("a.yml", "a: !Ref x\n", "a: !Ref y\n", True),
    ("a.yml", "a: b\nc: d\n", "x: b\nc: d\n", True),
    ("a.yml", "a: b\n", "a: [\n", False),
    ("a.yml", "{{ if x }}\n", "{{ if y }}\n", True),
    ("a.json", '{"a": ["x"]}', '{"a": ["x", "y"]}', True),
    ("a.json", '{"a": ["x"]}', '{"a": ["x" "y"]}', False),
    ("a.toml", 'a = "x"\n', 'a = "x y"\n', True),
    ("a.toml", 'a = "x"\n', 'a = "x" y\n', False),
    ("a.sh", "if true; then x; fi\n", "if true; then x; y; fi\n", True),
    ("a.sh", "if true; then x; fi\n", "if true; then x; f\n", False),
    ("a.py", "x = 1\n", "x = (1\n", False),
]


@pytest.mark.parametrize(("path", "old", "new", "fine"), DOCUMENTS)
def test_documents(path: str, old: str, new: str, fine: bool) -> None:
    trouble = same_but_for(old, new, [the_edit(SourceText(path, old), new)], path)
    assert (not trouble) is fine, trouble


def test_data_that_differs_elsewhere_is_refused() -> None:
    old = "a: x\nb: y\n"
    source = SourceText("a.yml", old)
    edit = Edit(source.location(4, 4), " z")
    for new in ("a: x z\nb: q\n", "a: x z\nz: y\n", "a: x z\n", "a: x z\nb: [y]\n", "a: x z\nb: y\nc: z\n"):
        assert "something else" in same_but_for(old, new, [edit], "a.yml"), new


def test_two_edits_of_one_text() -> None:
    old, new = "c: worker -l info -c 0\n", "c: worker -E -l info -c 2\n"
    source = SourceText("a.yml", old)
    edits = [Edit(source.location(9, 9), " -E"), Edit(source.location(21, 22), "2")]
    assert apply(old, edits) == new
    assert not same_but_for(old, new, edits, "a.yml")
