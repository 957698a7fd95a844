"""Applications: the ways to make, configure and name them."""

from __future__ import annotations

import pytest

from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.results import App, CeleryVersion
from flake8_celery_oom.core.value import Known, Unknown, Unset
from flake8_celery_oom.resolve.apps.lookup import Apps, NotInProject, Undecided
from tests.resolve.python_project import (
    ANY,
    V3,
    V4,
    V50,
    V56,
    V57,
    app_of,
    apps,
    details_of,
    look_up,
    modules,
    setting,
    shown,
)

MAKE = "from celery import Celery\napp = Celery('x')\n"
CONF = "from celery import Celery\napp = Celery('x')\napp.config_from_object('conf')\n"
NAMESPACED = "from celery import Celery\napp = Celery('x')\napp.config_from_object('conf', namespace='CELERY')\n"

WAYS = {
    "attribute": MAKE + "app.conf.worker_concurrency = 3",
    "item": MAKE + "app.conf['worker_concurrency'] = 3",
    "old name": MAKE + "app.conf.CELERYD_CONCURRENCY = 3",
    "setattr": MAKE + "setattr(app.conf, 'worker_concurrency', 3)",
    "setattr in a loop": MAKE + "for k, v in {'worker_concurrency': 3}.items():\n    setattr(app.conf, k, v)",
    "update keywords": MAKE + "app.conf.update(worker_concurrency=3)",
    "update dict": MAKE + "app.conf.update({'worker_concurrency': 3})",
    "update pairs": MAKE + "app.conf.update([('worker_concurrency', 3)])",
    "update spread": MAKE + "D = {'worker_concurrency': 3}\napp.conf.update(**D)",
    "setdefault": MAKE + "app.conf.setdefault('worker_concurrency', 3)",
    "changes": MAKE + "app.conf.changes['worker_concurrency'] = 3",
    "alias of conf": MAKE + "conf = app.conf\nconf.worker_concurrency = 3",
    "keyword": "from celery import Celery\napp = Celery('x', worker_concurrency=3)",
    "changes keyword": "import celery\napp = celery.Celery('x', changes={'worker_concurrency': 3})",
    "renamed class": "from celery import Celery as C\napp = C('x', changes=dict(worker_concurrency=3))",
    "config_source": (
        "from celery import Celery\nclass C:\n    worker_concurrency = 3\napp = Celery('x', config_source=C)"
    ),
    "class": MAKE + "class C:\n    worker_concurrency = 3\napp.config_from_object(C)",
    "instance": MAKE + "class C:\n    worker_concurrency = 3\napp.config_from_object(C())",
    "inherited": MAKE + "class B:\n    worker_concurrency = 3\nclass C(B): pass\napp.config_from_object(C)",
    "dict": MAKE + "app.config_from_object({'worker_concurrency': 3})",
    "own module": MAKE + "worker_concurrency = 3\napp.config_from_object(__name__)",
    "add_defaults": MAKE + "app.add_defaults({'worker_concurrency': 3})",
    "add_defaults later": MAKE + "app.add_defaults(lambda: {'worker_concurrency': 3})",
    "signal": MAKE + "@app.on_configure.connect\ndef f(sender, **k):\n    sender.conf.worker_concurrency = 3",
    "later signal": MAKE
    + "@app.on_after_configure.connect\ndef f(sender, source, **k):\n    source.worker_concurrency = 3",
    "worker signal": (
        "from celery import Celery\nfrom celery.signals import celeryd_init\napp = Celery('x')\n"
        "@celeryd_init.connect\ndef f(sender=None, conf=None, **k):\n    conf.worker_concurrency = 3"
    ),
    "on_init": (
        "from celery import Celery\nclass A(Celery):\n    def on_init(self):\n"
        "        self.conf.worker_concurrency = 3\napp = A('x')"
    ),
    "own __init__": (
        "from celery import Celery\nclass A(Celery):\n    def __init__(self, *a, **k):\n"
        "        super().__init__(*a, **k)\n        self.conf.update(worker_concurrency=3)\napp = A('x')"
    ),
    "factory": (
        "from celery import Celery\ndef make(name, n=1):\n    app = Celery(name)\n"
        "    app.conf.worker_concurrency = n\n    return app\napp = make('x', n=3)"
    ),
    "holder": (
        "from celery import Celery\nclass H:\n    def __init__(self):\n        self.app = Celery('x')\n"
        "        self.app.conf.worker_concurrency = 3\nh = H()\napp = h.app"
    ),
    "flask": (
        "from celery import Celery\nfrom flask import Flask\ndef make_celery(app):\n"
        "    celery = Celery(app.import_name)\n    celery.conf.update(app.config)\n    return celery\n"
        "flask_app = Flask(__name__)\nflask_app.config.update(CELERYD_CONCURRENCY=3)\napp = make_celery(flask_app)"
    ),
    "flask mapping": (
        "from celery import Celery\nfrom flask import Flask\nflask_app = Flask(__name__)\n"
        "flask_app.config.from_mapping(CELERY=dict(worker_concurrency=3))\napp = Celery('x')\n"
        "app.config_from_object(flask_app.config['CELERY'])\nflask_app.extensions['celery'] = app"
    ),
    "flask object": (
        "from celery import Celery\nfrom flask import Flask\nclass C:\n    CELERY = {'worker_concurrency': 3}\n"
        "flask_app = Flask(__name__)\nflask_app.config.from_object(C)\napp = Celery('x')\n"
        "app.conf.update(flask_app.config['CELERY'])"
    ),
    "proxy": (
        "from celery import Celery\nfrom lazy_object_proxy import Proxy\ndef make():\n"
        "    return Celery('x', worker_concurrency=3)\napp = Proxy(make)"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_configure(way: str) -> None:
    assert setting(app_of({"app.py": WAYS[way]})) == 3


OBJECTS = {
    "module": ("conf", {"conf.py": "worker_concurrency = 3"}),
    "package": ("proj.conf", {"proj/__init__.py": "", "proj/conf.py": "CELERYD_CONCURRENCY = 3"}),
    "attribute": ("conf:C", {"conf.py": "class C:\n    worker_concurrency = 3"}),
    "dotted attribute": ("conf.C", {"conf.py": "class C:\n    worker_concurrency = 3"}),
    "dict": ("conf:C", {"conf.py": "C = {'worker_concurrency': 3}"}),
    "star": ("conf", {"conf.py": "from base import *", "base.py": "worker_concurrency = 3"}),
    "imported": ("conf", {"conf.py": "from base import N\nworker_concurrency = N", "base.py": "N = 3"}),
}


@pytest.mark.parametrize("case", OBJECTS)
def test_configuration_objects_by_name(case: str) -> None:
    name, files = OBJECTS[case]
    app = app_of({"app.py": MAKE + f"app.config_from_object({name!r})", **files})
    assert setting(app) == 3


MATRIX = [
    ("CELERY", "CELERY_WORKER_CONCURRENCY", 3, 3),
    ("CELERY", "CELERYD_CONCURRENCY", "unset", 3),
    ("CELERY", "worker_concurrency", 3, 3),
    ("CELERY", "WORKER_CONCURRENCY", "unset", "unset"),
    ("CELERY", "CELERY_CELERYD_CONCURRENCY", "unset", "unset"),
    ("CELERY", "celery_worker_concurrency", "unset", "unset"),
    ("CELERY_", "CELERY_WORKER_CONCURRENCY", 3, 3),
    ("celery", "celery_worker_concurrency", 3, 3),
    ("celery", "CELERY_WORKER_CONCURRENCY", "unset", "unset"),
    ("APP", "APP_WORKER_CONCURRENCY", 3, 3),
    (None, "CELERYD_CONCURRENCY", 3, 3),
    (None, "worker_concurrency", 3, 3),
    (None, "CELERY_WORKER_CONCURRENCY", "unset", "unset"),
    (None, "WORKER_CONCURRENCY", "unset", "unset"),
]


@pytest.mark.parametrize(("namespace", "key", "before", "now"), MATRIX)
def test_names_and_namespaces(namespace: str | None, key: str, before: object, now: object) -> None:
    files = {"app.py": MAKE + f"app.config_from_object('conf', namespace={namespace!r})", "conf.py": f"{key} = 3"}
    assert setting(app_of(files, version=V57)) == now
    for version in (V56, V50, V4):
        assert setting(app_of(files, version=version)) == before
    unsure = before if before == now else ("unknown", None)
    assert setting(app_of(files, version=ANY)) == unsure


def test_what_was_written_last_and_where_decides() -> None:
    later = {"app.py": NAMESPACED + "app.conf.worker_concurrency = 7", "conf.py": "CELERY_WORKER_CONCURRENCY = 3"}
    assert setting(app_of(later, version=V57)) == 7
    assert setting(app_of(later, version=V56)) == 3
    plain = {"app.py": CONF + "app.conf.worker_concurrency = 7", "conf.py": "worker_concurrency = 3"}
    assert setting(app_of(plain, version=V56)) == 7
    twice = {
        "app.py": MAKE + "app.config_from_object('a')\napp.config_from_object('b')",
        "a.py": "worker_concurrency = 3",
        "b.py": "worker_prefetch_multiplier = 1",
    }
    assert setting(app_of(twice)) == "unset"
    defaults = {"app.py": CONF + "app.add_defaults({'worker_concurrency': 7})", "conf.py": "worker_concurrency = 3"}
    assert setting(app_of(defaults)) == 7


def test_keywords_of_celery_count_from_5_1_on() -> None:
    files = {"app.py": "from celery import Celery\napp = Celery('x', worker_concurrency=3)"}
    assert setting(app_of(files, version=CeleryVersion("==5.1.0"))) == 3
    assert setting(app_of(files, version=V50)) == "unset"
    (dead,) = details_of(files, version=V50).dead
    assert (dead.name, dead.reason, dead.setting) == ("worker_concurrency", "keyword", "worker_concurrency")


def test_celery_3_reads_old_names_only() -> None:
    files = {"app.py": CONF, "conf.py": "CELERYD_CONCURRENCY = 3\nCELERYD_MAX_MEMORY_PER_CHILD = 5"}
    assert setting(app_of(files, version=V3)) == 3
    assert setting(app_of({"app.py": CONF, "conf.py": "worker_concurrency = 3"}, version=V3)) == "unset"
    lost = {"app.py": MAKE + "app.conf.CELERYD_CONCURRENCY = 3\napp.config_from_object('conf')", "conf.py": ""}
    assert setting(app_of(lost, version=V3)) == "unset"
    assert setting(app_of(lost, version=V4)) == 3


# --- what cannot be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        MAKE + "app.config_from_object('elsewhere.conf')",
        MAKE + "import elsewhere\napp.config_from_object(elsewhere.Config)",
        MAKE + "import elsewhere\napp.conf.update(**elsewhere.settings())",
        MAKE + "import elsewhere\napp.conf.update(elsewhere.settings)",
        MAKE + "app.conf = {}",
        MAKE + "import elsewhere\nfor key in elsewhere.keys():\n    app.conf[key] = 1",
        MAKE + "class C(Unseen):\n    pass\napp.config_from_object(C)",
        MAKE + "import os\napp.config_from_envvar('CONFIG')",
        "from celery import Celery\nimport elsewhere\napp = Celery('x', **elsewhere.settings)",
        "from extension import FlaskCelery\napp = FlaskCelery('x')",
    ],
)
def test_what_an_unreadable_place_may_set_is_unknown(text: str) -> None:
    assert setting(app_of({"app.py": text})) == ("unknown", None)


