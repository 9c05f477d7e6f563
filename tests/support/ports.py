"""A port nobody else will take between choosing it and serving on it."""

import itertools
import os
import socket

# The kernel gives outgoing connections the ports from 32768 up. A port chosen there by asking for "any" may be some
# connection's own before our server binds it, so ours come from below, each test worker in a stretch of its own.
_FIRST, _LAST, _EACH = 12_000, 32_000, 2_000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % ((_LAST - _FIRST) // _EACH)
_steps = itertools.count(os.getpid() % _EACH)


def free_port() -> int:
    """A loopback port that is free now, and that this process does not offer twice in a row. Raises OSError."""
    for _ in range(_EACH):
        port = _FIRST + _worker * _EACH + next(_steps) % _EACH
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("every port this test worker may use is taken")
