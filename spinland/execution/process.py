"""``python -m spinland.execution.process PIPE PARENT``: a worker that takes tasks from a pipe and answers into it."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection

from .worker import portable


def main() -> None:
    """Do tasks until there are none, or the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends this
    threading.Thread(target=_outlive_nobody, args=(int(sys.argv[2]),), daemon=True).start()
    pipe = Connection(int(sys.argv[1]))
    while True:
        try:
            function, arguments = pickle.loads(pipe.recv_bytes())
        except EOFError:
            return
        try:
            answer = pickle.dumps((True, function(*arguments)), protocol=5)
        except Exception as error:  # noqa: BLE001 (goes to the future, be it that the answer cannot be sent)
            answer = pickle.dumps((False, portable(error)), protocol=5)
        try:
            pipe.send_bytes(answer)
        except BrokenPipeError:
            return


def _outlive_nobody(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)


if __name__ == "__main__":
    main()
