"""What the user chose: ``[tool.celery-oom]`` in pyproject.toml, options of the command line or of flake8."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal, TypeAlias

from flake8_celery_oom.core.findings import Severity
from flake8_celery_oom.core.weights import Weights
from flake8_celery_oom.listing.regular_file import read_regular_file
from flake8_celery_oom.suggest import did_you_mean

TABLE = "celery-oom"
DEFAULT_BASELINE = ".celery-oom-baseline.json"
MAX_BYTES = 2_000_000
"""A larger file is no configuration."""
_SELECTOR = re.compile(r"[A-Z]{1,2}[0-9]{0,3}")
_VERSION = re.compile(r"\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)?")
_CLAUSE = re.compile(r"(?:~=|===?|!=|<=|>=|<|>)\s*\d[\w.*+!-]*")


FixPlace: TypeAlias = Literal["auto", "command", "settings"]

MOST_HEADROOM = 90
"""Percent of a limit that can be kept free at most."""


class ConfigError(ValueError):
    """A configuration that cannot be used; the text is one line that names the file and the key."""


@dataclass(frozen=True, slots=True)
class Config:
    """The choices of one run.

    ``select`` and ``ignore`` hold codes or beginnings of codes; an empty ``select`` means the rules that are on by
    default. ``concurrency``, ``max_memory_per_child`` (KiB) and ``max_tasks_per_child`` are the numbers that fixes
    write; ``fix_place`` says where an option goes that no command of an application sets: into each command, or once
    into its settings; ``auto`` is the settings where at least three workers share the application. ``weights`` are
    what idle workers weigh, by application as ``-A`` names it. ``headroom`` is the percentage of a memory limit that
    fixes leave free. ``celery_version`` is a specifier ("==5.4.0", ">=5.2,<6"), used where no requirement names one.
    ``exclude`` holds gitignore patterns, ``per_file_ignores`` such patterns with the codes that are not reported there,
    ``severity`` codes or beginnings of codes with the severity of their findings. ``baseline`` is the file of findings
    that are not reported, relative to the root. With ``require_reason`` a comment that silences must say why; without
    ``inline_ignores`` no comment silences anything. ``all_places``: findings of one cause are reported at every place.
    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    celery_version: str = ""
    concurrency: int | None = None
    max_memory_per_child: int | None = None
    max_tasks_per_child: int | None = None
    fix_place: FixPlace = "auto"
    weights: tuple[tuple[str, Weights], ...] = ()
    headroom: int = 20
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    baseline: str = DEFAULT_BASELINE
    require_reason: bool = False
    inline_ignores: bool = True
    all_places: bool = False


KEYS = (*(field.name.replace("_", "-") for field in fields(Config)), "extend")
"""The keys of ``[tool.celery-oom]``, as they are written."""
MOST_EXTENDED = 8
"""How many files may extend each other."""


def read_config(root: Path, file: Path | None = None, *, inside: bool = False) -> Config:
    """The configuration in ``file``, or in the pyproject.toml of ``root`` where that has one.

    With ``inside`` nothing outside of ``root`` is read, whatever a link or ``extend`` of the project says.

    Raises ConfigError when the file cannot be read, holds no ``[tool.celery-oom]`` although it was named, or has a
    key or value that means nothing.
    """
    path = file or root / "pyproject.toml"
    data = read_regular_file(str(path), MAX_BYTES, follow_links=not inside)
    if data is None:
        if file is None and not (path.exists() or path.is_symlink()):
            return Config()
        raise ConfigError(f"{path}: {_why_not_read(path)}")
    if TABLE.encode() not in data:
        if file is None:
            return Config()
        raise ConfigError(f"{path}: holds no [tool.{TABLE}]")
    table = _table(path.as_posix(), data)
    if table is None and file is not None:
        raise ConfigError(f"{path}: holds no [tool.{TABLE}]")
    return _extended(table or {}, path, MOST_EXTENDED, os.path.realpath(root) if inside else None)