def test_an_unreadable_place_keeps_what_is_known_as_the_default() -> None:
    text = MAKE + "import elsewhere\napp.conf.worker_concurrency = 3\napp.conf.update(**elsewhere.settings())"
    assert setting(app_of({"app.py": text})) == ("unknown", 3)


def test_mixed_names_are_refused() -> None:
    files = {"app.py": CONF, "conf.py": "CELERYD_CONCURRENCY = 3\nworker_prefetch_multiplier = 1\nworker_pool = 'solo'"}
    assert setting(app_of(files)) == ("unknown", None)
    details = details_of(files)
    assert details.refused
    assert [key.name for key in details.old_names] == ["CELERYD_CONCURRENCY"]
    assert [key.name for key in details.new_names] == ["worker_pool", "worker_prefetch_multiplier"]
    both = {"app.py": CONF, "conf.py": "CELERYD_CONCURRENCY = 3\nworker_concurrency = 4"}
    assert setting(app_of(both)) == 4
    assert not details_of(both).refused


def test_a_variable_that_names_the_configuration_and_has_a_default_of_the_program() -> None:
    text = "import os\nos.environ.setdefault('CELERY_CONFIG_MODULE', 'conf')\n" + MAKE
    text += "app.config_from_envvar('CELERY_CONFIG_MODULE')"
    files = {"app.py": text, "conf.py": "worker_concurrency = 3", "other.py": "worker_concurrency = 5"}
    assert setting(app_of(files)) == 3
    assert setting(app_of(files, environment={"CELERY_CONFIG_MODULE": "other"})) == 5
    assert setting(app_of(files, environment={"CELERY_CONFIG_MODULE": "elsewhere.conf"})) == ("unknown", None)


