"""What runs before a worker reads its settings: ``AppConfig.ready`` of Django, handlers of ``celeryd_init``."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.resolve.apps.world import World
from flake8_celery_oom.resolve.python.values import Arguments, Dynamic, Function, Slot, Table
from flake8_celery_oom.syntax import python

_READY = re.compile(r"\bdef ready\(")
_CONFIGURES = re.compile(r"\bconfig_from_(?:object|envvar)\(|\.conf\b|add_defaults")


def run_ready(world: World) -> None:
    """Run every ``ready`` of the project's AppConfigs that configures an application, once in a world.

    Django runs it in ``django.setup()``, which Celery's worker calls before it reads the settings (``DjangoFixup`` of
    ``celery/fixups/django.py``).
    """
    if world.is_ready:
        return
    world.is_ready = True
    for path in list(world.modules.mentioning(_READY, "def ready(")):
        table = world.run_module(path)
        for slot in list(table.slots.values()) if table is not None else ():
            owner = slot.value
            if isinstance(owner, Table) and owner.kind == "class" and _is_app_config(world, owner):
                ready = owner.slots.get("ready")
                if ready is not None and isinstance(ready.value, Function) and _configures(world, ready.value):
                    made = world.table("instance", owner.name, owner.at)
                    made.links["class"] = owner
                    world.call_function(replace(ready.value, bound=made), Arguments(), owner.at)


def _is_app_config(world: World, owner: Table) -> bool:
    return any(name.rsplit(".", 1)[-1] == "AppConfig" for name in world.base_names(owner))


def _configures(world: World, ready: Function) -> bool:
    module = world.modules.module(ready.module.name)
    if module is None or isinstance(ready.node, ast.Lambda):
        return False
    start, end = python.span(module.source, ready.node)
    return _CONFIGURES.search(module.source.text[start:end]) is not None


def start_worker(world: World, app: Table) -> None:
    """What handlers of the app and of ``celeryd_init`` do to the configuration before a worker reads it."""
    world.finish_app(app)
    for slot in list(world.signals.slots.values()):
        handler = slot.value
        if not isinstance(handler, Function) or not _writes_conf(world, handler):
            continue
        if app.at is not None and handler.module.name.split("/")[0] != app.at.path.split("/")[0]:
            continue
        given = {
            "sender": Slot(Dynamic(Cause("the name of the worker"))),
            "instance": Slot(Dynamic(Cause("the worker"))),
            "conf": Slot(app.links["conf"]),
            "options": Slot(Dynamic(Cause("the options of the worker"))),
        }
        world.call_function(handler, Arguments(keywords=world.accepted(handler, given)), app.at)


def _writes_conf(world: World, handler: Function) -> bool:
    module = world.modules.module(handler.module.name)
    if module is None or isinstance(handler.node, ast.Lambda):
        return False
    start, end = python.span(module.source, handler.node)
    return re.search(r"\bconf\s*[.\[]", module.source.text[start:end]) is not None
