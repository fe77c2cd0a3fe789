"""What an answer says of the posts that do not count in it."""

from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, Field

from voxpop.insight import views
from voxpop.seams import Store


class Folded(BaseModel):
    """What became of the posts of the period, where `copies` or `one_voice` leaves some out."""

    posts: int = Field(ge=0, description="All of them; by topic, a post once for each of its topics.", examples=[120])
    copies: int = Field(ge=0, description="Left out: an earlier one is nearly the same text.", examples=[14])
    repeats: int = Field(ge=0, description="Left out: their author has a newer one.", examples=[9])
    unread: int = Field(
        ge=0, description="Counted, though they may be copies: they have no text any more.", examples=[0]
    )


WhatIsFolded = Annotated[Folded | None, Field(description="Null where every post counts.")]


def folded(store: Store, *, by_topic: bool = False) -> Folded | None:
    """What became of the posts of a view; None of a store in which every post counts."""
    told = views.told(store, by_topic=by_topic)
    return Folded(**asdict(told)) if told else None