# --- the environment -------------------------------------------------------------------------------------------------

READS = {"app.py": CONF, "conf.py": "import os\nworker_concurrency = int(os.environ.get('WORKERS', 4))"}


def test_the_environment_of_the_worker_is_read() -> None:
    assert setting(app_of(READS)) == ("unknown", 4)
    assert setting(app_of(READS, environment={"WORKERS": "8"})) == 8
    assert setting(app_of(READS, environment={"OTHER": "8"})) == ("unknown", 4)


def test_two_environments_are_kept_apart_and_remembered() -> None:
    held = apps(READS)
    from tests.resolve.python_project import words

    def asked(environment: dict[str, str]) -> object:
        return held.lookup("app", "", "a.yml", words(environment), V57)

    first, second = asked({"WORKERS": "8"}), asked({"WORKERS": "9"})
    assert isinstance(first, App)
    assert isinstance(second, App)
    assert (setting(first), setting(second)) == (8, 9)
    assert asked({"WORKERS": "8", "UNREAD": "1"}) is first


def test_places_and_origins_of_values() -> None:
    app = app_of({"app.py": CONF, "conf.py": "worker_pool = 'solo'\nworker_concurrency = 2 * 2  # four\n"})
    value = app.settings["worker_concurrency"]
    assert isinstance(value, Known)
    assert (value.value, value.origin) == (4, "settings")
    assert value.at == Location("conf.py", 42, 47, 2, 22, 2, 27)
    missing = app.settings["worker_max_memory_per_child"]
    assert missing == Unset(("app.py", "conf.py"))
    unread = app_of(READS).settings["worker_concurrency"]
    assert isinstance(unread, Unknown)
    assert unread.origin == "settings"
    assert "WORKERS" in unread.cause.text
    assert str(app.at) == "app.py:2"
    assert str(app.configured_at) == "app.py:3"
    assert app.version == V57


