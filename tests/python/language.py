# The language itself: classes, descriptors, pattern matching, the compiler seen from within, dates.
import abc
import ast
import calendar
import datetime
import dis
import enum
import functools
import gc
import inspect
import sys
import time
import tokenize
import types
import typing
import unittest.mock
import weakref
import io


class Meta(type):
    def __new__(cls, name, bases, body, **more):
        return super().__new__(cls, name, bases, body | {"made": more}, **(more if bases else {}))


class Shape(metaclass=Meta, colour="red"):
    sides = 0

    def __init_subclass__(cls, sides):
        cls.sides = sides

    @functools.cached_property
    def half(self):
        return self.sides / 2

    def __matmul__(self, other):
        return type(self).__name__ + "@" + type(other).__name__


class Square(Shape, sides=4):
    pass


class Abstract(abc.ABC):
    @abc.abstractmethod
    def act(self): ...


T = typing.TypeVar("T")


class Box(typing.Generic[T]):
    pass


print(Square().half, Shape.made, Square() @ Shape(), Square.__mro__, Box[int], typing.get_type_hints(Abstract.act))
try:
    Abstract()
except TypeError as error:
    print(error)


def describe(value):
    match value:
        case {"kind": "point", "at": [int(x), int(y)]} if x == y:
            return f"diagonal {x}"
        case [first, *rest]:
            return f"{first} and {len(rest)}"
        case enum.Enum() | None | "":
            return "nothing"
        case str(text) | {"text": text}:
            return text
        case types.SimpleNamespace(a=a):
            return a
        case _:
            return "?"


print([describe(v) for v in ({"kind": "point", "at": [2, 2]}, (1, 2, 3), None, "t", {"text": 5}, types.SimpleNamespace(a=9), 1.0)])
tree = ast.parse("def f(a, *b, c=1, **d):\n    return [x**2 for x in a if x] or (yield lambda: b)\n")
print(ast.dump(tree), ast.unparse(tree), sep="\n")
dis.dis(compile("for i in range(3):\n  try: print(i)\n  except E as e: pass", "<dis>", "exec"))
print([tokenize.tok_name[token.type] for token in tokenize.generate_tokens(io.StringIO("x = 1 # c\n").readline)])
print(inspect.signature(Square.__init_subclass__), inspect.getdoc(len), inspect.getsource(describe).count("case"))
namespace = {}
exec("import math as m\nresult = {n: m.sqrt(n) for n in range(4)}", namespace)
print(namespace["result"], eval("(y := 5) + y"))


class Node:
    pass


node, log = Node(), []
node.me, reference = node, weakref.ref(node, lambda _: log.append("gone"))
del node
gc.collect()
print(reference(), log, sys.getrefcount(log) > 1, sys.intern("ab" + "c") is sys.intern("abc"))
mock = unittest.mock.Mock(return_value=3)
print(mock(1, a=2), mock.call_args, isinstance(sys.implementation.cache_tag, str), sys.float_info.max, sys.maxsize, sys.hash_info.width)
day = datetime.datetime(2024, 2, 29, 12, 30, 15, 123456, datetime.timezone(datetime.timedelta(hours=-5)))
print(day.isoformat(), day.astimezone(datetime.timezone.utc), day.strftime("%A %d %B %y %j %U %z"), day + datetime.timedelta(days=366, seconds=-1))
print(datetime.datetime.strptime("Tue 03/05/24 07:08", "%a %m/%d/%y %H:%M"), datetime.date.fromisocalendar(2024, 9, 4), day.timestamp())
print(time.strftime("%c", time.gmtime(10**9)), time.mktime((2024, 7, 1, 0, 0, 0, 0, 0, 0)), time.tzname, calendar.month(2024, 2))
