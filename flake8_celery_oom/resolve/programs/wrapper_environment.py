"""What wrappers take away from the environment of the command that they run.

Sources: env(1), sudo(8) with the ``env_reset`` that sudoers(5) has on by default, doas(1), su(1), runuser(1),
setpriv(1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from flake8_celery_oom.resolve.programs.wrapper_table import WRAPPERS, Words, options

T = TypeVar("T")

_SU_VALUED = options("-c --command --session-command -g --group -G --supp-group -s --shell -w --whitelist-environment")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is left of an environment: the variables ``only``, or all where that is None, without those ``removed``."""

    only: frozenset[str] | None = None
    removed: frozenset[str] = frozenset()

    def of(self, environment: Mapping[str, T]) -> dict[str, T]:
        """What is left of the variables of an environment."""
        only, removed = self.only, self.removed
        return {
            name: value for name, value in environment.items() if name not in removed and (only is None or name in only)
        }

    def then(self, other: Kept) -> Kept:
        """What two wrappers leave, one inside the other."""
        both = other.only if self.only is None else self.only if other.only is None else self.only & other.only
        return Kept(both, self.removed | other.removed)


ALL = Kept()


def kept(name: str, words: Words) -> Kept:
    """What a wrapper with this name and these words leaves to the command that it runs."""
    match name:
        case "env":
            return _by_env(list(_own_options(words, WRAPPERS["env"][0].valued)))
        case "sudo":
            return _by_sudo(list(_own_options(words, WRAPPERS["sudo"][0].valued)))
        case "doas":
            return Kept(frozenset())
        case "setpriv" if "--reset-env" in (word.text for word in words):
            return Kept(frozenset())
        case "su" | "runuser":
            return _by_su(list(_pairs(words[1:], _SU_VALUED)))
        case _:
            return ALL


def _own_options(words: Words, valued: frozenset[str]) -> Iterable[tuple[str, str]]:
    """The options before a wrapper's command, with their values."""
    for option, value in _pairs(words[1:], valued):
        if option == "" and "=" not in value:
            return
        yield option, value


def _pairs(words: Words, valued: frozenset[str]) -> Iterable[tuple[str, str]]:
    """Options with their values, and other words with an empty option, up to ``--``."""
    index = 0
    while index < len(words):
        text = words[index].text or ""
        if text == "--":
            return
        if text in valued and index + 1 < len(words):
            yield text, words[index + 1].text or ""
            index += 2
            continue
        name, _, value = text.partition("=")
        yield (name, value) if text.startswith("-") else ("", text)
        index += 1


def _by_env(given: list[tuple[str, str]]) -> Kept:
    names = {option for option, _ in given}
    cleared = any(name in {"-", "--ignore-environment"} or _has_letter(name, "i") for name in names)
    removed = {value for option, value in given if option in {"-u", "--unset"}}
    removed |= {option[2:] for option in names if option.startswith("-u") and len(option) > 2}
    return Kept(frozenset() if cleared else None, frozenset(removed))


def _by_sudo(given: list[tuple[str, str]]) -> Kept:
    names = {option for option, _ in given}
    listed = {name for option, value in given if option == "--preserve-env" for name in value.split(",") if name}
    if any(_has_letter(name, "E") for name in names) or ("--preserve-env", "") in given:
        return ALL
    return Kept(frozenset(listed))


def _by_su(given: list[tuple[str, str]]) -> Kept:
    names = {option for option, _ in given}
    if not names & {"-", "--login"} and not any(_has_letter(name, "l") for name in names):
        return ALL
    listed = {value for option, value in given if option in {"-w", "--whitelist-environment"}}
    return Kept(frozenset(name for value in listed for name in value.split(",")))


def _has_letter(option: str, letter: str) -> bool:
    """Whether an option in short form, or several in one word, holds a letter: ``-i``, ``-iv``."""
    return option.startswith("-") and not option.startswith("--") and letter in option
