"""Makes small settings modules of what settings modules of real projects do.

A template is chosen, then its holes are filled: <N> a number, <T> a text, <L> a list, <D> a dict, <C> a condition, <X>
the name that the statement sets, <Y> another name, <S> another statement, <A> arguments.
"""

from __future__ import annotations

import random
import re

from tests.interpreter import Program

VALUES = {
    "WORKERS": ("4", "8", " 3 ", "0", "many"),
    "MODE": ("prod", "dev", "test"),
    "DEBUG": ("1", "true", "False", "no"),
    "LIMIT": ("200000", "1.5", "-7"),
    "EMPTY": ("",),
}
HELPERS = """
import os
from os import environ, getenv
import base as settings_base
from base import *
from base import COUNT as base_count, Config, double

def as_bool(value, default=False):
    if value is None:
        return default
    return str(value).lower() in ("1", "true", "yes")

def env(name, default=None, cast=None):
    value = os.environ.get(name, default)
    if cast is not None and value is not None:
        return cast(value)
    return value

class Mode:
    name = "prod"
    count = 3
    def __init__(self, size=2):
        self.size = size
    def total(self):
        return self.size * self.count

class Dev(Mode):
    name = "dev"
    count = 1

MODES = {"prod": Mode, "dev": Dev}
LIMITS = {"small": 100, "large": 400}
"""
BASE = """
COUNT = 6
RATE = 0.5
QUEUES = ["mail", "report"]
OPTIONS = {"visibility_timeout": 3600, "retry": {"max": 3}}
_HIDDEN = 1

class Config:
    CONCURRENCY = 5
    NAME = "base"

def double(value):
    return value * 2
"""
LEAVES = {
    "N": ("0", "1", "2", "7", "200 * 1024", "-3", "0.5", "COUNT", "RATE", "base_count", "10 ** 3"),
    "T": ("'a'", "'prod'", "''", "'Mail Queue'", "'small'", "Config.NAME", "Mode.name", "'it is'"),
    "L": ("['a', 'b']", "[]", "QUEUES", "list(LIMITS)", "'x y'.split()"),
    "D": ("LIMITS", "{'a': 1, 'b': 'c'}", "dict(LIMITS, small=3)"),
    "C": ("True", "False", "'MODE' in os.environ", "getenv('MODE') == 'prod'", "as_bool(getenv('DEBUG'))"),
}
EXPRESSIONS = {
    "N": """
        (<N> + <N>)
        (<N> - <N>)
        (<N> * <N>)
        (<N> // (<N> or 1))
        (<N> % (<N> or 3))
        max(<N>, <N>)
        min([<N>, <N>])
        int(<N>)
        abs(<N>)
        round(<N>)
        double(<N>)
        sum([<N>, <N>])
        len(<T>)
        len(<L>)
        (<N> if <C> else <N>)
        (<N> or <N>)
        (<N> and <N>)
        Mode().total()
        Dev(<N>).size
        Config.CONCURRENCY
        settings_base.COUNT
        settings_base.OPTIONS['retry']['max']
        LIMITS.get(<T>, <N>)
        MODES['dev'].count
        getattr(Config, 'CONCURRENCY', 1)
        getattr(Config, 'MISSING', 9)
        int(os.environ.get('WORKERS', 4))
        int(getenv('WORKERS', '4'))
        env('LIMIT', 5, float)
        (lambda value: value + 1)(2)
        (lambda a, b=2: a * b)(<N>)
        [1, 2, 3][-1]
        dict(a=<N>, b=2)['a']
        next(iter([4, 5]), 0)
        0x10
        1_000
        (True + 1)
        divmod(<N>, 7)[0]
        -<N>
        (<N>, <N>)[0]
    """,
    "T": """
        (<T> + <T>)
        f"{<T>}-x"
        f"{<N>}"
        f"{<T>!r}{<N>:>4}"
        <T>.lower()
        <T>.upper()
        <T>.strip()
        <T>.replace('a', 'b')
        <T>.title()
        (<T> * 2)
        '%s/%s' % (<T>, <N>)
        '{}.{x}'.format(<T>, x=<N>)
        '-'.join(<L>)
        str(<N>)
        (<T> if <C> else <T>)
        (<T> or <T>)
        <T>[:2]
        <T>.split(' ')[0]
        <T>.partition(' ')[2]
        os.environ.get('MODE', 'prod')
        (environ.get('EMPTY') or 'none')
        (getenv('MODE') or 'dev')
        env('MODE', 'test')
        os.path.join(<T>, 'x')
        MODES.get(getenv('MODE', 'prod'), Mode).name
        <T>.rjust(4)
        <T>.removeprefix('p')
    """,
    "L": """
        (<L> + <L>)
        [<T>, <T>]
        [*<L>, 'z']
        [x.upper() for x in <L>]
        [x for x in <L> if x != 'a']
        sorted(<L>)
        list(reversed(<L>))
        <L>[1:]
        <L>[::-1]
        (<L> or ['d'])
        (<L> * 2)
        [str(i) for i in range(3)]
        [key for key, value in LIMITS.items() if value > 200]
        [f"{i}{q}" for i, q in enumerate(<L>)]
        list(dict.fromkeys(<L>))
        [a + b for a, b in zip(<L>, <L>)]
        list(map(str, [<N>]))
        list(<D>)
        [x for x in <L> for y in (1, 2)]
    """,
    "D": """
        {'a': <N>, 'b': <T>}
        dict(LIMITS, small=<N>)
        {**LIMITS, 'x': <N>}
        {name: <N> for name in <L>}
        (LIMITS | {'large': <N>})
        {str(k): v for k, v in LIMITS.items()}
        dict(zip(<L>, [1, 2, 3]))
        {**<D>, **<D>}
    """,
    "C": """
        'WORKERS' not in environ
        getenv('EMPTY', 'x') != ''
        env('MODE') is None
        os.environ.get('LIMIT') is not None
        <N> > <N>
        1 < <N> <= 10
        <T> == <T>
        <T> in <L>
        (not <N>)
        isinstance(<N>, int)
        <T>.startswith('p')
        any([<N>, 0])
        all([<N>, 1])
        hasattr(Config, 'NAME')
        bool(<L>)
        (<C> and <C>)
        (<C> or <C>)
        (not <C>)
    """,
}
SIMPLE = """
<X> = <N>
<X> = <N>
<X> = <T>
<X> = <L>
<X> = <D>
<X> = <C>
<X> = <Y>
<X> = <N>; <X> += <N>
<X> = <L>; <X>.append(<T>)
<X> = <L>; <X> += <L>
<X> = <L>; <X>.extend(<L>)
<X> = <L>; <X>.insert(0, <T>)
<X> = <D>; <X>['n'] = <N>
<X> = <D>; <X>.update(n=<N>)
<X> = <D>; <X>.setdefault('a', <N>)
<X> = <D>; <X>.pop('small', None)
<X>, OTHER = <N>, <T>
<X> = OTHER = <N>
globals()['<X>'] = <N>
os.environ['MADE'] = <T>; <X> = os.environ['MADE']
os.environ.setdefault('MODE', <T>); <X> = os.environ['MODE']
<X> = QUEUES; <X>.append('late')
<X> = list(QUEUES); OTHER = <X>; OTHER.append('o')
"""
COMPOUND = """
<X> = <N>
if <C>:
    <S>
---
if <C>:
    <X> = <N>
else:
    <X> = <T>
---
if <C>:
    <X> = 1
elif <C>:
    <X> = 2
else:
    <X> = 3
---
<X> = 0
for item in <L>:
    <X> += len(item)
---
<X> = []
for item in <L>:
    if item == 'b':
        continue
    <X>.append(item)
---
<X> = None
for item in <L>:
    if <C>:
        <X> = item
        break
else:
    <X> = 'none'
---
<X> = 0
while <X> < 3:
    <X> += 1
---
try:
    <X> = int(getenv('WORKERS', '2'))
except ValueError:
    <X> = 1
---
try:
    from missing_module import <X>
except ImportError:
    <X> = <N>
---
def make(count=<N>, *rest, **options):
    if count > 5:
        return 5
    return count
<X> = make(<A>)
---
def outer(value):
    def inner(add):
        return value + add
    return inner
<X> = outer(<N>)(1)
---
class Made(Config):
    CONCURRENCY = <N>
    EXTRA = <T>
<X> = [Made.CONCURRENCY, Made.NAME, Made.EXTRA]
---
<X> = <N>
def change():
    global <X>
    <X> = <N>
change()
---
class Box:
    def __init__(self):
        self.size = <N>
    @property
    def twice(self):
        return self.size * 2
<X> = Box().twice
---
with open(os.devnull) as handle:
    <X> = <N>
---
<X> = 1
for key in dir(settings_base):
    if key == 'COUNT':
        <X> = getattr(settings_base, key)
---
<X> = <N>
del <X>
---
match <T>:
    case 'prod':
        <X> = 1
    case _:
        <X> = 2
---
<X> = <N>
try:
    <X> = LIMITS['absent']
except KeyError:
    pass
---
def fill(values, extra=None):
    values['k'] = extra or <N>
    return values
<X> = fill({}, <N>)
"""
_HOLE = re.compile(r"<([NTLDCXYSA])>")
_PARTS = {key: [line.strip() for line in text.strip().split("\n")] for key, text in EXPRESSIONS.items()}
_SIMPLE = SIMPLE.strip().split("\n")
_COMPOUND = COMPOUND.strip("\n").split("\n---\n")
_ARGUMENTS = ("", "9", "count=2", "1, 2", "3, other=4")
DEEPEST = 2


