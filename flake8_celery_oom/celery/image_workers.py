"""Workers that public images start under words of their own: ``run worker``, ``celery-worker``, or no word at all.

Each row was read in the entry script of its image. A number that only stands inside the image is the default of
something unknown, since it may differ between releases; a variable that the image's documentation names is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flake8_celery_oom.core.hole import Hole
from flake8_celery_oom.core.location import Location
from flake8_celery_oom.core.word import Word, literal

REST = "$@"
"""Stands in a row's command for the words behind those that the image knows."""
JOINED = "$*"
"""Stands for the same words where the image puts them into one text of the shell, which divides them again."""
INSIDE = "..."
"""Stands in a row's command for whatever else the image says, in its script or in the settings of its app."""


@dataclass(frozen=True, slots=True)
class ImageWorker:
    """A worker that an image starts when it is given ``words``; without words, when it is given none.

    Without ``images`` the words are a program's own, wherever it runs. ``command`` is Celery's command line:
    ``${NAME}`` and ``${NAME:-1}`` are variables of the container, ``${:-1}`` is a number that stands in the image.
    ``app`` is the module of the image's app: a project that has it makes the image.
    ``when`` is a variable that has to have a value. ``until`` is the first release of the image without this worker,
    ``since`` the first with it; an image whose tag does not say its release is then none.
    """

    images: tuple[str, ...]
    words: tuple[str, ...]
    command: str
    app: str
    source: str
    when: tuple[str, str] | None = None
    since: str = ""
    until: str = ""

    @property
    def is_program(self) -> bool:
        """Whether the words begin with a program, which may stand behind another entrypoint."""
        return not self.images or ("/" in self.words[0] if self.words else False)

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the container that are looked at."""
        names = [found[1] for found in _VARIABLE.finditer(self.command) if found[1]]
        return (*names, self.when[0]) if self.when else tuple(names)

    def started_by(self, image: str | None, given: Sequence[Word]) -> bool:
        """Whether a container of ``image`` that is given these words starts the worker."""
        if len(given) < len(self.words) or (not self.words and given) or not self._is_of(image):
            return False
        return all(_same_word(word, one.text or "") for word, one in zip(self.words, given, strict=False))

    def meets(self, environment: Mapping[str, Word]) -> bool:
        """Whether the variable that has to have a value has it."""
        if self.when is None:
            return True
        word = environment.get(self.when[0])
        return word is not None and word.text == self.when[1]

    def celery_words(self, given: Sequence[Word], environment: Mapping[str, Word]) -> tuple[Word, ...]:
        """The words of Celery's command line, each at the place of the project that gives it."""
        return tuple(self._celery_words(given, environment))

    def _celery_words(self, given: Sequence[Word], environment: Mapping[str, Word]) -> Iterator[Word]:
        own = list(given[: len(self.words)])
        for index, text in enumerate(self.command.split()):
            at = own[min(index, len(own) - 1)].at if own else None
            if text == REST:
                yield from given[len(self.words) :]
            elif text == JOINED:
                yield from (part for word in given[len(self.words) :] for part in _divided(word))
            elif text == INSIDE:
                yield Word((Hole("what the image sets", several=True),), at)
            else:
                yield _filled(text, environment, at)

    def _is_of(self, image: str | None) -> bool:
        if not self.images:
            return True
        name, tag = image_name(image)
        if not any(name == own or name.endswith(f"/{own}") for own in self.images):
            return False
        release = _release(tag)
        if self.since and not (release and release >= _release(self.since)):
            return tag in {"", "latest"} and not self.until
        return not self.until or bool(release and release < _release(self.until))


_VARIABLE = re.compile(r"\$\{(\w*)(?::-([^}]*))?\}")
_DEFAULT = re.compile(r"\$\{\w+:?-([^${}]*)\}")
_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)")


def image_name(image: str | None) -> tuple[str, str]:
    """The name and the tag of an image as a manifest names it; of ``${IMAGE:-name}`` the default counts."""
    if not image:
        return "", ""
    name = _DEFAULT.sub(r"\1", image).split("@")[0]
    folder, slash, last = name.rpartition("/")
    plain, _, tag = last.partition(":")
    return f"{folder}{slash}{plain}", tag


