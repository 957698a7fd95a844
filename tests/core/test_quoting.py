from __future__ import annotations

import pytest

from flake8_celery_oom.core.quoting import HIDDEN, quoted, value_called


@pytest.mark.parametrize(("value", "called"), [("200MB", "'200MB'"), ("lots-of-secret-9x", "the value"), (7, "7")])
def test_a_sentence_about_a_value_never_begins_with_stars(value: object, called: str) -> None:
    assert value_called(value) == called
    assert (quoted(value) == HIDDEN) == (called == "the value")
