"""LibCST: the same change as the one made by place, codemods, and code that would kill it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libcst.codemod import CodemodContext

from flake8_celery_oom.changes.edits import apply
from flake8_celery_oom.changes.names import Addition, setting_of, spelled_like
from flake8_celery_oom.changes.python import (
    NotThereError,
    RenameSettingsCommand,
    SetSettingCommand,
    WrapInIntCommand,
    add_beside,
    add_statement,
    confirm,
)
from flake8_celery_oom.changes.scene import Scene
from flake8_celery_oom.changes.settings import addition, way_to_set
from flake8_celery_oom.core.results import App, CeleryVersion, Project
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.core.wishes import SetSetting

NEW = Addition("worker_concurrency", "2")

COMMENTS = st.sampled_from(["", "  # c", " # ü 😀"])
INDENTS = st.sampled_from(["    ", "  ", "\t"])
NEWLINES = st.sampled_from(["\n", "\r\n"])


@st.composite
def configurations(draw: st.DrawFn) -> str:
    """Code that sets ``worker_prefetch_multiplier`` to 17, in one of the forms of Celery's settings."""
    comment, indent = draw(COMMENTS), draw(INDENTS)
    equals = draw(st.sampled_from(["=", " = "]))
    key = draw(st.sampled_from(["'worker_prefetch_multiplier'", '"worker_prefetch_multiplier"']))
    before, behind = draw(st.sampled_from(["", "a=1, "])), draw(st.sampled_from(["", ", z=3", ","]))
    keyword = f"worker_prefetch_multiplier{equals}17"
    form = draw(st.integers(0, 8))
    text = [
        f"app.conf.worker_prefetch_multiplier = 17{comment}\nx = 1\n",
        f"app.conf[{key}] = 17{comment}",
        f"app.conf.update({before}{keyword}{behind}){comment}\n",
        f"app.conf.update(\n{indent}a=1,{comment}\n{indent}{keyword},{comment}\n)\n",
        f"app.conf.update({{{key}: 17}}){comment}\n",
        f"CELERY = {{\n{indent}'a': 1,{comment}\n{indent}{key}: 17{comment}\n}}\n",
        f"class Config(object):\n{indent}x = 1{comment}\n{indent}worker_prefetch_multiplier = 17{comment}\n\n\ny = 2\n",
        f"def make():\n{indent}app.conf.worker_prefetch_multiplier = 17{comment}\n{indent}return app\n",
        f"app = Celery('x', {keyword}{behind}){comment}\n",
    ][form]
    return text.replace("\n", draw(NEWLINES))


@given(configurations())
@settings(max_examples=200, deadline=None)
def test_libcst_makes_the_same_change(text: str) -> None:
    source = SourceText("s.py", text)
    start = text.index("17")
    at = source.location(start, start + 2)
    app = App("s", at, at, CeleryVersion(), {"worker_prefetch_multiplier": Known(17, at, "settings")})
    wish = SetSetting(app, "worker_concurrency", 2, "safe")
    scene = Scene({"s.py": source}.get, Project((), (), (), (), ()))
    way, edit = way_to_set(wish, scene)
    assert confirm(text, apply(text, [edit]), way, addition(wish, scene)) == ""
    assert confirm(text, apply(text, [edit]) + "\n", way, addition(wish, scene))


def test_a_place_without_a_setting_is_refused() -> None:
    with pytest.raises(NotThereError):
        add_beside("x = 1\n", (1, 0), "worker_pool", NEW)
    with pytest.raises(NotThereError):
        add_statement("x = 1\n", 7, "y = 2")
    with pytest.raises(NotThereError, match="no Python"):
        add_statement("x = = 1\n", 1, "y = 2")


DEEP = (
    "x = " + "[" * 90 + "]" * 90 + "\n" + "".join(f"{' ' * depth}if x:\n" for depth in range(95)) + " " * 95 + "y = 1\n"
)


