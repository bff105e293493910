import keyword
from collections import UserDict

from run import raises, run_example


class Point:
    def __init__(self, x=0, y=0):
        self.x, self.y = x, y


class Dog:
    def bark(self, times=1):
        return self, times


def check_dunder_init():
    _, printed = run_example("dunder-init")
    assert printed == "Ann 0\n"

    # Without the assignments, and without the method at all.
    class Unset:
        def __init__(self, owner):
            pass

        def deposit(self, amount):
            self.balance += amount

    class Without:
        pass

    message = raises(AttributeError, lambda: Unset("Ann").balance)
    assert message == "'Unset' object has no attribute 'balance'"
    raises(AttributeError, Unset("Ann").deposit, 5)
    assert raises(TypeError, Without, "Ann") == "Without() takes no arguments"

    # The object exists before __init__ runs; the class call passes it on.
    bare = Point.__new__(Point)
    assert type(bare) is Point and isinstance(bare, Point) and vars(bare) == {}
    raises(AttributeError, lambda: bare.x)
    bare.__init__(1, 2)
    assert vars(bare) == {"x": 1, "y": 2}
    by_hand = Point.__new__(Point, 1, 2)
    by_hand.__init__(1, 2)
    assert vars(by_hand) == vars(Point(1, 2))
    steps = []

    class Traced:
        def __new__(cls, *args):
            made = super().__new__(cls)
            steps.append(("new", id(made), args))
            return made

        def __init__(self, *args):
            steps.append(("init", id(self), args))

    traced = Traced(7)
    assert steps == [("new", id(traced), (7,)), ("init", id(traced), (7,))]

    # It is optional.
    class Empty:
        pass

    empty = Empty()
    assert type(empty) is Empty and vars(empty) == {}
    assert Empty.__init__ is object.__init__
    empty.x = 1
    assert empty.x == 1

    # It must return None.
    class ReturnsSelf:
        def __init__(self):
            return self

    assert "__init__() should return None" in raises(TypeError, ReturnsSelf)
    assert Point().__init__() is None

    # A subclass's own __init__ replaces the parent's.
    class Base:
        def __init__(self):
            self.id = 1

    class Child(Base):
        def __init__(self):
            self.name = "x"

    class CallsSuper(Base):
        def __init__(self):
            super().__init__()
            self.name = "x"

    class Inherits(Base):
        pass

    assert raises(AttributeError, lambda: Child().id) == "'Child' object has no attribute 'id'"
    assert CallsSuper().id == Inherits().id == 1

    # A tuple's items are fixed before __init__ runs.
    class SortsInInit(tuple):
        def __init__(self, items):
            self.sort()

    class AssignsInInit(tuple):
        def __init__(self, items):
            self[0] = min(items)

    class SortsInNew(tuple):
        def __new__(cls, items):
            return super().__new__(cls, sorted(items))

    class Looks(tuple):
        def __init__(self, items):
            assert len(self) == 3

    raises(AttributeError, SortsInInit, [3, 1, 2])
    assert "does not support item assignment" in raises(TypeError, AssignsInInit, [3, 1, 2])
    assert Looks([3, 1, 2]) == (3, 1, 2)
    assert SortsInNew([3, 1, 2]) == (1, 2, 3)


def check_self_parameter():
    example, printed = run_example("self-parameter")
    assert printed == "50 0\n"
    Account = example["Account"]
    Account.deposit(example["a"], 1)
    assert example["a"].balance == 51 and example["b"].balance == 0

    # The name is a convention; the position decides.
    class Renamed:
        def who(me):
            return me

    renamed = Renamed()
    assert renamed.who() is renamed
    assert not keyword.iskeyword("self") and "self" not in keyword.softkwlist

    # It is the instance, not the class and not a copy.
    a, b = Dog(), Dog()
    assert a.bark()[0] is a and a.bark()[0] is not b
    assert type(a.bark()[0]) is Dog
    assert Dog.bark(a, 3) == a.bark(3) == (a, 3)

    class Car:
        colour = "blue"

        def paint(self):
            self.colour = "red"

        @classmethod
        def receives(cls):
            return cls

    assert Car.receives() is Car().receives() is Car
    cars = [Car(), Car(), Car()]
    cars[0].paint()
    assert [car.colour for car in cars] == ["red", "blue", "blue"]
    assert Car.colour == "blue"

    # Without the prefix it is an ordinary variable.
    class Careless:
        balance = 0

        def deposit(self, amount):
            balance += amount

        def read(self):
            return balance

    account = Careless()
    assert "'balance'" in raises(UnboundLocalError, account.deposit, 5)
    assert raises(NameError, account.read) == "name 'balance' is not defined"
    assert account.balance == 0

    # One function in the class, one balance per account.
    accounts = [Account() for _ in range(1000)]
    accounts[7].deposit(5)
    assert [n for n, one in enumerate(accounts) if one.balance] == [7]
    assert all("deposit" not in vars(one) for one in accounts)

    # A bound method keeps its instance; the function on the class does not.
    bound = a.bark
    assert bound.__self__ is a and bound() == (a, 1)
    unbound = Dog.bark
    assert "missing 1 required positional argument: 'self'" in raises(TypeError, unbound)
    assert unbound(a) == (a, 1) and not hasattr(unbound, "__self__")

    class Forgot:
        def bark():
            pass

    assert "takes 0 positional arguments but 1 was given" in raises(TypeError, Forgot().bark)


