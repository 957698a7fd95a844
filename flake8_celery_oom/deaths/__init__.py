"""What an operator has of a worker that died, read for its cause: logs, states of containers, the kernel's lines.

Each reader takes one kind of text and gives signs; ``verdict`` makes one death of them, ``matching`` finds the worker
of the project. Nothing here prints, and nothing opens a file.
"""
