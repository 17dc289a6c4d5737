"""Custom properties of files and folders: `file_properties` and its older aliases (F8-13)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dropbox import file_properties, files

from fakedropbox._api.file_properties.templates import owners_of
from fakedropbox._api.files.places import node_at, view_of
from fakedropbox._api.registry import route
from fakedropbox._files import properties
from fakedropbox._files.nodes import Fields, Node
from fakedropbox._files.properties import groups_of
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError


@route(file_properties.properties_add)
@route(files.properties_add)
def properties_add(call: Call, arg: Any) -> None:
    """Add property groups that a file or folder does not have yet."""
    node, groups = _node(call, arg), plain(arg.property_groups)
    checked = call.world.files.templates.checked(groups, owners_of(call))
    properties.add_groups(view_of(call).tree, node, checked)


@route(file_properties.properties_overwrite)
@route(files.properties_overwrite)
def properties_overwrite(call: Call, arg: Any) -> None:
    """Set whole property groups of a file or folder, replacing all their former values."""
    node, groups = _node(call, arg), plain(arg.property_groups)
    checked = call.world.files.templates.checked(groups, owners_of(call))
    properties.overwrite_groups(view_of(call).tree, node, checked)


@route(file_properties.properties_update)
@route(files.properties_update)
def properties_update(call: Call, arg: Any) -> None:
    """Change, add or remove single fields of property groups."""
    node, tree = _node(call, arg), view_of(call).tree
    given = [
        (each.template_id, _fields(each.add_or_update_fields or []))
        for each in arg.update_property_groups
    ]
    changes = call.world.files.templates.checked(given, owners_of(call))
    removed = [(each.template_id, each.remove_fields or []) for each in arg.update_property_groups]
    groups = properties.updated(groups_of(tree, node), changes, removed)
    tree.properties.set(node, groups or None)


@route(file_properties.properties_remove)
def properties_remove(call: Call, arg: Any) -> None:
    """Remove whole property groups from a file or folder."""
    node, owners = _node(call, arg), owners_of(call)
    for template_id in arg.property_template_ids:
        call.world.files.templates.get(template_id, owners)
    properties.remove_groups(view_of(call).tree, node, arg.property_template_ids)


def _node(call: Call, arg: Any) -> Node:
    try:
        return node_at(call, arg.path, field="path", tag="path")
    except RouteError as error:
        # This namespace's `LookupError` contains the path.
        raise RouteError(error.tags, {"malformed_path": arg.path}, fact=error.fact) from None


def plain(groups: Iterable[Any]) -> list[tuple[str, Fields]]:
    """Return SDK property groups as pairs of a template id and the group's fields."""
    return [(group.template_id, _fields(group.fields)) for group in groups]


def _fields(given: Iterable[Any]) -> Fields:
    return tuple((field.name, field.value) for field in given)


def groups_by(call: Call, node: Node, template_ids: Sequence[str]) -> list[Any]:
    """Return a node's groups that belong to the given templates of the caller, as SDK objects.

    An app that calls without a user has no templates (O4.5-51).
    """
    if call.grant is None:
        return []
    groups = groups_of(view_of(call).tree, node)
    own = call.world.files.templates.of(owners_of(call)) if groups else []
    return [
        file_properties.PropertyGroup(
            template_id,
            [file_properties.PropertyField(name, value) for name, value in fields],
        )
        for template_id, fields in groups.items()
        if template_id in template_ids and template_id in own
    ]


def wanted_templates(template_filter: Any) -> tuple[str, ...]:
    """Return the template ids in `include_property_groups`; none by default."""
    if template_filter is None or not template_filter.is_filter_some():
        return ()
    return tuple(template_filter.get_filter_some())


def show_groups(call: Call, node: Node, meta: Any, template_ids: Sequence[str]) -> None:
    """Add the property groups of the given templates to a node's metadata, if it has any."""
    found = groups_by(call, node, template_ids)
    if found:
        meta.property_groups = found
