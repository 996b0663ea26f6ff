"""Teams, breakdown values and groups by number, so that arrays can hold them."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.shapes import Value
from metrics.sums.sorted_cells import Numbers


class Column:
    """Numbers, one after another: an array that grows."""

    def __init__(self) -> None:
        self._room = np.empty(16, np.int32)
        self._count = 0

    def append(self, number: int) -> None:
        """Add *number* at the end."""
        if self._count == len(self._room):
            self._room = np.concatenate((self._room, np.empty_like(self._room)))
        self._room[self._count] = number
        self._count += 1

    @property
    def numbers(self) -> Numbers:
        """All numbers so far."""
        return self._room[: self._count]


class Values:
    """Values by number, in the order of their arrival. A list has a number, and so has each of its members."""

    def __init__(self, values: Iterable[Value] = ()) -> None:
        self._numbers: dict[Value, int] = {}
        self.listed: list[Value] = []
        self._members: dict[int, list[int]] = {}  # of the lists
        self._spread: tuple[Numbers, NDArray[np.int64], Numbers] | None = None  # sizes, begins and all members
        for value in values:
            self.number(value)

    def __len__(self) -> int:
        return len(self.listed)

    def number(self, value: Value) -> int:
        """Return the number of *value*; a new value gets the next."""
        number = self._numbers.get(value)
        if number is None:
            members = [self.number(member) for member in value] if isinstance(value, tuple) else None
            number = self._numbers[value] = len(self.listed)
            self.listed.append(value)
            self._spread = None
            if members is not None:
                self._members[number] = members
        return number

    def known(self, value: Value) -> int:
        """Return the number of *value*, or -1 for a value that never came."""
        return self._numbers.get(value, -1)

    def are(self, numbers: Numbers, name: str) -> NDArray[np.bool_]:
        """Return which of *numbers* stand for *name*, or for a list with *name* in it."""
        wanted = self.known(name)
        lists = [number for number, members in self._members.items() if wanted in members]
        return np.isin(numbers, [wanted, *lists]) if lists else numbers == wanted

    def members(self, numbers: Numbers) -> tuple[NDArray[np.int64], Numbers] | None:
        """Return, for every member of *numbers*, its row in them and its number; None where no value is a list."""
        if not self._members:
            return None
        sizes, begins, flat = self._spread = self._spread or self._laid_out()
        many = sizes[numbers]
        rows = np.repeat(np.arange(len(numbers)), many)
        within = np.arange(len(rows)) - np.repeat(many.cumsum() - many, many)
        return rows, flat[begins[numbers[rows]] + within]

    def _laid_out(self) -> tuple[Numbers, NDArray[np.int64], Numbers]:
        lists: list[Sequence[int]] = [self._members.get(number, (number,)) for number in range(len(self))]
        sizes = np.array([len(members) for members in lists], np.int32)
        flat = np.array([member for members in lists for member in members], np.int32)
        return sizes, np.cumsum(sizes, dtype=np.int64) - sizes, flat


class Groups:
    """The groups of a part by number: each is a team and a value of each breakdown."""

    def __init__(self, teams: Values, breakdowns: int) -> None:
        self.values = (teams, *(Values() for _ in range(breakdowns)))
        self.columns = tuple(Column() for _ in self.values)
        self._numbers: dict[int, int] = {}  # by the numbers of team and values, joined into one

    def number(self, team: str, by: tuple[Value, ...]) -> int:
        """Return the number of the group of *team* and *by*; a new group gets the next."""
        numbers = [values.number(value) for values, value in zip(self.values, (team, *by), strict=True)]
        key = 0
        for number in numbers:
            key = key << 32 | number
        group = self._numbers.get(key)
        if group is None:
            group = self._numbers[key] = len(self._numbers)
            for column, number in zip(self.columns, numbers, strict=True):
                column.append(number)
        return group

    def bearing(self, number: int) -> tuple[str, tuple[Value, ...]]:
        """Return the team and the breakdown values of a group."""
        team, *by = (
            values.listed[column.numbers[number]] for values, column in zip(self.values, self.columns, strict=True)
        )
        assert isinstance(team, str)
        return team, tuple(by)
