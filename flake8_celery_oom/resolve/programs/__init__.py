"""Programs that start other commands.

Here: wrappers (`nohup`, `gosu`), task runners (`make`, `tox`), supervisors, Python programs. Not here: shells
(`shell`) and the celery command itself (`celery.command_line`).
"""
