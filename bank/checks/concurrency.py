"""Checks what bank/python/concurrency.toml says: the GIL, threads, processes, async and await."""
import asyncio
import contextlib
import dis
import hashlib
import io
import multiprocessing
import pathlib
import pickle
import random
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

from run import blocks, raises, run_example

HAS_GIL = getattr(sys, "_is_gil_enabled", lambda: True)()
PATIENCE_S = 10  # where only a failing check would wait


def in_threads(*actions):
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def seconds(action, *args):
    start = time.perf_counter()
    action(*args)
    return time.perf_counter() - start


def run_script(text):
    """Runs the text as the main script of another Python process."""
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder, "script.py")
        script.write_text(text, encoding="utf-8")
        return subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)


def count_up(steps=400_000):
    total = 0
    for number in range(steps):
        total += number
    return total


def cores_used_by_threads(action, count=4):
    """Processor time over clock time: about 1 where the threads take turns."""
    cpu, clock = time.process_time(), time.perf_counter()
    in_threads(*[action] * count)
    return (time.process_time() - cpu) / (time.perf_counter() - clock)


# --- the GIL ---------------------------------------------------------------------------------


def check_gil():
    # One thread at a time, so pure Python in four threads takes one core's worth of time.
    if HAS_GIL:
        assert cores_used_by_threads(count_up) < 1.3
    assert sys.getswitchinterval() == 0.005

    # A thread that blocks has given the lock up: otherwise this would hang before `sendall`.
    ours, theirs = socket.socketpair()
    with ours, theirs, ThreadPoolExecutor(1) as pool:
        ours.settimeout(PATIENCE_S)
        reply = pool.submit(ours.recv, 5)
        assert not reply.done()
        theirs.sendall(b"reply")
        assert reply.result(PATIENCE_S) == b"reply"

    # Fifty waits through ten threads: a tenth of the sum (here 0.02 s stand for one second).
    with ThreadPoolExecutor(10) as pool:
        assert 0.1 <= seconds(lambda: list(pool.map(time.sleep, [0.02] * 50))) < 0.5

    # The standard build has the lock, and all the ways named to tell agree.
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    assert free_threaded == ("free-threading" in sys.version)
    assert free_threaded or HAS_GIL

    # What it protects: the reference counts.
    value = object()
    before = sys.getrefcount(value)
    another = value
    assert another is value and sys.getrefcount(value) == before + 1

    # What it does not protect: `counter += 1` reads and writes in separate steps …
    names = [step.opname for step in dis.get_instructions("counter += 1")]
    assert names.index("LOAD_NAME") < names.index("BINARY_OP") < names.index("STORE_NAME")

    # … and another thread gets in between the check and the update.
    stock, paid, both_in_charge = {"sku": 1}, [], threading.Barrier(2, timeout=PATIENCE_S)

    def charge(card):
        both_in_charge.wait()
        paid.append(card)

    def buy():
        if stock["sku"] > 0:
            charge("card")
            stock["sku"] -= 1

    in_threads(buy, buy)
    assert (len(paid), stock["sku"]) == (2, -1)

    stock, paid, lock = {"sku": 1}, [], threading.Lock()

    def reserve_and_buy():
        with lock:
            if reserved := stock["sku"] > 0:
                stock["sku"] -= 1
        if reserved:
            paid.append("card")

    in_threads(reserve_and_buy, reserve_and_buy)
    assert (len(paid), stock["sku"]) == (1, 0)

    # zlib and hashlib let other threads run during one long call of theirs.
    buffer = random.Random(1).randbytes(8_000_000)
    assert naps_during(zlib.compress, buffer) >= 20
    assert naps_during(hashlib.sha512, buffer * 12) >= 20


def naps_during(action, *args):
    """How often this thread can nap and wake up while another thread is in `action`."""
    done, naps = threading.Event(), 0

    def work():
        action(*args)
        done.set()

    # A call that kept the lock would leave time for a handful of naps, before and after it.
    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():
        time.sleep(0.001)
        naps += 1
    thread.join()
    return naps


