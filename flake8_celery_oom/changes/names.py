"""How settings are spelled: new names, old names, and names behind a namespace."""

from __future__ import annotations

from dataclasses import dataclass

from flake8_celery_oom.celery.settings import NEW_NAMES, NEW_TO_OLD, OLD_TO_NEW


@dataclass(frozen=True, slots=True)
class Addition:
    """A setting to add: its new name, the value as code, and whether the names of the file stand in a namespace."""

    setting: str
    value: str
    namespaced: bool | None = None


def setting_of(written: str) -> str | None:
    """The setting (new name) that a name means: new, old, or behind the namespace ``CELERY``."""
    if written in NEW_NAMES:
        return written
    if written in OLD_TO_NEW:
        return OLD_TO_NEW[written]
    bare = written.removeprefix("CELERY_").lower()
    return bare if written.isupper() and written != bare.upper() and bare in NEW_NAMES else None


def spelled_like(written: str, beside: str, new: Addition) -> str | None:
    """How the new setting is spelled next to ``written``, which means ``beside``; None when that does not tell.

    ``CELERY_RESULT_BACKEND`` alone tells nothing, being an old name and the new one behind the namespace ``CELERY``:
    then ``new.namespaced`` decides.
    """
    if written == beside:
        return new.setting
    prefix = written[: -len(beside)] if written.lower().endswith(beside) else None
    spelled = f"{prefix}{new.setting.upper() if written.isupper() else new.setting}" if prefix else None
    old = NEW_TO_OLD.get(new.setting) if written == NEW_TO_OLD.get(beside) else None
    if spelled is not None and old is not None:
        return None if new.namespaced is None else spelled if new.namespaced else old
    return spelled or old
