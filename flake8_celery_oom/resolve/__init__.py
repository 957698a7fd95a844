"""Joins the facts of all files into workers.

Here: everything that takes two files. Not here: reading one file (`sources`), judging what is found (`analysis`,
`rules`). The layers of the packages inside are checked by import-linter.
"""
