"""Search by custom properties: `properties/search` and `properties/search/continue`."""

from __future__ import annotations

from typing import Any

from dropbox import file_properties

from fakedropbox._api.file_properties.groups import groups_by
from fakedropbox._api.file_properties.templates import owner_of, owners_of
from fakedropbox._api.files.places import view_of
from fakedropbox._api.registry import route
from fakedropbox._files.cursors import open_cursor, seal_cursor
from fakedropbox._files.nodes import Node, Tombstone
from fakedropbox._files.places import View
from fakedropbox._files.properties import groups_of
from fakedropbox._files.tree import exists
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_KIND = "properties"


@route(file_properties.properties_search)
def properties_search(call: Call, arg: Any) -> Any:
    """Return the first page of the files and folders with a field value that matches a query."""
    own = call.world.files.templates.of(owners_of(call))
    templates = own
    if arg.template_filter.is_filter_some():
        templates = arg.template_filter.get_filter_some()
        if not set(templates) <= set(own):
            raise RouteError("property_group_lookup/property_group_not_found")
    wanted = [(query.mode.get_field_name(), query.query) for query in arg.queries]
    return _page(call, templates, wanted, 0)


@route(file_properties.properties_search_continue)
def properties_search_continue(call: Call, arg: Any) -> Any:
    """Return the next page of a search."""
    known = open_cursor(call.world.chance, arg.cursor)
    store = call.world.files
    match known:
        case [kind, namespace, branch, journals, app, templates, wanted, after] if (
            kind == _KIND
            and (namespace, app) == owner_of(call)
            and store.remembers_all(branch, journals)
        ):
            return _page(call, templates, [(name, value) for name, value in wanted], after)
    raise RouteError("reset")


def _page(call: Call, templates: list[str], wanted: list[tuple[str, str]], after: int) -> Any:
    """Return one page of the matches among the nodes whose number is at least ``after``."""
    view, store = view_of(call), call.world.files
    matches: list[Any] = []
    deleted = _last_deleted(view)
    for number in sorted(each for each in view.tree.properties.by_number if each >= after):
        node = view.nodes[number]
        seen = _seen(view, node, deleted) if _has(view, node, templates, wanted) else None
        if seen is None:
            continue
        if len(matches) == call.world.personality.page_size:
            namespace, app = owner_of(call)
            place = [_KIND, namespace, store.branch, view.journals(), app]
            cursor = seal_cursor(call.world.chance, [*place, templates, wanted, number])
            return file_properties.PropertiesSearchResult(matches, cursor)
        groups = groups_by(call, node, templates)
        matches.append(file_properties.PropertiesSearchMatch(*seen, groups))
    return file_properties.PropertiesSearchResult(matches)


def _has(view: View, node: Node, templates: list[str], wanted: list[tuple[str, str]]) -> bool:
    return any(
        field in wanted
        for template_id, fields in groups_of(view.tree, node).items()
        if template_id in templates
        for field in fields
    )


def _last_deleted(view: View) -> dict[Node, tuple[View, Tombstone]]:
    """Return the latest deleted entry of each node, with the view of its namespace."""
    entries = [(each, tomb) for each in view.with_mounted() for tomb in each.deleted_in()]
    entries.sort(key=lambda entry: entry[1].number)
    return {tomb.node: (each, tomb) for each, tomb in entries}


def _seen(
    view: View, node: Node, deleted: dict[Node, tuple[View, Tombstone]]
) -> tuple[str, str, bool] | None:
    """Return a node's id and path, which is the last one if it was deleted, and if that is so.

    Return None if it exists outside the view, or if another node has that last path now.
    """
    if view.sees(node):
        return view.of(node).tree.id_text(node), view.paths(node)[1], False
    if exists(node) or node not in deleted:
        return None
    own, tomb = deleted[node]
    return own.tree.id_text(node), own.shown(tomb.path_lower, tomb.path_display)[1], True
