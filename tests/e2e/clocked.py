"""Starts the stand-in for Discord with a clock that runs, and notes when each call came.

    python3 tests/e2e/clocked.py [path of simnet.py] PORT [its options]

Its own clock stands still, so that whatever is posted there was posted in the same instant. Where a test is about
time, ids and timestamps have to hold the time, and limits of time have to be kept: an interaction that is not
answered within three seconds is gone.

Discord takes pins at two addresses, and the stand-in knows the later one alone. Here it knows both.
"""
import datetime
import importlib.util
import sys
import time

# Beside this file lies a `discord.py` that is not the package of that name.
del sys.path[0]
from simcord._clock import Clock
from simcord.http.router import route
from simcord.http.routes.messages import pin_message


class Timed(list):
    """A list of calls that notes of each when it was answered, in seconds since 1970 by Discord's clock."""

    def append(self, call):
        super().append({**call, "at": time.time()})


def loaded(path):
    spec = importlib.util.spec_from_file_location("simnet", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    simnet = loaded(sys.argv[1])
    Clock.now = lambda clock: datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=clock.elapsed)
    begin = simnet.Sim.__init__

    def begin_timed(sim, args):
        begin(sim, args)
        sim.log = Timed()

    simnet.Sim.__init__ = begin_timed
    route("PUT", "/channels/{channel_id}/pins/{message_id}")(pin_message)
    del sys.argv[1]
    simnet.main()


if __name__ == "__main__":
    main()
