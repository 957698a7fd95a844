"""The language server: what editors show of a project while it is edited, over the same engine as the command line.

Here live the translation to the Language Server Protocol and what is only asked for in editors (hover, completion).
No analysis: that is the workspace's.
"""
