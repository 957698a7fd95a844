"""Abstract evaluation: what is known without running anything, what has a default, what is not known."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.results import HostCpus
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.apps.world import World
from flake8_celery_oom.resolve.python.store import ExhaustedError
from tests.resolve.python_project import evaluate, modules


def unknown(default: object = None) -> tuple[str, object]:
    return ("unknown", default)


KNOWN = [
    ("X = 200 * 1024", 204800),
    ("X = 2 ** 10 - 24", 1000),
    ("A = 3\nX = A + 1", 4),
    ("A = B = 3\nX = B", 3),
    ("A, B = 1, 2\nX = B", 2),
    ("A, B = (1, 2)\nX = A", 1),
    ("X = 1\nX += 4", 5),
    ("X: int = 7", 7),
    ("X = int('12')", 12),
    ("X = float(2)", 2.0),
    ("X = bool('')", False),
    ("X = str(5)", "5"),
    ("X = max(1, 8, 3)", 8),
    ("X = min([4, 2])", 2),
    ("X = round(2.6)", 3),
    ("X = abs(-4)", 4),
    ("X = len('abc')", 3),
    ("X = 7 // 2", 3),
    ("X = -3", -3),
    ("X = not 0", True),
    ("X = 4 if 1 < 2 < 3 else 5", 4),
    ("X = None or 6", 6),
    ("X = 0 or '' or 7", 7),
    ("X = 3 and 4", 4),
    ("X = {'a': {'b': 9}}['a']['b']", 9),
    ("X = [1, 2, 3][-1]", 3),
    ("X = 'a-b'.split('-')", ["a", "b"]),
    ("X = '%s@%s' % ('a', 'b')", unknown()),
    ("A = 'x'\nX = f'{A}-1'", "x-1"),
    ("X = 'Ab'.lower()", "ab"),
    ("X = ','.join(['a', 'b'])", "a,b"),
    ("X = '{}-{n}'.format('a', n=3)", "a-3"),
    ("X = '{x.y}'.format(x=3)", ("unknown", None)),
    ("X = '{}'.format()", ("unknown", None)),
    ("X = 'abcdef'[1:3]", "bc"),
    ("X = 'b' in 'abc'", True),
    ("X = 4 in (1, 2)", False),
    ("X = 'k' in {'k': 1}", True),
    ("D = {}\nD['x'] = 5\nX = D['x']", 5),
    ("D = dict(a=1)\nD.update(b=2)\nX = D", {"a": 1, "b": 2}),
    ("D = {'a': 1}\nX = {**D, 'b': 2}", {"a": 1, "b": 2}),
    ("D = {'a': 1} | {'b': 2}\nX = D['b']", 2),
    ("D = {'a': 1}\nX = D.get('z', 8)", 8),
    ("D = {'a': 1}\nX = D.setdefault('a', 8)", 1),
    ("X = {k: v * 2 for k, v in {'a': 4}.items() if v > 1}", {"a": 8}),
    ("X = [n + 1 for n in range(3)]", [1, 2, 3]),
    ("L = [1]\nL.append(2)\nL += [3]\nX = L", [1, 2, 3]),
    ("X = (1, 2)", (1, 2)),
    ("if True:\n    X = 1\nelse:\n    X = 2", 1),
    ("DEBUG = False\nif DEBUG:\n    X = 1\nelse:\n    X = 2", 2),
    ("for n in (1, 2, 3):\n    X = n", 3),
    ("X = 0\nfor n in [1, 2, 3]:\n    if n == 2:\n        break\n    X = n", 1),
    ("with open('f') as f:\n    X = 4", 4),
    ("class C:\n    A = 5\nX = C.A", 5),
    ("class B:\n    A = 5\nclass C(B):\n    pass\nX = C.A", 5),
    ("class C:\n    def __init__(self, n):\n        self.n = n\nX = C(6).n", 6),
    ("class C:\n    @property\n    def n(self):\n        return 7\nX = C().n", 7),
    ("class C:\n    @staticmethod\n    def n():\n        return 7\nX = C.n()", 7),
    ("import enum\nclass E(enum.Enum):\n    A = 'a'\nX = E.A.value", "a"),
    ("def f(a, b=2):\n    return a * b\nX = f(4)", 8),
    ("def f(*args, **kwargs):\n    return kwargs['n']\nX = f(n=3)", 3),
    ("def f(n):\n    if n > 2:\n        return 'big'\n    return 'small'\nX = f(3)", "big"),
    ("def f():\n    global X\n    X = 5\nf()", 5),
    ("X = (lambda n: n + 1)(2)", 3),
    ("import datetime\nX = datetime.timedelta(hours=2)", 7200),
    ("from datetime import timedelta\nX = timedelta(days=1).total_seconds()", 86400),
    ("X = getattr(object, 'nothing', 4)", unknown(4)),
    ("class C:\n    A = 1\nX = getattr(C, 'B', 4)", 4),
    ("globals()['X'] = 5", 5),
    ("globals().update(X=6)", 6),
    ("import sys\nsetattr(sys.modules[__name__], 'X', 7)", 7),
    ("if __name__ == '__main__':\n    X = 1", "unset"),
    ("from typing import TYPE_CHECKING\nX = 1\ndel X", "unset"),
    ("if (n := 4) > 3:\n    X = n", 4),
]


COPIED = """
import os
m = __import__("c.{}".format(os.getenv("STAGE", "dev")), globals(), locals(), ["*"])
for name in dir(m):
    if name == name.upper():
        locals()[name] = getattr(m, name)
