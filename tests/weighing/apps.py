"""Apps that are weighed: what their modules are, and what they need to be installed."""

from __future__ import annotations

from pathlib import Path

BARE = """\
from celery import Celery

app = Celery("shop", broker="redis://127.0.0.1:1/0", backend="redis://127.0.0.1:1/1")
app.conf.worker_max_tasks_per_child = 1
app.conf.worker_max_memory_per_child = 1
app.conf.task_routes = {"shop.*": "elsewhere"}
KEPT = []


@app.task(name="shop.keep")
def keep(mebibytes, fail=False):
    if fail:
        raise ValueError("no")
    KEPT[:] = [b"x" * (mebibytes << 20)]
"""
DJANGO = """\
import os

import django
from celery import Celery
from django.core.mail import send_mail

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop_settings")
app = Celery("shop", broker="redis://127.0.0.1:1/0")
app.config_from_object("django.conf:settings", namespace="CELERY")
"""
SETTINGS = """\
SECRET_KEY = "shop"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""
APPS = {
    "bare": {"shop.py": BARE},
    "django": {"shop.py": DJANGO, "shop_settings.py": SETTINGS},
    "pandas": {"shop.py": f"import pandas\n{BARE}"},
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)
