"""Checks of the topic "Lists, tuples, mutability and copying"."""
import collections
import copy
import functools
import sqlite3
import sys
import threading

from run import raises, run_example

# Newer versions put more words around it, for instance "cannot use 'list' as a dict key (…)".
UNHASHABLE = "unhashable type: 'list'"


def check_list_vs_tuple():
    namespace, _ = run_example("list-vs-tuple")
    spot, names = namespace["berlin"], namespace["names"]
    assert names[(52.5, 13.4)] == "Berlin"
    assert namespace["route"] == [spot, (48.1, 11.6)]
    assert UNHASHABLE in raises(TypeError, names.__getitem__, list(spot))
    assert UNHASHABLE in raises(TypeError, lambda: {[52.5, 13.4]: "Berlin"})
    assert names[tuple([52.5, 13.4])] == "Berlin"

    # mutability, assign-an-item
    items = same = [1, 2]
    items[0] = 9
    assert items is same and items == [9, 2]
    assert raises(TypeError, "x = (1, 2); x[0] = 9") == "'tuple' object does not support item assignment"
    assert raises(IndexError, "x = []; x[0] = 9") == "list assignment index out of range"
    assert not any(hasattr((), name) for name in ("append", "pop", "sort"))

    # hashable, swap-them
    assert hash((1, 2)) == hash((1, 2)) and (1, 2) in {(1, 2)}
    assert raises(TypeError, hash, [1, 2]) == UNHASHABLE
    assert UNHASHABLE in raises(TypeError, set().add, [1, 2])
    assert UNHASHABLE in raises(TypeError, functools.lru_cache(lambda x: x), [1])
    assert isinstance(1, (int, str))
    assert "must be a type, a tuple of types" in raises(TypeError, isinstance, 1, [int, str])

    # lighter
    assert sys.getsizeof((1, 2, 3)) < sys.getsizeof([1, 2, 3])
    assert (1, 2, 3) in (lambda: (1, 2, 3)).__code__.co_consts

    # tuple-deeply-frozen, list-inside-tuple
    t = ([1], 2)
    t[0].append(3)
    assert t == ([1, 3], 2)
    assert raises(TypeError, hash, t) == UNHASHABLE
    assert UNHASHABLE in raises(TypeError, lambda: {t: 1})

    # parentheses-make-it, one-element
    assert type((1)) is int and (1) == 1
    x = 1,
    assert type(x) is tuple and x == (1,) == tuple([1])
    assert type(()) is tuple and (1, 2, 3) == eval("1, 2, 3")

    # choose-one
    def coordinates():
        return 52.5, 13.4
    assert type(coordinates()) is tuple
    assert collections.namedtuple("Spot", "latitude longitude")(*coordinates()).longitude == 13.4

    # fixed-record-example
    connection = sqlite3.connect(":memory:")
    assert connection.execute("select 1, 'Anna', 29").fetchone() == (1, "Anna", 29)
    connection.close()

    # plus-equals
    t = ([1],)
    try:
        t[0] += [2]
        raise AssertionError("the item assignment must fail")
    except TypeError as error:
        assert "does not support item assignment" in str(error)
    assert t == ([1, 2],)
    t[0].extend([3])
    assert t == ([1, 2, 3],)


def check_mutability():
    namespace, printed = run_example("mutability")
    assert printed == "[1, 9] [1, 9]\n"
    assert namespace["a"] is namespace["b"]

    # changed-in-place, id-after-append
    a = [1]
    before = id(a)
    a.append(2)
    assert id(a) == before and a == [1, 2]
    t = old = (1,)
    t += (2,)
    assert t == (1, 2) and old == (1,) and t is not old
    assert not hasattr(t, "append")

    # immutable-gives-new, string-changes-in-place, hi-and-alias
    s = "data"
    assert (s.upper(), s.replace("a", "o"), s) == ("DATA", "doto", "data")
    assert raises(TypeError, 's = "x"; s[0] = "y"') == "'str' object does not support item assignment"
    a = "hi"
    b = a
    a += "!"
    assert (a, b) == ("hi!", "hi") and a is not b

    # binding-copies, add-nine
    def add(xs):
        xs.append(9)
    a = [1]
    b = a
    add(a.copy())
    assert a == [1]
    add(a)
    assert a == b == [1, 9] and a is b

    # immutable-means-constant, tuple-name-again
    t = first = (1, 2)
    t = (3, 4)
    assert t == (3, 4) and first == (1, 2)
    assert raises(TypeError, "t = (1, 2); t[0] = 3") == "'tuple' object does not support item assignment"

    # rebinding-differs, append-or-plus
    def append(items):
        items.append(1)

    def plus(items):
        items = items + [1]
        return items

    def plus_equals(items):
        items += [1]
    for action, seen in ((append, [0, 1]), (plus, [0]), (plus_equals, [0, 1])):
        mine = [0]
        action(mine)
        assert mine == seen, action.__name__
    assert plus([0]) == [0, 1]

    # shared-references, config-to-library
    def library(options):
        options["debug"] = True
    config = {}
    elsewhere = config
    library(dict(config))
    assert elsewhere == {}
    library(config)
    assert elsewhere == {"debug": True}

    # types-named
    for kind, change in ((list, "append"), (dict, "update"), (set, "add"), (bytearray, "append")):
        assert hasattr(kind, change) and kind.__hash__ is None
    for value in ("a", 1, (1, 2), 1.5, frozenset(), b"a"):
        assert isinstance(hash(value), int)

    # default-argument
    def collect(x, seen=[]):
        seen.append(x)
        return seen
    assert collect(1) is collect(2) and collect.__defaults__ == ([1, 2],)

    # returned-inner-list
    class Basket:
        def __init__(self):
            self._orders = [2, 1]

        def inner(self):
            return self._orders

        def outer(self):
            return list(self._orders)
    basket = Basket()
    basket.outer().clear()
    assert basket._orders == [2, 1]
    basket.inner().sort()
    assert basket._orders == [1, 2]
    basket.inner().clear()
    assert basket._orders == []


