"""What Django runs when it starts: ``AppConfig.ready``, where older projects configure their Celery application."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from flake8_celery_oom.resolve.apps.world import World
from flake8_celery_oom.resolve.python.values import Arguments, Function, Table
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
    for path in list(world.modules.mentioning(_READY)):
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