def _release(tag: str) -> tuple[int, ...]:
    found = _RELEASE.match(tag)
    return tuple(int(part) for part in found[1].split(".")) if found is not None else ()


def _same_word(word: str, given: str) -> bool:
    """A file of the image is given by any path that ends like it; a program may stand in any folder."""
    return given.endswith(word.lstrip(".")) if "/" in word else word in {given, given.rpartition("/")[2]}


def _divided(word: Word) -> list[Word]:
    return [literal(part, word.at) for part in word.text.split()] if word.text is not None else [word]


def _filled(text: str, environment: Mapping[str, Word], at: Location | None) -> Word:
    """A word of a row's command with what the container's environment gives for its variable."""
    found = _VARIABLE.search(text)
    if found is None:
        return literal(text, at)
    name, default = found[1], found[2]
    given = environment.get(name)
    if given is not None and given.text != "":
        value, at = given.parts, given.at
    else:
        value = (Hole(f"${name}" if name else "what the image sets", name or None, default),)
    parts = (text[: found.start()], *value, text[found.end() :])
    return Word(_joined(tuple(part for part in parts if part != "")), at)


def _joined(parts: tuple[str | Hole, ...]) -> tuple[str | Hole, ...]:
    if all(isinstance(part, str) for part in parts):
        return ("".join(part for part in parts if isinstance(part, str)),)
    return parts


