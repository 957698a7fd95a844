"""What files say about each other's launches, settled before any command is followed.

Here: `extends`, env files, Kustomize overlays, Ansible variables, drop-ins and limit ranges. Not here: what a command
does.
"""