@pytest.mark.parametrize("text", [DEEP, "x = " + "(" * 5000 + ")" * 5000 + "\n", "x = " + "+".join("1" * 3000) + "\n"])
def test_deep_code_kills_nothing(text: str) -> None:
    code = (
        "import sys, threading\nthreading.stack_size(512 * 1024)\n"
        "from flake8_celery_oom.changes.python import NotThereError, add_statement\n"
        "def run():\n    try:\n        add_statement(sys.stdin.read(), 1, 'z = 1')\n"
        "    except NotThereError:\n        pass\n"
        "thread = threading.Thread(target=run); thread.start(); thread.join(); print('alive')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, timeout=120)
    assert done.stdout == "alive\n", done.stderr[-500:]


SPELLINGS = [
    ("worker_pool", "worker_pool", None, "worker_concurrency"),
    ("CELERY_WORKER_POOL", "worker_pool", None, "CELERY_WORKER_CONCURRENCY"),
    ("CELERYD_POOL", "worker_pool", None, "CELERYD_CONCURRENCY"),
    ("MY_WORKER_POOL", "worker_pool", None, "MY_WORKER_CONCURRENCY"),
    ("celery_worker_pool", "worker_pool", None, "celery_worker_concurrency"),
    ("CELERY_RESULT_BACKEND", "result_backend", None, None),
    ("CELERY_RESULT_BACKEND", "result_backend", True, "CELERY_WORKER_CONCURRENCY"),
    ("CELERY_RESULT_BACKEND", "result_backend", False, "CELERYD_CONCURRENCY"),
    ("POOL", "worker_pool", None, None),
]


@pytest.mark.parametrize(("written", "beside", "namespaced", "expected"), SPELLINGS)
def test_spelling(written: str, beside: str, namespaced: bool | None, expected: str | None) -> None:
    assert spelled_like(written, beside, Addition("worker_concurrency", "2", namespaced)) == expected


def test_what_a_name_means() -> None:
    assert setting_of("CELERYD_CONCURRENCY") == setting_of("CELERY_WORKER_CONCURRENCY") == "worker_concurrency"
    assert setting_of("CONCURRENCY") is setting_of("DEBUG") is None


# --- codemods ---------------------------------------------------------------------------------------------------------


def set_setting(code: str, setting: str = "worker_concurrency", value: str = "2") -> str:
    import libcst as cst

    return SetSettingCommand(CodemodContext(), setting, value).transform_module(cst.parse_module(code)).code


def test_codemod_sets_a_setting() -> None:
    assert set_setting("CELERYD_POOL = 'solo'\n") == "CELERYD_POOL = 'solo'\nCELERYD_CONCURRENCY = 2\n"
    assert set_setting("app.conf.worker_concurrency = 8  # c\n") == "app.conf.worker_concurrency = 2  # c\n"
    assert set_setting("x = 1\n") == "x = 1\n"
    with pytest.raises(ValueError, match="no setting"):
        set_setting("x = 1\n", "worker_nonsense")


def test_codemod_renames_settings() -> None:
    import libcst as cst

    code = (
        "CELERYD_CONCURRENCY = 2\nX = CELERYD_CONCURRENCY\nD = {'CELERY_ACKS_LATE': True}\napp.conf.CELERYD_POOL = 1\n"
    )

    def renamed(namespace: str) -> str:
        return RenameSettingsCommand(CodemodContext(), namespace).transform_module(cst.parse_module(code)).code

    assert renamed("") == (
        "worker_concurrency = 2\nX = worker_concurrency\nD = {'task_acks_late': True}\napp.conf.worker_pool = 1\n"
    )
    assert "CELERY_WORKER_CONCURRENCY = 2\nX = CELERY_WORKER_CONCURRENCY\n" in renamed("CELERY")


def test_codemod_makes_numbers() -> None:
    import libcst as cst

    code = (
        "import os\nCELERY_WORKER_CONCURRENCY = os.environ['C']\nworker_max_tasks_per_child = os.getenv('T', '5')\n"
        "worker_max_memory_per_child = os.environ.get('M')\nworker_pool = os.environ['P']\n"
    )
    made = WrapInIntCommand(CodemodContext()).transform_module(cst.parse_module(code)).code
    assert "CELERY_WORKER_CONCURRENCY = int(os.environ['C'])\n" in made
    assert "worker_max_tasks_per_child = int(os.getenv('T', '5'))\n" in made
    assert "worker_max_memory_per_child = os.environ.get('M')\nworker_pool = os.environ['P']\n" in made


COMMANDS = [
    (
        "SetSettingCommand",
        ["--setting", "worker_concurrency", "--value", "2"],
        "worker_pool = 'prefork'  # c\n",
        "worker_pool = 'prefork'  # c\nworker_concurrency = 2\n",
    ),
    (
        "RenameSettingsCommand",
        ["--namespace", "CELERY"],
        "# -*- coding: utf-8 -*-\nCELERYD_CONCURRENCY = 2   # ü\nprint(CELERYD_CONCURRENCY)\n",
        "# -*- coding: utf-8 -*-\nCELERY_WORKER_CONCURRENCY = 2   # ü\nprint(CELERY_WORKER_CONCURRENCY)\n",
    ),
    (
        "WrapInIntCommand",
        [],
        "import os\nworker_concurrency = os.environ['C']  # c\n",
        "import os\nworker_concurrency = int(os.environ['C'])  # c\n",
    ),
]


@pytest.mark.parametrize(("command", "options", "before", "after"), COMMANDS, ids=[one[0] for one in COMMANDS])
def test_codemods_run_from_libcst_s_own_command(
    command: str, options: list[str], before: str, after: str, tmp_path: Path
) -> None:
    file = tmp_path / "celeryconfig.py"
    file.write_text(before)
    (tmp_path / ".libcst.codemod.yaml").write_text("modules: ['flake8_celery_oom.changes']\nformatter: ['cat', '-']\n")
    words = ["-m", "libcst.tool", "codemod", "-x", f"flake8_celery_oom.changes.python.{command}", *options]
    done = subprocess.run(
        [sys.executable, *words, "--no-format", "--jobs", "1", str(file)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert file.read_text() == after
