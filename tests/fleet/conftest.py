from __future__ import annotations

import pytest

pytest.importorskip("duckdb", reason="duckdb is not installed: pip install 'flake8-celery-oom[fleet]'")
