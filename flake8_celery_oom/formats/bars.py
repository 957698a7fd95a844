"""Memory against its limit as a bar of characters."""

from __future__ import annotations

from flake8_celery_oom.formats.inventory import Memory

WIDTH, NARROW = 24, 16
BLOCKS = ("█", "▓", "░", "│", "·")
ASCII = ("#", "=", "-", "|", ".")
"""The main process, its idle children, what the children may grow to, the limit, and what is free below it."""


def bar(memory: Memory, signs: tuple[str, ...] = BLOCKS, width: int = WIDTH) -> str:
    """The need of a container, ``width`` characters wide; empty where it has no limit or no need that can be told."""
    idle, most, limit = memory.need.idle, memory.most, memory.limit
    if idle is None or most is None or not limit:
        return ""
    main_sign, child_sign, growth_sign, limit_sign, free_sign = signs
    scale = width / max(limit, most)
    main = max(1, round((memory.main or 0) * scale))
    children = max(main, round(idle * scale))
    grown = max(children, round(most * scale))
    cells = [main_sign] * main + [child_sign] * (children - main) + [growth_sign] * (grown - children)
    cells += [free_sign] * (width - len(cells))
    if most > limit:
        cells[min(width - 1, max(0, round(limit * scale) - 1))] = limit_sign
    return "".join(cells[:width])


def legend(signs: tuple[str, ...] = BLOCKS) -> str:
    """What the signs of a bar mean."""
    main, children, growth, limit, free = signs
    return f"{main} main process  {children} idle children  {growth} what they may grow to  {free} free  {limit} limit"
