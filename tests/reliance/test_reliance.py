"""What is relied on of a file is what was asked of it, and answers are remembered while files answer the same."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.frontends import answer_cache
from flake8_celery_oom.listing import signature
from flake8_celery_oom.listing.watching import watching
from flake8_celery_oom.reliance.asked_text import Asked, AskedText
from flake8_celery_oom.reliance.questions import CONTENT, answer_to, matches, mentions
from flake8_celery_oom.workspace import Workspace
from tests.files import write_files

FILES = {
    "compose.yml": "services:\n  jobs:\n    image: shop\n    command: celery -A shop.app worker\n",
    "shop/app.py": "from celery import Celery\n\napp = Celery('shop')\n",
    "shop/tasks.py": "from celery import shared_task\n\n\n@shared_task\ndef add(x, y):\n    return x + y\n",
    "shop/views.py": "import os\n\n\ndef view():\n    return 1\n",
    "settings.json": '{"name": "shop"}\n',
}


def asked(text: str) -> tuple[AskedText, Asked]:
    record = Asked("/project/a.py")
    return AskedText(SourceText("a.py", text), record), record


@pytest.mark.parametrize(
    "use",
    [
        lambda text: text.text,
        lambda text: text.location(0, 1),
        lambda text: text.line_text(1),
        lambda text: text.to_bytes(),
        lambda text: text.only(0, 1),
        lambda text: text.line_count,
    ],
)
def test_whoever_looks_at_a_text_relies_on_all_of_it(use: Callable[[SourceText], object]) -> None:
    text, record = asked("one\ntwo\n")
    assert record.holds_for(b"other")
    use(text)
    assert not record.holds_for(b"other")


def test_patterns_are_noted_with_what_they_found() -> None:
    text, record = asked("import os\nimport re\n")
    pattern = re.compile(r"^import (\w+)", re.MULTILINE)
    assert text.mentions(pattern)
    assert text.matches(pattern) == ["os", "re"]
    assert list(record.answers) == [mentions(pattern), matches(pattern)]
    assert record.content is None


@pytest.mark.parametrize("text", ["import os\nimport re\n", "import os\n", "", "import os\nimport re\n# behind\n"])
def test_another_text_answers_as_it_would_when_asked(text: str) -> None:
    pattern = re.compile(r"^import (\w+)", re.MULTILINE)
    for question, same in ((mentions(pattern), bool(text)), (matches(pattern), text.count("\n") > 1)):
        answer = answer_to(question, b"import os\nimport re\n")
        assert (answer_to(question, text.encode()) == answer) is same


def test_what_is_no_question_has_no_answer() -> None:
    with pytest.raises(ValueError, match="other"):
        answer_to(("other",), b"")


class Checks:
    """The findings of a project as text; counts how often they are looked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.count = 0

    def fresh(self) -> str:
        workspace = Workspace(self.root, Config())
        return "\n".join(map(repr, [*workspace.findings(), workspace.summary()]))

    def __call__(self) -> int:
        self.count += 1
        sys.stdout.write(self.fresh())
        return 1


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checks:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(signature, "SETTLED_SECONDS", -1e9)
    root = tmp_path / "project"
    write_files(root, FILES)
    return Checks(root)


REMEMBERED = [
    ("compose.yml", FILES["compose.yml"]),
    ("shop/views.py", "import os\n\n\ndef view():\n    return 2\n"),
    (
        "shop/tasks.py",
        "from celery import shared_task\n\n\n@shared_task\ndef add(x, y):\n    z = x\n    return z + y\n",
    ),
    ("settings.json", '{"name": "other"}\n'),
]
ANEW = [
    ("shop/views.py", "import subprocess\n\nsubprocess.run(['./start.sh'])\n"),
    ("shop/views.py", "x = 1  # noqa: CO101\n"),
    ("shop/views.py", "import celery\n"),
    ("shop/views.py", "a\0b"),
    ("shop/tasks.py", "from celery import shared_task, chord\n\nchord([])\n"),
    ("shop/tasks.py", "# nothing\n"),
    ("shop/tasks.py", "import torch\n" + FILES["shop/tasks.py"]),
    ("shop/app.py", "from celery import Celery\n\napp = Celery('shop', worker_concurrency=3)\n"),
    ("compose.yml", FILES["compose.yml"].replace("worker", "worker -c 2")),
    ("settings.json", '{"scripts": {"work": "celery -A shop.app worker"}}\n'),
]


@pytest.mark.parametrize(("path", "text", "again"), [(*one, 0) for one in REMEMBERED] + [(*one, 1) for one in ANEW])
def test_only_what_may_change_an_answer_makes_a_new_one(
    path: str, text: str, again: int, checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    answer_cache.answer(["check"], checks)
    capsys.readouterr()
    (checks.root / path).write_text(text)
    answer_cache.answer(["check"], checks)
    assert checks.count == 1 + again
    assert capsys.readouterr().out == checks.fresh()


def test_most_files_of_a_project_are_not_relied_on_as_a_whole(checks: Checks) -> None:
    with watching() as seen:
        checks.fresh()
    whole = {Path(one).relative_to(checks.root).as_posix() for one, asked in seen.answers.items() if CONTENT in asked}
    assert not seen.files.intersection(seen.answers)
    assert whole == {"compose.yml", "shop/app.py"}
