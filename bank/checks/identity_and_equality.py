"""Checks of the topic "Identity and equality"."""
import dataclasses
import math
import sys
import warnings

from run import raises, run_example


class AlwaysEqual:
    def __eq__(self, other):
        return True


class NeverEqual:
    def __eq__(self, other):
        return False


def check_is_vs_equals():
    namespace, printed = run_example("is-vs-equals")
    assert printed == "True False\nTrue\n"
    a, b, c = namespace["a"], namespace["b"], namespace["c"]
    c.append(3)
    assert a == [1, 2, 3] and b == [1, 2]

    # is-for-none, argument-left-out
    missing = object()

    def save(path, limit=None):
        return "none given" if limit is None else limit

    def save_truthy(path, limit=None):
        return limit if limit else "none given"

    def save_sentinel(path, limit=missing):
        return "none given" if limit is missing else limit
    assert save("x") == "none given" and save("x", 0) == 0
    assert save_truthy("x", 0) == "none given"
    assert save_sentinel("x") == "none given" and save_sentinel("x", None) is None
    assert type(None)() is None
    assert AlwaysEqual() == None and AlwaysEqual() is not None  # noqa: E711

    # eq-method
    @dataclasses.dataclass
    class Point:
        x: int

    class Plain:
        pass
    assert Point(1) == Point(1) and Point(1) is not Point(1)
    plain = Plain()
    assert plain == plain and plain != Plain()
    assert raises(SyntaxError, compile, "class C:\n    def is(self): pass", "c", "exec")

    # like-triple-equals, same-type-same-items
    a, b = [1, 2], [1, 2]
    assert a == b and type(a) is type(b) and a is not b
    assert 1 == 1.0

    # caching-accident, safe-for-numbers-and-strings, seven-and-seventy-thousand
    assert int("7") is int("7") and int("70000") is not int("70000")
    assert int("70000") == int("70000")
    assert all(int(str(n)) is int(str(n)) for n in range(-5, 257))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compile("x is 5", "c", "eval")
    assert [w.category for w in caught] == [SyntaxWarning]

    # interchangeable, replace-them-all, same-email
    result = sorted([2, 1])
    assert result == [1, 2] and not result is [1, 2]
    typed, again = b"ann@example.org".decode(), b"ann@example.org".decode()
    assert typed == again and typed is not again

    # three-names
    a = [1]
    b = a
    c = [1]
    assert a is b and a is not c and b is not c and a == c
    a.append(2)
    assert b == [1, 2] and c == [1]

    # same-but-unequal
    for x in (float("nan"), math.nan, NeverEqual()):
        assert x is x and not x == x
        assert x in [x]


def check_equal_but_not_identical():
    namespace, printed = run_example("equal-but-not-identical")
    assert printed == "True False\nTrue\nFalse\n"
    a, b = namespace["a"], namespace["b"]
    a.append(3)
    assert b == [1, 2]
    b = a
    assert a is b

    # must-differ-somewhere, list-of-a
    a = [1, 2]
    b = list(a)
    assert a == b and type(a) is type(b) and a is not b
    b.append(3)
    assert a == [1, 2]

    # equal-immutables-shared, joined-string
    s = "".join(["py", "thon"])
    t = "python"
    assert s == t and s is not t
    assert sys.intern(s) is sys.intern(t)
    assert tuple([1, 2]) == (1, 2) and tuple([1, 2]) is not tuple([1, 2])

    # is-unreliable, which-answer-is-wrong, reuse-explains-true, the-lucky-seven
    assert len({id(int("7")), id(int("7"))}) == 1
    first, second = int("70000"), int("70000")
    assert id(first) != id(second) and first == second
    assert all(int(str(n)) is int(str(n)) for n in range(-5, 257))

    # append-to-one
    a = [4, 5]
    b = [4, 5]
    assert a == b
    a.append(6)
    assert b == [4, 5] and a != b

    # is-ignores-contents, million-items: `==` visits each item, `is` none
    class Counting:
        looked = 0

        def __eq__(self, other):
            Counting.looked += 1
            return True
    a, b = [Counting() for _ in range(1000)], [Counting() for _ in range(1000)]
    assert a is not b and Counting.looked == 0
    assert a == b and Counting.looked == 1000
    Counting.looked = 0
    assert [Counting(), 1, Counting()] != [Counting(), 2, Counting()] and Counting.looked == 1

    # concrete-pair
    assert {} == {} and not {} is {}
    assert int("1000") == int("1000") and int("1000") is not int("1000")

    # id-of-two-lists
    assert id([1]) == id([1]) and not [1] is [1]
    one, two = [1], [1]
    assert id(one) != id(two)
