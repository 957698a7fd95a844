"""``docker compose run [options] service words`` and ``exec`` taken apart, as their help describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.word import Word
from flake8_celery_oom.resolve.programs.wrappers import assignment, program_name

_OPTIONS = """
-e -l -p -u -v -w --cap-add --cap-drop --entrypoint --env --env-from-file --index --label --name --publish --pull --user
--volume --workdir
"""
_VALUED = frozenset(_OPTIONS.split())
"""Options that take the next word."""
_VERBS = frozenset({"run", "exec"})


@dataclass(frozen=True, slots=True)
class ServiceCommand:
    """A command in the container of a service; ``options`` stand before the name of the service."""

    service: str | None
    words: tuple[Word, ...]
    options: tuple[Word, ...]
    verb: str

    @property
    def through_entrypoint(self) -> bool:
        """Whether the entrypoint of the service gets the words as its arguments."""
        texts = [word.text or "" for word in self.options]
        return self.verb == "run" and not any(text.partition("=")[0] == "--entrypoint" for text in texts)

    def variables(self, outside: Mapping[str, Word]) -> dict[str, Word]:
        """What ``-e NAME=value`` gives the container, and ``-e NAME`` out of the environment outside."""
        found: dict[str, Word] = {}
        for option, word in pairwise(self.options):
            given = assignment(word) if option.text in {"-e", "--env"} else None
            if given is not None:
                found[given[0]] = given[1]
            elif option.text in {"-e", "--env"} and word.text is not None:
                found[word.text] = outside.get(word.text) or Word((Hole(f"${word.text}", word.text),), word.at)
        return found


def service_command(words: tuple[Word, ...]) -> ServiceCommand | None:
    """The command that is run in a service; None for other commands, and where the service's own is run."""
    texts = [word.text or "" for word in words]
    name = program_name(words[0])
    verb = next((index for index, text in enumerate(texts) if text in _VERBS), None)
    is_compose = name in {"docker-compose", "podman-compose"} or (
        name in {"docker", "podman", "nerdctl"} and "compose" in texts[1:verb]
    )
    if verb is None or not is_compose:
        return None
    index = verb + 1
    while index < len(words) and texts[index].startswith("-"):
        index += 2 if texts[index] in _VALUED else 1
    if index + 1 >= len(words):
        return None
    return ServiceCommand(words[index].text, words[index + 1 :], words[verb + 1 : index], texts[verb])
