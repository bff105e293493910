"""Checks of the topic "Choosing data structures"."""
import dis
import os
import queue
import subprocess
import sys
import time
import tracemalloc
from collections import deque

from run import raises, run_example


class Counted:
    """A value that counts how often it is compared."""

    comparisons = 0

    def __init__(self, number):
        self.number = number

    def __hash__(self):
        return hash(self.number)

    def __eq__(self, other):
        Counted.comparisons += 1
        return self.number == other.number


def comparisons(container, value):
    Counted.comparisons = 0
    assert value not in container
    return Counted.comparisons


def output(code, hash_seed):
    """What `code` prints in a process of its own with this hash seed."""
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    return subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def peak_bytes(action):
    """The most memory that `action` holds at once, beyond what was there before."""
    tracemalloc.start()
    try:
        result = action()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


def opcodes(code):
    """All instruction names of a code object and of those nested in it."""
    names = {instruction.opname for instruction in dis.get_instructions(code)}
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            names |= opcodes(constant)
    return names


def check_choose_a_collection():
    example, printed = run_example("choose-a-collection")
    assert printed == "2 /buy\n"
    assert example["visitors"] == {"ann", "bob"} and len(example["hits"]) == 3
    assert all(type(hit) is tuple for hit in example["hits"])

    # b-before-a
    d = {}
    d["b"] = 1
    d["a"] = 2
    d["b"] = 3
    assert list(d) == ["b", "a"] and sorted(d) == ["a", "b"]

    # dedupe-in-ci: the order of a set of strings differs between processes, that of dict keys does not.
    names = "names = ['ann', 'bob', 'cy', 'di', 'ed', 'flo', 'gus', 'hal', 'bob'];"
    dedupe = names + "print(list(set(names)))"
    assert len({output(dedupe, seed) for seed in (1, 2, 3, 4)}) > 1
    assert output(dedupe, 1) == output(dedupe, 1)
    in_order = names + "print(list(dict.fromkeys(names)))"
    assert {output(in_order, seed) for seed in (1, 2)} == {"['ann', 'bob', 'cy', 'di', 'ed', 'flo', 'gus', 'hal']\n"}
    assert sorted(set(["b", "a", "b"])) == ["a", "b"]
    assert set(["b", "a", "b"]) == {"a", "b"}

    # cache-per-tags
    tags, cache = ["a", "b"], {}
    assert "unhashable type: 'list'" in raises(TypeError, lambda: cache.__setitem__(tags, 1))
    assert "unhashable type: 'list'" in raises(TypeError, "cache = {}; cache[['a', 'b']] = 1")
    assert "unhashable type: 'list'" in raises(TypeError, lambda: {1}.add(tags))
    cache["a", "b"] = 1
    assert cache[tuple(tags)] == 1
    assert frozenset(tags) == frozenset(["b", "a"]) and hash(frozenset(tags)) == hash(frozenset(["b", "a"]))
    assert tuple(sorted(["b", "a"])) == ("a", "b")
    assert "unhashable" in raises(TypeError, hash, ([1], 2))

    # user-by-id, which-addresses
    users = {7: "Ann"}
    assert users[7] == "Ann" and users.get(8) is None
    seen = set()
    for ip in ["10.0.0.1", "10.0.0.2", "10.0.0.1"]:
        seen.add(ip)
    assert len(seen) == 2 and "10.0.0.1" in seen

    # seen-grows: a miss compares with all of a list, and with next to nothing in a set.
    values = [Counted(number) for number in range(1000)]
    assert comparisons(values, Counted(-5)) == 1000
    assert comparisons(set(values), Counted(-5)) <= 3
    assert comparisons(dict.fromkeys(values), Counted(-5)) <= 3
    assert 1_000_000 * 999_999 // 2 == 499_999_500_000

    # pop-front: the real ratio is in the thousands.
    size, takes = 1_000_000, 50
    jobs, line = list(range(size)), deque(range(size))
    slow = seconds(lambda: [jobs.pop(0) for _ in range(takes)])
    fast = seconds(lambda: [line.popleft() for _ in range(takes)])
    assert slow > 10 * fast
    assert jobs[0] == line[0] == takes and jobs.pop() == line.pop() == size - 1
    shared = queue.Queue()
    shared.put("first")
    shared.put("second")
    assert shared.get() == "first"


