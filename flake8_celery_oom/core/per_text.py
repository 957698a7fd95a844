"""What is worked out from the text of one file alone: kept as long as the text."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from flake8_celery_oom.core.source import SourceText

P = ParamSpec("P")
R = TypeVar("R")


def per_text(function: Callable[Concatenate[SourceText, P], R]) -> Callable[Concatenate[SourceText, P], R]:
    """A decorator: what a function makes of a text is not worked out again for the same text.

    The function looks at nothing but the text and its other arguments, which are hashable and given by position, and
    nobody changes what it gives.
    """

    @wraps(function)
    def kept(source: SourceText, /, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (function, *args)
        if key not in source.made:
            source.made[key] = function(source, *args, **kwargs)
        return cast("R", source.made[key])

    return kept