def test_columns_count_code_points() -> None:
    text = MAKE + "äöü = 1; app.conf.worker_concurrency = 3"
    value = app_of({"app.py": text}).settings["worker_concurrency"]
    assert isinstance(value, Known)
    assert value.at is not None
    assert (value.at.line, value.at.column) == (3, 40)
    assert text[value.at.start : value.at.end] == "3"


# --- Django ----------------------------------------------------------------------------------------------------------

DJANGO = (
    "import os\nfrom celery import Celery\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\n"
    "app = Celery('proj')\napp.config_from_object('django.conf:settings', namespace='CELERY')\n"
)


def django(settings: str, **others: str) -> dict[str, str]:
    files = {"proj/__init__.py": "from .celery import app as celery_app\n", "proj/celery.py": DJANGO}
    return {**files, "proj/settings.py": settings, **{path.replace("__", "/"): text for path, text in others.items()}}


def test_django_settings_are_read_under_their_namespace() -> None:
    assert setting(app_of(django("CELERY_WORKER_CONCURRENCY = 3"), "proj")) == 3
    assert setting(app_of(django("worker_concurrency = 3"), "proj")) == "unset"
    assert setting(app_of(django("CELERYD_CONCURRENCY = 3"), "proj", V56)) == "unset"
    assert setting(app_of(django("CELERYD_CONCURRENCY = 3"), "proj", V57)) == 3
    assert setting(app_of(django("CELERY = {'worker_concurrency': 3}"), "proj")) == "unset"
    assert "django" in app_of(django(""), "proj").imports


def test_django_settings_in_other_forms() -> None:
    by_object = DJANGO.replace("'django.conf:settings'", "settings").replace(
        "import os\n", "import os\nfrom django.conf import settings\n"
    )
    files = django("CELERY_WORKER_CONCURRENCY = 3")
    assert setting(app_of({**files, "proj/celery.py": by_object}, "proj")) == 3
    by_value = MAKE.replace("from", "from django.conf import settings\nfrom", 1) + "app.conf.update(settings.CELERY)"
    settings = {"proj/celery.py": by_value, "proj/settings.py": "CELERY = {'worker_concurrency': 3}"}
    environment = {"DJANGO_SETTINGS_MODULE": "proj.settings"}
    assert setting(app_of({**files, **settings}, "proj", environment=environment)) == 3


