"""What follows from the resolved workers, for rules and output formats alike.

Here: which workers share a memory limit, what they need, how they are named. Not here: findings and their wording
(`rules`), reading files.
"""
