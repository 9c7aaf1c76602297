# Exceptions: chains, groups, notes, warnings; the last one nobody handles.
import atexit
import contextlib
import sys
import traceback
import warnings


class Problem(Exception):
    pass


def inner(n):
    return inner(n - 1) if n else {}["key"]


def outer():
    try:
        inner(3)
    except KeyError as error:
        raise Problem("while looking", 7) from error


@contextlib.contextmanager
def resource(name):
    print("take", name)
    try:
        yield name
    except ZeroDivisionError:
        print("kept", name)
    finally:
        print("give back", name)


with resource("a") as a, resource("b"):
    1 / 0
try:
    outer()
except Problem as error:
    error.add_note("a note")
    traceback.print_exc(file=sys.stdout)
try:
    raise ExceptionGroup("several", [ValueError("one"), ExceptionGroup("more", [OSError(2, "two"), TypeError("three")])])
except* (ValueError, TypeError) as group:
    print(repr(group))
except* OSError as group:
    traceback.print_exception(group, file=sys.stdout)


def deep():
    return deep() + 1


try:
    deep()
except RecursionError as error:
    print(error)
try:
    x = [0] * (1 << 40)
except MemoryError as error:
    print("no memory", error)
for source in ("1 +", "def f(:\n pass", "x = 'abc", "if 1:\npass", "f(a for a in b, c)", "return 1"):
    try:
        compile(source, "<source>", "exec")
    except SyntaxError as error:
        print("".join(traceback.format_exception_only(error)), end="")
for expression in ("None.x", "undefined", "int('x')", "[].pop()", "'a' + 1", "(lambda a: a)()", "import_module", "print.nothing"):
    try:
        eval(expression)
    except Exception as error:
        print(expression, "->", type(error).__name__, error)
warnings.warn("careful", stacklevel=1)
atexit.register(print, "at the end")
del a
(lambda: outer())()
