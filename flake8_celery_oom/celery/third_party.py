"""Settings modules of other packages, as far as they were read: what they set for Celery's workers.

Projects begin their settings with ``from blueapps.conf.default_settings import *``. Of a module that is not known here
it cannot be said what it sets.
"""

from __future__ import annotations

SET_NOTHING = ("blueapps.conf", "blueapps.patch", "pipeline.celery.settings")
"""Modules, with those inside, that set no pool, concurrency, recycling or prefetching: read in the source of blueapps
4.17.4 (``conf/default_settings.py``, ``patch/settings_open_saas.py``, ``patch/settings_paas_services.py``) and
bamboo-pipeline 4.0.6 (``pipeline/celery/settings.py``)."""


CALLS_THAT_SET_NOTHING = frozenset(
    {
        "blueapps.conf.log.get_logging_config_dict",
        "blueapps.conf.log.set_log_level",
        "django_heroku.settings",
        "django_on_heroku.settings",
    }
)
"""Functions that are given all names of a settings module and set none that a worker reads: ``django_heroku.settings``
sets DATABASES, TEST_RUNNER, MIDDLEWARE, STATIC_*, ALLOWED_HOSTS, LOGGING and SECRET_KEY (django-heroku 0.3.1,
``django_heroku/core.py``; django-on-heroku 1.1.2 is a fork of it); those of blueapps only read (4.17.4,
``blueapps/conf/log.py``)."""


def sets_nothing(module: str) -> bool:
    """Whether a module is known to set nothing that decides what a worker runs with."""
    return any(module == known or module.startswith(f"{known}.") for known in SET_NOTHING)