# --- threads ---------------------------------------------------------------------------------


def check_threading():
    namespace, printed = run_example("threading")
    assert namespace["prices"] == [9.99] * 20
    assert 0.1 <= float(printed) < 1

    # No gain for computing.
    if HAS_GIL:
        assert cores_used_by_threads(count_up, 8) < 1.3

    # Both threads read 100 before either writes; one lock around all of it ends that.
    balance, paid_out, both_have_read = 100, [], threading.Barrier(2, timeout=PATIENCE_S)

    def withdraw():
        nonlocal balance
        seen = balance
        both_have_read.wait()
        balance = seen - 80
        paid_out.append(80)

    in_threads(withdraw, withdraw)
    assert (balance, sum(paid_out)) == (20, 160)

    balance, paid_out, lock = 100, [], threading.Lock()

    def withdraw_with_lock():
        nonlocal balance
        with lock:
            seen = balance
            if seen >= 80:
                balance = seen - 80
                paid_out.append(80)

    in_threads(withdraw_with_lock, withdraw_with_lock)
    assert (balance, sum(paid_out)) == (20, 80)

    # An exception stays in the future until somebody asks for it.
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(int, "x")
    assert isinstance(future.exception(), ValueError)
    assert "invalid literal" in raises(ValueError, future.result)
    ignored = run_script("""
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor() as pool:
    pool.submit(int, "x")
""")
    assert (ignored.returncode, ignored.stdout, ignored.stderr) == (0, "", "")

    # A plain thread prints a traceback, and the main thread carries on.
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        in_threads(lambda: int("x"))
    assert "Traceback" in errors.getvalue() and "ValueError" in errors.getvalue()

    # A time-out on the future stops the waiting; the call keeps its worker, and others queue up.
    answered = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        stuck, queued = pool.submit(answered.wait, PATIENCE_S), pool.submit(int, "1")
        raises(TimeoutError, stuck.result, 0.01)
        assert stuck.running() and not stuck.cancel()
        assert not queued.running() and not queued.done()
        answered.set()
    assert queued.result() == 1

    # At exit Python waits for the workers of a pool.
    at_exit = run_script("""
import time
from concurrent.futures import ThreadPoolExecutor
def work():
    time.sleep(0.1)
    print("worker")
ThreadPoolExecutor().submit(work)
print("main")
""")
    assert at_exit.stdout.split() == ["main", "worker"]


# --- processes -------------------------------------------------------------------------------

POOL_SCRIPT = """
import multiprocessing, os, pickle
results = []
def append(number):
    results.append(number)
    return os.getpid(), len(results)
if __name__ == "__main__":
    with multiprocessing.get_context("{method}").Pool(2) as pool:
        answers = pool.map(append, range(4))
        assert results == []
        assert all(pid != os.getpid() and length > 0 for pid, length in answers)
        try:
            pool.map(lambda x: x * 2, [1, 2])
        except (pickle.PicklingError, AttributeError) as error:
            print("lambda" in str(error))
"""

UNGUARDED_SCRIPT = """
import multiprocessing
multiprocessing.get_context("{method}").Process(target=print, args=("child",)).start()
"""


