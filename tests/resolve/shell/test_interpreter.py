"""The abstract interpreter: which commands a script starts, with which words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.invocation import Invocation
from flake8_celery_oom.resolve.shell.budget import MAX_STEPS, Budget
from flake8_celery_oom.resolve.shell.fields import Field, Piece, known_text
from flake8_celery_oom.resolve.shell.interpreter import Interpreter
from flake8_celery_oom.resolve.shell.states import State
from flake8_celery_oom.resolve.shell.variables import Variables


def run(
    text: str,
    arguments: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
    *,
    alone: bool = False,
    forwards: bool = False,
) -> list[Invocation]:
    """The commands that a script starts."""
    found: list[Invocation] = []

    def sourced(value: Field, _directory: str) -> MappedText | None:
        path = known_text(value) or ""
        return MappedText.plain(SourceText(path, (files or {})[path])) if path in (files or {}) else None

    variables = Variables(
        {name: literal(value) for name, value in (environment or {}).items()},
        arguments=tuple((Piece(argument),) for argument in arguments),
        open_arguments=alone,
        forwards=forwards,
    )
    interpreter = Interpreter(found.append, sourced, Budget(), "run.sh")
    interpreter.execute(MappedText.plain(SourceText("run.sh", text)), State(variables, ""))
    return found


def shown(found: list[Invocation]) -> list[str]:
    """The commands as text, each once."""
    return list(dict.fromkeys(" ".join(word.shown for word in one.words) for one in found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("celery -A p worker", ["celery -A p worker"]),
        ('CMD="celery -A p worker"\n$CMD -c 2', ["celery -A p worker -c 2"]),
        ('CMD="celery worker"\n"$CMD"', ["celery worker"]),
        ("C=4; celery worker -c $C", ["celery worker -c 4"]),
        ("celery worker -c ${C:-4}", ["celery worker -c ${C:-4}"]),
        (": ${C:=4}\ncelery worker -c $C", ["celery worker -c ${C:=4}"]),
        ('ARGS=(-c 2 "-n a b")\nARGS+=(-E)\ncelery worker "${ARGS[@]}"', ["celery worker -c 2 -n a b -E"]),
        ('O="-c 2"\nO="$O -E"\ncelery worker $O', ["celery worker -c 2 -E"]),
        ("O=-E\nO+=x\ncelery worker $O", ["celery worker -Ex"]),
        ("run() { celery worker -c $1; }\nrun 3", ["celery worker -c 3"]),
        ('set -- -c 5\ncelery worker "$@"', ["celery worker -c 5"]),
        ("for i in 1 2; do celery worker -n w$i; done", ["celery worker -n w1", "celery worker -n w2"]),
        (
            "if x; then celery worker -c 1; else celery worker -c 2; fi",
            ["x", "celery worker -c 1", "celery worker -c 2"],
        ),
        ("if true; then a; else b; fi", ["a"]),
        ("true && a || b", ["a", "b"]),
        ("true || a", []),
        ("false && a || b", ["b"]),
        ("exit 1; a", []),
        ("exec a; b", ["a"]),
        ("exec 2>&1\na", ["a"]),
        ("(exit 1); a", ["a"]),
        ("a | b &\nc", ["a", "b", "c"]),
        ('eval "celery worker -c $((1 + 2 * 2))"', ["celery worker -c 5"]),
        ("N=$(expr 2 \\* 3)\na $N", ["a 6"]),
        ("a $(echo x y)", ["a x y"]),
        ("X=1 a", ["a"]),
        ('X=\na "$X" $X b', ["a  b"]),
        ("while true; do a; sleep 1; done; b", ["a", "sleep 1", "b"]),
        ("[ 1 -gt 2 ] && a; [[ ab == a* ]] && b", ["b"]),
        ("unset A\nA=1\nunset A\na $A", ["a"]),
    ],
)
def test_commands(text: str, expected: list[str]) -> None:
    assert shown(run(text)) == expected


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        ('case "$1" in a) C=2 ;& b) P=solo ;; *) P=x ;; esac\ncelery worker -c $C -P $P', ("a",),
         ["celery worker -c 2 -P solo"]),
        ('case "$1" in a*) C=2 ;;& *b) P=solo ;; c) P=x ;; esac\ncelery worker -c $C -P $P', ("ab",),
         ["celery worker -c 2 -P solo"]),
        ('set -- "$@" -c 2\nexec celery worker "$@"', ("-E",), ["celery worker -E -c 2"]),
        ('while [ $# -gt 0 ]; do case "$1" in -c) C=$2; shift 2 ;; *) shift ;; esac; done\ncelery worker -c $C',
         ("-x", "-c", "4"), ["celery worker -c 4"]),
        ("N=C\nC=5\ncelery worker -c ${!N}", (), ["celery worker -c 5"]),
        ("Q=high,low\ncelery worker -n ${#Q} -Q ${Q%%,*}", (), ["celery worker -n 8 -Q high"]),
        ("C=2\nC=$((C * 2 + 1))\ncelery worker -c $C", (), ["celery worker -c 5"]),
        ('[[ "$1" == w* ]] && exec celery worker -c 2', ("work",), ["celery worker -c 2"]),
        ('[[ "$1" == w* ]] || exec celery worker -c 2', ("work",), []),
        ("trap 'kill %1' TERM\ncelery worker -c 2 &\ncelery worker -c 3 &\nwait -n", (),
         ["celery worker -c 2", "celery worker -c 3"]),
        ('f() { shift; celery worker "$@"; }\nf x -c 2', (), ["celery worker -c 2"]),
        ("f() { f; }\nf\ncelery worker", (), ["celery worker"]),
        ("(cd app && celery worker)", (), ["celery worker"]),
        ("celery worker ${V:+-c 3}", (), ["celery worker ${V:+-c 3}"]),
        ("V=1\ncelery worker ${V:+-c 3} ${W+-E}", (), ["celery worker -c 3 ${W+-E}"]),
    ],
)  # fmt: skip
def test_nasty_scripts(text: str, arguments: tuple[str, ...], expected: list[str]) -> None:
    assert shown(run(text, arguments)) == expected


def test_both_sides_of_an_open_condition_count() -> None:
    text = 'if [ -n "$PROD" ]; then C=7; else C=1; fi\ncelery worker -c $C'
    assert shown(run(text)) == ["celery worker -c 7", "celery worker -c 1"]
    assert shown(run(text, environment={"PROD": "1"})) == ["celery worker -c 7"]
    assert shown(run(text, environment={"PROD": ""})) == ["celery worker -c 1"]


def test_the_verb_chooses_the_branch() -> None:
    text = 'case "$1" in\n worker) shift; exec celery worker "$@";;\n beat) exec celery beat;;\n *) exec "$@";;\nesac'
    assert shown(run(text, ("worker", "-c", "3"))) == ["celery worker -c 3"]
    assert shown(run(text, ("beat",))) == ["celery beat"]
    assert shown(run(text, ("sh", "x"))) == ["sh x"]


def test_a_script_read_alone_follows_every_verb_with_no_arguments() -> None:
    text = 'case "$1" in\n worker) exec celery worker "$@";;\n beat) exec celery beat;;\nesac\ncelery -c "$1"'
    assert shown(run(text, alone=True)) == ["celery worker", "celery beat", "celery -c $1"]


def test_arguments_that_some_caller_gives_are_unknown_to_a_script_read_alone() -> None:
    (found,) = run('celery worker "$@"', alone=True, forwards=True)
    assert found.words[-1].several


def test_options_are_read_in_a_loop() -> None:
    text = 'while [ $# -gt 0 ]; do\n case "$1" in\n -n) N=$2; shift 2;;\n *) shift;;\n esac\ndone\na $N'
    assert shown(run(text, ("-x", "-n", "7"))) == ["a 7"]


def test_sourced_files_set_variables() -> None:
    assert shown(run(". ./env\na $C", files={"./env": "C=9"})) == ["a 9"]
    assert shown(run("source missing\na $C")) == ["a $C"]


def test_only_exported_variables_reach_a_command() -> None:
    (found,) = run("A=1\nexport B=2\nC=3 cmd", environment={"D": "4"})
    assert {name: word.text for name, word in found.environment.items()} == {"B": "2", "C": "3", "D": "4"}


def test_words_keep_the_place_where_their_text_is_written() -> None:
    text = 'CMD="celery -A p worker"\nexec $CMD -c 2\n'
    (found,) = run(text)
    places = [(word.at.line, text[word.at.start : word.at.end]) for word in found.words if word.at is not None]
    assert places == [(1, "celery"), (1, "-A"), (1, "p"), (1, "worker"), (2, "-c"), (2, "2")]


def test_the_number_of_cpus_is_known_to_be_that() -> None:
    def cpus(word: Word) -> bool:
        return any(hole.host_cpus for hole in word.holes)

    assert cpus(run("a -c $(nproc)")[0].words[-1])
    assert cpus(run("a -c $(expr 2 \\* $(nproc) + 1)")[0].words[-1])
    assert cpus(run("a -c $(( $(nproc) * 2 ))")[0].words[-1])
    assert cpus(run("a -c ${C:-$(nproc)}")[0].words[-1])
    assert cpus(run("a -c $(getconf _NPROCESSORS_ONLN)")[0].words[-1])
    assert not cpus(run("a -c $(( $(nproc) > 4 ? 4 : $(nproc) ))")[0].words[-1])
    assert not cpus(run("a -c $(cat limit)")[0].words[-1])


def test_a_variable_that_differs_too_often_becomes_unknown() -> None:
    text = "".join(f"if t{i}; then A=$A{i}; fi\n" for i in range(12)) + "celery $A"
    found = [one for one in run(text) if one.words[0].text == "celery"]
    assert any(word.holes for one in found for word in one.words)


def test_here_documents_are_handed_on() -> None:
    (found,) = run("A=2\nbash <<EOF\ncelery worker -c $A\nEOF\n")
    assert found.stdin is not None
    assert "-c 2" in found.stdin.text


@pytest.mark.parametrize("text", ["f() { f; }\nf", "f() { g; }\ng() { f; }\nf", "while :; do :; done", 'eval "$0"'])
def test_endless_scripts_end(text: str) -> None:
    run(text)


def test_work_is_bounded() -> None:
    budget = Budget()
    nested = "for a in 1 2 3 4 5 6 7 8; do " * 8 + "x" + "; done" * 8
    interpreter = Interpreter(lambda _: None, lambda *_: None, budget)
    interpreter.execute(MappedText.plain(SourceText("a", nested)), State(Variables({}), ""))
    assert budget.steps >= -100
    assert MAX_STEPS == 20_000


def test_a_loop_over_unknown_options_ends_when_nothing_new_comes() -> None:
    """Eight options are 256 paths: what one of them leads to is known, of their combinations one state is made."""
    names = "abcdefgh"
    unset = "".join(f"{name}=no\n" for name in names)
    branches = "".join(f"  -{name}) {name}=yes; shift ;;\n" for name in names)
    text = f'{unset}while true; do\ncase "$1" in\n{branches}  --) break ;;\nesac\ndone\ncelery worker $a\n'
    found: list[Invocation] = []
    budget = Budget()
    interpreter = Interpreter(found.append, lambda *_: None, budget)
    state = State(Variables({}, open_arguments=True), "")
    interpreter.execute(MappedText.plain(SourceText("a", text)), state)
    assert set(shown(found)) == {"celery worker no", "celery worker yes", "celery worker $a"}
    assert MAX_STEPS - budget.steps < 450


@given(st.text(alphabet=st.sampled_from("ab $(){}\"';&|=\n1if fithenelse"), max_size=50))
@settings(max_examples=200, deadline=None)
def test_nothing_written_makes_it_fail(text: str) -> None:
    run(text)
