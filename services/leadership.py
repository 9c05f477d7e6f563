"""Which process runs the jobs: the door's way to the lock of `models.leader`."""

from models.leader import Leadership

__all__ = ["Leadership"]