class Maker:
    """Makes one program; the seed decides everything."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._names: list[str] = ["COUNT"]

    def program(self) -> Program:
        """A module of up to a dozen statements, with an environment."""
        lines = [self._statement(0) for _ in range(self._random.randint(3, 12))]
        set_ones = [name for name in VALUES if self._random.random() < 0.4]
        environment = {name: self._random.choice(VALUES[name]) for name in set_ones}
        return Program(HELPERS + "\n".join(lines) + "\n", {"base": BASE}, environment)

    def _statement(self, depth: int) -> str:
        compound = depth == 0 and self._random.random() < 0.45
        template = self._random.choice(_COMPOUND if compound else _SIMPLE)
        name = f"X{self._random.randint(0, 7)}"
        made = _HOLE.sub(lambda hole: self._filled(hole[1], name, depth), template)
        if name not in self._names and not template.endswith("del <X>"):
            self._names.append(name)
        return made

    def _filled(self, kind: str, name: str, depth: int) -> str:
        if kind == "X":
            return name
        if kind == "Y":
            return self._random.choice(self._names)
        if kind == "S":
            return self._statement(depth + 1)
        if kind == "A":
            return self._random.choice(_ARGUMENTS)
        return self._expression(kind, 0)

    def _expression(self, kind: str, depth: int) -> str:
        if depth > DEEPEST or self._random.random() < 0.35:
            return self._random.choice(LEAVES[kind])
        template = self._random.choice(_PARTS[kind])
        quoted = template.startswith('f"')
        return _HOLE.sub(lambda hole: self._expression(hole[1], DEEPEST + 1 if quoted else depth + 1), template)
