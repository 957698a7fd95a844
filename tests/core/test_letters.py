"""Every match of a pattern has one of the letters that are looked for first: else a file would be passed over."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flake8_celery_oom import suppress
from flake8_celery_oom.core.source import SourceText, has_match
from flake8_celery_oom.resolve.apps import app_configs, finder
from flake8_celery_oom.resolve.facts import python_uses, uses
from flake8_celery_oom.resolve.workers import bound_variables, build

SOUGHT = [
    (uses._MAY_START, uses._MAY_START_LETTERS),
    (uses._FLOWER, ("flower",)),
    (python_uses._WORDS, python_uses._LETTERS),
    (app_configs._READY, ("def ready(",)),
    (finder.MENTIONS, ("celery",)),
    (suppress._MAY_SILENCE, ("celery-oom", "noqa")),
    (build._NAMES_VARIABLES, ("celery_worker_",)),
    (bound_variables._in_python("CELERYD_CONCURRENCY"), bound_variables._letters("CELERYD_CONCURRENCY")),
]


@pytest.mark.parametrize(("pattern", "letters"), SOUGHT, ids=[one.pattern[:40] for one, _ in SOUGHT])
@given(data=st.data())
def test_a_match_has_one_of_the_letters(
    pattern: re.Pattern[str], letters: tuple[str, ...], data: st.DataObject
) -> None:
    text = data.draw(st.from_regex(pattern))
    assert has_match(pattern, text, letters)


def test_a_text_without_the_letters_has_no_match() -> None:
    source = SourceText("a.py", "celery")
    assert source.mentions(re.compile("celery"), "celery")
    assert not SourceText("a.py", "celery").mentions(re.compile("celery"), "beat")
