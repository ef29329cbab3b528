"""Checks every local link of the built pages, those in raw HTML and themes too.

Sphinx checks what it resolves itself; this looks at the files that a browser would ask
for, and at the ids that it would scroll to.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
OTHER_PAGES = ("search.html", "genindex.html", "py-modindex.html")


class Page(HTMLParser):
    """The links and the ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a tag asks for, and its id."""
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.links.add(value)
            elif value and (name == "id" or (tag == "a" and name == "name")):
                self.ids.add(value)


@cache
def read(path: Path) -> Page:
    """Return a page."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def broken(root: Path, pages: Iterable[str]) -> list[str]:
    """Return what is wrong with the links of pages of a folder."""
    read.cache_clear()
    paths = {(root / page).resolve() for page in pages}
    generated = paths | {root / name for name in OTHER_PAGES}
    found = []
    for path in sorted(paths):
        for link in sorted(read(path).links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path
            if parts.path:
                target = (path.parent / unquote(parts.path)).resolve()
            where = f"{path.relative_to(root)}: {link}"
            stale = target.suffix == ".html" and target not in generated
            if stale or not target.is_file():
                found.append(f"{where}: there is no such file")
            elif parts.fragment and target.suffix == ".html":
                ids = read(target).ids
                if unquote(parts.fragment) not in ids:
                    found.append(f"{where}: there is no such id")
    return found


def check(app: Sphinx, exception: Exception | None) -> None:
    """Warn of each broken link."""
    if exception is None and app.builder.format == "html":
        pages = [app.builder.get_target_uri(name) for name in app.env.found_docs]
        for problem in broken(Path(app.outdir).resolve(), pages):
            logger.warning(problem, type="links", subtype="broken")


def setup(app: Sphinx) -> dict[str, bool]:
    """Check when the pages are written."""
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
