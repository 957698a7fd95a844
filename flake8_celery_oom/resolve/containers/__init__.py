"""The inside of containers.

Here: what a launch runs in its image, and which file of the project a path in the container is. Not here: the commands
themselves.
"""
