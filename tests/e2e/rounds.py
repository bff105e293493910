#!/usr/bin/env python3
"""A round of two hundred people, and a daily over thirty days, of the real program with a Discord by another author.

    python3 tests/e2e/rounds.py [path of the riposte binary]

The program is killed and started again in the middle of both. What stands in Discord afterwards is counted, and held
against what was promised: everything once, nothing of anybody's in public, nobody mentioned.

It needs what `discord.py` needs, and libfaketime for the thirty days. Where something is missing, this says so and
succeeds: nothing was tried, so nothing is known.
"""
import collections
import concurrent.futures
import datetime
import glob
import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import zoneinfo

from world import TOKEN, World, lacking, one_question, text, told

PEOPLE = 200
# People who press and write at the same time.
AT_ONCE = 25
# Between two readings of what stands in a channel, for everybody together.
READ_EVERY_S = 0.5
# Until somebody who got no answer tries again, and how often they do.
ANSWER_WITHIN_S, TRIES = 8, 12
# So many people were served when the program is killed.
KILLED_AT = (50, 120)
# The count on the post is at most so fresh, and on its way for no longer than that.
COUNT_EVERY_S, ON_ITS_WAY_S = 10, 2
# Discord's number for what one person alone sees.
EPHEMERAL = 64
# Discord's numbers of the messages that say that another one was pinned, or that a thread was made.
PINS_ADD, THREAD_CREATED = 6, 18
SAYS_WHAT_WAS_DONE = (PINS_ADD, THREAD_CREATED)
NOBODY_YET = "Nobody has answered yet"

ZONE = zoneinfo.ZoneInfo("Europe/Berlin")
# The clocks of the zone go forward on the twenty-first of these days.
FIRST, DAYS = datetime.date(2027, 3, 8), 30
TIME, HOURS = "09:00", 8
# A daily that is not out after so long is missed.
LATE_MAX = datetime.timedelta(hours=2)
# The program looks at its clock at least once a minute.
LOOKS_WITHIN_S = 75


class Report:
    """What was counted, and which promises were broken."""

    def __init__(self, name):
        self.name, self.counts, self.broken = name, collections.Counter(), []

    def holds(self, promise, holds, *seen):
        if not holds:
            self.broken.append(": ".join([promise, *map(str, seen)]))


class Here:
    """The clock of this machine, for all of them."""

    def of_discord(self):
        return {}

    def of_bot(self):
        return {}


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


# --- A round of two hundred people ----------------------------------------------------------------------------------

class View:
    """What the bot said in a channel, read for everybody together: many readers would keep the stand-in busy."""

    def __init__(self, world, channel):
        self.world, self.channel = world, channel
        self.lock, self.read_at, self.messages = threading.Lock(), 0, []

    def of(self, who):
        """What one person alone sees, oldest first."""
        with self.lock:
            if time.monotonic() - self.read_at > READ_EVERY_S:
                self.messages = self.world.said(self.channel)
                self.read_at = time.monotonic()
            return [m for m in self.messages if m["ephemeral"] and m["interaction_metadata"]["user"]["id"] == who]