def check_string_building():
    _, printed = run_example("string-building")
    assert printed == "fruit,count\npear,3\nfig,12\n"

    # second-name
    a = "hi"
    b = a
    a += "!"
    assert (a, b) == ("hi!", "hi")
    a = ["hi"]
    b = a
    a.append("!")
    assert b == ["hi", "!"] and a is b

    # set-first-letter
    message = "'str' object does not support item assignment"
    assert raises(TypeError, "s = 'cat'; s[0] = 'b'") == message
    s = "cat"
    assert "b" + s[1:] == "bat" and s == "cat"

    # one-line
    assert "".join(["a", "b", "c"]) == "abc"
    assert "expected str instance, int found" in raises(TypeError, "".join, ["a", 1])
    assert "".join(map(str, ["a", 1])) == "a1"

    # ten-times-more: on an attribute every turn makes another string.
    class Page:
        out = ""

    page = Page()
    for _ in range(1000):
        before = page.out
        page.out += "piece"
        assert page.out is not before
    one = sum(range(100_000))
    assert one == 4_999_950_000  # work-per-turn: about five billion characters
    assert 99 < sum(range(1_000_000)) / one < 101

    # benchmark-says-fine: a string that only a local name refers to often stays where it is.
    def grow(second_reference):
        text, stayed = "x" * 1000, 0
        for _ in range(1000):
            other = text if second_reference else None
            before = id(text)
            text += "x"
            stayed += id(text) == before
            del other
        return stayed

    assert grow(second_reference=True) == 0
    if sys.implementation.name == "cpython":
        assert grow(second_reference=False) > 500

    # fstring-turn, against join: a whole megabyte is copied; join reserves the result once.
    megabyte = "x" * 1_000_000
    peak, longer = peak_bytes(lambda: f"{megabyte}{'y'}")
    assert len(longer) == 1_000_001 and peak > 1_000_000
    pieces = ["0123456789"] * 100_000
    peak, joined = peak_bytes(lambda: "".join(pieces))
    assert len(joined) == 1_000_000 and 1_000_000 < peak < 1_100_000


def check_comprehension_vs_loop():
    example, printed = run_example("comprehension-vs-loop")
    assert example["emails"] == ["ann@x.org"] and printed == "sending to ann@x.org\n"

    # what-comes-back
    nums = [1, 2]
    doubled = [n * 2 for n in nums]
    assert doubled == [2, 4] and nums == [1, 2]

    # slow-function: the item is added by an instruction rather than an append call, and the body is
    # bytecode that calls `score` once for each item.
    names = opcodes(compile("[score(x) for x in items]", "", "eval"))
    assert "LIST_APPEND" in names and any(name.startswith("CALL") for name in names)
    scored = []

    def score(x):
        scored.append(x)
        return x

    assert [score(x) for x in range(3)] == scored == [0, 1, 2]

    # billion-squares: the list is complete at once, the generator expression works on demand.
    made = []

    def square(x):
        made.append(x)
        return x * x

    squares = [square(x) for x in range(5)]
    assert made == [0, 1, 2, 3, 4] and squares[-1] == 16
    made.clear()
    lazy = (square(x) for x in range(5))
    assert made == [] and next(lazy) == 0 and made == [0]
    n = 100_000
    list_peak, total = peak_bytes(lambda: sum([x * x for x in range(n)]))
    lazy_peak, lazy_total = peak_bytes(lambda: sum(x * x for x in range(n)))
    assert total == lazy_total and lazy_peak < 10_000 and list_peak > 8 * n
    # Eight bytes a reference and 28 or more an int: tens of gigabytes for a billion items.
    assert sys.getsizeof([None] * 1000) >= 8000 and sys.getsizeof(10**9) >= 28

    # email-every-user
    sent = []
    assert [sent.append(user) for user in ("ann", "bob")] == [None, None] and sent == ["ann", "bob"]

    # review-the-monster: the same result from a loop that can hold more.
    def pairs(rows):
        for row in rows:
            for n in row:
                if n < 0:
                    continue
                yield n

    rows = [[1, -2], [3]]
    assert list(pairs(rows)) == [n for row in rows for n in row if n >= 0] == [1, 3]

    # show-both
    kept = []
    for name in [" ann ", "", "bob"]:
        if name:
            kept.append(name.strip())
    assert kept == [n.strip() for n in [" ann ", "", "bob"] if n] == ["ann", "bob"]
    assert [n for n in [1, 2, 3, 4] if n % 2 == 0] == [2, 4]
    assert [float(p) for p in ["1.5", "2"]] == [1.5, 2.0]
    assert [len(w) for w in ["a", "bc"]] == [1, 2]

    # bad-rows
    raises(SyntaxError, compile, "[try: int(f) for f in fields]", "", "eval")
    assert "invalid literal for int()" in raises(ValueError, int, "n/a")
    out, logged = [], []
    for f in ["1", "n/a", "-5"]:
        try:
            out.append(int(f))
        except ValueError:
            logged.append(f)
    assert out == [1, -5] and logged == ["n/a"]
    assert not "-5".isdigit()
