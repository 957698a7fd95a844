"""From a wish in Celery's words to a fix: edits of files, with a title and how safe it is."""

from __future__ import annotations

import re
from typing import TypeAlias

from flake8_celery_oom.changes.command import behind_word, remove_options, set_option
from flake8_celery_oom.changes.comments import remove_suppression
from flake8_celery_oom.changes.requirement import add_extra
from flake8_celery_oom.changes.scene import CannotEditError, Scene
from flake8_celery_oom.changes.settings import respell, set_setting, set_value, wrap_in_int
from flake8_celery_oom.core.findings import Edit, Fix
from flake8_celery_oom.core.quoting import quoted_word
from flake8_celery_oom.core.wishes import (
    AddArgument,
    AddExtra,
    Advise,
    RemoveOptions,
    RemoveSuppression,
    Respell,
    SetOption,
    SetSetting,
    SetValue,
    Wish,
    WrapInInt,
)
from flake8_celery_oom.masking import masked

Change: TypeAlias = (
    SetOption | RemoveOptions | AddArgument | SetValue | SetSetting | Respell | WrapInInt | AddExtra | RemoveSuppression
)
"""A wish that edits fulfil."""
_WRITTEN = re.compile(r"(?<!\w)(\w+)[\"']?\]?[ ]*[=:]")
"""The name in an edit that adds a setting."""


def lower(wish: Wish, scene: Scene) -> Fix | None:
    """The fix that fulfils a wish; None when nothing in the files can be edited safely for it."""
    try:
        return fix_of(wish, scene)
    except CannotEditError:
        return None


def fix_of(wish: Wish, scene: Scene) -> Fix:
    """The fix that fulfils a wish. Raises CannotEditError, which says why there is none."""
    if isinstance(wish, Advise):
        return Fix(wish.title, "shown", ())
    edits = _edits(wish, scene)
    outside = [edit.at.path for edit in edits if edit.at.path.startswith("/") or ".." in edit.at.path.split("/")]
    if outside:
        raise CannotEditError(f"{outside[0]} is no file of the project")
    return Fix(masked(_title(wish, edits)), wish.safety, tuple(edits), getattr(wish, "doubt", ""))


def _edits(wish: Change, scene: Scene) -> list[Edit]:
    match wish:
        case SetOption():
            return set_option(wish, scene)
        case RemoveOptions():
            return remove_options(wish, scene)
        case AddArgument(behind=word, text=text):
            edit = behind_word(word, text, scene)
            if edit is None:
                raise CannotEditError(f"the command is put together from pieces, and none is the place to add {text}")
            return [edit]
        case SetValue():
            return set_value(wish, scene)
        case SetSetting():
            return set_setting(wish, scene)
        case Respell():
            return respell(wish, scene)
        case WrapInInt():
            return wrap_in_int(wish, scene)
        case AddExtra():
            return add_extra(wish, scene)
        case RemoveSuppression():
            return remove_suppression(wish, scene)


def _title(wish: Change, edits: list[Edit]) -> str:
    match wish:
        case SetOption(option=option, value=value):
            return f"set {option.replace('_', '-')} to {value}"
        case RemoveOptions(options=options):
            return f"take {' and '.join(option.replace('_', '-') for option in options)} away"
        case AddArgument(text=text):
            return f"add {text}"
        case SetValue(option=option, value=value):
            return f"set {option.replace('_', '-')} to {value}"
        case SetSetting(name=name, value=value):
            written = _WRITTEN.search(edits[0].replacement)
            return f"set {written[1] if written else name} to {value} in {edits[0].at.path}"
        case Respell(spellings=spellings, title=title):
            _, old, new = spellings[0]
            more = f" and {len(spellings) - 1} more" if len(spellings) > 1 else ""
            return title or f"write {quoted_word(new)} instead of {quoted_word(old)}{more}"
        case WrapInInt():
            return "make it a number with int()"
        case AddExtra(requirement=requirement, extra=extra):
            return f"require {requirement.name}[{extra}]"
        case RemoveSuppression():
            return "remove what silences nothing"
