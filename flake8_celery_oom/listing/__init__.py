"""Which files a project has, told without starting a program and without reading the repository's configuration.

Here live the readers of what git leaves on the disk (index, ignore files, ``.git`` files) and the walk over a tree.
What a file says does not belong here.
"""