def check_multiprocessing():
    # The block has a main guard: it works only as a script, so here it runs as one too.
    namespace, printed = run_example("multiprocessing")
    assert printed == ""
    (block,) = blocks("multiprocessing")
    script = run_script(block)
    assert script.stdout == f"{max(map(namespace['simulate'], range(8)))}\n", script.stderr

    for method in multiprocessing.get_all_start_methods():
        # The parent's list stays empty, and a lambda cannot be sent.
        pool = run_script(POOL_SCRIPT.format(method=method))
        assert pool.stdout == "True\n", pool.stderr

        # Without the guard a child that imports the main module fails; a forked one does not.
        unguarded = run_script(UNGUARDED_SCRIPT.format(method=method))
        assert ("bootstrapping phase" in unguarded.stderr) == (method != "fork"), unguarded.stderr
        assert ("child" in unguarded.stdout) == (method == "fork")

    default = multiprocessing.get_context().get_start_method()
    if sys.platform in ("win32", "darwin"):
        assert default == "spawn"
    elif sys.platform == "linux":
        assert default == ("forkserver" if sys.version_info >= (3, 14) else "fork")

    # Neither a lock nor an open connection or file can be sent to a pool.
    with contextlib.closing(sqlite3.connect(":memory:")) as connection, open(__file__) as file:
        for thing in (threading.Lock(), connection, connection.cursor(), file):
            assert "cannot pickle" in raises(TypeError, pickle.dumps, thing)

    # Pickling even 5 MB takes longer than a millisecond of work,
    # and starting one worker takes longer than a call of two milliseconds.
    numbers = list(range(1_000_000))
    assert 4e6 < len(pickle.dumps(numbers)) < 6e6
    assert min(seconds(pickle.dumps, numbers) for _ in range(3)) > 0.001
    worker = multiprocessing.get_context("spawn").Process(target=int)
    assert seconds(lambda: (worker.start(), worker.join())) > 0.002


# --- async and await -------------------------------------------------------------------------


def check_async_await():
    start = time.perf_counter()
    namespace, _ = run_example("async-await")
    assert 0.1 <= time.perf_counter() - start < 2
    assert namespace["pages"] == [f"page {n}" for n in range(100)]

    for check in (one_thread, only_real_waits_overlap, nothing_arrived_yet, second_request):
        asyncio.run(check())

    # A forgotten `await`: the body does not run, and Python warns.
    saved = []

    async def save(order):
        saved.append(order)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert asyncio.iscoroutine(save("order"))
    assert saved == []
    assert [warning.category for warning in caught] == [RuntimeWarning]
    assert str(caught[0].message).endswith("save' was never awaited")


async def one_thread():
    async def ident():
        await asyncio.sleep(0)
        return threading.get_ident()

    assert set(await asyncio.gather(ident(), ident(), ident())) == {threading.get_ident()}
    assert await asyncio.to_thread(threading.get_ident) != threading.get_ident()


async def only_real_waits_overlap():
    log = []

    async def logged(wait):
        log.append("start")
        await wait()
        log.append("end")

    async def blocking():
        time.sleep(0.001)

    async def computing():
        count_up(1000)

    def waiting():
        return asyncio.sleep(0.01)

    def to_thread():
        return asyncio.to_thread(time.sleep, 0.01)

    in_turn, together = ["start", "end"] * 10, ["start"] * 10 + ["end"] * 10
    for wait, order in ((blocking, in_turn), (computing, in_turn), (waiting, together), (to_thread, together)):
        log.clear()
        await asyncio.gather(*[logged(wait) for _ in range(10)])
        assert log == order, wait.__name__

    log.clear()
    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(logged(waiting))
    assert log == together

    # A plain await runs one after the other.
    log.clear()
    for _ in range(10):
        await logged(waiting)
    assert log == in_turn


async def nothing_arrived_yet():
    reader, log = asyncio.StreamReader(), []

    async def read():
        log.append("before")
        data = await reader.read(1024)
        log.append(data)

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    log.append("others run")
    reader.feed_data(b"data")
    await reading
    assert log == ["before", "others run", b"data"]


async def second_request():
    rows, log = asyncio.Event(), []

    async def slow_handler():
        await rows.wait()
        log.append("first")

    async def quick_handler():
        log.append("second")

    first = asyncio.create_task(slow_handler())
    await asyncio.sleep(0)
    await asyncio.create_task(quick_handler())
    assert log == ["second"] and not first.done()
    rows.set()
    await first
    assert log == ["second", "first"]
