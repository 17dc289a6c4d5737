"""Custom properties: templates, and groups of values that files and folders have for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._facts.limits import (
    PROPERTY_DESCRIPTION_BYTES,
    PROPERTY_NAME_BYTES,
    PROPERTY_VALUE_BYTES,
    TEMPLATE_FIELDS,
)
from fakedropbox._files.nodes import Fields, Groups, Node
from fakedropbox._files.side_table import SideTable
from fakedropbox._files.tree import Tree
from fakedropbox.errors import RouteError

Owner = tuple[int | str, str]
"""The owner of a template: a namespace, or the id of a team, and the key of an app."""


class Template(NamedTuple):
    """A template: the fields that a property group may have.

    ``number`` is greater than that of any template that was there when it was stored first.
    """

    owner: Owner
    name: str
    description: str
    fields: Fields
    number: int = 0


class Templates:
    """All templates of the service, by id."""

    parts = ("template",)

    def __init__(self, undo: UndoLog) -> None:
        self._undo = undo
        self._by_id: dict[str, Template] = {}

    def get(self, template_id: str, owners: Collection[Owner]) -> Template:
        """Return a template of one of some owners.

        Raises:
            RouteError: ``template_not_found``.
        """
        template = self._by_id.get(template_id)
        if template is None or template.owner not in owners:
            raise RouteError("template_not_found", {"template_not_found": template_id})
        return template

    def of(self, owners: Collection[Owner]) -> list[str]:
        """Return the ids of the templates of some owners, oldest first."""
        return [each for each, template in self._by_id.items() if template.owner in owners]

    def set(self, template_id: str, template: Template) -> None:
        """Store a template under an id, replacing an existing one.

        Raises:
            RouteError: with the tags of a `ModifyTemplateError`.
        """
        names = [name for name, _ in template.fields]
        if len(set(names)) < len(names):
            raise RouteError("conflicting_property_names")
        if len(names) > TEMPLATE_FIELDS:
            raise RouteError("too_many_properties")
        descriptions = [template.description, *[text for _, text in template.fields]]
        if any(_bytes(name) > PROPERTY_NAME_BYTES for name in [template.name, *names]):
            raise RouteError("template_attribute_too_large")
        if any(_bytes(text) > PROPERTY_DESCRIPTION_BYTES for text in descriptions):
            raise RouteError("template_attribute_too_large")
        if not template.number:
            last = max((each.number for each in self._by_id.values()), default=0)
            template = template._replace(number=last + 1)
        self._put(template_id, template)

    def remove(self, template_id: str, properties: SideTable[Groups]) -> None:
        """Remove a template, and its values from ``properties``, which has those of all nodes."""
        for number, groups in list(properties.by_number.items()):
            if template_id in groups:
                properties.set_at(number, _without(groups, [template_id]))
        self._undo.change(("template", template_id), self._restore, self._by_id)
        self._by_id = {key: each for key, each in self._by_id.items() if key != template_id}

    def _put(self, template_id: str, template: Template) -> None:
        self._undo.change(("template", template_id), self._restore, self._by_id)
        self._by_id = {**self._by_id, template_id: template}

    def _restore(self, before: dict[str, Template]) -> None:
        self._by_id = before

    def checked(self, groups: Iterable[tuple[str, Fields]], owners: Collection[Owner]) -> Groups:
        """Check groups given by a caller, and return them by template.

        Raises:
            RouteError: with the tags of an `InvalidPropertyGroupError`.
        """
        found: Groups = {}
        for template_id, fields in groups:
            template = self.get(template_id, owners)
            if template_id in found:
                raise RouteError("duplicate_property_groups")
            names = [name for name, _ in fields]
            known = {name for name, _ in template.fields}
            if len(set(names)) < len(names) or not known.issuperset(names):
                raise RouteError("does_not_fit_template")
            if any(_bytes(value) > PROPERTY_VALUE_BYTES for _, value in fields):
                raise RouteError("property_field_too_large")
            found[template_id] = fields
        return found

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        return (("template", template_id) for template_id in self._by_id)

    def record(self, key: Key) -> Values | None:
        """Return a template."""
        template = self._by_id.get(key[1])
        return None if template is None else tuple(template)

    def load(self, _part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add templates."""
        # A template that a restored snapshot brought back is the last one in the file.
        found = {template_id: Template(*values) for (_, template_id), values in rows}
        self._by_id |= sorted(found.items(), key=lambda each: each[1].number)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def groups_of(tree: Tree, node: Node) -> Groups:
    """Return all property groups of a node."""
    return tree.properties.get(node) or {}


def add_groups(tree: Tree, node: Node, groups: Groups) -> None:
    """Add groups to a node.

    Raises:
        RouteError: ``property_group_already_exists``.
    """
    before = groups_of(tree, node)
    if not before.keys().isdisjoint(groups):
        raise RouteError("property_group_already_exists")
    tree.properties.set(node, {**before, **groups} or None)


def overwrite_groups(tree: Tree, node: Node, groups: Groups) -> None:
    """Set groups of a node, replacing its groups for the same templates."""
    tree.properties.set(node, {**groups_of(tree, node), **groups} or None)


def updated(
    groups: Groups, changes: Groups, removed: Sequence[tuple[str, Sequence[str]]]
) -> Groups:
    """Return groups with some fields changed or added, and then some removed, by template.

    Raises:
        RouteError: ``property_group_lookup/property_group_not_found``.
    """
    _check_has(groups, changes)
    new = {key: {**dict(groups[key]), **dict(fields)} for key, fields in changes.items()}
    for template_id, names in removed:
        for name in names:
            new[template_id].pop(name, None)
    return {**groups, **{key: tuple(fields.items()) for key, fields in new.items()}}


def remove_groups(tree: Tree, node: Node, template_ids: Sequence[str]) -> None:
    """Remove groups from a node.

    Raises:
        RouteError: ``property_group_lookup/property_group_not_found``.
    """
    groups = groups_of(tree, node)
    _check_has(groups, template_ids)
    tree.properties.set(node, _without(groups, template_ids))


def _check_has(groups: Groups, template_ids: Iterable[str]) -> None:
    if not groups.keys() >= set(template_ids):
        raise RouteError("property_group_lookup/property_group_not_found")


def _without(groups: Groups, template_ids: Sequence[str]) -> Groups | None:
    return {key: fields for key, fields in groups.items() if key not in template_ids} or None
