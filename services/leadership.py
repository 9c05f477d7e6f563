"""Which process runs the jobs: the door's way to the lock of `models.leader`, and to what it guards."""

from models.leader import Leadership
from services.transaction import guarded

__all__ = ["Leadership", "guarded"]
