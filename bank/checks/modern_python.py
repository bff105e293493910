"""Checks of bank/python/modern-python.toml.

What mypy and pytest print is not run here, since neither is in the standard library.
"""
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import sysconfig
import tempfile
import types
import unittest
import venv
from dataclasses import dataclass
from typing import Any, Optional, TypedDict, Union
from unittest import mock

from run import raises, run_example


def check_type_hints():
    namespace, printed = run_example("type-hints")
    assert printed == "three items\n"
    assert namespace["label"].__annotations__ == {"count": int, "return": str}

    def double(n: int) -> int:
        return n * 2

    def less_one(n: int) -> int:
        return n - 1

    assert double("ab") == "abab"
    raises(TypeError, less_one, "ab")
    assert "can only concatenate str" in raises(TypeError, '"a" + 1')

    annotated, bare = {}, {}
    loop = "def f():\n total{0} = 0\n for i in range(3):\n  step{0} = i\n  total += step\n return total\n"
    exec(loop.format(": int"), annotated)
    exec(loop.format(""), bare)
    assert annotated["f"].__code__.co_code == bare["f"].__code__.co_code
    assert annotated["f"]() == bare["f"]() == 3
    # At module level an annotated assignment does leave a trace, so there the code is longer.
    module_loop = "for i in range(3):\n step{} = i\n"
    codes = [compile(module_loop.format(hint), "loop", "exec").co_code for hint in (": int", "")]
    assert len(codes[0]) > len(codes[1])

    def greet(name: Optional[str]):
        return name

    def greet_default(name: Optional[str] = None):
        return name

    assert raises(TypeError, greet).endswith("greet() missing 1 required positional argument: 'name'")
    assert greet(None) is None and greet_default() is None
    assert Optional[int] == Union[int, None] == (int | None)

    class User:
        name: str

    class UserDict(TypedDict):
        name: str

    user: User = json.loads('["Ann"]')
    assert user == ["Ann"]
    assert raises(AttributeError, lambda: user.name) == "'list' object has no attribute 'name'"
    as_dict: UserDict = json.loads('["Ann"]')
    assert "list indices must be integers" in raises(TypeError, lambda: as_dict["name"])

    def append_float(xs: list[float]):
        xs.append(1.5)

    whole: list[int] = [1, 2]
    append_float(whole)
    assert [type(x) for x in whole] == [int, int, float]


def check_dataclass():
    namespace, printed = run_example("dataclass")
    assert printed == "SearchHit(url='/home', score=0.0, tags=[])\n"
    SearchHit = namespace["SearchHit"]
    first, second = SearchHit("/home"), SearchHit("/home")
    assert first == second and first.tags is not second.tags
    assert SearchHit(url=3, score="high").score == "high"
    assert "use default_factory" in raises(
        ValueError, "from dataclasses import dataclass\n@dataclass\nclass C:\n items: list = []")

    class Plain:
        x: int
        y: int

    assert raises(TypeError, Plain, 1, 2) == "Plain() takes no arguments"
    Point = dataclass(Plain)
    assert Point is Plain
    p = Point(1, 2)
    assert p == Point(1, 2) and repr(p).endswith("Plain(x=1, y=2)")
    p.x = 10
    assert p == Point(10, 2)
    assert Point.__hash__ is None
    assert "unhashable type: 'Plain'" in raises(TypeError, lambda: {p})
    raises(TypeError, lambda: p < p)

    @dataclass
    class User:
        age: int

    user = User(age="abc")
    assert user.age == "abc"
    raises(TypeError, lambda: user.age + 1)
    raises(TypeError, lambda: user.age >= 18)

    @dataclass
    class Checked:
        age: int

        def __post_init__(self):
            if not isinstance(self.age, int):
                raise TypeError("age must be an int")

    assert raises(TypeError, Checked, "abc") == "age must be an int"
    later = Checked(1)
    later.age = "abc"  # `__post_init__` ran only once
    assert later.age == "abc"

    @dataclass(frozen=True)
    class Frozen:
        x: int
        items: Any = ()

    frozen = Frozen(1)
    assert raises(dataclasses.FrozenInstanceError, setattr, frozen, "x", 2) == "cannot assign to field 'x'"
    assert issubclass(dataclasses.FrozenInstanceError, AttributeError)
    assert len({frozen, Frozen(1)}) == 1
    raises(TypeError, hash, Frozen(1, []))

    @dataclass(eq=False)
    class ByIdentity:
        x: int

    assert len({ByIdentity(1), ByIdentity(1)}) == 2

    @dataclass(order=True, slots=True)
    class Ordered:
        x: int

    assert Ordered(1) < Ordered(2) and sorted([Ordered(2), Ordered(1)])[0] == Ordered(1)
    assert Ordered.__slots__ == ("x",) and not hasattr(Ordered(1), "__dict__")

    @dataclass
    class Line:
        price: float
        qty: int

        def total(self):
            return self.price * self.qty

    class Subclass(Line):
        pass

    @dataclass
    class MoreFields(Line):
        note: str = ""

    assert Subclass(2.0, 3).total() == MoreFields(2.0, 3, "gift").total() == 6.0

    @dataclass
    class Account:
        balance: int

    account = Account(10)
    account.balance = -50
    assert account.balance == -50


