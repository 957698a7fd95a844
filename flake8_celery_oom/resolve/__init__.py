"""Joins the facts of all files into workers: the only code that looks at two files at once."""