def test_the_settings_module_that_the_environment_names() -> None:
    files = django("CELERY_WORKER_CONCURRENCY = 3", proj__other_py="")
    files["proj/production.py"] = "from .settings import *\nCELERY_WORKER_CONCURRENCY = 8"
    environment = {"DJANGO_SETTINGS_MODULE": "proj.production"}
    assert setting(app_of(files, "proj", environment=environment)) == 8
    assert setting(app_of(files, "proj")) == 3
    asked = apps(files).lookup("proj", "", "compose.yml", {}, V57, django_settings="proj.production")
    assert isinstance(asked, App)
    assert setting(asked) == 8
    assert setting(app_of(files, "proj", environment={"DJANGO_SETTINGS_MODULE": "elsewhere"})) == ("unknown", None)


def test_modules_that_take_all_names_of_each_other() -> None:
    tasks = "from main import app\n\n@app.task\ndef work():\n    pass\n"
    main = MAKE + "app.conf.worker_concurrency = 3\nfrom tasks import *\ncelery_app = app\n"
    assert setting(app_of({"main.py": main, "tasks.py": tasks}, "main:celery_app")) == 3
    other = {"main.py": main, "tasks.py": tasks + "app = app\napp.conf.worker_concurrency = 5\n"}
    assert setting(app_of(other, "main:celery_app")) == 5


def test_a_module_with_a_dash_in_its_name() -> None:
    files = {"run_jobs.py": MAKE, "other.py": MAKE}
    assert look_up(files, "run-jobs") == NotInProject("run-jobs")
    assert setting(app_of({"run-jobs.py": MAKE + "app.conf.worker_concurrency = 3", **files}, "run-jobs")) == 3


def test_settings_modules_that_disagree() -> None:
    files = django("CELERY_WORKER_CONCURRENCY = 3\nCELERY_WORKER_POOL = 'solo'")
    files["proj/production.py"] = "from .settings import *\nCELERY_WORKER_CONCURRENCY = 8"
    files["proj/wsgi.py"] = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.production')"
    app = app_of(files, "proj")
    assert setting(app) == ("unknown", 3)
    assert setting(app, "worker_pool") == "solo"
    assert setting(app, "worker_max_tasks_per_child") == "unset"


BASE = "CELERY_WORKER_CONCURRENCY = 3\nCELERY_WORKER_POOL = 'solo'"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"production.py": "from .base import *\nCELERY_WORKER_CONCURRENCY = 8"}, ("unknown", 3)),
        ({"production.py": "from proj.conf.base import *\nCELERY_WORKER_CONCURRENCY = 8"}, ("unknown", 3)),
        ({"a.py": "from .base import *", "b.py": "from .a import *\nCELERY_WORKER_CONCURRENCY = 8"}, ("unknown", 3)),
        ({"production.py": "from .base import *"}, 3),
        ({"production.py": "CELERY_WORKER_CONCURRENCY = 8"}, 3),
        ({"eager.py": "from .dev import *\nCELERY_WORKER_CONCURRENCY = 8"}, 3),
        ({"testing.py": "from .base import *\nCELERY_WORKER_CONCURRENCY = 8"}, 3),
    ],
)
def test_settings_modules_written_over_the_same_base(other: dict[str, str], expected: object) -> None:
    """Where only a default names ``dev``, its peers may be used as well."""
    files = django("")
    del files["proj/settings.py"]
    files["proj/celery.py"] = DJANGO.replace("proj.settings", "proj.conf.dev")
    files |= {"proj/conf/__init__.py": "", "proj/conf/base.py": BASE, "proj/conf/dev.py": "from .base import *"}
    files |= {f"proj/conf/{name}": text for name, text in other.items()}
    app = app_of(files, "proj")
    assert setting(app) == expected
    assert setting(app, "worker_pool") == "solo"
    named = app_of(files, "proj", environment={"DJANGO_SETTINGS_MODULE": "proj.conf.dev"})
    assert setting(named) == 3


