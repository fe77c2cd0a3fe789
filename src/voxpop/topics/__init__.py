"""What to listen for: a `Topic` has a query, and a `Matcher` finds the topics of posts."""

from voxpop.topics.lexer import QueryError
from voxpop.topics.matcher import Matcher
from voxpop.topics.parser import parse
from voxpop.topics.presets import PRESETS
from voxpop.topics.query import Query
from voxpop.topics.topic import Terms, Topic
from voxpop.topics.words import fold

__all__ = ["PRESETS", "Matcher", "Query", "QueryError", "Terms", "Topic", "fold", "parse"]
