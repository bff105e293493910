"""Checks the claims of bank/python/basics.toml, except those about Python 2 itself."""
import contextlib
import dis
import importlib.util
import io
import marshal
import os
import pathlib
import subprocess
import sys
import tempfile
import types

from run import raises, run_example

PYC_HEADER_BYTES = 16


def run_script(folder, name):
    """Runs a script as a user would; the result holds its return code and texts."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    command = [sys.executable, name]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def compile_text(text):
    return compile(text, "demo", "exec")


def check_compiled_or_interpreted():
    namespace, printed = run_example("compiled-or-interpreted")
    assert isinstance(namespace["add"].__code__, types.CodeType)
    assert list(dis.get_instructions(namespace["add"]))[-1].opname == "RETURN_VALUE"
    assert "RETURN_VALUE" in printed.splitlines()[-1]

    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "utils.py").write_text("def twice(n):\n    return 2 * n\n")
        (place / "main.py").write_text("import utils\nprint(utils.twice(4))\n")
        assert run_script(folder, "main.py").stdout == "8\n"
        [cached] = (place / "__pycache__").iterdir()
        assert cached.name == f"utils.{sys.implementation.cache_tag}.pyc"

        # The cached form is bytecode, and the same bytecode as a fresh compilation gives.
        pyc = cached.read_bytes()
        assert pyc.startswith(importlib.util.MAGIC_NUMBER)
        loaded = marshal.loads(pyc[PYC_HEADER_BYTES:])
        assert loaded == compile((place / "utils.py").read_text(), loaded.co_filename, "exec")

        cached.unlink()
        assert run_script(folder, "main.py").stdout == "8\n"
        assert cached.exists()

        (place / "broken.py").write_text("print('first')\nprint('second'\n")
        broken = run_script(folder, "broken.py")
        assert broken.returncode == 1 and broken.stdout == "" and "SyntaxError" in broken.stderr


def check_dynamic_typing():
    namespace, printed = run_example("dynamic-typing")
    assert printed == "<class 'str'>\n8\n"
    assert type(namespace["qty"]) is int

    assert type(3) is int and type([]) is list and isinstance("hi", str)
    assert raises(TypeError, len, 3) == "object of type 'int' has no len()"
    assert len("3") == 1

    qty = "5"
    assert raises(TypeError, lambda: qty + 3) == 'can only concatenate str (not "int") to str'
    assert qty * 3 == "555" and int(qty) + 3 == 8
    raises(TypeError, lambda: "1" + 1)

    a = 5
    b = a
    a = "five"
    assert type(a) is str and type(b) is int

    rebound = {}
    exec("count = 1\ncount = 'many'\nx: int = 10\nx = 'ten'", rebound)
    assert rebound["count"] == "many" and rebound["x"] == "ten"

    def rare(user_id, wanted):
        return "id " + user_id if wanted else "nothing"

    assert rare(7, False) == "nothing"
    raises(TypeError, rare, 7, True)
    raises(AttributeError, lambda: None.upper())

    def total(items):
        return sum(i.price for i in items)

    priced = [types.SimpleNamespace(price=2), types.SimpleNamespace(price=0.5)]
    assert total(priced) == total(tuple(priced)) == total(iter(priced)) == 2.5
    assert total([]) == 0
    raises(TypeError, total, 3)
    raises(AttributeError, total, [1, 2])


def check_indentation():
    namespace, printed = run_example("indentation")
    assert printed == "12\n"

    scope = {}
    exec(
        "def moved(prices):\n    result = 0\n    for price in prices:\n"
        "        result += price\n        return result\n",
        scope,
    )
    assert scope["moved"]([3, 4, 5]) == 3 and scope["moved"]([7]) == 7 == namespace["total"]([7])
    assert scope["moved"]([]) is None

    stripped = "def double(n):\nreturn 2 * n\n"
    assert raises(IndentationError, compile_text, stripped).startswith("expected an indented block")
    unaligned = "if True:\n    x = 1\n     y = 2\n"
    assert raises(IndentationError, compile_text, unaligned).startswith("unexpected indent")
    assert issubclass(TabError, IndentationError) and issubclass(IndentationError, SyntaxError)

    for width in (1, 2, 3, 4, 8):
        compile_text(f"def f(x):\n{' ' * width}if x:\n{' ' * 2 * width}return x\n")
    raises(IndentationError, compile_text, "if True:\n   x = 1\n  y = 2\n")
    compile_text("if True:\n\tx = 1\n\ty = 2\n")

    tab_and_eight = "if True:\n\tx = 1\n        y = 2\n"
    expected = "inconsistent use of tabs and spaces in indentation"
    assert raises(TabError, compile_text, tab_and_eight).startswith(expected)
    for width in range(1, 17):
        raises(IndentationError, compile_text, f"if True:\n\tx = 1\n{' ' * width}y = 2\n")
        raises(IndentationError, compile_text, f"if True:\n{' ' * width}x = 1\n\ty = 2\n")

    def other(stop):
        out = []
        for n in (1, 2, 3):
            if n == stop:
                break
        else:
            out.append("else")
        return out

    assert other(stop=9) == ["else"] and other(stop=2) == []

    repeated = io.StringIO()
    with contextlib.redirect_stdout(repeated):
        exec("for _ in range(3):\n    print('in')\nprint('after')\n", {})
    assert repeated.getvalue() == "in\nin\nin\nafter\n"


def check_python2_vs_python3():
    _, printed = run_example("python2-vs-python3")
    assert printed == "3.5\n3\n1\n2\nrange(0, 3)\n"

    message = raises(SyntaxError, compile_text, 'print "hi"')
    assert message.startswith("Missing parentheses in call to 'print'")

    total = 25
    assert total / 10 == 2.5 and total // 10 == 2
    message = raises(TypeError, lambda: range(total / 10))
    assert message == "'float' object cannot be interpreted as an integer"
    assert (3 + 4) / 2 == 3.5 and (3 + 4) // 2 == 3

    accent = "\u00e9"
    assert len(accent) == 1 and len(accent.encode("utf-8")) == 2
    assert accent.encode("utf-8").decode("utf-8") == accent
    raises(TypeError, lambda: "a" + b"a")
    assert type(u"a") is str

    lazy = (range(3), map(str, [1]), zip([1], [2]))
    assert not any(isinstance(one, list) for one in lazy)
    raises(TypeError, lambda: {}.keys()[0])
