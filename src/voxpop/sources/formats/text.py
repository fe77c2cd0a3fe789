"""Plain text, one post a line."""

from __future__ import annotations

from voxpop.schema import Post
from voxpop.sources.formats.context import Context, Sample


class Text:
    """A post a line, blank lines aside; the id comes from the text, the time is when it is read."""

    name = "plain text"
    remembers = True

    def matches(self, sample: Sample) -> bool:
        """Whatever is nothing else."""
        return True

    def decode(self, record: bytes, context: Context) -> None:
        """One line."""
        try:
            text = record.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise ValueError(f"not UTF-8 ({error.reason}): convert it with iconv -f latin1 -t utf-8") from None
        if not text:
            # Blank as Unicode has it; the framing has left out what is blank in ASCII.
            return
        source = context.options.source
        native = context.identity(None, None, text)
        context.posts.append(Post(post_id=f"{source}:{native}", source=source, text=text))
