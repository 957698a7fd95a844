"""An interpreter of shell scripts in which values may be unknown.

Here: expansion, builtins, control flow, and which parts can be skipped. Not here: what a program does that a script
starts (`programs`).
"""
