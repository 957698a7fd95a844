"""What commands print, and what scripts make of it."""

from __future__ import annotations

import pytest

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.resolve.shell.fields import Field, Piece
from flake8_celery_oom.resolve.shell.operators import expanded, shown
from flake8_celery_oom.resolve.shell.output import common, echoed, filtered, printed, read_into
from tests.resolve.shell.test_interpreter import run
from tests.resolve.shell.test_interpreter import shown as commands

UNKNOWN = Piece("$X", hole=Hole("$X", "X"))


def value(*parts: str) -> Field:
    return tuple(UNKNOWN if part == "?" else Piece(part) for part in parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('say() { echo "-c $1"; }\ncelery worker $(say 3)', ["celery worker -c 3"]),
        ("say() { printf '%s=%s\\n' --concurrency \"$1\"; }\ncelery worker $(say 3)",
         ["celery worker --concurrency=3"]),
        ("O=`echo -c 3`\ncelery worker $O", ["celery worker -c 3"]),
        ('O="$(cat <<EOF\n-c 3\nEOF\n)"\ncelery worker $O', ["celery worker -c 3"]),
        ("P=$(echo GEVENT | tr A-Z a-z)\ncelery worker -P $P", ["celery worker -P gevent"]),
        ("P=$(echo a:b:c | cut -d: -f2)\ncelery worker -n $P", ["celery worker -n b"]),
        ("celery worker -n $(hostname)", ["celery worker -n $(hostname)"]),
        ('for w in a:2 b:3; do IFS=: read -r q c <<< "$w"; celery worker -Q $q -c $c; done',
         ["celery worker -Q a -c 2", "celery worker -Q b -c 3"]),
        ("while read -r q c; do celery worker -Q $q -c $c; done <<EOF\na 2\nb 3\nEOF",
         ["celery worker -Q a -c 2", "celery worker -Q b -c 3"]),
        ("while IFS=, read -r q c; do celery worker -Q $q -c $c & done <<< 'a,2'\nwait", ["celery worker -Q a -c 2"]),
        ("L=\"celery worker -c 2 &\"$'\\n'\nL+=\"celery worker -c 3\"\neval \"$L\"",
         ["celery worker -c 2", "celery worker -c 3"]),
        ("echo celery worker | grep x", ["grep x"]),
        ('echo "$BIG" | while read l; do celery worker -n $l; done', ["celery worker -n $l"]),
    ],
)  # fmt: skip
def test_commands(text: str, expected: list[str]) -> None:
    assert commands(run(text)) == expected


def test_text_that_is_printed_for_a_shell_is_a_script() -> None:
    found = commands(run('O="-c 3"\necho "celery worker $O" | sh\nbash <<< "celery worker -E"'))
    assert found[0] == "celery worker -c 3"


def test_a_function_that_prints_one_of_two_texts() -> None:
    text = """
        build() {
          local base="celery -A shop worker -c $1"
          if [ "$DEBUG" = 1 ]; then echo "watchmedo auto-restart -- $base"; else echo "$base"; fi
        }
        eval "$(build 3)"
        """
    (command,) = run(text)
    assert [word.text or word.default_text for word in command.words] == ["celery", "-A", "shop", "worker", "-c", "3"]


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ((value("-c 2"), value("-c 2")), "-c 2"),
        ((value("-c 2 -E"), value("-c 8 -E")), "-c \0 -E"),
        ((value("a"), value("ba")), "\0a"),
        ((value("x "), value("x ", "?")), "x \0"),
        ((value(), value("x")), "\0"),
    ],
)
def test_what_several_outputs_have_in_common(outputs: tuple[Field, ...], expected: str) -> None:
    assert shown(common(outputs, 0)) == expected


