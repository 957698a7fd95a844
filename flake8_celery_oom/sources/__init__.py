"""One module per kind of file: ``claims`` says whether a file is of that kind, ``read`` turns it into facts.

Here: what one file says by itself. Not here: a second file, or what a command leads to (`resolve`).
"""
