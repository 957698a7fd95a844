"""What all files of a project say, indexed by what others ask for.

Here: the index of facts, which images commands build, console scripts. Not here: reading files, following commands.
"""
