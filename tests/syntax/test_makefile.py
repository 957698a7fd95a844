from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flake8_celery_oom.core.source import SourceText
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.syntax.makefile import RecipeLine, Rule, parse


def rules(text: str) -> dict[str, Rule]:
    return {rule.targets[0]: rule for rule in parse(SourceText("Makefile", text))}


def line(text: str, target: str = "worker") -> RecipeLine:
    (only,) = rules(text)[target].lines
    return only


def shown(recipe: RecipeLine) -> str:
    return Word.of(recipe.text).shown


def test_each_recipe_line_is_a_shell_of_its_own() -> None:
    rule = rules(".PHONY: worker\nworker: deps ## start\n\t@echo one\n\n# note\n\t-celery -A proj worker\n")["worker"]
    assert [each.text.text for each in rule.lines] == ["echo one", "celery -A proj worker"]
    assert [each.at.line for each in rule.lines] == [3, 6]


def test_continuations_keep_their_backslash_for_the_shell_and_lose_the_tab() -> None:
    text = "worker:\n\tcelery \\\n\t\t-A proj \\\n\t\tworker\n\techo next\n"
    first, second = rules(text)["worker"].lines
    assert first.text.text == "celery \\\n\t-A proj \\\n\tworker"
    assert (first.at.line, first.at.end_line, second.at.line) == (2, 4, 5)
    at = first.text.location(first.text.text.index("worker"))
    assert (at.line, at.column, text[at.start : at.end]) == (4, 3, "worker")


def test_carriage_returns_stay_out_of_the_recipe() -> None:
    assert line("worker:\r\n\tcelery \\\r\n\t  worker\r\n").text.text == "celery \\\n  worker"


def test_a_missing_backslash_makes_two_lines() -> None:
    assert len(rules("worker:\n\tcelery -A proj \\\n\tworker\n\t--concurrency=4\n")["worker"].lines) == 2


@pytest.mark.parametrize(
    ("definitions", "reference", "expanded"),
    [
        ("N = 4", "$(N)", "4"),
        ("N := 4", "${N}", "4"),
        ("N ::= 4 # four", "$N", "4"),
        ("N=1\nN=2", "$(N)", "2"),
        ("N = 1\nN += 2", "$(N)", "1 2"),
        ("N ?= abc", "$(N)", "abc"),
        ("N = 1\nN ?= 2", "$(N)", "1"),
        ("A = $(B)\nB = deep", "$(A)", "deep"),
        ("B = old\nA := $(B)\nB = new", "$(A)", "old"),
        ("A = a\nA := $(A) b", "$(A)", "a b"),
        ("override N = 4", "$(N)", "4"),
        ("export N = 4", "$(N)", "4"),
        ("N = a \\\n  b", "$(N)", "a b"),
        ("N =", "<$(N)>", "<>"),
        ("", "$$N $$(nproc)", "$N $(nproc)"),
        ("", "$(MAKE) beat", "make beat"),
        ("", "$@", "worker"),
        ("", "$(CURDIR)/run.sh", "./run.sh"),
        ("", "cost$", "cost$"),
        ("N = 4", "$(strip  $(N) )", "4"),
        ("define N\n4\nendef", "$(N)", "4"),
        ("ifdef X\nN = 4\nelse\nN = 4\nendif", "$(N)", "4"),
    ],
)
def test_variables(definitions: str, reference: str, expanded: str) -> None:
    assert shown(line(f"{definitions}\nworker:\n\t{reference}\n")) == expanded


def test_the_text_of_a_variable_stands_at_its_definition() -> None:
    text = "CELERY = celery -A proj\n\nworker:\n\t$(CELERY) worker\n"
    command = line(text)
    app, worker = command.text.location(10, 14), command.text.location(15)
    assert (app.line, text[app.start : app.end]) == (1, "proj")
    assert (worker.line, text[worker.start : worker.end]) == (4, "worker")
    assert (command.at.line, text[command.at.start : command.at.end]) == (4, "$(CELERY) worker")