def check_shallow_vs_deep_copy():
    namespace, printed = run_example("shallow-vs-deep-copy")
    assert printed == "1\n30\n"
    defaults, cfg, safe = namespace["defaults"], namespace["cfg"], namespace["safe"]
    assert cfg is not defaults and cfg["db"] is defaults["db"] is not safe["db"]

    # shallow-outer-only, inner-change-shows, which-are-new
    dicts = [{"x": 0}, {"x": 0}, {"x": 0}]
    for shallow in (copy.copy(dicts), dicts.copy(), dicts[:], list(dicts)):
        assert shallow is not dicts
        assert all(mine is theirs for mine, theirs in zip(shallow, dicts))
        shallow.append(None)
        assert len(dicts) == 3
    shallow[0]["x"] = 1
    assert dicts[0]["x"] == 1

    # deep-recursive, nobody-else-touches
    config = {"a": {"b": {"c": {"d": [1]}}}, "name": "x"}
    twin = copy.deepcopy(config)
    mine, theirs = twin, config
    for key in "abcd":
        mine, theirs = mine[key], theirs[key]
        assert mine == theirs and mine is not theirs
    mine.append(2)
    assert theirs == [1]
    assert twin["name"] is config["name"]
    assert copy.copy(config)["a"]["b"] is config["a"]["b"]

    # shallow-can-suffice
    flat = [1, "a"]
    other = flat[:]
    other[0] = 5
    assert flat == [1, "a"]

    # deep-costs: what was shared is shared no more
    lookup = {"big": "table"}
    assert copy.deepcopy([lookup])[0] is not lookup

    # assignment-is-shallow, count-the-lists
    a = [1, 2]
    b = a
    second = a.copy()
    b.append(3)
    assert a == [1, 2, 3] and a is b and second == [1, 2]

    # copy-is-independent, grid-slice
    grid = [[0, 0], [0, 0]]
    rows = [row[:] for row in grid]
    deep = copy.deepcopy(grid)
    g2 = grid[:]
    g2[0][0] = 9
    assert grid == [[9, 0], [0, 0]] and g2[0] is grid[0]
    assert rows == deep == [[0, 0], [0, 0]]

    # deepcopy-fits-all, lock-and-connection
    class Service:
        def __init__(self, connection):
            self.lock, self.connection, self.settings = threading.Lock(), connection, {"retries": [1]}

    class Careful(Service):
        def __deepcopy__(self, memo):
            twin = Careful(self.connection)
            twin.settings = copy.deepcopy(self.settings, memo)
            return twin
    connection = sqlite3.connect(":memory:")
    service, careful = Service(connection), Careful(connection)
    assert raises(TypeError, copy.deepcopy, service) == "cannot pickle '_thread.lock' object"
    assert "sqlite3.Connection" in raises(TypeError, copy.deepcopy, connection)
    assert copy.deepcopy(service.settings)["retries"] is not service.settings["retries"]
    twin = copy.deepcopy(careful)
    assert twin.connection is connection and twin.lock is not careful.lock
    assert twin.settings == careful.settings and twin.settings["retries"] is not careful.settings["retries"]
    connection.close()

    # next-request
    defaults = {"db": {"timeout": 30}}
    cfg = {**defaults, "db": {**defaults["db"], "timeout": 1}}
    assert cfg == {"db": {"timeout": 1}} and defaults == {"db": {"timeout": 30}}
    cfg = defaults.copy()
    cfg["db"]["timeout"] = 1
    assert defaults.copy()["db"]["timeout"] == 1

    # same-row-twice
    row = [1]
    old = [row, row]
    old.append(old)
    new = copy.deepcopy(old)
    assert new[0] is new[1] and new[0] == row and new[0] is not row
    assert new[2] is new is not old
