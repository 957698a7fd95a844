"""What one look at a project leaves on the disk for the next one, in another process.

Here: an encoding of data classes that runs no code when it is read, what of a look is kept, and the files it lies in.
Not here: whether what was kept still holds (`reliance`, `resolve`), whole answers (`frontends/answer_cache`).
"""
