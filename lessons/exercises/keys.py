"""Single keys, as they are pressed, on Linux, macOS and Windows; none where there is no terminal."""

import contextlib
import sys
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def keys() -> Iterator[Callable[[], str]]:
    """A function that gives the key pressed since it was last asked, or "" at once. Ctrl-C remains Ctrl-C."""
    if not sys.stdin.isatty():
        yield lambda: ""
        return
    try:
        import msvcrt
    except ImportError:
        yield from _posix()
        return
    yield lambda: msvcrt.getwch() if msvcrt.kbhit() else ""     # type: ignore[attr-defined]  # Windows


def _posix() -> Iterator[Callable[[], str]]:
    import select
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield lambda: sys.stdin.read(1) if select.select([sys.stdin], [], [], 0)[0] else ""
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