def check_class_vs_instance_variables():
    example, printed = run_example("class-vs-instance-variables")
    assert printed == "0.2 ['tea']\n"
    assert example["ann"].tax_rate == 0.1 and example["Cart"].tax_rate == 0.2

    # Assigning through an instance hides the class variable there.
    class A:
        n = 0
        tags = []

    a, b = A(), A()
    assert vars(a) == {} and "n" in vars(A)
    a.n = 5
    assert (a.n, b.n, A.n) == (5, 0, 0)
    A.n = 9
    assert (a.n, b.n) == (5, 9)
    del a.n
    assert a.n == 9

    # Nothing is copied.
    assert a.tags is b.tags is A.tags
    a.tags.append("x")
    assert b.tags == ["x"]

    class Dog:
        species = "canis"

    assert Dog.__dict__["species"] == "canis"
    dogs = [Dog() for _ in range(1000)]
    assert all(vars(dog) == {} and dog.species is Dog.species for dog in dogs)

    # Any method, or code outside, can create an instance variable.
    class Engine:
        def __init__(self):
            pass

        def start(self):
            self.started = True

    engine = Engine()
    assert "no attribute 'started'" in raises(AttributeError, lambda: engine.started)
    engine.start()
    engine.colour = "red"
    assert vars(engine) == {"started": True, "colour": "red"}
    assert not hasattr(Engine(), "started")

    class User:
        def __init__(self, email):
            self.email = email

    assert [User(mail).email for mail in ("a@x", "b@x")] == ["a@x", "b@x"]

    class Shared:
        items = []

        def add(self, x):
            self.items.append(x)

    class Own(Shared):
        def __init__(self):
            self.items = []

    for cart, expected in ((Shared, [["tea", "milk"]] * 2), (Own, [["tea"], ["milk"]])):
        one, two = cart(), cart()
        one.add("tea")
        two.add("milk")
        assert [one.items, two.items] == expected

    class Both:
        n = 0
        log = []

        def step(self):
            self.n += 1
            self.log += ["x"]

    both = Both()
    both.step()
    assert Both.n == 0 and Both.log == ["x"]
    assert vars(both) == {"n": 1, "log": ["x"]} and both.log is Both.log


def check_inheritance_vs_composition():
    example, printed = run_example("inheritance-vs-composition")
    assert printed == ""

    class Recorder:
        def __init__(self, sent):
            self.send = sent.append

    mails, texts = [], []
    for channel in (mails, texts):
        example["OrderService"](Recorder(channel)).confirm("A1")
    assert mails == texts == ["Order A1 confirmed"]

    # Inheriting for one method takes on all the others.
    class HttpClient:
        def get(self, url):
            return url

        def log(self, text):
            return text

    class Invoice(HttpClient):
        pass

    assert Invoice().log("paid") == "paid"
    assert Invoice().get("/") == "/" and isinstance(Invoice(), HttpClient)
    HttpClient.delete = lambda self: "gone"
    assert Invoice().delete() == "gone"

    # `except` matches by class, not by what an object holds.
    class IsOne(ValueError):
        pass

    class HasOne(Exception):
        def __init__(self):
            self.cause = ValueError()

    def caught(error):
        try:
            raise error()
        except ValueError:
            return True
        except Exception:
            return False

    assert caught(IsOne) and not caught(HasOne)

    class Engine:
        pass

    class Car:
        def __init__(self):
            self.engine = Engine()

    class Hybrid(Car, Engine):
        pass

    assert not isinstance(Car(), Engine) and isinstance(Car().engine, Engine)
    assert isinstance(Hybrid(), Engine)

    # A change inside the base breaks a subclass that relied on it.
    class BaseReport:
        def render(self):
            return self.title()

        def title(self):
            return "Report"

    class Loud(BaseReport):
        def title(self):
            return "REPORT"

    assert Loud().render() == "REPORT"
    BaseReport.render = lambda self: "Report"
    assert Loud().render() == "Report"

    class LowerMixin:
        def __setitem__(self, key, value):
            super().__setitem__(key.lower(), value)

    class LowerDict(LowerMixin, dict):
        pass

    class LowerUserDict(LowerMixin, UserDict):
        pass

    for kind, key in ((LowerDict, "A"), (LowerUserDict, "a")):
        d = kind()
        d["B"] = 0
        d.update({"A": 1})
        assert list(d) == ["b", key]