def _extended(table: object, path: Path, most: int, within: str | None) -> Config:
    """The configuration of a table, on top of that of the file that it extends; only of files ``within`` a folder."""
    own = from_table(table, path.as_posix())
    extend = table.get("extend") if isinstance(table, Mapping) else None
    if extend is None:
        return own
    place = f"{path}: {TABLE}.extend"
    if not isinstance(extend, str):
        raise ConfigError(f"{place} is {extend!r}: give the path of a TOML file")
    if not most:
        raise ConfigError(f"{place}: these files extend each other")
    base = Path(os.path.normpath(path.parent / extend))
    if within is not None and not Path(os.path.realpath(base)).is_relative_to(within):
        raise ConfigError(f"{place}: {extend} lies outside of the project")
    data = read_regular_file(str(base), MAX_BYTES, follow_links=True)
    if data is None:
        raise ConfigError(f"{place}: {base}: {_why_not_read(base)}")
    below = _table(base.as_posix(), data)
    if not isinstance(below, Mapping):
        raise ConfigError(f"{place}: {base} holds no [tool.{TABLE}]")
    named = {key.replace("-", "_") for key in table} - {"extend"} if isinstance(table, Mapping) else set()
    return replace(_extended(below, base, most - 1, within), **{name: getattr(own, name) for name in named})


def _why_not_read(path: Path) -> str:
    try:
        size = path.stat().st_size if path.is_file() else -1
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if size > MAX_BYTES:
        return f"is larger than {MAX_BYTES} bytes"
    if size >= 0:
        return "cannot be read (Permission denied)"
    return "cannot be read (it is no regular file)" if path.exists() else "no such file"


def _table(name: str, data: bytes) -> object:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{name}: is no TOML ({error})") from error
    tool = document.get("tool")
    return tool.get(TABLE) if isinstance(tool, dict) else None


def from_table(table: object, where: str) -> Config:
    """The configuration that a table of keys and values means; ``where`` names its file in errors.

    Raises ConfigError for a key or value that means nothing.
    """
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where}: tool.{TABLE} is not a table")
    unknown = sorted(str(key) for key in table if key not in KEYS)
    if unknown:
        meant = did_you_mean(unknown[0], KEYS) or f" (it knows {', '.join(KEYS)})"
        raise ConfigError(f"{where}: tool.{TABLE} knows no {unknown[0]!r}{meant}")
    place = f"{where}: {TABLE}"
    return Config(
        select=_selectors(table, "select", place),
        extend_select=_selectors(table, "extend-select", place),
        ignore=_selectors(table, "ignore", place),
        exclude=_strings(table, "exclude", place),
        celery_version=version_specifier(table.get("celery-version", ""), f"{place}.celery-version"),
        concurrency=_number(table, "concurrency", place),
        max_memory_per_child=_number(table, "max-memory-per-child", place),
        max_tasks_per_child=_number(table, "max-tasks-per-child", place),
        fix_place=_fix_place(table.get("fix-place", "auto"), f"{place}.fix-place"),
        weights=_weights(table.get("weights", {}), f"{place}.weights"),
        headroom=_headroom(table.get("headroom", 20), f"{place}.headroom"),
        per_file_ignores=_per_file_ignores(table.get("per-file-ignores", {}), f"{place}.per-file-ignores"),
        severity=_severities(table.get("severity", {}), f"{place}.severity"),
        baseline=_text(table, "baseline", place, DEFAULT_BASELINE),
        require_reason=_switch(table, "require-reason", place, default=False),
        inline_ignores=_switch(table, "inline-ignores", place, default=True),
        all_places=_switch(table, "all-places", place, default=False),
    )


def selectors(text: str, where: str) -> tuple[str, ...]:
    """The codes of a list such as ``CO1,CO205``; ``where`` names the option in the ConfigError for anything else."""
    return _checked([piece for piece in re.split(r"[\s,]+", text) if piece], where)


def version_specifier(value: object, where: str) -> str:
    """A version of Celery as a specifier: ``5.4.0`` means ``==5.4.0`` and ``5.4`` means ``==5.4.*``."""
    if not isinstance(value, str):
        raise ConfigError(f"{where} is {value!r}: give a version as text, such as '5.4.0' or '>=5.2,<6'")
    text = value.strip()
    if _VERSION.fullmatch(text):
        return f"=={text}" if text.count(".") > 1 else f"=={text}.*"
    if text and not all(_CLAUSE.fullmatch(clause.strip()) for clause in text.split(",")):
        raise ConfigError(f"{where} is {value!r}: give a version such as '5.4.0' or '>=5.2,<6'")
    return text


