"""Templates of custom properties, which belong to a user or a team, and an app (O4.5-51, -54)."""

from __future__ import annotations

from typing import Any

from dropbox import file_properties, team

from fakedropbox._api.registry import route
from fakedropbox._files.nodes import Fields
from fakedropbox._files.properties import Owner, Template
from fakedropbox._identity.tokens import Grant
from fakedropbox.calls import Call


def owner_of(call: Call) -> Owner:
    """Return the owner of the caller's own templates: its namespace and the key of its app.

    For a route of teams, that is the team.
    """
    assert call.grant is not None
    if call.view is None:
        return _team_of(call.grant)
    return call.view.home.namespace_id, call.grant.app.key


def owners_of(call: Call) -> list[Owner]:
    """Return the owners of the templates that groups may have: a team's token has two (O4.5-56)."""
    assert call.grant is not None
    own = owner_of(call)
    return [own] if call.grant.team is None else [own, _team_of(call.grant)]


def _team_of(grant: Grant) -> Owner:
    assert grant.team is not None, "the gate admits only a team's token to a route of teams"
    return grant.team.team_id, grant.app.key


@route(file_properties.templates_add_for_user)
@route(file_properties.templates_add_for_team)
@route(team.properties_template_add)
def add_template(call: Call, arg: Any) -> Any:
    """Create a template."""
    template_id = f"ptid:{call.world.chance.token('template', 16)}"
    template = Template(owner_of(call), arg.name, arg.description, _fields(arg.fields))
    call.world.files.templates.set(template_id, template)
    return file_properties.AddTemplateResult(template_id)


@route(file_properties.templates_get_for_user)
@route(file_properties.templates_get_for_team)
@route(team.properties_template_get)
def get_template(call: Call, arg: Any) -> Any:
    """Return a template's name, description and fields."""
    template = call.world.files.templates.get(arg.template_id, [owner_of(call)])
    kind = file_properties.PropertyType
    fields = [
        file_properties.PropertyFieldTemplate(name, description, kind("string"))
        for name, description in template.fields
    ]
    return file_properties.GetTemplateResult(template.name, template.description, fields)


@route(file_properties.templates_list_for_user)
@route(file_properties.templates_list_for_team)
def list_templates(call: Call, _arg: Any) -> Any:
    """Return the ids of the caller's own templates."""
    return file_properties.ListTemplateResult(call.world.files.templates.of([owner_of(call)]))


@route(file_properties.templates_update_for_user)
@route(file_properties.templates_update_for_team)
def update_template(call: Call, arg: Any) -> Any:
    """Change a template's name or description, or add fields."""
    templates = call.world.files.templates
    before = templates.get(arg.template_id, [owner_of(call)])
    changed = before._replace(
        name=before.name if arg.name is None else arg.name,
        description=before.description if arg.description is None else arg.description,
        fields=before.fields + _fields(arg.add_fields or []),
    )
    templates.set(arg.template_id, changed)
    return file_properties.UpdateTemplateResult(arg.template_id)


@route(file_properties.templates_remove_for_user)
@route(file_properties.templates_remove_for_team)
def remove_template(call: Call, arg: Any) -> None:
    """Remove a template and all property values that use it."""
    templates = call.world.files.templates
    templates.get(arg.template_id, [owner_of(call)])
    templates.remove(arg.template_id, call.world.files.tables.properties)


def _fields(given: list[Any]) -> Fields:
    return tuple((field.name, field.description) for field in given)
