"""Settings in Python code: added in the form of their neighbours, changed, renamed."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flake8_celery_oom.changes.lower import fix_of
from flake8_celery_oom.changes.scene import CannotEditError, Scene
from flake8_celery_oom.core.findings import Finding
from flake8_celery_oom.core.results import App, CeleryVersion, Project
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.value import Known
from flake8_celery_oom.core.wishes import Respell, SetSetting, SetValue, WrapInInt
from tests.changes.projects import fix

IMPORT = "from celery import Celery\n\n"
APP = f"{IMPORT}app = Celery('shop')\n"
CONFIGURED = "app = Celery('shop')\napp.config_from_object(Config)\n"
BOTH = ("worker_concurrency", "worker_max_memory_per_child")


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Any]:
    """Load a module of a fixed project with the real Celery, and give the app's configuration."""
    before = set(sys.modules)

    def run(texts: dict[str, str], path: str = "shop_app.py") -> Any:
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(text.encode())
        sys.path.insert(0, str(tmp_path))
        try:
            spec = importlib.util.spec_from_file_location("shop_app", tmp_path / path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            conf = module.app.conf
            return {name: getattr(conf, name) for name in BOTH}
        finally:
            sys.path.remove(str(tmp_path))

    yield run
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


FORMS = {
    "attribute": (
        APP + "app.conf.worker_prefetch_multiplier = 1  # one at a time\nprint()\n",
        "app.conf.worker_prefetch_multiplier = 1  # one at a time\napp.conf.worker_concurrency = 2\n",
    ),
    "item": (APP + 'app.conf["task_acks_late"] = True\n', 'app.conf["worker_concurrency"] = 2\n'),
    "keywords": (
        APP + "app.conf.update(\n    task_acks_late=True,  # late\n    worker_prefetch_multiplier=1)\n",
        "=True,  # late\n    worker_concurrency=2,\n    worker_max_memory_per_child=200000,\n    worker_prefetch",
    ),
    "dict": (
        APP + "app.conf.update({'task_acks_late': True, 'worker_prefetch_multiplier': 1})\n",
        "{'task_acks_late': True, 'worker_concurrency': 2, 'worker_max_memory_per_child': 200000, 'worker_pre",
    ),
    "call": (
        "from celery import Celery\n\napp = Celery('shop', task_acks_late=True)\n",
        "Celery('shop', worker_concurrency=2, worker_max_memory_per_child=200000, task_acks_late=True)",
    ),
    "class": (
        f"{IMPORT}class Config:\n    task_acks_late = True\n\n\n{CONFIGURED}",
        "    task_acks_late = True\n    worker_concurrency = 2\n    worker_max_memory_per_child = 200000\n\n",
    ),
    "old names": (
        f"{IMPORT}class Config:\n    CELERYD_PREFETCH_MULTIPLIER = 1\n\n\n{CONFIGURED}",
        "= 1\n    CELERYD_CONCURRENCY = 2\n    CELERYD_MAX_MEMORY_PER_CHILD = 200000\n\n",
    ),
    "nothing beside it": (APP, "app = Celery('shop')\napp.conf.worker_concurrency = 2\n"),
    "no line end": (APP.rstrip(), "app = Celery('shop')\napp.conf.worker_concurrency = 2\n"),
    "over several lines": (
        "from celery import Celery\n\napp = Celery(\n    'shop',\n)  # c\nprint()\n",
        ")  # c\napp.conf.worker_concurrency = 2\napp.conf.worker_max_memory_per_child = 200000\nprint()\n",
    ),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("form", FORMS)
def test_a_setting_is_added_and_celery_has_it(form: str, newline: str, tmp_path: Path, load: Any) -> None:
    before, expected = (text.replace("\n", newline) for text in FORMS[form])
    fixed = fix(tmp_path, {"shop_app.py": before, "requirements.txt": "celery==5.7.0\n"}, "CO101", "CO201")
    after = fixed.texts["shop_app.py"]
    assert expected in after, fixed.reasons
    assert not fixed.outcome.left
    assert load(dict(fixed.texts)) == {"worker_concurrency": 2, "worker_max_memory_per_child": 200000}


def test_django_settings_get_the_prefix_of_their_neighbours(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/celery.py": (
            "import os\nfrom celery import Celery\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
            "app = Celery('shop')\napp.config_from_object('django.conf:settings', namespace='CELERY')\n"
        ),
        "shop/settings.py": "DEBUG = False\nCELERY_RESULT_BACKEND = 'redis://'  # r\nINSTALLED_APPS = []\n",
        "requirements.txt": "celery==5.4.0\n",
    }
    fixed = fix(tmp_path, files, "CO101", "CO201")
    assert fixed.texts["shop/settings.py"] == (
        "DEBUG = False\nCELERY_RESULT_BACKEND = 'redis://'  # r\nCELERY_WORKER_CONCURRENCY = 2\n"
        "CELERY_WORKER_MAX_MEMORY_PER_CHILD = 200000\nINSTALLED_APPS = []\n"
    ), fixed.reasons


def test_a_statement_that_shares_its_line_is_left(tmp_path: Path) -> None:
    text = APP + "app.conf.task_acks_late = True; print()\n"
    fixed = fix(tmp_path, {"shop_app.py": text}, "CO101")
    assert fixed.texts["shop_app.py"] == text.replace("app.conf", "app.conf.worker_concurrency = 2\napp.conf")
    text = f"{IMPORT}app = Celery('shop'); print()\n"
    assert "shares its line" in fix(tmp_path, {"shop_app.py": text}, "CO101").reasons["CO101"]


def test_one_of_two_settings_is_added_though_the_other_finding_moves(tmp_path: Path) -> None:
    fixed = fix(tmp_path, {"shop_app.py": APP}, "CO201")
    assert fixed.texts["shop_app.py"] == f"{APP}app.conf.worker_max_memory_per_child = 200000\n", fixed.reasons


# --- by hand ----------------------------------------------------------------------------------------------------------

EMPTY = Project((), (), (), (), ())


def scene_of(*sources: SourceText) -> Scene:
    held = {source.path: source for source in sources}
    return Scene(held.get, EMPTY, paths=list(held))


def edited(source: SourceText, wish: Any, *others: SourceText) -> str:
    from flake8_celery_oom.changes.edits import apply, by_path

    edits = by_path([fix_of(wish, scene_of(source, *others))])
    return apply(source.text, edits[source.path])


def place(source: SourceText, text: str) -> Any:
    start = source.text.index(text)
    return source.location(start, start + len(text))


def test_a_value_in_python_becomes_a_number() -> None:
    source = SourceText("s.py", "X = os.cpu_count() * 2  # c\n")
    assert edited(source, SetValue(place(source, "os.cpu_count() * 2"), 2, "safe", "concurrency")) == "X = 2  # c\n"


def test_a_place_that_is_no_expression_is_refused() -> None:
    source = SourceText("s.py", "X = os.cpu_count() * 2\n")
    with pytest.raises(CannotEditError):
        edited(source, SetValue(place(source, "count() *"), 2, "safe", "concurrency"))


VALUES = [
    ("C=0\n", "0", "C=2\n"),
    ('C="0"\n', '"0"', 'C="2"\n'),
    ("C: ${N:-0}\n", "${N:-0}", "C: ${N:-2}\n"),
    ("C: $(nproc) # c\n", "$(nproc)", "C: 2 # c\n"),
    ("ENV C=200MB\n", "200MB", "ENV C=2\n"),
]


@pytest.mark.parametrize(("before", "at", "after"), VALUES)
def test_a_value_in_text_becomes_a_number(before: str, at: str, after: str) -> None:
    source = SourceText("x.env", before)
    assert edited(source, SetValue(place(source, at), 2, "safe", "concurrency")) == after


IN_YAML = [
    ("value: two # c\n", "two", 'value: "2" # c\n'),
    ("value: 0\n", "0", "value: 2\n"),
    ("value: 'two'\n", "two", "value: '2'\n"),
    ("- two\n", "two", '- "2"\n'),
    ("{value: two}\n", "two", '{value: "2"}\n'),
    ("[two, x]\n", "two", '["2", x]\n'),
    ("- C=two\n", "two", "- C=2\n"),
    ("run: C=two celery\n", "two", "run: C=2 celery\n"),
]


@pytest.mark.parametrize(("before", "at", "after"), IN_YAML)
def test_a_text_of_yaml_stays_a_text(before: str, at: str, after: str) -> None:
    source = SourceText("x.yml", before)
    assert edited(source, SetValue(place(source, at), 2, "safe", "concurrency")) == after


def test_a_number_that_goes_on_is_refused() -> None:
    source = SourceText("x.env", "C=200MB\n")
    with pytest.raises(CannotEditError, match="one number"):
        edited(source, SetValue(place(source, "200"), 2, "safe", "concurrency"))


@pytest.mark.parametrize("text", ["C=${A}${B}\n", "C=$A$B\n", "C=$(nproc\n)\n", "C='' \n", "C={{ x }}\n"])
def test_a_value_of_several_pieces_is_refused(text: str) -> None:
    source = SourceText("x.env", text)
    with pytest.raises(CannotEditError):
        edited(source, SetValue(place(source, text[2:].rstrip()), 2, "safe", "concurrency"))


READS = [
    ("X = os.environ['C']  # c\n", "os.environ['C']", "X = int(os.environ['C'])  # c\n"),
    ("X = '100'\n", "'100'", "X = 100\n"),
    ("X = '010'\n", "'010'", "X = int('010')\n"),
]


@pytest.mark.parametrize(("before", "at", "after"), READS)
def test_a_text_becomes_a_number(before: str, at: str, after: str) -> None:
    source = SourceText("s.py", before)
    assert edited(source, WrapInInt(place(source, at), "safe", "concurrency")) == after


NONE = ["os.environ.get('C')", "os.getenv('C')", "getenv('C', None)", "env.get('C', default=None)"]
SOME = ["os.environ['C']", "os.getenv('C', 2)", "env.get('C', default='2')", "config('C')", "C or D"]


@pytest.mark.parametrize("code", NONE)
def test_what_may_be_none_is_left(code: str) -> None:
    source = SourceText("s.py", f"X = {code}\n")
    with pytest.raises(CannotEditError, match="may be None"):
        edited(source, WrapInInt(place(source, code), "safe", "concurrency"))


@pytest.mark.parametrize("code", SOME)
def test_what_is_never_none_becomes_a_number(code: str) -> None:
    source = SourceText("s.py", f"X = {code}\n")
    assert edited(source, WrapInInt(place(source, code), "safe", "concurrency")) == f"X = int({code})\n"


def test_names_are_written_otherwise_all_together() -> None:
    source = SourceText("s.py", "CELERYD_CONCURRENCY = 2\nCELERY_ACKS_LATE = True\n")
    wish = Respell(
        (
            (place(source, "CELERYD_CONCURRENCY"), "CELERYD_CONCURRENCY", "worker_concurrency"),
            (place(source, "CELERY_ACKS_LATE"), "CELERY_ACKS_LATE", "task_acks_late"),
        ),
        "safe",
    )
    assert edited(source, wish) == "worker_concurrency = 2\ntask_acks_late = True\n"
    other = SourceText("t.py", "from s import CELERYD_CONCURRENCY\n")
    with pytest.raises(CannotEditError, match=r"also used at t\.py:1"):
        edited(source, wish, other)


@pytest.mark.parametrize("path", ["/etc/celery.env", "../celery.env", "a/../../b.env"])
def test_a_file_outside_of_the_project_is_left(path: str) -> None:
    source = SourceText(path, "C=0\n")
    with pytest.raises(CannotEditError, match="no file of the project"):
        edited(source, SetValue(place(source, "0"), 2, "safe", "concurrency"))


def test_names_that_others_rename_as_well_may_differ() -> None:
    source, other = SourceText("s.py", "CELERYD_POOL = 'solo'\n"), SourceText("t.py", "CELERYD_POOL = 'solo'\n")
    wishes = [
        Respell(((place(one, "CELERYD_POOL"), "CELERYD_POOL", "worker_pool"),), "safe") for one in (source, other)
    ]
    findings = [Finding("CO206", "x", "error", wish.spellings[0][0], "", wish=wish) for wish in wishes]
    scene = Scene({"s.py": source, "t.py": other}.get, EMPTY, findings, paths=["s.py", "t.py"])
    assert [edit.replacement for edit in fix_of(wishes[0], scene).edits] == ["worker_pool"]


def test_an_application_whose_code_is_not_understood_is_left() -> None:
    source = SourceText("s.py", "make()()\n")
    at = place(source, "make()")
    app = App("s", at, at, CeleryVersion(), {"worker_pool": Known("solo", None)})
    with pytest.raises(CannotEditError, match="no place is known"):
        edited(source, SetSetting(app, "worker_concurrency", 2, "safe"))
