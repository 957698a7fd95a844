"""LibCST makes the same replacement as the one made by place."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_celery_oom.changes.python_replace import confirm_replaced
from flake8_celery_oom.core.source import SourceText
from tests.changes.projects import fix

REPLACEMENTS = [
    ("X = «os.cpu_count() * 2»  # c\n", "2"),
    ("X = («os.cpu_count()\n     * 2»)\n", "2"),
    ("X = ((«a»))\r\n", "int(a)"),
    ("app.conf.«CELERYD_CONCURRENCY» = 2\n", "worker_concurrency"),
    ("f(«CELERYD_CONCURRENCY»=2, b=CELERYD_CONCURRENCY)\n", "worker_concurrency"),
    ("D = {'ü': 1, r'«CELERYD_CONCURRENCY»': 2}\n", "worker_concurrency"),
    ('D = {"""«CELERYD_CONCURRENCY»""": 2}', "worker_concurrency"),
    ("if x:\n\tX = «os.environ['😀']»; y = 1\n", "int(os.environ['😀'])"),
]


@pytest.mark.parametrize(("marked", "code"), REPLACEMENTS)
def test_the_same_replacement(marked: str, code: str) -> None:
    start, end = marked.index("«"), marked.index("»") - 1
    source = SourceText("s.py", marked.replace("«", "").replace("»", ""))
    at, text = source.location(start, end), source.text
    changed = text[:start] + code + text[end:]
    assert confirm_replaced(text, changed, {at: code}) == ""
    assert confirm_replaced(text, changed + "\n", {at: code}) == "LibCST would change it otherwise"
    assert "no expression" in confirm_replaced(
        text, changed, {source.location(start, end - 1): code} if end > 1 else {}
    )
    assert "no Python" in confirm_replaced(f"{text}(", f"{changed}(", {at: code})


MENDED = [
    ("import os\n\nos.system('celery -A shop worker -c 2 --maxtasksperchild=5')\n", "maxtasksperchild", "CO207"),
    ("import subprocess\n\nsubprocess.run(['celery', 'worker', '-c=2'])\n", "-c=2", "CO207"),
]


@pytest.mark.parametrize(("text", "gone", "code"), MENDED)
def test_words_of_commands_in_python(text: str, gone: str, code: str, tmp_path: Path) -> None:
    fixed = fix(tmp_path, {"run.py": text, "requirements.txt": "celery==5.4.0\n"}, code)
    assert gone not in fixed.texts["run.py"], fixed.reasons
