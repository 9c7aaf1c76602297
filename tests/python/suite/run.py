"""CPython's own test runner, with its arguments; what starts a second process is skipped, natively as in a sandbox."""

import os
import posix
import unittest

import _posixsubprocess


class OneProcess(unittest.SkipTest, OSError):
    """What the library may handle as it does any failure, and else skips a test."""


def start(*_args, **_named):
    raise OneProcess("needs a second process")


# Before subprocess takes a reference to it.
_posixsubprocess.fork_exec = start
for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system"):
    setattr(os, name, start)
    setattr(posix, name, start)

from test.libregrtest import main

main()
