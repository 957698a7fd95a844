"""Images that are a program: their entrypoint puts a word before the command of whoever runs them.

Each row was read in the image's own entry script.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flake8_celery_oom.core.word import Word, literal


@dataclass(frozen=True, slots=True)
class ProgramImage:
    """``name`` of an image (any registry and tag), the word that its entrypoint puts first, what it leaves as it is.

    ``script`` is where its entrypoint is in the image: some write it out again.
    """

    name: str
    program: str
    as_it_is: frozenset[str]
    script: str
    source: str

    def is_entrypoint(self, words: Sequence[Word]) -> bool:
        """Whether an entrypoint that is given is the image's own: ``["/usr/bin/dumb-init", "--", "/entrypoint"]``."""
        return bool(words) and words[-1].text == self.script

    def command(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """What the container runs when it is given ``words``."""
        first = words[0].text if words else None
        if first is None or first in self.as_it_is:
            return tuple(words)
        return (literal(self.program, words[0].at), *words)


PROGRAM_IMAGES = (
    ProgramImage(
        "apache/airflow",
        "airflow",
        frozenset({"airflow", "bash", "python"}),
        "/entrypoint",
        "scripts/docker/entrypoint_prod.sh of Apache Airflow 2 and 3: bash and python run, all else is `airflow ...`",
    ),
    ProgramImage(
        "puckel/docker-airflow",
        "airflow",
        frozenset({"airflow", "bash", "sh", "python"}),
        "/entrypoint.sh",
        "script/entrypoint.sh of puckel/docker-airflow 1.10.9 (Airflow 1): `airflow ...` for its own commands",
    ),
)
_DEFAULT = re.compile(r"\$\{\w+:?-([^${}]*)\}")


def program_image(image: str | None) -> ProgramImage | None:
    """The row for an image as a manifest names it; of ``${IMAGE:-name}`` the default counts."""
    if not image:
        return None
    name = _DEFAULT.sub(r"\1", image).split("@")[0]
    folder, _, last = name.rpartition("/")
    plain = f"{folder}/{last.split(':')[0]}"
    return next((row for row in PROGRAM_IMAGES if plain == row.name or plain.endswith(f"/{row.name}")), None)
