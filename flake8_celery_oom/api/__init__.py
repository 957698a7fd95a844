"""The program as a library: ``scan`` looks at one repository and gives a ``Report``.

.. code-block:: python

    from flake8_celery_oom.api import scan

    report = scan("path/to/shop")
    over = [worker for worker in report.workers if worker.verdict == "exceeds"]

What is named here keeps its meaning until the next major version: fields may be added, none is removed or changed.
"""

from __future__ import annotations

from flake8_celery_oom.api.report import Finding, Place, Related, Report, Setting, Worker
from flake8_celery_oom.api.scanning import ScanError, scan
from flake8_celery_oom.config import ConfigError

__all__ = ["ConfigError", "Finding", "Place", "Related", "Report", "ScanError", "Setting", "Worker", "scan"]
