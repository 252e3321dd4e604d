"""``python -m spinland.execution.process IN OUT PARENT``: a worker between two pipes, tasks and answers."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time

from .local import read_frame, write_frame


def main() -> None:
    """Do tasks until there are none, or the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, which ends this
    threading.Thread(target=_outlive_nobody, args=(int(sys.argv[3]),), daemon=True).start()
    orders, replies = (os.fdopen(int(number), mode) for number, mode in zip(sys.argv[1:3], ("rb", "wb"), strict=True))
    while True:
        try:
            function, arguments = read_frame(orders)
        except EOFError:
            return
        try:
            answer: tuple[bool, object] = True, function(*arguments)
        except Exception as error:  # noqa: BLE001 (goes to the future)
            answer = False, error
        try:
            write_frame(replies, answer)
        except BrokenPipeError:
            return
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            write_frame(replies, (False, RuntimeError(f"what the task returned cannot be sent: {error}")))


def _outlive_nobody(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)


if __name__ == "__main__":
    main()
