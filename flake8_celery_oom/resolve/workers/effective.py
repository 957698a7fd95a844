"""What a worker runs with: command line, then environment, then settings, then the default of its Celery.

Source: ``celery/bin/worker.py``, ``celery/worker/worker.py`` and ``celery/worker/components.py`` of 3.1.26, 4.4.7,
5.0.5, 5.6.3 and 5.7.0; held by the tests against workers that those releases build.

What is decided here where the versions disagree and the version is not known for certain:

* ``CELERY_WORKER_CONCURRENCY`` and its like are believed: 5.x reads them, and nobody sets them for 4.x.
* That ``worker_pool`` is ignored by 5.0 counts only when the version is certainly 5.0.
* Everything else that the versions read differently is Unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flake8_celery_oom.celery import pools
from flake8_celery_oom.celery.command_line import CeleryCommand, Entry
from flake8_celery_oom.celery.environment import variable_name
from flake8_celery_oom.celery.values import AUTO_SINCE, autoscale_bounds, integer, is_auto
from flake8_celery_oom.celery.versions import holds
from flake8_celery_oom.core.cause import Cause
from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.quoting import value_called
from flake8_celery_oom.core.results import CeleryVersion, HostCpus, Setting
from flake8_celery_oom.core.value import Known, Origin, Unknown, Unset, Value
from flake8_celery_oom.core.word import Word, literal
from flake8_celery_oom.resolve.workers.effective_settings import (
    VERSION_DEPENDENT,
    auto,
    concurrency_of_setting,
    limit_of_setting,
    multiplier_of_setting,
    not_known,
    number_of_word,
)

CPU_COUNT = "PYTHON_CPU_COUNT"
AIRFLOW_CONCURRENCY = 16
"""``[celery] worker_concurrency`` of Apache Airflow when nobody sets it."""

_NO_COMMAND_LINE: frozenset[Entry] = frozenset({"keywords", "worker-class"})
_OTHER_PROGRAMS: frozenset[Entry] = frozenset({"manage.py", "program"})
"""Programs that may hand on what ``CELERY_WORKER_*`` says, or not."""


@dataclass(frozen=True, slots=True)
class Effective:
    """What a worker runs with; the fields are those of ``model.Worker``.

    ``at`` of a value is the value itself, without the option before it.
    """

    pool: Value[str]
    concurrency: Value[int | HostCpus]
    autoscale: Value[tuple[int, int]]
    max_tasks_per_child: Value[int]
    max_memory_per_child: Value[int]
    prefetch_multiplier: Value[int]
    beat: Value[bool]


def effective(
    command: CeleryCommand,
    environment: Mapping[str, Word],
    setting: Callable[[str], Value[Setting]],
    version: CeleryVersion,
    entry: Entry | None = None,
) -> Effective:
    """What the worker of ``command`` runs with.

    ``setting`` gives the app's settings by their new names; for airflow those of ``[celery]`` in airflow.cfg. ``entry``
    is the command's own unless something else is said.
    """
    resolver = _Resolver(command, environment, setting, version, entry or command.entry)
    return Effective(
        pool=resolver.pool(),
        concurrency=resolver.concurrency(),
        autoscale=resolver.autoscale(),
        max_tasks_per_child=resolver.limit("max_tasks_per_child"),
        max_memory_per_child=resolver.limit("max_memory_per_child"),
        prefetch_multiplier=resolver.prefetch_multiplier(),
        beat=resolver.beat(),
    )


def _asks_python(found: Known[int | HostCpus]) -> bool:
    """Whether a concurrency is the CPU count that Celery, or the settings, ask Python for; ``$(nproc)`` is not."""
    return isinstance(found.value, HostCpus) and (found.origin == "settings" or found.value.source in {"0", "''"})


@dataclass(frozen=True)
class _Resolver:
    command: CeleryCommand
    environment: Mapping[str, Word]
    setting: Callable[[str], Value[Setting]]
    version: CeleryVersion
    entry: Entry

    @property
    def parser(self) -> CeleryVersion:
        """The version whose command line this is; keyword arguments of any version are taken as 4.4 takes options."""
        return CeleryVersion(">=4.4,<5.0") if self.entry in _NO_COMMAND_LINE else self.version

    def since(self, release: str) -> bool | None:
        return holds(self.parser, f">={release}")

    # --- where a value is given ---

    def given(self, name: str) -> Value[Word]:
        """The word that the command line or the environment gives for an option."""
        option = self.command.options[name]
        variable = variable_name(name, self.entry, self.version)
        if isinstance(option, Known):
            return Known(option.value, _written_at(option.value) or option.at, "cli")
        if isinstance(option, Unknown) or variable is None:
            return option
        word = self.environment.get(variable)
        if word is not None and word.text != "":
            if self.entry in _OTHER_PROGRAMS:
                return Unknown(Cause(f"this program may or may not read {variable}"), word.at, word, "env")
            return Known(word, word.at, "env")
        return self._given_by_airflow(name) if self.entry == "airflow" else Unset(self.places(name))

    def _given_by_airflow(self, name: str) -> Value[Word]:
        """What airflow.cfg says: Airflow itself puts it on the command line of Celery's worker."""
        match self.setting(f"worker_{name}"):
            case Known(str() | int() as value, at):
                return Known(literal(str(value), at), at, "settings")
            case Unknown(cause, at):
                return Unknown(cause, at, origin="settings")
            case _:
                return Unset(self.places(name))

    def places(self, name: str) -> tuple[str, ...]:
        """Where an option is looked for, apart from settings."""
        variable = variable_name(name, self.entry, self.version)
        option = f"--{name.replace('_', '-')}"
        return (option, variable) if variable else (option,)

    def unset(self, name: str) -> Unset:
        """Nothing sets it, also no setting."""
        value = self.setting(f"worker_{name}")
        inside = value.looked_at if isinstance(value, Unset) else ()
        return Unset((*self.places(name), f"worker_{name}", *inside))

    def on_command_line(self, name: str) -> Value[Setting]:
        """The setting given as ``worker.name=value`` behind the options, as text."""
        word = self.command.settings.get(f"worker_{name}")
        if word is None:
            return Unset()
        if word.text is None:
            return Unknown(not_known(word), word.at, word.default_text, "settings")
        return Known(word.text, word.at, "settings")

    def number_on_command_line(self, name: str) -> Value[int]:
        word = self.command.settings.get(f"worker_{name}")
        return Unset() if word is None else number_of_word(Known(word, word.at, "settings"))

    # --- concurrency and autoscale ---

    def concurrency(self) -> Value[int | HostCpus]:
        """What the pool holds at most; PYTHON_CPU_COUNT is the number of CPUs for Python 3.13 and later."""
        found = self._most()
        word = self.environment.get(CPU_COUNT)
        asked_for = isinstance(found, Unset) or (isinstance(found, Known) and _asks_python(found))
        if word is None or word.text in {"", "default"} or not asked_for:
            return found
        number = integer(word.text or word.default_text or "")
        return Unknown(Cause(f"{CPU_COUNT} is the number of CPUs from Python 3.13 on"), word.at, number, "env")

    def _most(self) -> Value[int | HostCpus]:
        """The maximum of autoscale where that is used, else the number of ``-c`` and its like."""
        given, bounds = self.given("autoscale"), self.autoscale()
        if isinstance(given, Known) and any(hole.host_cpus for hole in given.value.holes):
            return Known(HostCpus(given.value.shown), given.at, "autoscale")
        match bounds:
            case Known((most, _), at):
                return Known(most, at, "autoscale")
            case Unknown(cause, at, default) if isinstance(given, Known) or default is not None:
                return Unknown(cause, at, default[0] if default else None, "autoscale")
            case _:
                return self._fixed_concurrency()

    def _fixed_concurrency(self) -> Value[int | HostCpus]:
        given = self.given("concurrency")
        match given:
            case Known(word, at, origin):
                return self._concurrency_of_word(word, at, origin)
            case Unknown(cause, at, default, origin):
                return Unknown(cause, at, self._concurrency_by_default(default, at, origin), origin)
            case Unset():
                value = self._concurrency_of_settings()
        if not isinstance(value, Unset):
            return value
        airflow = self.entry == "airflow"
        return Known(AIRFLOW_CONCURRENCY, None, "default") if airflow else self.unset("concurrency")

    def _concurrency_of_word(self, word: Word, at: Location | None, origin: Origin) -> Value[int | HostCpus]:
        if any(hole.host_cpus for hole in word.holes):
            return Known(HostCpus(word.shown), at, origin)
        if word.text is not None:
            return self._concurrency_of_text(word.text, at, origin)
        return Unknown(not_known(word), at, self._concurrency_by_default(word, at, origin), origin)

    def _concurrency_by_default(self, word: Word | None, at: Location | None, origin: Origin) -> int | HostCpus | None:
        """What applies when the environment leaves the default of a hole as it is."""
        if word is None and self.entry == "airflow":
            return AIRFLOW_CONCURRENCY
        if word is None or word.default_text is None:
            return None
        if origin == "env" and not word.default_text:  # an empty variable is no variable to Celery
            value = self._concurrency_of_settings()
            return value.value if isinstance(value, Known) else None
        value = self._concurrency_of_text(word.default_text, at, origin)
        return value.value if isinstance(value, Known) else None

    def _concurrency_of_text(self, text: str, at: Location | None, origin: Origin) -> Value[int | HostCpus]:
        """A value of ``-c``: zero means the CPUs before 5.0, and since then the setting, then the CPUs.

        An empty one is refused before 5.7, which reads it as zero.
        """
        if is_auto(text):
            return auto(text, at, self.version, origin)
        empty = holds(self.parser, f">={AUTO_SINCE}") if not text else False
        if empty is None:
            return Unknown(VERSION_DEPENDENT, at, origin=origin)
        number = 0 if empty else integer(text)
        if number is None:
            return Unknown(Cause(f"{value_called(text)} is no whole number"), at, origin=origin)
        if number:
            return Known(number, at, origin)
        fallback = self._concurrency_of_settings()
        if isinstance(fallback, Unset) or self.since("5.0") is False:
            return Known(HostCpus(text or "''"), at, origin)
        return fallback if self.since("5.0") else Unknown(VERSION_DEPENDENT, at, origin=origin)

    def _concurrency_of_settings(self) -> Value[int | HostCpus]:
        """Before 5.0 ``worker.concurrency=N`` wins over the app; since 5.2 it counts where the app says None."""
        of_app = concurrency_of_setting(self.setting("worker_concurrency"), self.version)
        on_line = concurrency_of_setting(self.on_command_line("concurrency"), self.version, typed=True)
        if isinstance(on_line, Unset) or self.since("5.0") is False:
            return of_app if isinstance(on_line, Unset) else on_line
        said_none = isinstance(self.setting("worker_concurrency"), Known)
        if self.since("5.0") and (said_none or not isinstance(of_app, Unset)):
            return on_line if isinstance(of_app, Unset) else of_app
        if self.since("5.2") or holds(self.version, ">=5.0,<5.2"):
            return on_line if self.since("5.2") else Unset()
        return Unknown(VERSION_DEPENDENT, on_line.at, origin="settings")

    def autoscale(self) -> Value[tuple[int, int]]:
        given = self.given("autoscale")
        match given:
            case Known(word) if word.text == "":
                return Unset(self.places("autoscale"))
            case Known(word, at, origin) if word.text is not None:
                bounds = autoscale_bounds(word.text, self.parser)
                cause = Cause(f"{value_called(word.text)} is not read alike by every version of Celery")
                return Known(bounds, at, origin) if bounds else Unknown(cause, at, origin=origin)
            case Known(word, at, origin):
                return Unknown(not_known(word), at, self._bounds(word), origin)
            case Unknown(cause, at, default, origin):
                return Unknown(cause, at, self._bounds(default), origin)
            case Unset():
                return given

    def _bounds(self, word: Word | None) -> tuple[int, int] | None:
        text = word.default_text if word is not None else None
        return autoscale_bounds(text, self.parser) if text else None

    # --- limits of a child, prefetching ---

    def limit(self, name: str) -> Value[int]:
        """max-tasks-per-child and max-memory-per-child: zero is kept, wherever it stands."""
        given = self.given(name)
        if not isinstance(given, Unset):
            return number_of_word(given)
        if name == "max_memory_per_child" and holds(self.version, "<4.0"):
            return self.unset(name)
        on_line = self.number_on_command_line(name)
        if not isinstance(on_line, Unset):
            return on_line
        of_app = limit_of_setting(self.setting(f"worker_{name}"), self.version, whole=name == "max_tasks_per_child")
        return self.unset(name) if isinstance(of_app, Unset) else of_app

    def prefetch_multiplier(self) -> Value[int]:
        """Zero on the command line is no limit before 5.0; since then the setting applies instead."""
        given = number_of_word(self.given("prefetch_multiplier"))
        of_settings = self._multiplier_of_settings()
        if isinstance(given, Unset):
            return of_settings
        if not isinstance(given, Known) or given.value != 0 or self.since("5.0") is False:
            return given
        both_zero = isinstance(of_settings, Known) and of_settings.value == 0
        certain = both_zero or self.since("5.0")
        return of_settings if certain else Unknown(VERSION_DEPENDENT, given.at, origin=given.origin)

    def _multiplier_of_settings(self) -> Value[int]:
        """``worker.prefetch_multiplier=N`` counts before 5.0 only."""
        on_line, since = self.number_on_command_line("prefetch_multiplier"), self.since("5.0")
        if not isinstance(on_line, Unset) and not since:
            return on_line if since is False else Unknown(VERSION_DEPENDENT, on_line.at, origin="settings")
        of_app = multiplier_of_setting(self.setting("worker_prefetch_multiplier"))
        return self.unset("prefetch_multiplier") if isinstance(of_app, Unset) else of_app

    # --- pool and beat ---

    def pool(self) -> Value[str]:
        given = self.given("pool")
        match given:
            case Known(word, at, origin) if word.text == pools.DEFAULT:
                return self._over_prefork(at, origin)
            case Known(word, at, origin) if word.text is not None:
                return Known(pools.canonical(word.text), at, origin)
            case Known(word, at, origin):
                default = word.default_text
                return Unknown(not_known(word), at, pools.canonical(default) if default else None, origin)
            case Unknown(cause, at, word, origin):
                text = word.default_text if word is not None else None
                return Unknown(cause, at, pools.canonical(text) if text else None, origin)
            case Unset():
                of_settings = self._pool_of_settings()
                return Known(pools.DEFAULT, None, "default") if isinstance(of_settings, Unset) else of_settings

    def _over_prefork(self, at: Location | None, origin: Origin) -> Value[str]:
        """``-P prefork``: 5.1 and later cannot tell it from the default, so the setting ``worker_pool`` wins."""
        of_settings = self._pool_of_settings()
        agree = isinstance(of_settings, Known) and of_settings.value == pools.DEFAULT
        if agree or isinstance(of_settings, Unset) or self.since("5.1") is False:
            return Known(pools.DEFAULT, at, origin)
        return of_settings if self.since("5.1") else Unknown(VERSION_DEPENDENT, at, pools.DEFAULT, origin)

    def _pool_of_settings(self) -> Value[str]:
        if holds(self.parser, ">=5.0,<5.1"):
            return Unset()
        value = self.on_command_line("pool") if self.since("5.0") is False else Unset()
        value = self.setting("worker_pool") if isinstance(value, Unset) else value
        match value:
            case Known(None | "") | Unset():
                return Unset()
            case Known(str() as text, at):
                return Known(pools.canonical(text), at, "settings")
            case Known(_, at):
                return Unknown(Cause("it is no name of a pool"), at, origin="settings")
            case Unknown(cause, at, default):
                return Unknown(cause, at, pools.canonical(default) if isinstance(default, str) else None, "settings")

    def beat(self) -> Value[bool]:
        """``-B``. CELERY_WORKER_BEAT counts with click 7 (Celery 5.0 and 5.1); later click decides."""
        given = self.given("beat")
        match given:
            case Known(_, at, "cli"):
                return Known(value=True, at=at)
            case Known(word, at, origin) if holds(self.version, "<5.2") and word.text in {"1", "true", "True"}:
                return Known(value=True, at=at, origin=origin)
            case Known(_, at, origin):
                return Unknown(
                    Cause("whether CELERY_WORKER_BEAT is read depends on the version of click"), at, origin=origin
                )
            case Unknown(cause, at, _, origin):
                return Unknown(cause, at, origin=origin)
            case Unset():
                return Unset(self.places("beat"))


def _written_at(word: Word) -> Location | None:
    """Where a value is written that is unknown in whole: ``set -- -c "${N:-4}"; exec celery "$@"``."""
    hole = word.parts[0] if len(word.parts) == 1 else None
    if not isinstance(hole, Hole) or hole.at is None or word.at is None or word.at.contains(hole.at):
        return word.at
    return hole.at