class Question:
    """The question of the round, and ways to answer it that are the bank's own."""

    def __init__(self, wanted):
        (self.of_bank,) = tomllib.loads(one_question(wanted))["questions"]
        self.points = self.of_bank["points"]

    def right(self, number):
        return " ".join(point["also"][number % len(point["also"])] for point in self.points[:2 + number % 3])

    def wrong(self, number):
        beliefs = self.of_bank["misconceptions"]
        belief = beliefs[number % len(beliefs)]
        return belief["also"][number // len(beliefs) % len(belief["also"])]

    def reply(self, card, number):
        """A good reply to the follow-up that a card asks, or any."""
        for trap in self.of_bank["traps"]:
            if plain(trap["ask"]) in plain(text(card)):
                return [trap["good"], *trap["also"]][number % (1 + len(trap["also"]))]
        return "That depends, I would have to try it out."


def plain(words):
    """Letters and digits alone: a card writes some signs so that Discord takes them for text."""
    return re.sub(r"\W+", "", words).lower()


class Member:
    """Somebody in the round: what they do, again where nothing came of it, and whether their answer is to count."""

    def __init__(self, world, view, question, post, number):
        self.world, self.view, self.question, self.post = world, view, question, post
        self.number, self.who = number, world.person(f"member{number}")
        # In every text of theirs, and of nobody else.
        self.mark = f"mark{number:03}x"
        self.counts, self.again = False, 0
        world.private.add(self.mark)

    def take_part(self):
        number = self.number
        match number % 10:
            case 0 | 1 | 2:
                card = self.answer(self.question.right(number))
                if number % 2:
                    self.reply(card)
            case 3 | 4:
                card = self.reply(self.answer(self.question.wrong(number)))
                if number % 20 == 4:
                    self.take_back(card)
            case 5:
                self.answer(self.question.wrong(number))
            case 6:
                loud = f"@everyone <@{self.who}> <@&{self.world.facts['guild']}> asdf {'jk lö ' * (number % 7)}**"
                self.answer(loud)
                if number % 20 == 6:
                    self.answer(loud)
            case 7:
                steps = self.does(lambda: self.world.press(self.who, self.view.channel, self.post, "I'm blank"))
                if number % 20 == 7:
                    self.answer(self.question.right(number), on=steps)
            case 8:
                self.answer(self.question.wrong(number))
                self.answer(self.question.right(number))
            case _:
                self.answer(self.question.right(number), times=2)

    def answer(self, words, on=None, times=1):
        card = self.does(lambda: self.fill(on or self.post, words, times))
        # What is about something else is asked for once more.
        self.counts = "about something else" not in text(card)
        return card

    def reply(self, card):
        """Replies to the follow-up, where there is one."""
        if not any(label == "Answer" for label in labels(card)):
            return card
        return self.does(lambda: self.fill(card, self.question.reply(card, self.number), 1))

    def seen(self):
        return [text(message)[:80] for message in self.view.of(self.who)]

    def take_back(self, card):
        if "Take it back" in labels(card):
            self.does(lambda: self.world.press(self.who, self.view.channel, card, "Take it back"))
            self.counts = False

    def fill(self, message, words, times):
        """Presses as often as that, and sends as many forms: at the same time, as an impatient person does."""
        for opened in together(times, lambda: self.world.press(self.who, self.view.channel, message, "Answer")):
            if opened["modal"]:
                self.world("submit", **{"as": self.who}, channel=self.view.channel,
                           custom_id=opened["modal"]["custom_id"], fields={"text": f"{words} {self.mark}"})

    def does(self, deed, view=None):
        """Does something until it is answered, and returns the last card of the answer."""
        view = view or self.view
        for _ in range(TRIES):
            before = len(view.of(self.who))
            deed()
            end = time.monotonic() + ANSWER_WITHIN_S
            while time.monotonic() < end:
                if len(mine := view.of(self.who)) > before:
                    return mine[-1]
                time.sleep(READ_EVERY_S)
            self.again += 1
        raise AssertionError(f"nothing comes of what member {self.number} does")


def together(times, deed):
    if times == 1:
        return [deed()]
    with concurrent.futures.ThreadPoolExecutor(times) as pool:
        return [each.result() for each in [pool.submit(deed) for _ in range(times)]]


def labels(message):
    return [button.get("label") for row in message["components"] for button in row["components"]]


def round_of_many(folder, report):
    world = World(folder, False, clock=Here(), net=["--rate-limits"], log="info")
    try:
        world.start()
        play_round(world, report)
    finally:
        world.end()
    return world


def play_round(world, report):
    channel, question = world.facts["channel"], Question("list-vs-tuple")
    host = world.person("host")
    world.slash(host, channel, "round", track="python", minutes=60)
    controls, _ = world.sees(channel, "Your round is on")
    post, _ = world.sees(channel, NOBODY_YET)
    thread = world.new_thread(set())
    view = View(world, channel)
    members = [Member(world, view, question, post, number) for number in range(PEOPLE)]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        playing = [pool.submit(member.take_part) for member in members]
        for served in KILLED_AT:
            while sum(play.done() for play in playing) < served:
                time.sleep(0.1)
            killed_and_started(world, report)
        for play in playing:
            play.result()
    closing = threading.Thread(target=world.press, args=(host, channel, controls, "Close now"))
    closing.start()
    world.until("the close", lambda: any("It is closed" in text(m) for m in world.said(channel)), pause_s=0.02)
    killed_and_started(world, report)
    closing.join()
    result, _ = world.sees(thread, "How many said each point")
    for late in (world.person(f"late{number}") for number in range(3)):
        world.answer(late, channel, post, "Too late, but here it is.")
    count_reveal(world, report, members, thread, result)
    count_channel(world, report, [post["id"]])
    count_edits(world, report, post)
    count_people(world, report, members)


def killed_and_started(world, report):
    world.stop(signal.SIGKILL)
    world.start()
    report.counts["kills"] += 1


def count_reveal(world, report, members, thread, result):
    """Holds the public counts against what each person is told alone."""
    answered, own, view = sum(member.counts for member in members), collections.Counter(), View(world, thread)
    question = members[0].question

    def how_did_i_do(member):
        return member.does(lambda: world.press(member.who, thread, result, "How did I do?"), view)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        cards = list(pool.map(how_did_i_do, members))
    for member, card in zip(members, cards):
        found = "What you said" in text(card)
        report.holds(f"member {member.number} finds what they said", member.counts == found, found, member.seen())
        said = [plain(line) for line in text(card).splitlines() if line.startswith("✓ **said** · ")]
        for place, point in enumerate(question.points):
            own[place] += any(plain(point["idea"]) in line for line in said)
    shown = re.findall(r"\d+\. (\d+) of (\d+): ", result["attachments"][0]["description"])
    report.holds("the reveal counts whoever answered", [int(of) for _, of in shown] == [answered] * len(own),
                 shown, answered)
    report.holds("the reveal adds up what each is told", [int(n) for n, _ in shown] == list(own.values()), shown, own)
    report.holds("most people answered, and some points were said", answered > PEOPLE / 2 and own[0] > 0, answered)
    report.counts["answers"] = answered


# --- A daily over thirty days ---------------------------------------------------------------------------------------

class Days:
    """A daily from day to day: what is to come has come before the next step, whatever happens meanwhile."""

    def __init__(self, world, clock, report):
        self.world, self.clock, self.report = world, clock, report
        self.channel, self.owner = world.facts["channel"], world.facts["owner"]
        self.bystander, self.member = world.person("bystander"), world.person("member")
        self.aside = world("dm", **{"as": self.bystander})["channel"]
        # The posts that there are, and the dates that they are for.
        self.posts, self.dates = [], []

    def at(self, day, time_of_day, **later):
        """An instant of a day, by the clocks of the zone."""
        there = datetime.datetime.combine(FIRST + datetime.timedelta(day), datetime.time.fromisoformat(time_of_day), ZONE)
        return there.astimezone(datetime.UTC) + datetime.timedelta(**later)

    def go(self, instant, **wrong):
        assert instant >= self.clock.now(), "time goes on"
        self.clock.set(instant, **wrong)

    def nudge(self):
        """Somebody does something elsewhere, so that the program looks at its clock before its minute is over."""
        self.world.slash(self.bystander, self.aside, "drill", track="python")

    def questions(self):
        return [m for m in self.world.said(self.channel) if not m["ephemeral"] and m["embeds"]]

    def comes(self, day, **how):
        """Waits for the question of a day."""
        self.world.until(f"the question of day {day}", lambda: len(self.questions()) > len(self.posts), **how)
        self.posts.append(self.questions()[-1])
        self.dates.append(FIRST + datetime.timedelta(day))

    def is_whole(self):
        """Waits for what hangs on the last question."""
        post = self.posts[-1]["id"]
        self.world.until("its thread", lambda: any(c["id"] == post for c in self.world("channels")))
        self.world.until("its pin", lambda: self.questions()[len(self.posts) - 1]["pinned"])

    def reveals(self):
        return [m for m in self.world.said(self.posts[-1]["id"]) if not m["ephemeral"] and "Model answer" in text(m)]

    def is_revealed(self, **how):
        self.world.until("its reveal", self.reveals, **how)

    def start_again(self):
        self.world.stop(signal.SIGKILL)
        self.world.start()
        self.report.counts["kills"] += 1

    def answer(self):
        self.world.answer(self.member, self.channel, self.posts[-1], "I would look that up.")

    # What a day is like. Each begins before the time, with the program running, and ends after the reveal.

    def ordinary(self, day):
        self.go(self.at(day, TIME, seconds=1))
        self.nudge()
        self.comes(day)
        self.is_whole()
        if day % 3 == 0:
            self.answer()
        self.close(day)

    def close(self, day):
        came = datetime.datetime.fromisoformat(self.posts[-1]["timestamp"])
        self.go(max(came, self.at(day, TIME)) + datetime.timedelta(hours=HOURS, seconds=5))
        self.nudge()
        self.is_revealed()

    def without_a_nudge(self, day):
        self.go(self.at(day, TIME, seconds=1))
        self.comes(day, patience_s=LOOKS_WITHIN_S)
        self.is_whole()
        self.close(day)

    def late(self, day):
        """It is away for forty minutes around the time."""
        self.go(self.at(day, "08:30"))
        self.world.stop(signal.SIGKILL)
        self.go(self.at(day, TIME, minutes=40))
        self.world.start()
        self.comes(day)
        self.is_whole()
        self.close(day)

    def missed(self, day):
        """It is away from before the reveal of the day before until two and a half hours after the time."""
        before = day - 1
        self.go(self.at(before, TIME, seconds=1))
        self.nudge()
        self.comes(before)
        self.is_whole()
        self.go(self.at(before, "16:00"))
        self.world.stop(signal.SIGKILL)
        self.go(self.at(day, TIME, hours=2, minutes=30))
        self.world.start()
        self.is_revealed()
        self.world.until("a note on what was missed", self.notes)
        self.report.counts["missed days"] += 1

    def notes(self):
        """What whoever made the daily is told of what was missed."""
        there = self.world("dm", **{"as": self.owner})["channel"]
        told_alone = [m for m in self.world.said(self.channel) if m["ephemeral"]]
        return [m for m in [*self.world.said(there), *told_alone] if "was missed" in text(m)]

    def lost_answer(self, day):
        """Discord takes the post, its answer gets lost, and the program is killed in that moment."""
        self.world.stop(signal.SIGKILL)
        self.go(self.at(day, TIME, seconds=1))
        self.world("lose", count=1)
        self.world.start()
        self.comes(day, pause_s=0.01)
        self.start_again()
        self.is_whole()
        self.close(day)

    def killed_before_the_thread(self, day):
        self.go(self.at(day, TIME, seconds=1))
        nudging = threading.Thread(target=self.nudge)
        nudging.start()
        self.comes(day, pause_s=0.01)
        self.start_again()
        nudging.join()
        self.is_whole()
        self.close(day)

    def killed_before_the_pin(self, day):
        self.go(self.at(day, TIME, seconds=1))
        nudging = threading.Thread(target=self.nudge)
        nudging.start()
        threads = len(self.posts)
        self.world.until("its thread", lambda: len(self.threads()) > threads, pause_s=0.01)
        self.start_again()
        nudging.join()
        self.comes(day)
        self.is_whole()
        self.close(day)

    def threads(self):
        return [c for c in self.world("channels") if c["parent"] == self.channel]

    def killed_before_the_reveal(self, day):
        self.go(self.at(day, TIME, seconds=1))
        self.nudge()
        self.comes(day)
        self.is_whole()
        self.go(self.at(day, TIME, hours=HOURS, seconds=5))
        nudging = threading.Thread(target=self.nudge)
        nudging.start()
        self.world.until("the close", lambda: "It is closed" in text(self.questions()[-1]), pause_s=0.01)
        self.start_again()
        nudging.join()
        self.is_revealed()

    def killed_after_the_reveal(self, day):
        self.go(self.at(day, TIME, seconds=1))
        self.nudge()
        self.comes(day)
        self.is_whole()
        self.go(self.at(day, TIME, hours=HOURS, seconds=5))
        nudging = threading.Thread(target=self.nudge)
        nudging.start()
        self.is_revealed(pause_s=0.01)
        self.start_again()
        nudging.join()

    def started_again(self, day):
        """It is started again before the time, while the question is open, and before the reveal."""
        self.go(self.at(day, "08:59"))
        self.start_again()
        self.go(self.at(day, TIME, seconds=1))
        self.nudge()
        self.comes(day)
        self.is_whole()
        self.answer()
        self.world.stop()
        self.world.start()
        self.answer()
        self.go(self.at(day, TIME, hours=HOURS, minutes=-1))
        self.world.stop()
        self.go(self.at(day, TIME, hours=HOURS, minutes=1))
        self.world.start()
        self.is_revealed()

    def second_process(self, day):
        """Another process on the same database says so and ends, and the first one goes on."""
        self.go(self.at(day, TIME, seconds=1))
        second = self.world.spawn(subprocess.PIPE)
        said = b"".join(second.communicate(timeout=60)).decode()
        self.report.holds("a second process is refused", second.returncode not in (0, None) and "in use" in said, said)
        self.nudge()
        self.comes(day)
        self.is_whole()
        self.close(day)

    def set_back(self, day):
        """The clock of the program's machine is set back by an hour after the post, and comes to the time again."""
        self.go(self.at(day, TIME, minutes=1))
        self.nudge()
        self.comes(day)
        self.is_whole()
        hour = datetime.timedelta(hours=1)
        self.clock.write(bot_behind=hour)
        self.nudge()
        self.start_again()
        self.nudge()
        self.go(self.at(day, TIME, hours=1, seconds=1), bot_behind=hour)
        self.nudge()
        self.nudge()
        self.start_again()
        self.close(day)

    def set_right(self, day):
        """The clock of the program's machine is an hour ahead, so that it posts too early, and is then set right."""
        ahead = -datetime.timedelta(hours=1)
        self.go(self.at(day, TIME, hours=-1, seconds=1), bot_behind=ahead)
        self.nudge()
        self.comes(day)
        self.is_whole()
        self.go(self.at(day, TIME, minutes=-30))
        self.nudge()
        self.go(self.at(day, TIME, seconds=1))
        self.nudge()
        self.nudge()
        self.start_again()
        self.close(day)


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
    world.slash(stranger, days.channel, "daily add", time=TIME, zone=ZONE.key)
    world.sees(days.channel, "Dailies are for those who may manage this server")
    world.slash(days.owner, days.channel, "daily add", time=TIME, zone=ZONE.key, hours=HOURS, pin=True)
    saved, _ = world.sees(days.channel, "Saved")
    report.holds("what is saved is told alone", saved["ephemeral"])
    for day in range(DAYS):
        began = time.monotonic()
        like = UNLIKE.get(day, Days.ordinary)
        if like is not None:
            like(days, day)
        print(day, like and like.__name__, round(time.monotonic() - began, 1), flush=True)
    posts = [m["id"] for m in days.posts]
    count_channel(world, report, posts)
    count_dates(report, days)
    for post in days.posts:
        count_edits(world, report, post)
    report.holds("every question is pinned", report.counts["pins"] == len(posts), len(posts))
    report.holds("whoever made the daily is told once of what was missed", len(days.notes()) == len(MISSED),
                 *map(text, days.notes()))


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


# --- What is true of both -------------------------------------------------------------------------------------------

def count_channel(world, report, posts):
    """Counts what stands in the channel and below it, where each of these posts is to be there once."""
    channel, bot = world.facts["channel"], world.facts["bot"]
    public = [m for m in world.said(channel) if not m["ephemeral"]]
    questions = [m for m in public if m["components"] or "It is closed" in text(m)]
    report.counts["posts"] = len(questions)
    report.holds("nothing else stands in the channel", [m["id"] for m in questions] == posts, len(questions))
    others = [m for m in public if m not in questions and m["type"] not in SAYS_WHAT_WAS_DONE]
    report.holds("nothing is said beside the questions", not others, *map(text, others))
    threads = [c for c in world("channels") if c["parent"] == channel]
    report.counts["threads"] = len(threads)
    report.holds("each question has one thread", sorted(c["id"] for c in threads) == sorted(posts), len(threads))
    pinned = [m["id"] for m in questions if m["pinned"]]
    report.counts["pins"] = sum(m["type"] == PINS_ADD for m in public)
    report.holds("each pin was made once", report.counts["pins"] == len(pinned), len(pinned))
    reveals = collections.Counter()
    for thread in threads:
        said = [m for m in world.said(thread["id"]) if not m["ephemeral"]]
        reveals[thread["id"]] = sum("Model answer" in text(m) for m in said)
        report.holds("a thread holds the reveal alone", len(said) == reveals[thread["id"]], *map(text, said))
    report.counts["reveals"] = reveals.total()
    report.holds("each question has one reveal", all(reveals[post] == 1 for post in posts), reveals)
    twice = sum(max(0, number - 1) for number in reveals.values())
    report.counts["duplicates"] += twice + len(questions) - len({m["id"] for m in questions if m["id"] in posts})
    everything = [m for c in world("channels") for m in world("messages", channel=c["id"]) if m["author"]["id"] == bot]
    report.counts["private answers"] = sum(m["ephemeral"] for m in everything)
    mentioning = [m for m in everything if m["mentions"] or m["mention_roles"] or m["mention_everyone"]]
    report.holds("nobody is mentioned", not mentioning, *map(text, mentioning))
    count_calls(world, report)


def count_calls(world, report):
    """Looks into all that was sent, and not only into what stands there."""
    calls = world("log")
    for call in calls:
        body = call["body"] if isinstance(call["body"], dict) else {}
        message = body.get("data") or body
        if "content" not in message and "embeds" not in message:
            continue
        allowed = message.get("allowed_mentions")
        report.holds("no mention is allowed", allowed == {"parse": []}, call["path"], allowed)
        # An answer to an interaction is one person's if it says so; what else is written, everybody may read.
        private = call["path"].startswith(("/interactions/", "/webhooks/")) and message.get("flags", 0) & EPHEMERAL
        written = json.dumps(body, ensure_ascii=False)
        loud = [word for word in world.private if word in written and not word.isdigit()]
        report.holds("what somebody says stays between them and the bot", private or not loud, call["path"], loud)
    late = [call for call in calls if call["path"].endswith("/callback") and call["status"] >= 400]
    report.counts["late first answers"] = len(late)


def count_edits(world, report, post):
    """Edits of a post: its count follows at its own pace, and the close is said."""
    path = f"/channels/{world.facts['channel']}/messages/{post['id']}"
    edits = [call for call in world("log") if (call["method"], call["path"]) == ("PATCH", path) and call["status"] == 200]
    report.counts["edits"] += len(edits)
    # After a kill, what perhaps arrived is said again, which nobody sees.
    said = [next(same) for _, same in itertools.groupby(edits, lambda call: text(call["body"]))]
    counting = [call for call in said if "It is closed" not in text(call["body"])]
    gaps = [round(after["ran"] - before["ran"], 1) for before, after in zip(counting, counting[1:])]
    report.holds("the count is edited at most once in ten seconds",
                 all(gap >= COUNT_EVERY_S - ON_ITS_WAY_S for gap in gaps), gaps)
    report.holds("the close is said once", len(said) - len(counting) == 1, len(said) - len(counting))


def count_people(world, report, members):
    told_alone = collections.Counter(m["interaction_metadata"]["user"]["id"]
                                     for m in world.said(world.facts["channel"]) if m["ephemeral"])
    without = [member.number for member in members if not told_alone[member.who]]
    report.holds("everybody got a private answer", not without, without)
    report.counts["tried again"] = sum(member.again for member in members)


def main():
    if lack := lacking():
        return print(f"{lack}: rounds and dailies were not played")
    library = faketime()
    if library is None:
        print("libfaketime is not here: the daily was not played")
    parts = [("a round of 200 people", round_of_many, ())]
    if library is not None:
        parts.append(("a daily over 30 days", daily_of_days, (library,)))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        playing = [pool.submit(played, *part) for part in parts]
        reports = [each.result() for each in playing]
    show(reports)
    sys.exit(any(report.broken for report in reports))


def played(name, play, given):
    """Plays one part in a folder of its own, and looks at what it logged."""
    report = Report(name)
    with tempfile.TemporaryDirectory() as folder:
        try:
            private = play(folder, report, *given).private
            log = (pathlib.Path(folder) / "log").read_text(errors="replace")
            report.holds("no log holds the token", TOKEN not in log)
            lines = told(log, private)
            report.holds("no log holds words or names of anybody", not lines, *lines)
        except (AssertionError, KeyError, StopIteration, TypeError, OSError) as error:
            report.broken.append(repr(error))
            if os.environ.get("SHOW_LOG"):
                print((pathlib.Path(folder) / "log").read_text(errors="replace")[-6000:])
    return report


def show(reports):
    names = ["posts", "edits", "private answers", "threads", "pins", "reveals", "duplicates", "missed days", "answers",
             "kills", "tried again", "late first answers"]
    width = max(map(len, names))
    print(" " * width, *(report.name.rjust(24) for report in reports))
    for name in names:
        print(name.ljust(width), *(str(report.counts[name]).rjust(24) for report in reports))
    for report in reports:
        for broken in dict.fromkeys(report.broken):
            print("BROKEN", report.name, "·", broken)


if __name__ == "__main__":
    main()