def test_the_default_of_several_outputs_is_the_usual_one() -> None:
    made = common((value("-c 2 -E"), value("-c 8 -E")), 1)
    assert [piece.hole.default for piece in made if piece.hole is not None] == ["8"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((value("a"), value("b")), "a b\n"),
        ((value("-n"), value("a")), "a"),
        ((value("-ne"), value("a")), "a"),
        ((), "\n"),
        ((value("a", "?"),), "a\0\n"),
    ],
)
def test_echo(arguments: tuple[Field, ...], expected: str) -> None:
    assert shown(echoed(arguments)) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((value("a\\n"),), "a\n"),
        ((value("%s-%d"), value("a"), value("?")), "a-\0"),
        ((value("%s "), value("a"), value("b")), "a b "),
        ((value("100%%"),), "100%"),
        ((value("%q"), value("a")), "a"),
        ((value("sh -c %q"), value("a b")), "sh -c 'a b'"),
        ((value("%q"), value("it's")), "\0"),
        ((value("%x"), value("1")), "\0"),
        ((value("%s"),), ""),
        ((), ""),
    ],
)
def test_printf(arguments: tuple[Field, ...], expected: str) -> None:
    assert shown(printed(arguments)) == expected


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("AbC", ("tr", "[:upper:]", "[:lower:]"), "abc"),
        ("abc", ("tr", "a-z", "A-Z"), "ABC"),
        ("a,b", ("tr", ",", " "), "a b"),
        ("a\r", ("tr", "-d", "\\r"), "a"),
        ("a b  c", ("xargs",), "a b c\n"),
        ("a.b", ("cut", "-d.", "-f1"), "a\n"),
        ("a.b", ("cut", "-d", ".", "-f", "2"), "b\n"),
        ("a", ("tee", "log"), "a"),
        ("a", ("sed", "s/a/b/"), "b\n"),
        ("# x\nA=1\n\n B=2 # y\n", ("grep", "-v", "^#"), "A=1\n\n B=2 # y\n"),
        ("# x\nA=1\n\nB=2\n", ("grep", "-vE", "^(#|$)"), "A=1\nB=2\n"),
        ("#x\nA=1\n", ("egrep", "-v", "^[[:space:]]*#"), "A=1\n"),
        ("A=1\nB=2\n", ("grep", "-e", "A", "-e", "C"), "A=1\n"),
        ("A=1\n", ("grep", "-c", "A"), None),
        ("A=1\n", ("grep", "[A-Z]*"), None),
        ("# x\nA=1 # y\n", ("sed", "s/#.*//g"), "\nA=1 \n"),
        ("# x\nA=1\n", ("sed", "/^#/d;/^$/d"), "A=1\n"),
        ("A=1\n", ("sed", "-n", "p"), None),
        ("A='1 2'\nB=\"3\"\n", ("xargs",), "A=1 2 B=3\n"),
        ("A='1", ("xargs",), None),
        ("A=1 2\nB=3\n", ("xargs", "-d", "\\n"), "A=1 2 B=3\n"),
        ("a", (), None),
    ],
)
def test_filters(text: str, words: tuple[str, ...], expected: str | None) -> None:
    made = filtered(value(text), words)
    assert (None if made is None else shown(made)) == expected


@pytest.mark.parametrize(
    ("line", "separators", "expected"),
    [
        ("a:2:x:y", ":", ["a", "2", "x:y"]),
        ("  a   2  ", " \t\n", ["a", "2", ""]),
        ("a", ":", ["a", "", ""]),
        ("", ":", ["", "", ""]),
    ],
)
def test_read(line: str, separators: str, expected: list[str]) -> None:
    assert [shown(one) for one in read_into(value(line), ["p", "q", "r"], separators).values()] == expected


@pytest.mark.parametrize(
    ("parts", "operator", "operand", "expected"),
    [
        (("a.tar.gz",), "%", ".*", "a.tar"),
        (("a.tar.gz",), "%%", ".*", "a"),
        (("a/b/c",), "#", "*/", "b/c"),
        (("a/b/c",), "##", "*/", "c"),
        (("x &",), "%", "&", "x "),
        (("?", " &"), "%", "&", "\0 "),
        (("a ", "?"), "%", "&", None),
        (("a ", "?"), "%", "*", "a \0"),
        (("a ", "?"), "%%", ".*", None),
        (("-c", "?"), "#", "-", "c\0"),
        (("?",), "#", "-", None),
        (("a-b-c",), "/", "-/_", "a_b-c"),
        (("a-b-c",), "//", "-/_", "a_b_c"),
        (("a-b-c",), "//", "-", "abc"),
        (("abc",), "/", "?/x", "xbc"),
        (("a5b",), "//", "[a-z]/", "5"),
        (("a5b",), "//", "[^0-9]/-", "-5-"),
        (("a.b.c",), "/", ".*/", "a"),
        (("abc",), "/", "#a/x", None),
        (("abc",), "//", "[[:alpha:]]/x", None),
        (("?",), "//", "-/_", None),
        (("abc",), ":", "1", "bc"),
        (("abc",), ":", "1:1", "b"),
        (("abc",), ":", " -2", "bc"),
        (("abc",), ":", "0:-1", "ab"),
        (("abc",), ":", "N", None),
        (("aBc",), ",,", "", "abc"),
        (("aBc",), "^^", "", "ABC"),
        (("abc",), "^", "", "Abc"),
        (("?",), "^^", "", None),
        ((), "^", "", ""),
    ],
)
def test_expansion(parts: tuple[str, ...], operator: str, operand: str, expected: str | None) -> None:
    made = expanded(value(*parts), operator, operand)
    assert (None if made is None else shown(made)) == expected
