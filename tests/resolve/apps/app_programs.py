"""Usual ways in which projects make their Celery application and give it settings, as small programs.

Each has the name for ``-A``, its files, the environment it is run with, and the package it needs besides Celery.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class AppProgram:
    files: Mapping[str, str]
    name: str = "tasks"
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""


_FLASK_PACKAGE = """
from flask import Flask
from shop.queue import make_celery
celery = None
def create_app():
    global celery
    app = Flask(__name__)
    celery = make_celery(app)
    return app
"""
_MAKE_CELERY = """
from celery import Celery
def make_celery(app):
    made = Celery(app.import_name, broker="memory://")
    made.conf.update(worker_concurrency=4)
    return made
"""
_DJANGO_APP = """
import os
from celery import Celery
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings")
app = Celery("proj")
app.config_from_object("django.conf:settings", namespace="CELERY")
"""


def django(settings: str, **more: str) -> AppProgram:
    files = {f"{path}.py".replace("__", "/"): text for path, text in more.items()}
    own = {"proj/__init__.py": "from .celery import app", "proj/celery.py": _DJANGO_APP, "proj/settings.py": settings}
    return AppProgram(own | files, "proj", needs="django")


PROGRAMS: dict[str, AppProgram] = {
    "a name that a function fills in": AppProgram(
        {
            "shop/__init__.py": _FLASK_PACKAGE,
            "shop/queue.py": _MAKE_CELERY,
            "wsgi.py": "from shop import create_app\napp = create_app()\nfrom shop import celery\n",
        },
        "wsgi.celery",
        needs="flask",
    ),
    "a name that a function fills in, and that is changed afterwards": AppProgram(
        {
            "tasks.py": """
            from celery import Celery
            app = None
            def setup():
                global app
                app = Celery("t", broker="memory://")
            def start():
                setup()
                return 1
            started = start()
            app.conf.worker_concurrency = 3
            """
        }
    ),
    "__getattr__ of a package": AppProgram(
        {
            "pkg/__init__.py": """
            def __getattr__(name):
                if name in ("app", "celery"):
                    from pkg.worker import made
                    return made
                raise AttributeError(name)
            """,
            "pkg/worker.py": """
            from celery import Celery
            made = Celery("pkg", broker="memory://")
            made.conf.worker_concurrency = 3
            """,
        },
        "pkg",
    ),
    "functools.partial": AppProgram(
        {
            "tasks.py": """
            from functools import partial
            from celery import Celery
            def make(name, concurrency, tasks=None):
                app = Celery(name, broker="memory://")
                app.conf.worker_concurrency = concurrency
                if tasks:
                    app.conf.worker_max_tasks_per_child = tasks
                return app
            make_large = partial(make, concurrency=8, tasks=2)
            app = make_large("x", tasks=5)
            """
        }
    ),
    "functools.cache: each call gives the same app": AppProgram(
        {
            "tasks.py": """
            from functools import lru_cache
            from celery import Celery
            @lru_cache(maxsize=None)
            def get_celery(name="t"):
                app = Celery(name, broker="memory://")
                app.conf.worker_concurrency = 8
                return app
            app = get_celery()
            get_celery().conf.worker_max_tasks_per_child = 9
            get_celery("other").conf.worker_max_memory_per_child = 5000
            """
        }
    ),
    "functools.cached_property": AppProgram(
        {
            "tasks.py": """
            from functools import cached_property
            from celery import Celery
            class Services:
                @cached_property
                def celery(self):
                    return Celery("t", broker="memory://")
            services = Services()
            services.celery.conf.worker_concurrency = 6
            app = services.celery
            """
        }
    ),
    "a proxy": AppProgram(
        {
            "tasks.py": """
            from celery import Celery
            from celery.local import Proxy
            def make():
                app = Celery("t", broker="memory://")
                app.conf.worker_concurrency = 3
                return app
            _made = make()
            app = Proxy(lambda: _made)
            """
        },
        "tasks:app",
    ),
    "a class with one instance": AppProgram(
        {
            "tasks.py": """
            from celery import Celery
            class Manager:
                _instance = None
                def __new__(cls, *args):
                    if cls._instance is None:
                        cls._instance = super().__new__(cls)
                        cls._instance.app = Celery("x", broker="memory://")
                    return cls._instance
                def __init__(self, concurrency=2):
                    self.app.conf.worker_concurrency = concurrency
            Manager()
            app = Manager(5).app
            """
        }
    ),
    "object.__new__": AppProgram(
        {
            "tasks.py": """
            from celery import Celery
            class Config:
                worker_concurrency = 2
                def __new__(cls):
                    made = object.__new__(cls)
                    made.worker_max_tasks_per_child = 7
                    return made
            app = Celery("x", broker="memory://")
            app.config_from_object(Config())
            """
        }
    ),
    "the fields of a dataclass": AppProgram(
        {
            "tasks.py": """
            from dataclasses import asdict, dataclass, field
            from celery import Celery
            @dataclass
            class Base:
                worker_concurrency: int = 3
            @dataclass
            class Limits(Base):
                worker_max_tasks_per_child: int = field(default_factory=lambda: 30)
                worker_max_memory_per_child: int = field(default=1000)
            app = Celery("t", broker="memory://")
            app.conf.update(asdict(Limits(4, worker_max_memory_per_child=2000)))
            """
        }
    ),
    "vars of an instance": AppProgram(
        {
            "tasks.py": """
            from celery import Celery
            class Config:
                def __init__(self, n):
                    self.worker_concurrency = n
            app = Celery("t", broker="memory://")
            app.conf.update(vars(Config(3)))
            """
        }
    ),
    "__dict__ of an instance": AppProgram(
        {
            "tasks.py": """
            from celery import Celery
            class Config:
                other = 1
                def __init__(self, n):
                    self.worker_concurrency = n
            app = Celery("t", broker="memory://")
            app.conf.update(Config(3).__dict__)
            """
        }
    ),
    "model_dump of pydantic": AppProgram(
        {
            "tasks.py": """
            from celery import Celery
            from pydantic import BaseModel, Field
            class Config(BaseModel):
                worker_concurrency: int = Field(3, ge=1)
                worker_max_tasks_per_child: int = Field(default_factory=lambda: 20)
                worker_max_memory_per_child: int | None = None
                debug: bool = False
            app = Celery("t", broker="memory://")
            app.conf.update(Config(worker_concurrency=4).model_dump(exclude={"debug"}, exclude_none=True))
            """
        },
        needs="pydantic",
    ),
    "a model as configuration object": AppProgram(
        {
            "tasks.py": """
            from celery import Celery
            from pydantic import BaseModel, Field
            from pydantic_settings import BaseSettings
            class Config(BaseModel):
                worker_concurrency: int = 3
                worker_max_tasks_per_child: int = Field(default=20)
            class Settings(BaseSettings):
                celery: Config = Field(default_factory=Config)
            app = Celery("t", broker="memory://")
            app.config_from_object(Settings().celery)
            """
        },
        needs="pydantic_settings",
    ),
    "local settings that the project does not have": django(
        """
        SECRET_KEY = "x"
        CELERY_WORKER_CONCURRENCY = 6
        try:
            import settings_local
            for name in dir(settings_local):
                if name.isupper():
                    locals()[name] = getattr(settings_local, name)
        except ImportError:
            pass
        """
    ),
    "local settings at a path from the environment": django(
        """
        import importlib.util, os
        from pathlib import Path
        SECRET_KEY = "x"
        CELERY_WORKER_CONCURRENCY = 6
        LOCAL = os.environ.get("LOCAL_SETTINGS", "settings_local.py")
        try:
            path = Path(__file__).parent / LOCAL
            if path.exists():
                spec = importlib.util.spec_from_file_location("settings_local", path)
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                for name in dir(module):
                    globals()[name] = getattr(module, name)
            else:
                raise ImportError("no local settings")
        except ImportError:
            pass
        """
    ),
    "a module that is loaded by its path": django(
        """
        import importlib.util
        from pathlib import Path
        SECRET_KEY = "x"
        spec = importlib.util.spec_from_file_location("more", Path(__file__).parent / "more.py")
        more = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(more)
        CELERY_WORKER_CONCURRENCY = more.CHILDREN
        """,
        proj__more="CHILDREN = 7",
    ),
    "an app that is configured while another name is made": AppProgram(
        {
            "ext.py": """
            from celery import Celery
            class Queue:
                def __init__(self):
                    self.celery = Celery("ext", broker="memory://")
                def init_app(self, app):
                    self.celery.conf.update(app["CELERY"])
            queue = Queue()
            """,
            "wsgi.py": """
            from ext import queue
            def create_app(children):
                app = {"CELERY": {"worker_concurrency": children, "worker_max_tasks_per_child": 5}}
                queue.init_app(app)
                return app
            web = create_app(3)
            celery = queue.celery
            celery.conf.worker_max_tasks_per_child = 7
            """,
        },
        "wsgi.celery",
    ),
    "a singleton by a decorator": AppProgram(
        {
            "tasks.py": """
            from celery import Celery
            def singleton(cls):
                made = {}
                def get(*args):
                    if cls not in made:
                        made[cls] = cls(*args)
                    return made[cls]
                return get
            @singleton
            class Factory:
                def __init__(self, children=2):
                    self.app = Celery("x", broker="memory://")
                    self.app.conf.worker_concurrency = children
            Factory(3)
            app = Factory().app
            Factory().app.conf.worker_max_tasks_per_child = 3
            """
        }
    ),
    "a singleton by a metaclass": AppProgram(
        {
            "tasks.py": """
            from celery import Celery
            class SingletonMeta(type):
                _made = {}
                def __call__(cls, *args):
                    if cls not in cls._made:
                        cls._made[cls] = super().__call__(*args)
                    return cls._made[cls]
            class Factory(metaclass=SingletonMeta):
                def __init__(self):
                    self.app = Celery("x", broker="memory://")
            Factory().app.conf.worker_concurrency = 3
            app = Factory().app
            """
        }
    ),
    "settings that ask for other commands": django(
        """
        import sys
        SECRET_KEY = "x"
        CELERY_WORKER_CONCURRENCY = 2
        if "test" in sys.argv or "pytest" in sys.modules:
            CELERY_WORKER_POOL = "solo"
        if len(sys.argv) > 1 and sys.argv[1] == "migrate" or sys.argv[1:2] == ["shell"]:
            CELERY_WORKER_CONCURRENCY = 1
        """
    ),
    "settings of Django that may be absent": AppProgram(
        {
            "tasks.py": """
            import os
            from celery import Celery
            os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
            from django.conf import settings
            app = Celery("x", broker="memory://")
            app.conf.worker_concurrency = getattr(settings, "CHILDREN", 4)
            app.conf.worker_max_tasks_per_child = getattr(settings, "TASKS", 4)
            if hasattr(settings, "MEMORY"):
                app.conf.worker_max_memory_per_child = settings.MEMORY
            if hasattr(settings, "POOL"):
                app.conf.worker_pool = settings.POOL
            """,
            "settings.py": "TASKS = 9\nMEMORY = 5000\n",
        },
        needs="django",
    ),
    "a number that is read in a try": AppProgram(
        {
            "tasks.py": """
            import os
            from celery import Celery
            def number(name, default):
                try:
                    return int(os.environ.get(name, default))
                except ValueError:
                    return default
            app = Celery("x", broker="memory://")
            app.conf.worker_concurrency = number("CHILDREN", 4)
            """
        },
        environment={"CHILDREN": "6"},
    ),
    "the class that the environment chooses": AppProgram(
        {
            "tasks.py": """
            import os
            from functools import lru_cache
            from celery import current_app
            class Base:
                CELERY_WORKER_CONCURRENCY = 2
            class Development(Base):
                DEBUG = True
            class Production(Base):
                def __init__(self):
                    self.DEBUG = False
            @lru_cache()
            def get_settings():
                classes = {"development": Development, "production": Production}
                return classes[os.environ.get("STAGE", "development")]()
            def create():
                current_app.config_from_object(get_settings(), namespace="CELERY")
                return current_app
            app = create()
            """
        },
        "tasks:app",
    ),
    "the function that the environment chooses": AppProgram(
        {
            "tasks.py": """
            import os
            from celery import Celery
            app = Celery("x", broker="memory://")
            def small():
                app.conf.worker_max_tasks_per_child = 9
                return 2
            def large():
                app.conf.worker_max_tasks_per_child = 9
                return 2
            app.conf.worker_concurrency = {"s": small, "l": large}[os.getenv("SIZE", "s")]()
            """
        }
    ),
    "a factory that an extension of Flask calls": AppProgram(
        {
            "project/__init__.py": """
            from celery import current_app
            from flask import Flask
            from flask_celeryext import FlaskCeleryExt
            def make_celery(app):
                current_app.config_from_object(app.config, namespace="CELERY")
                return current_app
            extension = FlaskCeleryExt(create_celery_app=make_celery)
            def create_app():
                app = Flask("x")
                app.config["CELERY_WORKER_CONCURRENCY"] = 3
                extension.init_app(app)
                return app
            """,
            "run.py": "from project import create_app, extension\napp = create_app()\ncelery = extension.celery\n",
        },
        "run.celery",
        needs="flask_celeryext",
    ),
    "handlers that run when an app is complete": AppProgram(
        {
            "tasks.py": """
            from celery import Celery
            app = Celery("x", broker="memory://")
            @app.on_after_configure.connect
            def first(sender, **kwargs):
                sender.conf.worker_concurrency = 2
            @app.on_after_finalize.connect
            def second(sender, **kwargs):
                sender.conf.worker_max_tasks_per_child = 5
            """
        }
    ),
    "options that depend on the broker": AppProgram(
        {
            "tasks.py": """
            import os
            from urllib.parse import urlparse
            from celery import Celery
            url = os.environ.get("REDIS_URL", "redis://localhost")
            more = {"worker_concurrency": 3}
            if urlparse(url).scheme == "rediss":
                more = {"worker_concurrency": 3, "broker_use_ssl": {"ssl_cert_reqs": 0}}
            app = Celery("x", broker=url)
            app.conf.update(worker_max_tasks_per_child=7, **more)
            """
        }
    ),
}