def test_the_settings_module_of_manage_py() -> None:
    files = django("CELERY_WORKER_CONCURRENCY = 3")
    files["proj/celery.py"] = DJANGO.replace("os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\n", "")
    assert setting(app_of(files, "proj")) == ("unknown", None)
    files["manage.py"] = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')"
    assert setting(app_of(files, "proj")) == 3


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("from .base import *", 3),
        ("from .base import *\nCELERY_WORKER_CONCURRENCY = 8", ("unknown", 3)),
        ("CELERY_WORKER_CONCURRENCY = 8", 3),
    ],
)
def test_settings_that_only_manage_py_names_in_a_folder_further_up(other: str, expected: object) -> None:
    files = django("")
    del files["proj/settings.py"]
    files["proj/celery.py"] = DJANGO.replace("os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.settings')\n", "")
    files |= {"proj/wsgi.py": "import django", "proj/conf/__init__.py": "", "proj/conf/base.py": BASE}
    files |= {"proj/conf/dev.py": "from .base import *", "proj/conf/live.py": other}
    files["manage.py"] = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'proj.conf.dev')"
    assert setting(app_of(files, "proj", near="proj/start.sh")) == expected


def test_an_app_in_a_mapping_stays_one_when_the_mapping_is_filled_from_elsewhere() -> None:
    flask = "from flask import Flask\nfrom more import options\nweb = Flask('x')\n"
    kept = "web.config['CELERY'] = app\nweb.config.update(options.as_dict())\nqueue = web.config['CELERY']\n"
    made = MAKE + "app.conf.worker_concurrency = 3\n" + flask + kept
    assert setting(app_of({"main.py": made}, "main:queue")) == 3
    other = kept.replace("queue = web", "queue = make() or web")
    assert isinstance(look_up({"main.py": MAKE + flask + "from more import make\n" + other}, "main:queue"), Undecided)


# --- naming an application -------------------------------------------------------------------------------------------

NAMED = [
    ("app", {"app.py": MAKE}),
    ("worker", {"worker.py": MAKE.replace("app =", "celery =")}),
    ("worker", {"worker.py": MAKE.replace("app =", "anything =")}),
    ("worker.anything", {"worker.py": MAKE.replace("app =", "anything =")}),
    ("worker:anything", {"worker.py": MAKE.replace("app =", "anything =")}),
    ("worker:make()", {"worker.py": "from celery import Celery\ndef make():\n    return Celery('x')"}),
    ("proj", {"proj/__init__.py": "", "proj/celery.py": MAKE}),
    ("proj", {"proj/celery.py": MAKE}),
    ("proj", {"proj/__init__.py": "from .core import app", "proj/core.py": MAKE}),
    ("proj", {"proj/__init__.py": "from .core import app as hidden", "proj/core.py": MAKE}),
    ("proj.celery", {"proj/__init__.py": "from .celery import app as celery", "proj/celery.py": MAKE}),
    ("proj.celery", {"proj/__init__.py": "from .celery import app", "proj/celery.py": MAKE}),
    ("proj.celery:app", {"proj/__init__.py": "", "proj/celery.py": MAKE}),
    ("proj.tasks", {"proj/__init__.py": "", "proj/celery.py": MAKE, "proj/tasks.py": "from .celery import app"}),
    ("celery_app", {"src/celery_app.py": MAKE}),
    ("proj", {"backend/src/proj/__init__.py": "", "backend/src/proj/celery.py": MAKE}),
    ("config.celery_app", {"{{cookiecutter.project_slug}}/config/celery_app.py": MAKE}),
]


@pytest.mark.parametrize(("name", "files"), NAMED)
def test_names_of_applications(name: str, files: dict[str, str]) -> None:
    assert isinstance(look_up(files, name), App)


def test_names_that_are_not_in_the_project() -> None:
    assert look_up({"app.py": MAKE}, "elsewhere.core.celery") == NotInProject("elsewhere.core.celery")
    assert look_up({"app.py": MAKE}, "celery") == NotInProject("celery")
    assert setting(look_up({"app.py": MAKE}, "elsewhere")) == "unset"
    assert isinstance(look_up({"app.py": "x = 1"}, "app"), Undecided)
    assert setting(look_up({"app.py": "x = 1"}, "app")) == ("unknown", None)


def test_the_working_directory_and_the_file_decide_between_namesakes() -> None:
    files = {
        "a/proj/celery.py": MAKE + "app.conf.worker_concurrency = 1",
        "b/proj/celery.py": MAKE + "app.conf.worker_concurrency = 2",
    }
    assert setting(app_of(files, "proj", cwd="b")) == 2
    assert setting(app_of(files, "proj", near="a/docker/compose.yml")) == 1
    assert isinstance(look_up(files, "proj"), Undecided)
    only = {"a/proj/celery.py": files["a/proj/celery.py"], "b/proj/celery.py": "x = 1"}
    assert setting(app_of(only, "proj")) == 1


