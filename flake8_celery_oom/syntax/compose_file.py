"""One compose file as it is written, before other files of its project are put over it."""

from __future__ import annotations

from dataclasses import dataclass

from flake8_celery_oom.core.facts import NotationFact
from flake8_celery_oom.syntax.yaml_nodes import Mapping


@dataclass(frozen=True, slots=True)
class ComposeFile(NotationFact):
    """``documents`` are the mappings of the file in order; Compose puts later ones over earlier ones."""

    documents: tuple[Mapping, ...]


def services_of(document: Mapping) -> Mapping | None:
    """The services of a document; in the oldest format they are the whole of it."""
    services = document.get("services")
    if isinstance(services, Mapping):
        return services
    oldest = services is None and any(
        isinstance(value, Mapping) and (value.get("image") or value.get("build")) for _, value in document.items()
    )
    return document if oldest else None
