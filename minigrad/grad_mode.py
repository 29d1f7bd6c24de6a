"""Whether graphs are built: everywhere, but not inside `no_grad`.

Names are those of `torch.autograd.grad_mode`.
"""

import contextlib
import threading


class _Thread(threading.local):
    """What every thread has of its own: who evaluates beside the training must not switch off its graph."""

    recording = True


thread = _Thread()


@contextlib.contextmanager
def _recording(mode):
    """Where this thread builds graphs or not; afterwards it is again as it was."""
    before, thread.recording = thread.recording, mode
    try:
        yield
    finally:
        thread.recording = before


def no_grad():
    """Where no graph is built: a context, `with no_grad():`, or a decorator, `@no_grad()`."""
    return _recording(False)


def enable_grad():
    """Where graphs are built, inside of a `no_grad`."""
    return _recording(True)


class set_grad_enabled(contextlib.AbstractContextManager):
    """From here on graphs are built or not, as `mode` says; as a context or decorator, there alone."""

    def __init__(self, mode):
        self._mode, self._before, thread.recording = mode, thread.recording, mode

    def __exit__(self, *error):
        thread.recording = self._before

    def __call__(self, function):
        self.__exit__()
        return _recording(self._mode)(function)


def is_grad_enabled():
    return thread.recording