def test_imports_start_where_the_application_is() -> None:
    files = {
        "a/app.py": CONF,
        "a/conf.py": "worker_concurrency = 1",
        "b/app.py": CONF,
        "b/conf.py": "worker_concurrency = 2",
    }
    assert setting(app_of(files, "app", cwd="b")) == 2
    assert [setting(app) for app in apps(files).all_apps()] == [1, 2]


def test_a_command_that_names_no_application() -> None:
    assert setting(app_of({"x/y.py": MAKE + "app.conf.worker_concurrency = 5"}, None)) == 5
    assert look_up({"x.py": "y = 1"}, None) == NotInProject("")
    two = {"a/app.py": MAKE + "app.conf.update(worker_concurrency=1, worker_pool='solo')"}
    two["b/app.py"] = MAKE + "app.conf.update(worker_concurrency=2, worker_pool='solo')"
    found = look_up(two, None)
    assert isinstance(found, Undecided)
    assert [setting(found, name) for name in ("worker_concurrency", "worker_pool", "task_acks_late")] == [
        ("unknown", None),
        "solo",
        "unset",
    ]
    assert setting(app_of(two, None, near="b/Procfile")) == 2
    assert setting(app_of(two, None, environment={"CELERY_APP": "a.app"})) == 1


def test_the_application_of_a_call() -> None:
    text = MAKE + "app.conf.worker_concurrency = 3\nother = Celery('y')\nif 1:\n    app.worker_main(['worker'])\n"
    start = text.index("['worker']")
    at = modules({"m.py": text}).text("m.py")
    assert at is not None
    place = at.location(start, start + len("['worker']"))
    found = apps({"m.py": text}).lookup_call(place, {}, V57)
    assert isinstance(found, App)
    assert setting(found) == 3


def test_all_applications() -> None:
    files = {
        "a.py": MAKE,
        "b.py": "from celery import Celery\ndef make():\n    return Celery('x', worker_concurrency=3)\n",
        "c.py": "from b import make\ncelery = make()\n",
        "d.py": "from celery import Celery\ndef send():\n    client = Celery('y')\n    client.send_task('z')\n",
        "e.py": "from celery import shared_task\n@shared_task\ndef t(): pass\n",
        "f.py": "from a import app\n",
    }
    found = apps(files).all_apps()
    assert [(app.name, str(app.at)) for app in found] == [("a:app", "a.py:2"), ("c:celery", "b.py:3")]
    assert setting(found[1]) == 3


def test_imports_of_an_application() -> None:
    files = {
        "proj/__init__.py": "",
        "proj/celery.py": "import os, numpy as np\nfrom celery import Celery\napp = Celery('x')",
        "proj/tasks.py": "from proj.celery import app\nfrom pandas import DataFrame\ndef f():\n    import torch",
        "other/x.py": "import scipy  # celery",
        "proj/plain.py": "import sklearn",
    }
    assert app_of(files, "proj").imports == {"os", "numpy", "celery", "pandas"}


# --- details ---------------------------------------------------------------------------------------------------------


def test_keys_that_never_reach_celery() -> None:
    conf = "CELERY_WORKER_CONCURRENCY = 3\nCELERY_MAX_TASKS_PER_CHILD = 5\nCELERYD_POOL = 'solo'\nDEBUG = True\n"
    with_namespace = details_of({"app.py": NAMESPACED, "conf.py": conf}, version=V56)
    assert [(key.name, key.reason, key.candidates, str(key.at)) for key in with_namespace.dead] == [
        ("CELERY_MAX_TASKS_PER_CHILD", "namespace", ("worker_max_tasks_per_child",), "conf.py:2"),
        ("CELERYD_POOL", "old-name-in-namespace", ("worker_pool",), "conf.py:3"),
    ]
    assert with_namespace.namespace == "CELERY"
    without = details_of({"app.py": CONF, "conf.py": conf}, version=V56)
    assert [(key.name, key.reason, key.setting) for key in without.dead] == [
        ("CELERY_WORKER_CONCURRENCY", "no-namespace", "worker_concurrency"),
        ("CELERY_MAX_TASKS_PER_CHILD", "no-namespace", "worker_max_tasks_per_child"),
    ]
    written = details_of({"app.py": MAKE + "app.conf.max_memory_per_child = 1\napp.conf.worker_autoscale = (8, 2)"})
    assert [(key.name, key.reason, key.setting) for key in written.dead] == [
        ("max_memory_per_child", "no-setting", "worker_max_memory_per_child"),
        ("worker_autoscale", "no-setting", "worker_autoscaler"),
    ]