@pytest.mark.parametrize(
    ("text", "source", "name", "default"),
    [
        ("worker:\n\tcelery -c $(N)", "$(N)", "N", None),
        ("N ?= 4\nworker:\n\tcelery -c $(N)", "$(N)", "N", "4"),
        ("ifdef X\nN = 4\nelse\nN = 8\nendif\nworker:\n\tcelery -c $(N)", "$(N)", "N", None),
        ("N = $(M)\nM = $(N)\nworker:\n\tcelery -c $(N)", "$(N)", "N", None),
        ("worker:\n\tcelery -c $(or $(N),4)", "$(or $(N),4)", None, "4"),
        ("worker:\n\tcelery -c $(words:a=b)", "$(words:a=b)", None, None),
        ("N != count\nworker:\n\tcelery -c $(N)", "count", None, None),
    ],
)
def test_what_the_file_does_not_say_is_a_hole(text: str, source: str, name: str | None, default: str | None) -> None:
    (hole,) = Word.of(line(text).text).holes
    assert (hole.source, hole.name, hole.default) == (source, name, default)


@pytest.mark.parametrize("definition", ["N = $(shell nproc)", "N := $(shell nproc)", "N != nproc"])
def test_the_number_of_cpus(definition: str) -> None:
    (hole,) = Word.of(line(f"{definition}\nworker:\n\tcelery -c $(N)").text).holes
    assert hole.host_cpus


def test_recipe_behind_a_semicolon() -> None:
    assert line("worker: deps ; celery worker\n").text.text == "celery worker"


def test_canned_recipe_runs_line_by_line() -> None:
    text = "define RUN =\n@echo hello\ncelery worker \\\n  -c 4\nendef\nworker:\n\t$(RUN)\n"
    assert [each.text.text for each in rules(text)["worker"].lines] == ["echo hello", "celery worker \\\n  -c 4"]


def test_several_targets_and_double_colons() -> None:
    found = parse(SourceText("Makefile", "NAME = web\n$(NAME) worker:: all\n\trun\n"))
    assert [rule.targets for rule in found] == [("web", "worker")]


def test_directives_between_recipe_lines() -> None:
    text = "worker:\nifdef DEBUG\n\tone\nelse\n\ttwo\nendif\n\tthree\n-include x.mk\n\tnot a recipe\n"
    assert [each.text.text for each in rules(text)["worker"].lines] == ["one", "two", "three"]


def test_another_recipe_prefix() -> None:
    assert line(".RECIPEPREFIX = >\nworker:\n> celery worker\n").text.text == "celery worker"


def test_exported_variables_reach_the_recipes_of_their_targets() -> None:
    text = (
        "  export MODULE = proj.settings\nexport N ?= 3\nHIDDEN = 1\nworker: export ONLY = here\nworker: N = 5\n"
        "worker:\n\tcelery worker -c $(N)\nbeat:\n\tcelery beat\n"
    )
    found = rules(text)
    assert {name: word.shown for name, word in found["worker"].environment.items()} == {
        "MODULE": "proj.settings",
        "N": "5",
        "ONLY": "here",
    }
    assert found["beat"].environment["N"].text == "3"
    assert "ONLY" not in found["beat"].environment
    assert shown(found["worker"].lines[0]) == "celery worker -c 5"


def test_export_alone_exports_everything() -> None:
    assert set(rules("A = 1\nexport\nworker:\n\trun\n")["worker"].environment) == {"A"}


def test_growing_values_end() -> None:
    text = "A0 = xxxxxxxxxx\n" + "".join(f"A{n} = $(A{n - 1})$(A{n - 1})\n" for n in range(1, 40))
    (recipe,) = rules(text + "worker:\n\t$(A39)\n")["worker"].lines
    assert len(recipe.text.text) < 1_000_000
    empty = "A0 =\n" + "".join(f"A{n} = {f'$(A{n - 1})' * 20}\n" for n in range(1, 15))
    parse(SourceText("Makefile", empty + "worker:\n\tx$(A14)\n"))


@settings(max_examples=200, deadline=None)
@given(st.text("ab:=\t\n\r\\ $(){}#;?+!@-", max_size=60) | st.text(max_size=30))
def test_any_text_is_read(text: str) -> None:
    for rule in parse(SourceText("Makefile", text)):
        for each in rule.lines:
            assert len(each.text.offsets) == len(each.text.text) + 1
            assert 0 <= each.at.start <= each.at.end <= len(text)
