"""How far down a branch has to be read to find everybody behind a statement line.

Pure functions over arrays. A rule looks at people from the receiver downwards, always after their
sponsors, and says below whom somebody who belongs to the line may still be found. It may say yes
too often, never no: who really belongs to the line is the engine's word (``contributors``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from compensation.engine.caps import Cap
from compensation.engine.components import (
    Component,
    Differential,
    GenerationPercent,
    LevelPercent,
    Match,
    VolumeBracket,
)
from compensation.engine.components.base import Standing
from compensation.engine.types import Bool, Int

State = npt.NDArray[Any]


class Rule(Protocol):
    """Goes down a branch: one state for each person, made from the sponsor's."""

    def first(self, receiver: Standing) -> State:
        """Give the state of the receiver, one element."""

    def following(self, sponsor: State, people: Standing) -> State:
        """Give the states of people from those of their sponsors."""

    def goes_on(self, state: State) -> Bool:
        """Tell below whom to look on."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Nobody below the receiver is looked at."""

    def first(self, receiver: Standing) -> State:
        """Give a state that says nothing."""
        return np.zeros(1, dtype=np.int64)

    def following(self, sponsor: State, people: Standing) -> State:
        """Give the sponsors' states."""
        return sponsor

    def goes_on(self, state: State) -> Bool:
        """Look at nobody."""
        return np.zeros(len(state), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Everybody:
    """The whole branch, as deep as it is."""

    def first(self, receiver: Standing) -> State:
        """Give a state that says nothing."""
        return np.zeros(1, dtype=np.int64)

    def following(self, sponsor: State, people: Standing) -> State:
        """Give the sponsors' states."""
        return sponsor

    def goes_on(self, state: State) -> Bool:
        """Look at everybody."""
        return np.ones(len(state), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels by plain distance, or counted over qualified people; roll-up goes on as it must.

    The state is the number of levels that sales of somebody's directs would be away.
    """

    component: Component
    deepest: int

    def first(self, receiver: Standing) -> State:
        """Sales of the receiver's directs are one level away."""
        return np.ones(1, dtype=np.int64)

    def following(self, sponsor: State, people: Standing) -> State:
        """One level more, where the person counts as one."""
        if self.component.compression == "skip_and_recount":
            return sponsor + self.component.counted(people)
        if self.component.compression == "roll_up":
            # Below the receiver, people without qualification pass on what they miss.
            passes = (sponsor == 1) & ~self.component.counted(people)
            return np.where(passes, 1, sponsor + 1)
        return sponsor + 1

    def goes_on(self, state: State) -> Bool:
        """Look on until the level is passed."""
        return np.asarray(state <= self.deepest)


@dataclass(frozen=True, slots=True)
class Turns:
    """Dynamic compression: each level goes on from whoever may take it.

    The state says for each level 1, 2, ... whether a sale that comes from below with this level
    due reaches the receiver with the paid level due.
    """

    component: LevelPercent | Match
    paid_level: int

    def first(self, receiver: Standing) -> State:
        """A sale is to arrive with the paid level due."""
        state = np.zeros((1, self.paid_level), dtype=np.bool_)
        state[0, -1] = True
        return state

    def following(self, sponsor: State, people: Standing) -> State:
        """Whoever may take the level that is due lets the next one go on."""
        state = np.zeros(sponsor.shape, dtype=np.bool_)
        for level in range(1, self.paid_level + 1):
            may = self.component.takers(level, people)
            on = sponsor[:, level] if level < self.paid_level else np.zeros(len(may), np.bool_)
            state[:, level - 1] = np.where(may, on, sponsor[:, level - 1])
        return state

    def goes_on(self, state: State) -> Bool:
        """Look on while any level due would do."""
        return np.asarray(state.any(axis=1))


@dataclass(frozen=True, slots=True)
class Steps:
    """A differential: nobody between may have more than the percentage the step begins at.

    Nor may anybody have broken away.
    """

    component: Differential
    highest: int

    def first(self, receiver: Standing) -> State:
        """Begin below the receiver."""
        return np.ones(1, dtype=np.bool_)

    def following(self, sponsor: State, people: Standing) -> State:
        """Whoever has more takes the sale himself; from whoever has left none goes up."""
        has_more = self.component.places(people) > self.highest
        return np.asarray(~has_more & ~self.component.has_left(people))

    def goes_on(self, state: State) -> Bool:
        """Look on below those who have no more."""
        return np.asarray(state)


@dataclass(frozen=True, slots=True)
class Generations:
    """Generations: so many leaders may stand below the receiver, at or above the seller.

    The state is the number of them.
    """

    component: GenerationPercent
    deepest: int

    def first(self, receiver: Standing) -> State:
        """Begin below the receiver."""
        return np.zeros(1, dtype=np.int64)

    def following(self, sponsor: State, people: Standing) -> State:
        """One more where the person is a leader."""
        return sponsor + self.component.counted(people)

    def goes_on(self, state: State) -> Bool:
        """Look on until the generation is passed."""
        return np.asarray(state <= self.deepest)


def rule_for(source: Component | Cap, paid_level: int, receiver: Standing) -> Rule:
    """Give the rule for a receiver's line; a kind that is not known here is read whole.

    A cut of a cap opens through the receiver's own lines.
    """
    if isinstance(source, Cap) or not (source.opens_to_orders or isinstance(source, Match)):
        return Alone()
    component, kind = source, source.kind
    if kind == "volume_bracket" and isinstance(component, VolumeBracket):
        return Everybody() if component.scope == "group" else Alone()
    if kind == "differential" and isinstance(component, Differential):
        return _steps(component, paid_level, receiver)
    if isinstance(component, GenerationPercent):
        return Generations(component, paid_level)
    if kind in ("rsp_points", "level_percent", "flat_bonus", "match", "quick_start"):
        if paid_level == 0:
            return Alone()
        if component.compression == "dynamic":
            assert hasattr(component, "takers")
            return Turns(component, paid_level)  # type: ignore[arg-type]
        return Levels(component, paid_level)
    if kind == "retail_profit":
        return Alone()
    return Everybody()


def _steps(component: Differential, paid_level: int, receiver: Standing) -> Rule:
    own = int(component.places(receiver)[0])
    percents = component.percents()
    step = component.steps()[paid_level - 1]
    below = [place for place in range(own) if percents[own] - percents[place] == step]
    return Steps(component, below[0]) if below else Alone()


def state_of(parents: Int, state: State) -> State:
    """Give the sponsors' states of some people."""
    chosen: State = state[parents]
    return chosen
