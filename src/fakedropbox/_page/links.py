"""The shared links of an account in words, without their URLs, which let anybody use them."""

from __future__ import annotations

from fakedropbox._api.files.metadata import moment
from fakedropbox._api.sharing.link_metadata import visibility_of
from fakedropbox._files.shared_links import SharedLink
from fakedropbox.calls import World


def link_in_words(world: World, link: SharedLink) -> str:
    """Return who may use a link and for how long, such as ``public, no download``."""
    words = [visibility_of(world, link)]
    if link.settings.expires is not None:
        words.append(f"expires {moment(link.settings.expires).isoformat()}Z")
    if not link.settings.allow_download:
        words.append("no download")
    return ", ".join(words)
