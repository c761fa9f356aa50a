"""Parameters classes of every shape, and values that lie on, inside and outside their edges."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from modeldeck.testing import values
from tests.cards.helpers import parameters


class Tone(Enum):
    LOW = "low"
    MID = "mid"
    HIGH = "high"


class Rate(Enum):
    SLOW = 8000
    FAST = 16000


class Point(BaseModel):
    model_config = ConfigDict(extra="forbid")
    x: int = Field(default=1, ge=-5, le=5)
    y: float | None = None
    tone: Tone | None = None


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=4)
    centre: Point | None = None
    corners: list[Point] = Field(default=[], max_length=3)


class Cat(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["cat"] = "cat"
    lives: int | None = Field(default=9, ge=0)


class Dog(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["dog"] = "dog"
    name: str | None = None


class Plain(BaseModel):
    """A third party's class, which ignores what it does not know unless it is told otherwise."""

    x: int | None = None
    name: str = "a"


class PlainCat(BaseModel):
    kind: Literal["cat"] = "cat"


class PlainDog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str | None = None


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
CLASSES: dict[str, type[BaseModel]] = {
    "scalars": parameters(
        count=(int, Field(10, ge=0, le=100)),
        ratio=(float, Field(0.5, gt=0, lt=2)),
        name=(str, Field("abc", min_length=1, max_length=5)),
        code=(str | None, Field(None, pattern="^[a-z]{1,3}$")),
        flag=(bool, False),
        step=(int | None, Field(None, multiple_of=5)),
    ),
    "enums": parameters(
        tone=(Tone, Tone.LOW),
        rate=(Rate | None, None),
        size=(Literal[1, 2, 3] | None, None),
        word=(Literal["low", "high"] | str, "low"),
        mixed=(Literal["auto", 1] | None, None),
        fixed=(Literal["only"] | None, None),
        auto=(Literal["auto"] | int, "auto"),
    ),
    "objects": parameters(point=Point, shape=(Shape | None, None), other=(Point, Point(x=2))),
    "plain objects": parameters(
        one=(Plain, Plain()),
        maybe=(Plain | None, None),
        many=(list[Plain], []),
        named=(dict[str, Plain], {}),
        beside=(Plain | str, "a"),
        pet=(Annotated[PlainCat | PlainDog, Field(discriminator="kind")] | None, None),
    ),
    "tagged unions": parameters(pet=(Pet | None, None), pets=(list[Pet], []), must=(Pet, Cat())),
    "lists": parameters(
        few=(list[int], Field([1], min_length=1, max_length=3)),
        tones=(list[Tone] | None, None),
        deep=(list[list[int]] | None, None),
        maybe=(list[int | None] | None, None),
    ),
    "dicts": parameters(
        counts=(dict[str, int] | None, None),
        free=(dict[str, Any] | None, None),
        texts=(dict[str, str | None], {}),
        lists=(dict[str, list[float]] | None, None),
    ),
    "choices": parameters(
        number=(int | float, 1),
        maybe=(int | float | None, None),
        either=(int | str | None, None),
        switch=(bool | int | None, None),
        many=(list[int] | int | None, None),
        flag=(bool | None, None),
        bounded=(Annotated[int, Field(ge=0, le=9)] | Annotated[str, Field(max_length=2)] | None, None),
        anything=(Any, None),
    ),
    "required": parameters(need=int, text=str, tone=Tone, voice=(str, "Ada")),
    "open": create_model("P", __config__=ConfigDict(extra="allow"), count=(int | None, Field(None, ge=0))),
    "nothing": parameters(),
}
OBJECTS: list[dict[str, Any]] = [
    {},
    *({"a": value} for value in (1, 1.0, None, "1", [1, 2.5], {"x": 1}, {"zz": 1}, True)),
    *({"x": value} for value in (1, 1.0, None, "1", 6, True)),
    *({"kind": value} for value in ("cat", "dog", "cow", None)),
    *({"kind": "cat", "lives": value} for value in (None, 1, 1.0, -1, "1")),
    *({"kind": "dog", "name": None}, {"kind": "dog", "lives": 1}, {"kind": "cat", "zz": 1}, {"lives": 1}),
    *({"y": None}, {"y": 2}, {"x": 1.0, "y": 2}, {"z": 1}, {"x": 1, "zz": 1}, {"tone": "low"}, {"tone": "loud"}),
    *({"name": "abc", **more} for more in ({}, {"centre": {}}, {"centre": None}, {"centre": {"x": None, "y": 1}})),
    *({"name": "a", "corners": value} for value in ([{"x": 2.0}, {}], [{"zz": 1}], [{"x": None}], [None])),
]


def edges(prop: Mapping[str, Any]) -> list[Any]:
    """Values on the property's own edges, and objects that these classes are about."""
    return [*values.edges(prop), *OBJECTS, *([one] for one in OBJECTS)]
