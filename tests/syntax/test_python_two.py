"""What is written in Python 2 is read, at the places where it is written."""

from __future__ import annotations

import ast
import shutil
import subprocess

import pytest

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.syntax import python
from flake8_celery_oom.syntax.python_two import respelled

STATEMENTS = [
    'print "a"',
    "print'a'",
    "print a, b",
    'print "%s" % a,',
    "print u'a'",
    'print >>out, "a"',
    "print",
    'print ("a")',
    "print ('a'), b",
    "print {'a': 1}['a']",
    "print ~a",
    "if a: print b; print c",
    "print `a`",
    'exec "a = 1"',
    "exec code in scope",
    "try:\n    a\nexcept ValueError, error:\n    print error",
    "try:\n    a\nexcept (ValueError, KeyError), error:\n    pass",
    'raise ValueError, "text"',
    'raise ValueError, "a, %s" % (\n    a,\n    b)\nc = 1',
    'raise ValueError, "text", trace; c = 1',
    "a = `b`",
    "mode = 0755",
    "mode = 00",
    "big = 10L + 0xFFL",
    "if a <> b: pass",
    "a = ur'\\d'",
    "pairs = sorted(d, key=lambda (k, v): v)",
    "def f(a, (b, c), d=1): pass",
    "result = task.apply(async=True)",
    "a = '''\nprint \"x\"\n'''\nprint a",
    "# print \"x\"\nprint 'y'  # 0777",
    "print a, \\\n    b",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_is_read_and_what_is_around_it_keeps_its_place(statement: str) -> None:
    text = f"BROKER = 'redis://'\n{statement}\nLAST = 'x'\n"
    tree = python.parse(SourceText("a.py", text))
    assert tree is not None
    first, last = tree.body[0], tree.body[-1]
    assert isinstance(first, ast.Assign)
    assert isinstance(last, ast.Assign)
    assert ast.unparse(first) == "BROKER = 'redis://'"
    assert ast.unparse(last) == "LAST = 'x'"
    assert last.lineno == text.count("\n")


@pytest.mark.skipif(shutil.which("python2.7") is None, reason="no Python 2.7 here")
def test_every_statement_is_python_two() -> None:
    program = "import sys\nfor each in sys.stdin.read().split('\\0'):\n    compile(each + '\\n', 'x', 'exec')\n"
    given = "\0".join(STATEMENTS)
    run = subprocess.run(
        ["python2.7", "-c", program], input=given, text=True, capture_output=True, check=False, cwd="/"
    )
    if "not found" in run.stderr:
        pytest.skip("no Python 2.7 here")
    assert run.returncode == 0, run.stderr


def test_strings_and_comments_stay_as_they_are() -> None:
    text = "a = 'print \"x\" 0777 <> 10L'  # raise E, 'x'\nprint a\n"
    assert respelled(text) == "a = 'print \"x\" 0777 <> 10L'  # raise E, 'x'\nNone, a\n"


def test_what_is_no_python_at_all_stays_unread() -> None:
    assert python.parse(SourceText("a.py", "print 'a'\nthis is no (python\n")) is None


def test_async_is_the_name_that_it_was() -> None:
    text = "from shop.async.app import async as run\nimport async\nprint 'x'\nasync = run.async(async=async)\n"
    tree = python.parse(SourceText("a.py", text))
    assert tree is not None
    first, second, _, last = tree.body
    assert isinstance(first, ast.ImportFrom)
    assert (first.module, first.names[0].name) == ("shop.async.app", "async")
    assert isinstance(second, ast.Import)
    assert second.names[0].name == "async"
    assert ast.unparse(last) == "async = run.async(async=async)"
