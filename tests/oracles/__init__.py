"""Our reading of a notation held against the program that really reads it, over generated inputs."""