def check_pytest_vs_unittest():
    namespace, printed = run_example("pytest-vs-unittest")
    assert printed == ""
    namespace["test_unknown_user"]()
    assert namespace["view"]({"id": 1}, {1: "Ann"}) == (200, {"name": "Ann"})

    # The test looks at the outcome only: another lookup passes, a wrong status does not.
    def rewritten(request, users):
        name = users.get(request["id"])
        return (200, {"name": name}) if name else (404, {"error": "unknown user"})

    namespace["view"] = rewritten
    namespace["test_unknown_user"]()
    namespace["view"] = lambda request, users: (500, {"error": "unknown user"})
    # Outside pytest a failing bare assert carries no values.
    assert raises(AssertionError, namespace["test_unknown_user"]) == ""

    calls = []

    class AddTest(unittest.TestCase):
        def setUp(self):
            calls.append("setUp")
            self.cart = []

        def tearDown(self):
            calls.append("tearDown")

        def test_appends(self):
            self.cart.append(1)
            self.assertEqual(sum([2, 3]), 5)

        def test_is_fresh(self):
            self.assertEqual(self.cart, [])

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(AddTest).run(result)
    assert result.testsRun == 2 and result.wasSuccessful()
    assert calls == ["setUp", "tearDown"] * 2
    assert raises(AssertionError, AddTest("test_appends").assertEqual, 5, 6) == "5 != 6"

    assert "unittest" in sys.stdlib_module_names and "pytest" not in sys.stdlib_module_names

    api, app = types.ModuleType("api"), types.ModuleType("app")
    api.fetch = lambda: "network"
    with mock.patch.dict(sys.modules, {"api": api, "app": app}):
        exec("import api\nfrom api import fetch\ndef load(): return fetch()\n"
             "def load_through_module(): return api.fetch()", vars(app))
        with mock.patch("api.fetch", lambda: "fake"):
            assert app.load() == "network" and app.load_through_module() == "fake"
        with mock.patch("app.fetch", lambda: "fake"):
            assert app.load() == "fake"


def check_venv_pip_requirements():
    with tempfile.TemporaryDirectory() as folder:
        old, new = (pathlib.Path(folder).resolve() / name for name in ("old", "new"))
        for place in (old, new):
            venv.create(place, symlinks=os.name != "nt")
        config = dict(line.split(" = ", 1) for line in (old / "pyvenv.cfg").read_text().splitlines())
        assert config["include-system-site-packages"] == "false"
        assert config["version"] == "%d.%d.%d" % sys.version_info[:3]

        def path(place, kind):
            return sysconfig.get_path(kind, "venv", {"base": str(place), "platbase": str(place)})

        def run(place, code):
            python = pathlib.Path(path(place, "scripts"), "python")
            return subprocess.run([python, "-I", "-c", code], capture_output=True, text=True)

        # The host's interpreter, seen from an environment of its own.
        facts = "import sys; print(sys.prefix, sys.base_prefix, sys.version, sep='|')"
        prefix, base, version = run(old, facts).stdout.strip().split("|")
        assert pathlib.Path(prefix) == old and base == sys.base_prefix and version == sys.version

        pathlib.Path(path(old, "purelib"), "only_here.py").write_text("answer = 1\n")
        assert run(old, "import only_here; print(only_here.answer)").stdout == "1\n"
        assert "ModuleNotFoundError: No module named 'only_here'" in run(new, "import only_here").stderr

        # The scripts hold the absolute path of the place where the folder was made.
        assert str(old) in pathlib.Path(path(old, "scripts"), "activate").read_text()
