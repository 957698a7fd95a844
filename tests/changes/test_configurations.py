"""Settings are added to every form of configuration that Celery knows, and the real Celery has them then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from flake8_celery_oom.config import Config
from tests.changes.projects import NUMBERS, fix

IMPORT = "from celery import Celery\n\n"
APP = f"{IMPORT}app = Celery('shop')\n"
OBJECT = f"{APP}app.config_from_object"
DJANGO = f"import os\n{IMPORT}os.environ['DJANGO_SETTINGS_MODULE'] = 'conf'\napp = Celery('shop')\n"
NAMED = f"{DJANGO}app.config_from_object('django.conf:settings', namespace='CELERY')\n"
LATE = "task_acks_late = True\n"

FORMS: dict[str, tuple[str, str]] = {
    "arguments": (f"{IMPORT}app = Celery('shop', task_acks_late=True)\n", ""),
    "arguments on lines": (
        f"{IMPORT}app = Celery(\n    'shop',\n    broker='x://',\n    task_acks_late=True,\n)\n",
        "",
    ),
    "changes": (f"{IMPORT}app = Celery('shop', changes={{'task_acks_late': True}})\n", ""),
    "config_source": (f"{IMPORT}app = Celery('shop', config_source='conf')\n", LATE),
    "config_source class": (f"{IMPORT}class C:\n    {LATE}\n\napp = Celery('shop', config_source=C)\n", ""),
    "attribute": (f"{APP}app.conf.{LATE}", ""),
    "old attribute": (f"{APP}app.conf.CELERY_ACKS_LATE = True\n", ""),
    "item": (f"{APP}app.conf['task_acks_late'] = True\n", ""),
    "old item": (f"{APP}app.conf['CELERY_ACKS_LATE'] = True\n", ""),
    "setattr": (f"{APP}setattr(app.conf, 'task_acks_late', True)\n", ""),
    "setdefault": (f"{APP}app.conf.setdefault('task_acks_late', True)\n", ""),
    "conf.changes": (f"{APP}app.conf.changes['task_acks_late'] = True\n", ""),
    "add_defaults": (f"{APP}app.add_defaults({{'task_acks_late': True}})\n", ""),
    "keywords": (f"{APP}app.conf.update(task_acks_late=True)\n", ""),
    "keywords on lines": (
        f"{APP}app.conf.update(\n    task_acks_late=True,\n    task_track_started=True,  # c\n)\n",
        "",
    ),
    "dict": (f"{APP}app.conf.update({{'task_acks_late': True}})\n", ""),
    "dict on lines": (f"{APP}app.conf.update(\n    {{\n        'task_acks_late': True,\n    }}\n)\n", ""),
    "pairs": (f"{APP}app.conf.update([('task_acks_late', True)])\n", ""),
    "named dict": (f"{APP}D = {{'task_acks_late': True}}\napp.conf.update(**D)\n", ""),
    "named dict()": (f"{APP}D = dict(task_acks_late=True)\napp.conf.update(D)\n", ""),
    "dict in dict": (f"{APP}app.conf.update({{**{{'task_acks_late': True}}, 'task_track_started': True}})\n", ""),
    "module": (f"{OBJECT}('conf')\n", f"# conf\n{LATE}"),
    "empty module": (f"{OBJECT}('conf')\n", "# conf\n"),
    "imported module": (f"import conf\n{OBJECT}(conf)\n", LATE),
    "module and more": (f"{OBJECT}('conf')\napp.conf.task_track_started = True\n", LATE),
    "old names": (f"{OBJECT}('conf')\n", "CELERY_ACKS_LATE = True\n"),
    "namespace": (f"{OBJECT}('conf', namespace='CELERY')\n", "CELERY_TASK_ACKS_LATE = True\n"),
    "class of a module": (f"{OBJECT}('conf:C')\n", f"class C:\n    {LATE}"),
    "class behind a dot": (f"{OBJECT}('conf.C')\n", f"class C:\n    {LATE}"),
    "dict of a module": (f"{OBJECT}('conf:D')\n", "D = {\n    'task_acks_late': True,\n}\n"),
    "class": (f"class C:\n    '''Doc.'''\n\n    {LATE}\n\n{OBJECT}(C)\n", ""),
    "instance": (f"class C:\n    {LATE}\n\n{OBJECT}(C())\n", ""),
    "typed class": (f"class C:\n    task_acks_late: bool = True\n\n\n{OBJECT}(C)\n", ""),
    "inherited": (f"class B:\n    {LATE}\n\nclass C(B):\n    task_track_started = True\n\n\n{OBJECT}(C)\n", ""),
    "dict object": (f"{OBJECT}({{'task_acks_late': True}})\n", ""),
    "dict() object": (f"{OBJECT}(dict(task_acks_late=True))\n", ""),
    "variable": (f"import os\nos.environ['V'] = 'conf'\n{APP}app.config_from_envvar('V')\n", LATE),
    "signal": (f"{APP}\n@app.on_after_configure.connect\ndef setup(sender, **_):\n    sender.conf.{LATE}", ""),
    "factory": (
        f"{IMPORT}def make():\n    app = Celery('x')\n    app.conf.{LATE}    return app\n\n\napp = make()\n",
        "",
    ),
    "bare factory": (f"{IMPORT}def make():\n    app = Celery('shop')\n    return app\n\n\napp = make()\n", ""),
    "Flask": (f"F = {{'C': dict(task_acks_late=True)}}\n{OBJECT}(F['C'])\n", ""),
    "Django": (NAMED, "SECRET_KEY = 'x'\nCELERY_TASK_ACKS_LATE = True\nUSE_TZ = True\n"),
    "Django with an old name": (NAMED, "SECRET_KEY = 'x'\nCELERY_RESULT_BACKEND = 'cache+memory://'\nUSE_TZ = True\n"),
    "Django without settings": (NAMED, "SECRET_KEY = 'x'\nUSE_TZ = True\n"),
    "Django without namespace": (
        f"{DJANGO}app.config_from_object('django.conf:settings')\n",
        "SECRET_KEY = 'x'\nCELERY_ACKS_LATE = True\n",
    ),
    "annotated": (APP.replace("app =", "app: Celery ="), ""),
    "alias": (f"{APP}conf = app.conf\nconf.{LATE}", ""),
    "condition": (f"{APP}if True:\n    app.conf.{LATE}", ""),
    "shared line": (f"{APP}app.conf.task_acks_late = True; app.conf.task_track_started = True\n", ""),
    "two names": (f"{IMPORT}celery = app = Celery('shop')\n", ""),
    "bare": (APP, ""),
    "bare on lines": (
        f"{IMPORT}app = Celery(\n    'shop',\n    broker='x://'\n)\n\n\n@app.task\ndef t():\n    pass\n",
        "",
    ),
}

LOAD = """
import json, os, sys
import celery, django.conf
for folder in sys.argv[1:]:
    read, write = os.pipe()
    if not os.fork():
        os.chdir(folder)
        sys.path.insert(0, folder)
        try:
            import shop_app
            conf = shop_app.app.conf
            found = [conf.worker_concurrency, conf.worker_max_memory_per_child]
        except BaseException as error:
            found = repr(error)
        os.write(write, json.dumps(found).encode())
        os._exit(0)
    os.close(write)
    print(os.read(read, 9999).decode(), flush=True)
    os.wait()