def _selectors(table: Mapping[str, object], key: str, place: str) -> tuple[str, ...]:
    return _checked(_strings(table, key, place), f"{place}.{key}")


def _checked(codes: list[str] | tuple[str, ...], where: str) -> tuple[str, ...]:
    for code in codes:
        if not _SELECTOR.fullmatch(code.upper()) or not (
            "CO".startswith(code.upper()) or code.upper().startswith("CO")
        ):
            raise ConfigError(f"{where}: {code!r} is no code (codes look like CO101, or CO1 for all that begin so)")
    return tuple(code.upper() for code in codes)


def _strings(table: Mapping[str, object], key: str, place: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{place}.{key} is {value!r}: give a list of texts")
    return tuple(value)


def _per_file_ignores(value: object, where: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, Mapping):
        raise ConfigError(f'{where} is {value!r}: give a table such as {{"tests/" = ["CO1"]}}')
    return tuple((str(pattern), _selectors(value, pattern, where)) for pattern in value)


def _severities(value: object, where: str) -> tuple[tuple[str, Severity], ...]:
    if not isinstance(value, Mapping):
        raise ConfigError(f'{where} is {value!r}: give a table such as {{CO501 = "error"}}')
    return tuple(
        (_checked([str(code)], where)[0], _one_severity(severity, f"{where}.{code}"))
        for code, severity in value.items()
    )


def _one_severity(value: object, where: str) -> Severity:
    match value:
        case "error" | "warning" | "info":
            return value
        case _:
            raise ConfigError(f"{where} is {value!r}: give 'error', 'warning' or 'info'")


def _switch(table: Mapping[str, object], key: str, place: str, *, default: bool) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise ConfigError(f"{place}.{key} is {value!r}: give true or false")
    return value


def _text(table: Mapping[str, object], key: str, place: str, default: str) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise ConfigError(f"{place}.{key} is {value!r}: give a text")
    return value


def _fix_place(value: object, where: str) -> FixPlace:
    match value:
        case "auto" | "command" | "settings":
            return value
        case _:
            raise ConfigError(f"{where} is {value!r}: give 'auto', 'command' or 'settings'")


def _headroom(value: object, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_HEADROOM:
        raise ConfigError(f"{where} is {value!r}: give a percentage from 0 to {MOST_HEADROOM}")
    return value


WEIGHTS = {
    "parent": "main_rss",
    "parent-own": "main_alone",
    "child": "child_rss",
    "child-own": "child_own",
    "one-process": "one_process",
}
"""The keys of the weights of one application, in MiB, and what they are called in :class:`Weights`."""
_MIB = 1024**2


def _weights(value: object, where: str) -> tuple[tuple[str, Weights], ...]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} is {value!r}: give a table for each app; `celery-oom weigh` prints its lines")
    return tuple((str(app), _weights_of(each, f"{where}.{app}")) for app, each in value.items())


def _weights_of(value: object, where: str) -> Weights:
    """The weights of one application; all but that of a pool without children must be there."""
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} is {value!r}: give {', '.join(WEIGHTS)} in MiB")
    wrong = next((str(key) for key in value if key not in WEIGHTS), None)
    if wrong is not None:
        raise ConfigError(f"{where} knows no {wrong!r}{did_you_mean(wrong, WEIGHTS)}")
    amounts: dict[str, int] = {}
    for key, name in WEIGHTS.items():
        amount = value.get(key)
        if amount is None and key == "one-process":
            continue
        if not isinstance(amount, int | float) or isinstance(amount, bool) or not 0 < amount < _MIB:
            raise ConfigError(f"{where}.{key} is {amount!r}: give a number of MiB, as `celery-oom weigh` prints it")
        amounts[name] = round(amount * _MIB)
    if amounts["main_alone"] > amounts["main_rss"] or amounts["child_own"] > amounts["child_rss"]:
        raise ConfigError(f"{where}: what a process has of its own cannot be more than all that it has")
    return Weights(**amounts)


def _number(table: Mapping[str, object], key: str, place: str) -> int | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError(f"{place}.{key} is {value!r}: give a whole number above 0")
    return value