def test_a_key_is_dead_only_where_every_admitted_release_says_so() -> None:
    files = {"app.py": NAMESPACED, "conf.py": "CELERYD_POOL = 'solo'\nCELERY_CONCURRENCY = 3"}
    assert [key.name for key in details_of(files, version=ANY).dead] == ["CELERY_CONCURRENCY"]


def test_what_another_place_overrides() -> None:
    files = {"app.py": NAMESPACED + "app.conf.worker_concurrency = 7", "conf.py": "CELERY_WORKER_CONCURRENCY = 3"}
    (dead,) = details_of(files, version=V56).dead
    assert (dead.name, dead.reason, str(dead.at)) == ("worker_concurrency", "overridden", "app.py:4")


def test_comments_and_reads_without_a_cast() -> None:
    conf = (
        "import os\nworker_max_memory_per_child = 200000  # 200MB\nworker_concurrency = os.getenv('N', 4)\n"
        "worker_max_tasks_per_child = int(os.getenv('N', 4))\n"
    )
    details = details_of({"app.py": CONF, "conf.py": conf})
    assert details.comments is not None
    assert {name: words for name, (words, _) in details.comments.items()} == {"worker_max_memory_per_child": "200MB"}
    assert details.uncast is not None
    assert {name: str(at) for name, at in details.uncast.items()} == {"worker_concurrency": "conf.py:3"}
    assert details.keys is not None
    assert details.keys["worker_concurrency"].name == "worker_concurrency"
    assert str(details.keys["worker_concurrency"].at) == "conf.py:3"


def test_broken_files_are_no_applications() -> None:
    held = Apps(modules({"app.py": "def (:", "b.py": MAKE}), lambda _path: V57)
    assert isinstance(held.lookup("app", "", "x", {}, V57), Undecided)
    assert [app.name for app in held.all_apps()] == ["b:app"]


def test_a_namespace_that_is_not_known_opens_only_what_some_namespace_could_make_a_setting() -> None:
    make = "import os\nfrom celery import Celery\napp = Celery('x')\n"
    files = {
        "app.py": make + "app.config_from_object('conf', namespace=os.environ.get('NS', 'Z_'))",
        "conf.py": "JOBS_WORKER_CONCURRENCY = 3\nJOBS_CELERYD_POOL = 'solo'\nBROKER_URL = ''",
    }
    settings = app_of(files).settings
    reason = "the namespace is read from the environment variable NS"
    for name in ("worker_concurrency", "worker_pool"):
        value = settings[name]
        assert isinstance(value, Unknown)
        assert value.cause.text == reason
    assert isinstance(settings["worker_max_tasks_per_child"], Unset)


NONE_UNTIL_CALLED = """
from celery import Celery
celery = None
def create_app(kind="web"):
    global celery
    celery = Celery(kind)
    celery.conf.worker_concurrency = 4
    return kind
"""


def test_a_name_that_is_none_until_a_function_is_called() -> None:
    """Celery itself refuses such a name; what the function would give it is all that is known."""
    found = look_up({"app/__init__.py": NONE_UNTIL_CALLED}, "app.celery")
    assert isinstance(found, Undecided)
    assert "None until create_app()" in found.reason
    assert shown(found.settings["worker_concurrency"]) == 4
    assert shown(found.settings["worker_pool"]) == "unset"


STARTS = (
    "import logging\nlogger = logging.getLogger()\ndef main():\n    from tasks import app\n    app.worker_main([])\n"
)


def test_a_module_of_another_folder_in_which_no_app_can_be_is_not_the_one_that_is_meant() -> None:
    assert isinstance(look_up({"scripts/worker.py": STARTS}, "worker", near="systemd/worker.service"), NotInProject)
    assert isinstance(look_up({"scripts/worker.py": STARTS}, "worker", near="scripts/worker.service"), Undecided)
    assert isinstance(look_up({"scripts/worker.py": STARTS}, "worker", cwd="scripts"), Undecided)
    made = STARTS + "import vendor\nqueue = vendor.make()\n"
    assert isinstance(look_up({"scripts/worker.py": made}, "worker", near="systemd/worker.service"), Undecided)
