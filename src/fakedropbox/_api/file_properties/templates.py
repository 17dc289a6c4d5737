"""Templates of custom properties, which belong to a user and an app (O4.5-51, O4.5-54)."""

from __future__ import annotations

from typing import Any

from dropbox import file_properties

from fakedropbox._api.files.places import view_of
from fakedropbox._api.registry import route
from fakedropbox._files.nodes import Fields
from fakedropbox._files.properties import Owner, Template
from fakedropbox.calls import Call


def owner_of(call: Call) -> Owner:
    """Return the owner of the caller's templates: its namespace and the key of its app."""
    assert call.grant is not None
    return view_of(call).home.namespace_id, call.grant.app.key


@route(file_properties.templates_add_for_user)
def templates_add_for_user(call: Call, arg: Any) -> Any:
    """Create a template."""
    template_id = f"ptid:{call.world.chance.token('template', 16)}"
    template = Template(owner_of(call), arg.name, arg.description, _fields(arg.fields))
    call.world.files.templates.set(template_id, template)
    return file_properties.AddTemplateResult(template_id)


@route(file_properties.templates_get_for_user)
def templates_get_for_user(call: Call, arg: Any) -> Any:
    """Return a template's name, description and fields."""
    template = call.world.files.templates.get(arg.template_id, owner_of(call))
    kind = file_properties.PropertyType
    fields = [
        file_properties.PropertyFieldTemplate(name, description, kind("string"))
        for name, description in template.fields
    ]
    return file_properties.GetTemplateResult(template.name, template.description, fields)


@route(file_properties.templates_list_for_user)
def templates_list_for_user(call: Call, _arg: Any) -> Any:
    """Return the ids of all templates."""
    return file_properties.ListTemplateResult(call.world.files.templates.of(owner_of(call)))


@route(file_properties.templates_update_for_user)
def templates_update_for_user(call: Call, arg: Any) -> Any:
    """Change a template's name or description, or add fields."""
    templates = call.world.files.templates
    before = templates.get(arg.template_id, owner_of(call))
    changed = before._replace(
        name=before.name if arg.name is None else arg.name,
        description=before.description if arg.description is None else arg.description,
        fields=before.fields + _fields(arg.add_fields or []),
    )
    templates.set(arg.template_id, changed)
    return file_properties.UpdateTemplateResult(arg.template_id)


@route(file_properties.templates_remove_for_user)
def templates_remove_for_user(call: Call, arg: Any) -> None:
    """Remove a template and all property values that use it."""
    templates = call.world.files.templates
    templates.get(arg.template_id, owner_of(call))
    templates.remove(arg.template_id, view_of(call).tree)


def _fields(given: list[Any]) -> Fields:
    return tuple((field.name, field.description) for field in given)
