"""A daily over thirty days. No script by itself; `rounds.py` plays it."""
import collections
import contextlib
import datetime
import glob
import pathlib
import signal
import subprocess
import threading
import zoneinfo

from counted import CLOSED, count_channel, count_edits
from crowd import Question
from world import World, text

ZONE = zoneinfo.ZoneInfo("Europe/Berlin")
# The clocks of the zone go forward on the twenty-first of these days.
FIRST, DAYS = datetime.date(2027, 3, 8), 30
TIME, HOURS = "09:00", 8
# A daily that is not out after so long is missed.
LATE_MAX = datetime.timedelta(hours=2)
# The program looks at its clock at least once a minute.
LOOKS_WITHIN_S = 75
# Between two looks at Discord where the program is to be killed in the middle of something.
AT_ONCE_S = 0.01
# In every answer, and nowhere else.
MARK = "mark-of-an-answer"


class Stepped:
    """Two clocks that are set from here, Discord's and that of the program's machine: as far ahead of this machine's
    as a file says. They agree, unless the program's machine is wrong about the time."""

    def __init__(self, folder, library):
        self.folder, self.library = pathlib.Path(folder), library

    def set(self, now, bot_behind=datetime.timedelta()):
        self.ahead = now - datetime.datetime.now(datetime.UTC)
        self.write(bot_behind)

    def write(self, bot_behind):
        for name, ahead in (("discord", self.ahead), ("bot", self.ahead - bot_behind)):
            written = self.folder / f"clock-{name}.new"
            written.write_text(f"{ahead.total_seconds():+.3f}\n")
            written.rename(self.folder / f"clock-{name}")

    def now(self):
        return datetime.datetime.now(datetime.UTC) + self.ahead

    def environment(self, name):
        return {"LD_PRELOAD": self.library, "FAKETIME_TIMESTAMP_FILE": str(self.folder / f"clock-{name}"),
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def of_discord(self):
        return self.environment("discord")

    def of_bot(self):
        return self.environment("bot")


def faketime():
    """Where libfaketime is, if it is here."""
    places = ("/usr/lib/*/faketime", "/usr/lib/faketime", "/usr/local/lib/faketime")
    found = [path for place in places for path in glob.glob(f"{place}/libfaketimeMT.so.1")]
    return found[0] if found else None


class Days:
    """A daily from day to day: what is to come has come before the next step, whatever happens meanwhile."""

    def __init__(self, world, clock, report):
        self.world, self.clock, self.report = world, clock, report
        self.channel, self.owner = world.facts["channel"], world.facts["owner"]
        self.bystander, self.member = world.person("bystander"), world.person("member")
        self.aside = world("dm", **{"as": self.bystander})["channel"]
        # The posts that there are, and those of them that somebody answered.
        self.posts, self.answered = [], set()

    def at(self, day, time_of_day, **later):
        """An instant of a day, by the clocks of the zone."""
        date, time = FIRST + datetime.timedelta(day), datetime.time.fromisoformat(time_of_day)
        return datetime.datetime.combine(date, time, ZONE).astimezone(datetime.UTC) + datetime.timedelta(**later)

    def go(self, instant, **wrong):
        assert instant >= self.clock.now(), "time goes on"
        self.clock.set(instant, **wrong)

    def nudge(self):
        """Somebody does something elsewhere, so that the program looks at its clock before its minute is over."""
        self.world.slash(self.bystander, self.aside, "drill", track="python")

    @contextlib.contextmanager
    def nudged(self):
        """The same, while something else goes on."""
        nudging = threading.Thread(target=self.nudge)
        nudging.start()
        yield
        nudging.join()

    def waits(self, what, found, pause_s=0.1):
        return self.world.until(what, found, LOOKS_WITHIN_S, pause_s)

    def questions(self):
        return [m for m in self.world.said(self.channel) if not m["ephemeral"] and m["embeds"]]

    def threads(self):
        return [c["id"] for c in self.world("channels") if c["parent"] == self.channel]

    def reveals(self):
        return [m for m in self.world.said(self.posts[-1]["id"]) if not m["ephemeral"] and "Model answer" in text(m)]

    def told_alone(self, who):
        said = [m for m in self.world.said(self.channel) if m["ephemeral"]]
        return [m["id"] for m in said if m["interaction_metadata"]["user"]["id"] == who]

    def notes(self, words="was missed"):
        """What whoever made the daily is told by the way."""
        there = self.world.said(self.world("dm", **{"as": self.owner})["channel"])
        return [m for m in [*there, *self.world.said(self.channel)] if words in text(m)]

    # What happens within a day.

    def comes(self, **how):
        """Waits for the next question."""
        self.waits("the question", lambda: len(self.questions()) > len(self.posts), **how)
        self.posts.append(self.questions()[-1])

    def is_whole(self):
        """Waits for what hangs on the last question."""
        post = self.posts[-1]["id"]
        self.waits("its thread", lambda: post in self.threads())
        self.waits("its pin", lambda: self.questions()[len(self.posts) - 1]["pinned"])

    def opens(self, day):
        self.go(self.at(day, TIME, seconds=1))
        self.nudge()
        self.comes()
        self.is_whole()

    def time_is_over(self, day):
        came = datetime.datetime.fromisoformat(self.posts[-1]["timestamp"])
        self.go(max(came, self.at(day, TIME)) + datetime.timedelta(hours=HOURS, seconds=5))

    def closes(self, day):
        self.time_is_over(day)
        self.nudge()
        self.waits("its reveal", self.reveals)

    def answer(self):
        """Somebody answers, or answers anew."""
        post, before = self.posts[-1], self.told_alone(self.member)
        self.world.answer(self.member, self.channel, post, f"{Question(post).right(len(self.posts))} {MARK}")
        self.waits("a private answer", lambda: self.told_alone(self.member) > before)
        self.answered.add(post["id"])

    def start_again(self):
        self.world.stop(signal.SIGKILL)
        self.world.start()
        self.report.counts["kills"] += 1

    # What a day is like. Each begins before the time, with the program running, and ends after the reveal.

    def ordinary(self, day):
        self.opens(day)
        if day % 3 == 0:
            self.answer()
        self.closes(day)

    def without_a_nudge(self, day):
        """Nothing happens but that the time comes."""
        self.go(self.at(day, TIME, seconds=1))
        self.comes()
        self.is_whole()
        self.closes(day)

    def late(self, day):
        """It is away for over an hour around the time."""
        self.go(self.at(day, TIME, minutes=-30))
        self.world.stop(signal.SIGKILL)
        self.go(self.at(day, TIME, minutes=40))
        self.world.start()
        self.comes()
        self.is_whole()
        self.closes(day)

    def missed(self, day):
        """It is away from before the reveal of the day before until two and a half hours after the time."""
        self.opens(day - 1)
        self.go(self.at(day - 1, TIME, hours=HOURS, minutes=-30))
        self.world.stop(signal.SIGKILL)
        self.go(self.at(day, TIME, hours=2, minutes=30))
        self.world.start()
        self.waits("the reveal of the day before", self.reveals)
        self.waits("a note on what was missed", self.notes)
        self.report.counts["missed days"] += 1

    def lost_answer(self, day):
        """Discord takes the post, its answer gets lost, and the program is killed in that moment."""
        self.world.stop(signal.SIGKILL)
        self.go(self.at(day, TIME, seconds=1))
        self.world("lose", count=1)
        self.world.start()
        self.comes(pause_s=AT_ONCE_S)
        self.start_again()
        self.is_whole()
        self.closes(day)

    def killed_before_the_thread(self, day):
        self.go(self.at(day, TIME, seconds=1))
        with self.nudged():
            self.comes(pause_s=AT_ONCE_S)
            self.start_again()
        self.is_whole()
        self.closes(day)

    def killed_before_the_pin(self, day):
        self.go(self.at(day, TIME, seconds=1))
        with self.nudged():
            self.waits("its thread", lambda: len(self.threads()) > len(self.posts), pause_s=AT_ONCE_S)
            self.start_again()
        self.comes()
        self.is_whole()
        self.closes(day)

    def killed_before_the_reveal(self, day):
        self.opens(day)
        self.time_is_over(day)
        with self.nudged():
            self.waits("the close", lambda: CLOSED in text(self.questions()[-1]), pause_s=AT_ONCE_S)
            self.start_again()
        self.waits("its reveal", self.reveals)

    def killed_after_the_reveal(self, day):
        self.opens(day)
        self.time_is_over(day)
        with self.nudged():
            self.waits("its reveal", self.reveals, pause_s=AT_ONCE_S)
            self.start_again()

    def started_again(self, day):
        """It is started again before the time, while the question is open, and around the reveal."""
        self.go(self.at(day, TIME, minutes=-1))
        self.start_again()
        self.opens(day)
        self.answer()
        self.world.stop()
        self.world.start()
        self.answer()
        self.go(self.at(day, TIME, hours=HOURS, minutes=-1))
        self.world.stop()
        self.go(self.at(day, TIME, hours=HOURS, minutes=1))
        self.world.start()
        self.waits("its reveal", self.reveals)

    def second_process(self, day):
        """Another process on the same database says so and ends, and the first one goes on."""
        self.go(self.at(day, TIME, seconds=1))
        second = self.world.spawn(subprocess.PIPE)
        said = b"".join(second.communicate(timeout=LOOKS_WITHIN_S)).decode()
        self.report.holds("a second process is refused", second.returncode not in (0, None) and "in use" in said, said)
        self.nudge()
        self.comes()
        self.is_whole()
        self.closes(day)

    def set_back(self, day):
        """The clock of the program's machine is set back by an hour after the post, and comes to the time again."""
        hour = datetime.timedelta(hours=1)
        self.opens(day)
        self.clock.write(bot_behind=hour)
        self.nudge()
        self.start_again()
        self.nudge()
        self.go(self.at(day, TIME, hours=1, seconds=1), bot_behind=hour)
        self.nudge()
        self.nudge()
        self.start_again()
        self.closes(day)

    def set_right(self, day):
        """The clock of the program's machine is an hour ahead, so that it posts too early, and is then set right."""
        hour = datetime.timedelta(hours=1)
        self.go(self.at(day, TIME, hours=-1, seconds=1), bot_behind=-hour)
        self.nudge()
        self.comes()
        self.is_whole()
        self.go(self.at(day, TIME, minutes=-30))
        self.nudge()
        self.go(self.at(day, TIME, seconds=1))
        self.nudge()
        self.nudge()
        self.start_again()
        self.closes(day)


# What the days are like that are not as most of them; before the one that is missed, a day is part of it.
UNLIKE = {
    2: Days.without_a_nudge, 3: Days.late, 6: None, 7: Days.missed, 9: Days.lost_answer,
    11: Days.killed_before_the_thread, 13: Days.killed_before_the_pin, 15: Days.killed_before_the_reveal,
    17: Days.killed_after_the_reveal, 19: Days.started_again, 21: Days.second_process, 23: Days.set_back,
    25: Days.set_right, 27: Days.late,
}
MISSED = [day for day, like in UNLIKE.items() if like is Days.missed]
# So much too early it came where the program's machine was wrong about the time.
EARLY = {day: datetime.timedelta(hours=1) for day, like in UNLIKE.items() if like is Days.set_right}


def daily_of_days(folder, report, library):
    clock = Stepped(folder, library)
    # The time goes on from here, whatever this machine takes it for.
    clock.set(datetime.datetime.combine(FIRST, datetime.time(6), datetime.UTC))
    world = World(folder, False, question=None, clock=clock, net=["--latency-ms", "50"], log="info")
    try:
        world.start()
        play_days(Days(world, clock, report), report)
    finally:
        world.end()
    return world


def play_days(days, report):
    world = days.world
    stranger = world.person("stranger")
    world.private.add(MARK)
    world.slash(stranger, days.channel, "daily add", time=TIME, zone=ZONE.key)
    world.sees(days.channel, "Dailies are for those who may manage this server")
    world.slash(days.owner, days.channel, "daily add", time=TIME, zone=ZONE.key, hours=HOURS, pin=True)
    saved, _ = world.sees(days.channel, "Saved")
    report.holds("what is saved is told alone", saved["ephemeral"])
    for day in range(DAYS):
        like = UNLIKE.get(day, Days.ordinary)
        if like is None:
            continue
        try:
            like(days, day)
        except AssertionError as error:
            raise AssertionError(f"day {day}, {like.__name__}: {error}") from error
    posts = [m["id"] for m in days.posts]
    count_channel(world, report, posts)
    count_dates(report, days)
    for post in days.posts:
        count_edits(world, report, post)
    report.holds("every question is pinned", report.counts["pins"] == len(posts), len(posts))
    report.holds("whoever made the daily is told once of what was missed", len(days.notes()) == len(MISSED),
                 *map(text, days.notes()))
    few = days.notes("were not asked here yet")
    report.holds("they are told once that few questions are left", len(few) == 1, *map(text, few))
    for post in days.questions():
        how_many = "1 has answered" if post["id"] in days.answered else "Nobody answered"
        report.holds("a question says how many answered", how_many in text(post), text(post))
    report.counts["answers"] = len(days.answered)


def count_dates(report, days):
    """Every date but the missed one has a question, at its time or at most two hours later."""
    dates, asked = collections.Counter(), []
    for post in days.questions():
        came = datetime.datetime.fromisoformat(post["timestamp"]).astimezone(ZONE)
        day = (came.date() - FIRST).days
        late = came - days.at(day, TIME) + EARLY.get(day, datetime.timedelta())
        report.holds("a question comes in time", datetime.timedelta() <= late <= LATE_MAX, came)
        dates[day] += 1
        asked.append(text(post).splitlines()[2])
    report.counts["duplicates"] += sum(number - 1 for number in dates.values())
    wanted = [day for day in range(DAYS) if day not in MISSED]
    report.holds("each date has one question", dates == collections.Counter(wanted), dates)
    unseen = len({*asked})
    report.holds("no question comes again before all of them came", asked[:unseen] == [*dict.fromkeys(asked)], asked)
