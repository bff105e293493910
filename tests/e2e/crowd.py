"""A round of two hundred people. No script by itself; `rounds.py` plays it."""
import collections
import concurrent.futures
import re
import signal
import threading
import time

from counted import CLOSED, NOBODY_YET, count_channel, count_edits
from world import World, plain, questions, text

PEOPLE = 200
# People who press and write at the same time.
AT_ONCE = 25
# Between two readings of what stands in a channel, for everybody together.
READ_EVERY_S = 0.5
# Until somebody who got no answer tries again, and how often they do.
ANSWER_WITHIN_S, TRIES = 8, 12
# So many people were served when the program is killed.
KILLED_AT = (50, 120)


class Here:
    """The clock of this machine, for all of them."""

    def of_discord(self):
        return {}

    def of_bot(self):
        return {}


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
    """The question that a card asks, and ways to answer it that are the bank's own."""

    def __init__(self, card):
        self.of_bank = next(question for question in questions() if plain(question["ask"]) in plain(text(card)))
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
                self.reply(self.answer(self.question.wrong(number)))
                if number % 20 == 4:
                    self.take_back()
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
                    self.answer(self.question.right(number), on=steps if "Answer" in labels(steps) else None)
            case 8:
                self.answer(self.question.wrong(number))
                self.answer(self.question.right(number))
            case _:
                self.answer(self.question.right(number), times=2)

    def answer(self, words, on=None, times=1):
        for _ in range(TRIES):
            card = self.does(lambda: together(times, lambda: self.fill(on or self.post, words)))
            # A word on the time, or that it was not saved, is nothing that an answer leads to.
            if labels(card):
                # What is about something else is asked for once more.
                self.counts = "about something else" not in text(card)
                return card
        raise AssertionError(f"an answer of member {self.number} leads to {text(card)}")

    def reply(self, card):
        """Replies to the follow-up, where there is one."""
        if "Answer" not in labels(card):
            return card
        return self.does(lambda: self.fill(card, self.question.reply(card, self.number)))

    def how_did_i_do(self, view, result):
        """All that they are told about their answer, which may be of several messages."""
        self.does(lambda: self.world.press(self.who, view.channel, result, "How did I do?"), view)
        end = time.monotonic() + ANSWER_WITHIN_S
        while time.monotonic() < end:
            told_alone = "\n".join(map(text, view.of(self.who)))
            if not self.counts or "What you said" in told_alone:
                break
            time.sleep(READ_EVERY_S)
        return told_alone

    def seen(self):
        return [text(message)[:80] for message in self.view.of(self.who)]

    def take_back(self):
        """Takes the answer back, on the card that says that it is in."""
        end = time.monotonic() + ANSWER_WITHIN_S
        while not (cards := [m for m in self.view.of(self.who) if "Take it back" in labels(m)]):
            if time.monotonic() > end:
                raise AssertionError(f"member {self.number} is not told that their answer is in: {self.seen()}")
            time.sleep(READ_EVERY_S)
        self.does(lambda: self.world.press(self.who, self.view.channel, cards[-1], "Take it back"))
        self.counts = False

    def fill(self, message, words):
        """Presses, and sends the form if one opens: none does while the program is down."""
        opened = self.world.press(self.who, self.view.channel, message, "Answer")
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
    """Does something several times in one moment, as an impatient person does."""
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
    channel, host = world.facts["channel"], world.person("host")
    world.slash(host, channel, "round", track="python", minutes=60)
    controls, _ = world.sees(channel, "Your round is on")
    post, _ = world.sees(channel, NOBODY_YET)
    thread, question = world.new_thread(set()), Question(post)
    view = View(world, channel)
    members = [Member(world, view, question, post, number) for number in range(PEOPLE)]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        playing = [pool.submit(member.take_part) for member in members]
        # Between the two, Discord delivers everything twice.
        for served, copies in zip(KILLED_AT, (2, 1)):
            while sum(play.done() for play in playing) < served:
                time.sleep(0.1)
            killed_and_started(world, report)
            world("repeat", count=copies)
        for play in playing:
            play.result()
    closing = threading.Thread(target=world.press, args=(host, channel, controls, "Close now"))
    closing.start()
    world.until("the close", lambda: any(CLOSED in text(m) for m in world.said(channel)), pause_s=0.02)
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
    view, points = View(world, thread), members[0].question.points
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        pressed = [pool.submit(member.how_did_i_do, view, result) for member in members]
        own = [each.result() for each in pressed]
    for member, told_alone in zip(members, own):
        found = "What you said" in told_alone
        report.holds(f"member {member.number} finds what they said", member.counts == found, told_alone, member.seen())
    answered, said = sum(member.counts for member in members), [0] * len(points)
    for told_alone in own:
        lines = [plain(line) for line in told_alone.splitlines() if line.startswith("✓ **said** · ")]
        for place, point in enumerate(points):
            said[place] += any(plain(point["idea"]) in line for line in lines)
    shown = re.findall(r"\d+\. (\d+) of (\d+): ", result["attachments"][0]["description"])
    report.holds("the reveal counts whoever answered", [int(of) for _, of in shown] == [answered] * len(points),
                 shown, answered)
    report.holds("the reveal adds up what each is told", [int(n) for n, _ in shown] == said, shown, said)
    report.holds("most people answered, and some points were said", answered > PEOPLE / 2 and said[0] > 0, answered)
    report.counts["answers"] = answered


def count_people(world, report, members):
    told_alone = collections.Counter(m["interaction_metadata"]["user"]["id"]
                                     for m in world.said(world.facts["channel"]) if m["ephemeral"])
    without = [member.number for member in members if not told_alone[member.who]]
    report.holds("everybody got a private answer", not without, without)
    report.counts["tried again"] = sum(member.again for member in members)
