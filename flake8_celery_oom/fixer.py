"""What mends one project: the findings that were asked for, judged by all rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flake8_celery_oom.changes.fixing import Fixer
    from flake8_celery_oom.core.findings import Finding
    from flake8_celery_oom.workspace import Workspace


def fixer_for(
    workspace: Workspace,
    *,
    unsafe: bool,
    selected_only: bool = False,
    only: Callable[[Finding], bool] = lambda _: True,
) -> Fixer:
    """What fixes a project: findings of the rules and the paths that were asked for, ``only`` some of them.

    All rules that are on by default judge a fix, whether they were asked for or not. Unsaved texts of the workspace
    count as its files.
    """
    from flake8_celery_oom.changes.fixing import Fixer
    from flake8_celery_oom.rules import selected

    config, codes = workspace.config, selected(workspace.config)
    judging = replace(config, select=(), extend_select=(*config.extend_select, *config.select))
    if selected_only:
        judging = replace(judging, ignore=tuple(code for code in config.ignore if code not in codes))

    def open_project(texts: Mapping[str, str]) -> Workspace:
        return workspace.changed(texts, judging)

    def wanted(finding: Finding) -> bool:
        return finding.code in codes and workspace.asks_for(finding.at.path) and only(finding)

    return Fixer(open_project, wanted, workspace.asks_for, unsafe=unsafe)
