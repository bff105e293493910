"""Checks of bank/python/functions-and-scope.toml."""
import builtins
import io
import pickle
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from contextlib import redirect_stdout
from datetime import date
from functools import partial
from types import FunctionType, SimpleNamespace

from run import raises, run_example


def output(source):
    """What the source code prints."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(source, {})
    return printed.getvalue()


def value(source, name="result"):
    namespace = {}
    exec(source, namespace)
    return namespace[name]


def check_args_kwargs():
    namespace, printed = run_example("args-kwargs")
    assert printed == ""
    shown = io.StringIO()
    with redirect_stdout(shown):
        assert namespace["power"](5, exp=3) == 125
    assert shown.getvalue() == "power (5,) {'exp': 3}\n"

    def collect(*args, **kwargs):
        return args, kwargs

    assert collect(1, 2) == ((1, 2), {})
    assert collect() == ((), {}) and type(collect()[0]) is tuple and type(collect()[1]) is dict
    assert collect(*[1, 2, 3]) == collect(1, 2, 3) == ((1, 2, 3), {})
    assert collect(**{"size": 3}) == collect(size=3) == ((), {"size": 3})
    assert collect([1, 2, 3]) == (([1, 2, 3],), {})

    # numbers-and-options
    def custom(*numbers, **options):
        return numbers, options

    assert custom(1, 2, size=3) == collect(1, 2, size=3) == ((1, 2), {"size": 3})

    # append-to-args
    def append(*args):
        args.append(0)

    assert raises(AttributeError, append, 1) == "'tuple' object has no attribute 'append'"
    args = (1, 2)
    assert args + (0,) == (*args, 0) == (1, 2, 0)
    values = list(args)
    values.append(0)
    assert values == [1, 2, 0]

    # count-arguments
    def count(*args):
        return len(args)

    assert (count([1, 2, 3]), count(*[1, 2, 3])) == (1, 3)

    # tag-attributes
    def tag(name, **kwargs):
        return name, kwargs

    assert tag("a", href="/", rel="next") == ("a", {"href": "/", "rel": "next"})

    # time-any-function
    def timed(func):
        def wrapper(*args, **kwargs):
            start = time.perf_counter()
            result = func(*args, **kwargs)
            assert time.perf_counter() >= start
            return result
        return wrapper

    assert timed(tag)("a", href="/") == ("a", {"href": "/"})
    assert timed(count)() == 0 and timed(count)(*range(10)) == 10

    # misspelt-timeout
    def loose(**kwargs):
        return kwargs.get("timeout", 30)

    def strict(*, timeout=30):
        return timeout

    assert loose(timout=5) == 30 and strict(timeout=5) == 5
    assert "unexpected keyword argument 'timout'" in raises(TypeError, lambda: strict(timout=5))


module_level_lambda = lambda x: x + 1


def module_level_def(x):
    return x + 1


def check_lambda_vs_def():
    namespace, printed = run_example("lambda-vs-def")
    assert printed == "[('Bo', 19), ('Ana', 31)]\n['dev', '1.9', '1.10']\n"
    assert namespace["version"]("1.10") == (1, 10) and namespace["version"]("dev") == ()
    assert namespace["version"].__name__ == "version" and (lambda: 0).__name__ == "<lambda>"

    # disassemble-both
    short, named = module_level_lambda, module_level_def
    assert short.__code__.co_code == named.__code__.co_code
    assert short.__code__.co_consts == named.__code__.co_consts
    assert type(short) is type(named) is FunctionType and short(1) == named(1) == 2
    assert (short.__name__, named.__name__) == ("<lambda>", "module_level_def")

    # total-in-a-lambda, try-in-a-key
    for body in ("total = total + x", "return total", "try: x", "for i in x: i", "while x: x"):
        assert raises(SyntaxError, f"f = lambda total, x: {body}")
    assert raises(SyntaxError, "lambda x: y = x")
    assert (lambda total, x: total + x)(1, 2) == 3

    # three-lambdas
    late = [lambda: i for i in range(3)]
    assert [f() for f in late] == [2, 2, 2]
    early = [lambda i=i: i for i in range(3)]
    assert [f() for f in early] == [0, 1, 2]

    # show-me-a-place
    users = [SimpleNamespace(age=31), SimpleNamespace(age=19)]
    assert [u.age for u in sorted(users, key=lambda u: u.age)] == [19, 31]
    files = [SimpleNamespace(size=1), SimpleNamespace(size=9)]
    assert max(files, key=lambda f: f.size).size == 9
    assert sorted([("a", 2), ("b", 1)], key=lambda p: p[1]) == [("b", 1), ("a", 2)]
    names = ["Ada Young", "Zoe Adams"]
    names.sort(key=lambda n: n.split()[-1])
    assert names == ["Zoe Adams", "Ada Young"]
    assert defaultdict(lambda: "unknown")["x"] == "unknown"
    assert list(filter(lambda n: n > 0, [-1, 0, 2])) == [2]

    # review-long-key: the line in the question is valid and sorts as it reads.
    orders = [
        SimpleNamespace(due=due, prio=prio, open=is_open, owner=SimpleNamespace(name=name))
        for due, prio, is_open, name in [
            (None, 9, True, "a"),
            (date(2030, 1, 1), 1, True, "b"),
            (date(2030, 1, 1), 5, True, "C"),
            (date(2030, 1, 1), 5, False, "d"),
        ]
    ]
    orders.sort(key=lambda o: (o.due or date.max, -o.prio if o.open else 0, o.owner.name.lower()))
    assert [o.owner.name for o in orders] == ["C", "b", "d", "a"]

    # pool-and-traceback: Pool.map pickles the function for its workers.
    assert "<lambda>" in raises(pickle.PicklingError, pickle.dumps, module_level_lambda)
    assert pickle.loads(pickle.dumps(module_level_def)) is module_level_def
    assert pickle.loads(pickle.dumps(partial(module_level_def, 1)))() == 2


def check_pass_statement():
    namespace, printed = run_example("pass-statement")
    assert printed == "1\n2\n3\n"
    assert issubclass(namespace["OutOfStock"], Exception)
    assert output("for n in [1, 2, 3]:\n    if n == 2:\n        continue\n    print(n)") == "1\n3\n"

    # print-after-pass
    loop = "for n in [1, 2]:\n    if n == 1:\n        {}\n    print(n)"
    assert output(loop.format("pass")) == "1\n2\n"
    assert output(loop.format("continue")) == "2\n"

    # line-after-pass
    def greet():
        pass
        return "hi"

    def silent():
        pass

    assert greet() == "hi" and silent() is None

    # other-exception
    source = "def load(): raise {}('x')\ntry: load()\nexcept ValueError: {}"
    assert raises(KeyError, source.format("KeyError", "pass")) == "'x'"
    assert output(source.format("ValueError", "pass")) == ""
    assert output(source.format("ValueError", "print('logged')")) == "logged\n"

    # only-a-todo
    empty = "print('started')\ndef f():\n    # todo\n"
    printed = io.StringIO()
    with redirect_stdout(printed):
        assert "expected an indented block after function definition" in raises(IndentationError, empty)
    assert printed.getvalue() == "" and issubclass(IndentationError, SyntaxError)
    for filler in ("pass", "...", "'''Docs.'''"):
        assert value(f"def f():\n    {filler}\nresult = f()") is None

    # what-changes
    def with_pass():
        x = 1
        pass
        return x

    def without_pass():
        x = 1
        return x

    assert with_pass() == without_pass() == 1

    # bare-class-line
    bare = "class MyError(Exception):"
    assert "expected an indented block after class definition" in raises(IndentationError, bare + "\n")
    for filler in ("pass", "...", "'''Docs.'''"):
        assert issubclass(value(f"{bare}\n    {filler}", "MyError"), Exception)

    # stub-to-override
    class Quiet:
        def save(self):
            pass

    class Loud:
        def save(self):
            raise NotImplementedError

    class Strict(ABC):
        @abstractmethod
        def save(self):
            ...

    class Forgot(Strict):
        pass

    assert type("Child", (Quiet,), {})().save() is None
    raises(NotImplementedError, type("Child", (Loud,), {})().save)
    assert "abstract method" in raises(TypeError, Forgot)


RATE = 2


def check_scope_legb():
    namespace, printed = run_example("scope-legb")
    assert printed == "1 2\n" and namespace["step"]() == 3

    # The same counter without its nonlocal line.
    def make_counter():
        count = 0

        def step():
            count += 1
            return count
        return step

    assert "'count'" in raises(UnboundLocalError, make_counter())

    order = (
        "{}def outer():\n    {}\n    def inner():\n        {}\n        return len\n"
        "    return inner()\nresult = outer()"
    )
    assert value(order.format("", "pass", "pass")) is builtins.len
    assert value(order.format("len = 'G'\n", "pass", "pass")) == "G"
    assert value(order.format("len = 'G'\n", "len = 'E'", "pass")) == "E"
    assert value(order.format("len = 'G'\n", "len = 'E'", "len = 'L'")) == "L"
    assert raises(TypeError, "list = [1]\nlist('ab')") == "'list' object is not callable"

    # after-the-loop
    def after_the_loop():
        for i in range(3):
            last = i
        return i, last

    def after_other_blocks():
        if True:
            a = 1
        with io.StringIO() as file:
            b = file.write("xy")
        return a, b

    assert after_the_loop() == (2, 2) and after_other_blocks() == (1, 2)

    # read-a-constant
    def f():
        return RATE * 10

    assert f() == 20

    # inner-sets-x
    nested = (
        "def outer():\n    x = 1\n    def inner():\n        {}x = 2\n"
        "    inner()\n    return x\nresult = outer()"
    )
    assert value(nested.format("")) == 1
    assert value(nested.format("nonlocal x; ")) == 2

    # module-named-len
    assert raises(TypeError, "len = 3\ndef f(): return len('abc')\nf()") == "'int' object is not callable"

    # print-then-assign
    source = "total = 0\ndef f():\n    print(total)\n    total = 1\nf()"
    assert "local variable 'total'" in raises(UnboundLocalError, source)

    # bump-the-counter: the counter at module level
    source = "count = 0\ndef bump():\n    {}count += 1\n    return count\nresult = [bump(), bump()]"
    assert value(source.format("global count; ")) == [1, 2]
    raises(UnboundLocalError, source.format(""))
    assert "nonlocal" in raises(SyntaxError, source.format("nonlocal count; "))

    # three-lambdas
    def make(n):
        return lambda: n

    late, early, bound, made = [], [], [], []
    for i in range(3):
        late.append(lambda: i)
        early.append(lambda i=i: i)
        bound.append(partial(int, i))
        made.append(make(i))
    assert [f() for f in late] == [2, 2, 2]
    for functions in (early, bound, made):
        assert [f() for f in functions] == [0, 1, 2]