"""
MORE_COMMANDS = "w: celery -A shop_app worker\nb: celery -A shop_app worker -Q b\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="every form is loaded in a process of its own")
@pytest.mark.parametrize("place", ["command", "settings"])
def test_celery_has_the_settings(place: str, tmp_path: Path) -> None:
    """Without a command there is no other place; ``fix-place`` asks for it where there are commands."""
    config = NUMBERS if place == "command" else replace(NUMBERS, fix_place="settings")
    commands = {} if place == "command" else {"Procfile": MORE_COMMANDS}
    names = list(FORMS) if place == "command" else list(FORMS)[::5]
    folders = [str(write(tmp_path / str(index), name, commands, config)) for index, name in enumerate(names)]
    done = subprocess.run([sys.executable, "-c", LOAD, *folders], capture_output=True, text=True, check=True)
    found = dict(zip(names, map(json.loads, done.stdout.splitlines()), strict=True))
    assert found == {name: [2, 200_000] for name in names}


def write(folder: Path, name: str, commands: dict[str, str], config: Config) -> Path:
    """The fixed project of a form on the disk."""
    main, more = FORMS[name]
    files = {"shop_app.py": main, "requirements.txt": "celery==5.7.0\n", **commands}
    files |= {"conf.py": more} if more else {}
    fixed = fix(folder, files, "CO101", "CO201", config=config)
    assert not fixed.outcome.left, (name, fixed.reasons)
    assert "Procfile" not in fixed.outcome.texts
    folder.mkdir()
    for path, text in fixed.texts.items():
        (folder / path).write_text(text)
    return folder
