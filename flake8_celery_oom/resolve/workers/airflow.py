"""What Apache Airflow's configuration gives its Celery workers: section ``[celery]`` of ``airflow.cfg``.

Airflow makes an app of its own, so no app of the project matters. It hands four values to the command line of Celery's
worker; everything else is in a dictionary that ``celery_config_options`` names, which is not looked into.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from flake8_celery_oom.celery.values import integer
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.mapped import MappedText
from flake8_celery_oom.core.results import Setting
from flake8_celery_oom.core.value import Known, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.facts.index import Facts
from flake8_celery_oom.syntax import ini

CONFIGURATION = "airflow.cfg"
_KEYS = {
    "worker_concurrency": ("worker_concurrency", "celeryd_concurrency"),
    "worker_autoscale": ("worker_autoscale",),
    "worker_prefetch_multiplier": ("worker_prefetch_multiplier",),
    "worker_pool": ("pool",),
}
"""The keys of ``airflow.cfg`` for each setting; ``celeryd_concurrency`` is its name up to Airflow 1.10.1, which later
releases still read (``deprecated_options`` of ``airflow/configuration.py``)."""
_OWN_DICTIONARY = "DEFAULT_CELERY_CONFIG"
_DICTIONARY_VARIABLE = "AIRFLOW__CELERY__CELERY_CONFIG_OPTIONS"


class AirflowSettings:
    """The settings of a worker whose files stand in ``folder``, by the names that Celery has for them."""

    def __init__(self, facts: Facts, folder: str, environment: Mapping[str, Word]) -> None:
        self._sections = [_section(facts, path) for path in _near(facts.ending_with(CONFIGURATION), folder)]
        self._environment = environment

    def __call__(self, name: str) -> Value[Setting]:
        """The value of a setting; Unknown where two configurations disagree."""
        if name not in _KEYS:
            return self._of_dictionary()
        found = [value for section in self._sections for value in _first_set(section, _KEYS[name])]
        if not found:
            return Unset((CONFIGURATION,) if self._sections else ())
        first, *others = found
        if any(other.text != first.text for other in others):
            return Unknown(Cause(f"several {CONFIGURATION} disagree"), first.location(), origin="settings")
        number = integer(first.text)
        return Known(first.text if number is None else number, first.location(), "settings")

    def _of_dictionary(self) -> Value[Setting]:
        """What the dictionary of Celery's settings may say, where it is not the one that comes with Airflow."""
        word = self._environment.get(_DICTIONARY_VARIABLE)
        if word is not None and _OWN_DICTIONARY not in word.shown:
            return Unknown(Cause(f"{_DICTIONARY_VARIABLE} may set it"), word.at, origin="settings")
        for section in self._sections:
            for value in _values(section, "celery_config_options"):
                if _OWN_DICTIONARY not in value.text:
                    return Unknown(Cause("celery_config_options may set it"), value.location(), origin="settings")
        return Unset((CONFIGURATION,) if self._sections else ())


def _near(paths: list[str], folder: str) -> list[str]:
    """Those of the files that stand nearest above a folder; all of them when none does."""
    above = [path for path in paths if _holds(posixpath.dirname(path), folder)]
    deepest = max((len(posixpath.dirname(path)) for path in above), default=0)
    return [path for path in above if len(posixpath.dirname(path)) == deepest] or paths


def _holds(parent: str, folder: str) -> bool:
    return not parent or folder == parent or folder.startswith(f"{parent}/")


def _section(facts: Facts, path: str) -> tuple[ini.Section, ...]:
    source = facts.read(path)
    sections = ini.parse(source) if source is not None else ()
    return tuple(section for section in sections if section.name.strip().lower() == "celery")


def _first_set(sections: tuple[ini.Section, ...], keys: tuple[str, ...]) -> list[MappedText]:
    """The values of the first key that is set."""
    return next((found for key in keys if (found := list(_values(sections, key)))), [])


def _values(sections: tuple[ini.Section, ...], key: str) -> Iterator[MappedText]:
    for section in sections:
        value = section.get(key)
        if value is not None and value.text.strip():
            yield value
