"""What an answer relies on: the questions that were asked of each file, and whether another content answers them alike.

Here: pure functions of one file's content. Not here: what is made of the answers (`workspace`), where they are kept
(`frontends`).
"""