IMAGE_WORKERS = (
    ImageWorker(
        ("getsentry/sentry", "getsentry/self-hosted", "sentry"),
        ("run", "worker"),
        "celery worker -A sentry.celery --max-tasks-per-child ${:-10000} --max-memory-per-child ${} $@",
        "sentry",
        "src/sentry/runner/commands/run.py of Sentry 9 to 25: a click command of its own, by default one child per CPU",
    ),
    ImageWorker(
        (),
        ("sentry", "run", "worker"),
        "celery worker -A sentry.celery --max-tasks-per-child ${:-10000} --max-memory-per-child ${} $@",
        "sentry",
        "src/sentry/runner/commands/run.py of Sentry 9 to 25, wherever Sentry is installed",
    ),
    ImageWorker(
        ("baserow/backend",),
        ("celery-worker",),
        "celery -A baserow worker ... -P ${:-prefork} --concurrency ${BASEROW_AMOUNT_OF_WORKERS} $@",
        "baserow",
        "backend/docker/docker-entrypoint.sh of Baserow 1.16",
    ),
    ImageWorker(
        ("baserow/backend",),
        ("celery-exportworker",),
        "celery -A baserow worker ... -P ${:-prefork} --concurrency ${BASEROW_AMOUNT_OF_WORKERS} $@",
        "baserow",
        "backend/docker/docker-entrypoint.sh of Baserow 1.16",
    ),
    ImageWorker(
        ("paperless-ngx/paperless-ngx", "paperlessngx/paperless-ngx"),
        (),
        "celery --app paperless worker ... -P ${:-prefork} --concurrency ${PAPERLESS_TASK_WORKERS:-1}"
        " --max-tasks-per-child ${:-1}",
        "paperless",
        "docker/rootfs/etc/s6-overlay/s6-rc.d/svc-worker/run and settings of Paperless-ngx 2; Django-Q before 1.10",
        since="1.10",
    ),
    ImageWorker(
        ("mayanedms/mayanedms",),
        ("run_worker",),
        "celery -A mayan worker ... -P ${:-prefork} $*",
        "mayan",
        "docker/rootfs/usr/local/bin/run_worker.sh of Mayan EDMS 4",
    ),
    ImageWorker(
        ("langgenius/dify-api",),
        (),
        "celery -A celery_entrypoint.celery worker ... -P ${CELERY_WORKER_CLASS:-gevent} -c ${CELERY_WORKER_AMOUNT:-1}",
        "celery_entrypoint",
        "api/docker/entrypoint.sh of Dify 1; its CELERY_AUTO_SCALE is not followed",
        when=("MODE", "worker"),
    ),
    ImageWorker(
        ("goauthentik/server", "beryju/authentik"),
        ("worker",),
        "celery -A authentik.root.celery worker ... -P ${:-prefork} -c ${AUTHENTIK_WORKER__CONCURRENCY} $@",
        "authentik",
        "lifecycle/ak of authentik 2021 to 2025.8; from 2025.10 on the worker is not Celery's",
        until="2025.10",
    ),
    ImageWorker(
        ("makeplane/plane-backend",),
        ("./bin/docker-entrypoint-worker.sh",),
        "celery -A plane worker ... -P ${:-prefork}",
        "plane",
        "apiserver/bin/docker-entrypoint-worker.sh of Plane 0.2x",
    ),
    ImageWorker(
        ("defectdojo/defectdojo-django",),
        ("/entrypoint-celery-worker.sh",),
        "celery --app dojo worker ... --pool ${DD_CELERY_WORKER_POOL_TYPE:-solo}"
        " --concurrency ${DD_CELERY_WORKER_CONCURRENCY:-1}",
        "dojo",
        "docker/entrypoint-celery-worker.sh and Dockerfile.django-debian of DefectDojo 2",
    ),
    ImageWorker(
        ("wger/server",),
        ("/start-worker",),
        "celery --app wger worker ... --concurrency ${CELERY_WORKER_CONCURRENCY}",
        "wger",
        "extras/docker/production/celery/start-worker of wger",
    ),
    ImageWorker(
        ("taigaio/taiga-back",),
        ("/taiga-back/docker/async_entrypoint.sh",),
        "celery -A taiga.celery worker -B ... -P ${:-prefork} --concurrency ${:-4} $@",
        "taiga",
        "docker/async_entrypoint.sh of Taiga 6",
    ),
    ImageWorker(
        ("pretix/standalone",),
        ("taskworker",),
        "celery -A pretix.celery_app worker ... -P ${:-prefork} $@",
        "pretix",
        "deployment/docker/pretix.bash of pretix 3 and later",
    ),
    ImageWorker(
        ("apache/superset",),
        ("/docker-bootstrap.sh", "worker"),
        "celery --app superset.tasks.celery_app:app worker ...",
        "superset",
        "docker/docker-bootstrap.sh of Apache Superset",
    ),
    ImageWorker(
        ("redash/redash",),
        ("worker",),
        "celery worker --app redash.worker -c ${WORKERS_COUNT:-2} --max-tasks-per-child ${:-10} ...",
        "redash",
        "bin/docker-entrypoint of Redash 4 to 8; from Redash 9 on its workers are RQ's",
        since="4",
        until="9",
    ),
    ImageWorker(
        ("redash/redash",),
        ("scheduler",),
        "celery worker --app redash.worker --beat -c ${WORKERS_COUNT:-1} --max-tasks-per-child ${:-10} ...",
        "redash",
        "bin/docker-entrypoint of Redash 4 to 8; from Redash 9 on its scheduler is RQ's",
        since="4",
        until="9",
    ),
    ImageWorker(
        ("glitchtip/glitchtip",),
        ("./bin/run-celery-with-beat.sh",),
        "celery -A glitchtip worker -B ...",
        "glitchtip",
        "bin/run-celery-with-beat.sh of GlitchTip 1 to 5",
    ),
)


def image_worker(image: str | None, given: Sequence[Word], environment: Mapping[str, Word]) -> ImageWorker | None:
    """The row for a container of ``image`` that is given these words and variables."""
    return next((row for row in IMAGE_WORKERS if row.started_by(image, given) and row.meets(environment)), None)


def image_worker_signs() -> Iterator[tuple[str, str]]:
    """How a text speaks of such an image or program: letters of its name, and a pattern."""
    for row in IMAGE_WORKERS:
        for image in row.images:
            if "/" in image:
                yield image, re.escape(image) + r"\b"
        if not row.is_program or not row.images:
            yield row.app, r"\b" + row.app + r"\S*" + "".join(rf"\s+{word}" for word in row.words if word != row.app)