"""


@pytest.mark.parametrize(("text", "value"), KNOWN)
def test_what_the_text_says_is_known(text: str, value: object) -> None:
    found = evaluate(text)
    assert (type(found), found) == (type(value), value)


READS = [
    ("import os\nX = os.environ.get('N', '4')", unknown("4")),
    ("import os\nX = os.environ.get('N')", unknown()),
    ("import os\nX = os.environ['N']", unknown()),
    ("import os\nX = os.getenv('N', 4)", unknown(4)),
    ("from os import getenv as read\nX = read('N', 4)", unknown(4)),
    ("from os import environ\nX = int(environ.get('N', '4'))", unknown(4)),
    ("import os\nX = os.environ.get('N') or 4", unknown(4)),
    ("import os\nX = int(os.environ.get('N') or 4) * 2", unknown(8)),
    ("import os\nX = 1 + int(os.getenv('N', '4'))", unknown(5)),
    ("import os\nX = int(os.environ['N'])", unknown()),
    ("import os\nX = f\"a{os.getenv('N', '4')}\"", unknown("a4")),
    ("import os\nX = os.getenv('N', 'False').lower() == 'true'", unknown(default=False)),
    ("import os\nX = 2 if os.getenv('N') else 8", unknown(8)),
    ("import os\nif os.getenv('N'):\n    X = 2\nelse:\n    X = 8", unknown(8)),
    ("import os\nX = 8\nif os.getenv('N'):\n    X = 2", unknown(8)),
    ("import os\nX = 8\nif os.getenv('N'):\n    X = 8", 8),
    ("import os\nif os.getenv('N'):\n    X = 8\nelse:\n    raise SystemExit", 8),
    ("import os\nif os.getenv('N'):\n    D = {'a': 3, 'b': 1}\nelse:\n    D = {'a': 3, 'b': 2}\nX = D['a']", 3),
    (
        "import os\nif os.getenv('N'):\n    D = {'a': 3, 'b': 1}\nelse:\n    D = {'a': 3, 'b': 2}\nX = D['b']",
        unknown(2),
    ),
    ("import os\nD = {'a': 1}\nif os.getenv('N'):\n    D['a'] = 2\nX = D['a']", unknown(1)),
    ("import os\ndef f():\n    if os.getenv('N'):\n        return 2\n    return 8\nX = f()", unknown(8)),
    ("import os\nfor n in (1, 2):\n    if os.getenv('N'):\n        break\n    X = n", unknown()),
    ("import os\nif os.getenv('N'):\n    X = 2", unknown()),
    ("import os\ntry:\n    X = int(os.environ['N'])\nexcept KeyError:\n    X = 4", unknown(4)),
    ("import os\nX = int(os.environ['N']) if 'N' in os.environ else 4", unknown(4)),
    ("import os\nX = {'a': 1, 'b': 2}[os.getenv('N', 'b')]", unknown(2)),
    ("import os\nX = {'a': 1, 'b': 1}[os.getenv('N', 'b')]", 1),
    ("import os\nos.environ.setdefault('N', '4')\nX = os.environ['N']", unknown("4")),
    ("import os\nos.environ['N'] = '4'\nX = int(os.environ['N'])", 4),
    ("import environ\nenv = environ.Env()\nX = env('N', default=4)", unknown(4)),
    ("import environ\nenv = environ.Env()\nX = env.int('N', default=4)", unknown(4)),
    ("import environ\nenv = environ.Env()\nX = env.int('N', 4)", unknown(4)),
    ("import environ\nenv = environ.Env(N=(int, 4))\nX = env('N')", unknown(4)),
    ("import environ\nenv = environ.Env()\nX = env.bool('N', default=False)", unknown(default=False)),
    ("import environ\nenv = environ.Env()\nX = env('N', int, 4)", unknown(4)),
    ("import environ\nenv = environ.Env()\nX = env.int('N')", unknown()),
    ("import environ\nenv = environ.Env()\nX = env.int('N', default=None)", unknown()),
    ("from environs import Env\nenv = Env()\nX = env.int('N', 4)", unknown(4)),
    ("from decouple import config\nX = config('N', default=4, cast=int)", unknown(4)),
    ("from decouple import config\nX = config('N', default='4', cast=int)", unknown(4)),
    ("from decouple import config\nX = config('N', cast=int)", unknown()),
    ("from starlette.config import Config\nc = Config('.env')\nX = c('N', cast=int, default=4)", unknown(4)),
    ("import os\ndef get(name, default=None):\n    return int(os.getenv(name, default))\nX = get('N', 1)", unknown(1)),
    (
        (
            "import os\ndef get(name, default):\n    if name not in os.environ:\n        return default\n"
            "    return int(os.environ[name])\nX = get('N', 1)"
        ),
        unknown(1),
    ),
    (
        (
            "import os\ndef get(name, default=3):\n    value = os.environ.get(name)\n    if value is None:\n"
            "        return default\n    return int(value)\nX = get('N')"
        ),
        unknown(3),
    ),
    (
        "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    n: int = 4\nX = S().n",
        unknown(4),
    ),
    (
        "from pydantic import BaseSettings, Field\nclass S(BaseSettings):\n    n: int = Field(4, env='N')\nX = S().n",
        unknown(4),
    ),
    ("from pydantic import BaseModel\nclass S(BaseModel):\n    n: int = 4\nX = S().n", 4),
    ("from dataclasses import dataclass\n@dataclass\nclass S:\n    n: int = 4\nX = S(n=5).n", 5),
]


@pytest.mark.parametrize(
    "text",
    [
        "import environ\nenv = environ.Env()\nX = 3\nvars().update(env.email_url('E', default='smtp://x'))",
        "import environ\nenv = environ.Env()\nX = 3\nlocals().update(env.email_url('E'))",
        "import dj_email_url\nX = 3\nglobals().update(dj_email_url.config())",
    ],
)
def test_urls_of_the_environment_bring_the_names_they_are_known_to_bring(text: str) -> None:
    assert evaluate(text) == 3
    assert evaluate(text.replace("X = 3\n", "")) == "unset"


@pytest.mark.parametrize(("text", "value"), READS)
def test_a_variable_that_nobody_sets_is_unknown_with_its_default(text: str, value: object) -> None:
    assert evaluate(text) == value


SET = [
    ("import os\nX = os.environ.get('N', '4')", "9"),
    ("import os\nX = int(os.environ.get('N', '4'))", 9),
    ("import os\nX = os.environ['N']", "9"),
    ("import os\nX = int(os.getenv('N') or 4)", 9),
    ("import os\nX = int(os.environ['N']) if 'N' in os.environ else 4", 9),
    ("import os\nif os.getenv('N'):\n    X = 2\nelse:\n    X = 8", 2),
    ("import environ\nenv = environ.Env()\nX = env.int('N', default=4)", 9),
    ("from decouple import config\nX = config('N', default=4, cast=int)", 9),
    ("from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    n: int = 4\nX = S().n", 9),
    ("import os\nos.environ.setdefault('N', '4')\nX = os.environ['N']", "9"),
]


@pytest.mark.parametrize(("text", "value"), SET)
def test_a_variable_that_the_container_sets_is_known(text: str, value: object) -> None:
    found = evaluate(text, {"N": "9"})
    assert (type(found), found) == (type(value), value)


def test_a_variable_that_the_container_sets_in_part_keeps_the_default_of_the_container() -> None:
    word = Word((Hole("${C:-3}", "C", "3"),))
    assert evaluate("import os\nX = int(os.getenv('N', '4'))", {"N": word}) == unknown(3)
    assert evaluate("import os\nX = int(os.getenv('N', '4'))", {"N": Word((Hole("$C"),))}) == unknown()


CPUS = [
    ("import os\nX = os.cpu_count()", "os.cpu_count()"),
    ("import multiprocessing\nX = multiprocessing.cpu_count() * 2 + 1", "multiprocessing.cpu_count() * 2 + 1"),
    ("from multiprocessing import cpu_count\nX = cpu_count() - 1", "cpu_count() - 1"),
    ("import os\nX = max(2, os.cpu_count())", "max(2, os.cpu_count())"),
    ("import os\nX = os.cpu_count() or 1", "os.cpu_count()"),
    ("import psutil\nX = int(psutil.cpu_count() / 2)", "psutil.cpu_count() / 2"),
    ("import os\nX = len(os.sched_getaffinity(0))", "os.sched_getaffinity(0)"),
]


@pytest.mark.parametrize(("text", "source"), CPUS)
def test_what_grows_with_the_cpus_of_the_host(text: str, source: str) -> None:
    assert evaluate(text) == HostCpus(source)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("import os\nX = min(4, os.cpu_count())", unknown(4)),
        ("import os\nX = 4 - os.cpu_count()", unknown()),
        ("import os\nX = os.cpu_count() % 4", unknown()),
        ("import os\nX = int(os.getenv('N', os.cpu_count()))", unknown(HostCpus("os.cpu_count()"))),
    ],
)
def test_what_the_cpus_bound_or_may_decide(text: str, value: object) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "import requests\nX = requests.get('u').json()['n']",
        "X = undefined",
        "X = 1 / 0",
        "X = 10 ** 10 ** 10",
        "X = 'a' * 10 ** 9",
        "def f():\n    return f()\nX = f()",
        "X = 0\nwhile undefined:\n    X += 1",
        "X = 0\nwhile True:\n    X += 1",
        "import json\nX = 0\nfor n in json.load(open('f')):\n    X = n",
        "def f():\n    yield 1\nX = list(f())",
        "from somewhere import *",
        "exec(open('f').read())",
        "class C(Unseen):\n    pass\nX = C.A",
        "from elsewhere import Base\nclass C(Base):\n    pass\nX = C.A",
        "X = [][0]",
        "X = int('many')",
    ],
)
def test_what_cannot_be_followed_is_unknown(text: str) -> None:
    assert evaluate(text) == unknown()


FOLLOWED = [
    ("X = 0\nwhile X < 5:\n    X += 1", 5),
    ("X = 0\nwhile True:\n    X += 1\n    if X == 3:\n        break", 3),
    ("match 'b':\n    case 'a':\n        X = 1\n    case 'b' | 'c':\n        X = 2\n    case _:\n        X = 3", 2),
    ("match None:\n    case None:\n        X = 1\n    case _:\n        X = 3", 1),
    ("match 4:\n    case 1 if undefined:\n        X = 1\n    case _:\n        X = 3", unknown()),
    ("match undefined:\n    case 'a':\n        X = 1\n    case _:\n        X = 3", unknown()),
    ("try:\n    X = int('4')\nexcept ValueError:\n    X = 1", 4),
    ("X = list(zip('ab', [1, 2]))", [("a", 1), ("b", 2)]),
    ("X = list(map(str, [1, 2]))", ["1", "2"]),
    ("X = list(map(lambda a: a + 1, [1, 2]))", [2, 3]),
    ("X = list(filter(None, [0, 1, '', 'a']))", [1, "a"]),
    ("X = next(iter([4, 5]), 0)", 4),
    ("it = iter([4, 5])\nA = next(it)\nX = next(it)", unknown()),
    ("X = zip([1], [2])", unknown()),
    ("X = divmod(7, 2)", (3, 1)),
    ("X = [1] * 3", [1, 1, 1]),
    ("X = f'{5:>4}{\"a\"!r}'", "   5'a'"),
    ("X = f'{5:>99999}'", unknown()),
    ("X = 'a'.rjust(10 ** 9)", unknown()),
    ("X = []\nfor i in [1, 2]:\n    if undefined:\n        continue\n    X = i", unknown()),
    ("X = 1\nfor i in [1, 2]:\n    if undefined:\n        continue\n    y = i", 1),
]


@pytest.mark.parametrize(("text", "value"), FOLLOWED)
def test_loops_patterns_and_iterators(text: str, value: object) -> None:
    assert evaluate(text) == value


SITES = {f"sites/{name}/settings.py": f"Y = {number}\nZ = 7" for name, number in (("open", 1), ("v3", 2))}


@pytest.mark.parametrize(
    "written", ["f'sites.{name}.settings'", "'sites.%s.settings' % name", "'sites.{}.settings'.format(name)"]
)
def test_a_computed_name_means_the_modules_that_are_called_alike(written: str) -> None:
    others = {**SITES, "sites/__init__.py": "", "other/settings.py": "Y = 9\nZ = 9"}
    text = f"import importlib\nname = undefined()\nm = importlib.import_module({written})\nX = m."
    assert evaluate(f"{text}Z", others=others) == 7
    assert evaluate(f"{text}Y", others=others) == unknown()


def test_a_loop_over_the_names_of_a_module_that_may_have_more() -> None:
    text = "import m2\nfor key in dir(m2):\n    if key == key.upper():\n        locals()[key] = getattr(m2, key)\n"
    assert evaluate(text, others={"m2.py": "from elsewhere import *\nX = 4\n"}) == unknown(4)
    assert evaluate(text, others={"m2.py": "X = 4\n"}) == 4


def test_the_files_of_a_folder() -> None:
    text = "import os\nX = os.listdir(os.path.join(os.path.dirname(__file__), 'apps'))"
    assert evaluate(text, others={"apps/a/x.py": "", "apps/b.py": ""}) == ["a", "b.py"]


def test_what_the_system_decides_is_unknown_with_the_usual_value() -> None:
    assert evaluate("import sys\nX = 4\nif sys.platform == 'win32':\n    X = 1") == unknown(4)


INCLUDES_BY_ENVIRONMENT = (
    "import os\nfrom split_settings.tools import include\n"
    "os.environ.setdefault('STAGE', 'dev')\ninclude('parts/{0}.py'.format(os.environ['STAGE']))"
)
HERE = "import os\nHERE = os.path.dirname(__file__)\n"
EXECUTED = (
    HERE + "X = 4\ntry:\n    with open(os.path.join(HERE, 'local.py')) as f:\n        exec(f.read(), globals())\n"
    "except IOError:\n    pass"
)
SUPPRESS = "from contextlib import suppress\nX = 4\nwith suppress(ImportError):\n"
IMPORTS = [
    ("from a import X", {"a.py": "X = 3"}, 3),
    ("from a import Y as X", {"a.py": "Y = 3"}, 3),
    ("import a\nX = a.Y", {"a.py": "Y = 3"}, 3),
    ("import p.a\nX = p.a.Y", {"p/__init__.py": "", "p/a.py": "Y = 3"}, 3),
    ("import p.a as b\nX = b.Y", {"p/__init__.py": "", "p/a.py": "Y = 3"}, 3),
    ("from p import a\nX = a.Y", {"p/__init__.py": "", "p/a.py": "Y = 3"}, 3),
    ("from p import a\nX = a.Y", {"p/a.py": "Y = 3"}, 3),
    ("from a import *", {"a.py": "X = 3\n_Y = 4"}, 3),
    ("from a import *\nX = _Y", {"a.py": "_Y = 4"}, ("unknown", None)),
    ("from a import *", {"a.py": "__all__ = ['Z']\nX = 3\nZ = 1"}, "unset"),
    ("from p import *", {"p/__init__.py": "from .a import *", "p/a.py": "X = 3"}, 3),
    ("from p.q.a import X", {"p/q/a.py": "from ..b import Y as X", "p/b.py": "Y = 5"}, 5),
    ("from a import X", {"a.py": "from m import Z as X"}, ("unknown", None)),
    ("from a import *\nX = 4", {"a.py": "from elsewhere import *"}, 4),
    ("X = 4\nfrom a import *", {"a.py": "from elsewhere import *"}, ("unknown", 4)),
    ("X = 4\ntry:\n    from .local_settings import *\nexcept ImportError:\n    pass", {}, 4),
    ("X = 4\ntry:\n    from local_settings import *\nexcept ImportError:\n    pass", {"local_settings.py": "X = 5"}, 5),
    (SUPPRESS + "    from .local_settings import *", {}, 4),
    (SUPPRESS + "    from .local_settings import *", {"local_settings.py": "X = 5"}, 5),
    (
        SUPPRESS.replace("import suppress", "import nullcontext as suppress") + "    from .local_settings import *",
        {},
        ("unknown", 4),
    ),
    ("try:\n    from .local_settings import X\nexcept ImportError:\n    X = 4", {}, ("unknown", 4)),
    (EXECUTED, {}, 4),
    (EXECUTED, {"local.py": "X = 5"}, 5),
    (EXECUTED.replace("f.read()", "compile(f.read(), 'local.py', 'exec')"), {"local.py": "X = 5"}, 5),
    (HERE + "X = 4\ntry:\n    exec(open(os.path.join(HERE, 'local.py')).read())\nexcept OSError:\n    pass", {}, 4),
    (HERE + "X = 4\nexec(open(os.path.join(HERE, 'local.py')).read())", {"local.py": "X = 5"}, 5),
    (HERE + "X = 4\nexec(open(os.path.join(HERE, 'local.py')).read())", {}, ("unknown", 4)),
    ("X = 4\ntry:\n    exec(text)\nexcept OSError:\n    pass", {}, ("unknown", 4)),
    ("from .missing import *", {}, ("unknown", None)),
    ("from blueapps.conf.default_settings import *", {}, "unset"),
    ("import itertools\nfor a, k in itertools.product(F(), ('Y', 'Z')):\n    locals()[k] = a", {}, "unset"),
    ("for a, k in product(F(), ('X', 'Z')):\n    locals()[k] = a", {}, ("unknown", None)),
    ("for a, k in zip(F(), G()):\n    locals()[k] = a", {}, ("unknown", None)),
    ("from blueapps.unread import *", {}, ("unknown", None)),
    ("import importlib\nX = importlib.import_module('a').Y", {"a.py": "Y = 3"}, 3),
    ("X = __import__('a.b', globals(), locals(), ['*']).Y", {"a/b.py": "Y = 3"}, 3),
    (
        (
            "m = __import__('a', globals(), locals(), ['*'])\nfor name in dir(m):\n"
            "    if name == name.upper():\n        locals()[name] = getattr(m, name)"
        ),
        {"a.py": "X = 3\ny = 4"},
        3,
    ),
    (COPIED, {"c/__init__.py": "", "c/dev.py": "X = 3", "c/prod.py": "from c.dev import *"}, 3),
    (COPIED, {"c/__init__.py": "", "c/dev.py": "X = 3", "c/prod.py": "X = 4"}, ("unknown", 3)),
    (COPIED, {"c/__init__.py": "", "c/dev.py": "Y = 3", "c/prod.py": "Z = 4"}, "unset"),
    (COPIED, {"c/__init__.py": "", "c/dev.py": "Y = 3", "c/prod.py": "from other import *"}, ("unknown", None)),
    (COPIED.replace("c.{}", "{}"), {"c/__init__.py": "", "c/dev.py": "Y = 3"}, ("unknown", None)),
    ("from split_settings.tools import include\ninclude('parts/*.py')", {"parts/a.py": "X = 3"}, 3),
    (INCLUDES_BY_ENVIRONMENT, {"parts/dev.py": "X = 3", "parts/prod.py": "X = 4"}, ("unknown", 3)),
    (INCLUDES_BY_ENVIRONMENT, {"parts/dev.py": "X = 3", "parts/prod.py": "X = 3"}, 3),
    (INCLUDES_BY_ENVIRONMENT, {"parts/prod.py": "X = 3"}, ("unknown", None)),
    ("import dynaconf\nX = 3\nsettings = dynaconf.DjangoDynaconf(__name__)", {}, ("unknown", 3)),
    ("from a import C\nX = C.n", {"a.py": "import os\nclass C:\n    n = int(os.getenv('N', 3))"}, ("unknown", 3)),
    ("import os\nfrom os import *\nX = 3", {}, 3),
    ("from p import c\nX = c.N", {"p/__init__.py": "from p import c", "p/c.py": "N = 3"}, 3),
    ("from p import N\nX = N", {"p/__init__.py": "from p import c\nN = c.N", "p/c.py": "N = 3"}, 3),
    ("from p import c\nX = c", {"p/__init__.py": "c = 3\nfrom p import c", "p/c.py": "N = 4"}, 3),
]


@pytest.mark.parametrize(("text", "others", "value"), IMPORTS)
def test_imports_are_followed_through_the_project(text: str, others: dict[str, str], value: object) -> None:
    assert evaluate(text, others=others) == value


def test_templates_of_python_files_are_read_without_their_tags() -> None:
    text = "{%- if cookiecutter.use_celery == 'y' %}\nX = 3\n{%- endif %}\nY = {{ cookiecutter.n }}\n"
    assert evaluate(text) == 3


def test_a_program_that_goes_on_and_on_is_given_up() -> None:
    text = "".join(f"def f{n}(a):\n    return f{n + 1}(a) + f{n + 1}(a)\n" for n in range(11)) + "X = f0(1)\n"
    assert evaluate(text) == unknown()


def test_the_steps_of_a_world_end() -> None:
    world = World(modules({"m.py": "X = 1\n" * 50}), {}, "5.7", steps=40)
    with pytest.raises(ExhaustedError):
        world.run_module("m.py")


PIECES = st.lists(
    st.sampled_from(
        [
            "import os",
            "from a import *",
            "A = B",
            "B = A + 1",
            "A = {'k': B}",
            "A['k'] = 2",
            "def f(x=A):\n    return f(x)",
            "class C(A):\n    B = A",
            "X = f(C)",
            "X = C().B",
            "if os.getenv('N'):\n    X = f(1)\nelse:\n    del A",
            "for A in B:\n    X = A\n    break",
            "while A:\n    X = 1\n    continue",
            "try:\n    X = A['k']\nexcept KeyError as error:\n    raise",
            "with A as B:\n    return_ = B",
            "X = [a for a in A if B]",
            "X = A if B else C",
            "A, *B = B",
            "A.b.c = X",
            "X = A.b.c.d()",
            "globals().update(A)",
            "X = super().f()",
            "X = not A and B or C",
            "X = A < B < X",
            "match A:\n    case 1:\n        X = 2\n    case _:\n        pass",
            "async def g():\n    return await f()",
            "X = lambda a, *b, c=1, **d: a",
            "X = f'{A!r:>{B}}'",
            "assert A, B",
            "import m",
            "from m import X as A",
            "X = A[B:C]",
        ]
    ),
    min_size=1,
    max_size=14,
)


@given(PIECES)
@settings(max_examples=150, deadline=None)
def test_no_program_breaks_the_evaluation(pieces: list[str]) -> None:
    evaluate("\n".join(pieces), others={"a.py": "from m import *\nA = 1\nB = [1, 2]\n"})
