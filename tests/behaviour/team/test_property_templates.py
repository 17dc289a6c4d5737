"""Tests of the templates of custom properties that belong to a team."""

import pytest
from dropbox.file_properties import (
    PropertiesSearchMode,
    PropertiesSearchQuery,
    PropertyField,
    PropertyFieldTemplate,
    PropertyGroup,
    PropertyType,
    TemplateFilterBase,
)
from tests.support.doors import refusal
from tests.support.teams import root_of

LEVEL = PropertyFieldTemplate("level", "", PropertyType.string)


def group(template):
    return PropertyGroup(template, [PropertyField("level", "low")])


def groups(dbx, template):
    asked = TemplateFilterBase.filter_some([template])
    return dbx.files_get_metadata("/a.txt", include_property_groups=asked).property_groups


@pytest.fixture
def template(team):
    return team.file_properties_templates_add_for_team("Safe", "text", [LEVEL]).template_id


@pytest.mark.evidence("O4.5-51", "O4.5-56")
def test_a_team_has_templates_of_its_own(team, connect_team, service, acme, bob, template):
    assert team.file_properties_templates_list_for_team().template_ids == [template]
    found = team.file_properties_templates_get_for_team(template)
    assert (found.name, found.description, found.fields[0].name) == ("Safe", "text", "level")
    team.file_properties_templates_update_for_team(template, name="Safer")
    assert team.file_properties_templates_get_for_team(template).name == "Safer"
    as_bob = team.as_user(bob.team_member_id)
    assert as_bob.file_properties_templates_list_for_user().template_ids == []
    refused = refusal(as_bob.file_properties_templates_get_for_user, template)
    assert refused == "template_not_found"
    foreign = connect_team(service.logins.create(team=service.teams.create("B", ["x@example.com"])))
    other_app = connect_team(service.logins.create(team=acme, app=service.apps.create()))
    for client in (foreign, other_app):
        assert client.file_properties_templates_list_for_team().template_ids == []
        refused = refusal(client.file_properties_templates_get_for_team, template)
        assert refused == "template_not_found"


@pytest.mark.evidence("O4.5-52", "O4.5-56")
def test_the_app_of_a_team_sets_groups_on_the_files_of_members(
    team, connect, service, bob, eve, template
):
    own = connect(service.logins.create(bob.account))
    for member in (bob, eve):
        client = team.as_user(member.team_member_id)
        client.files_upload(b"1", "/a.txt")
        client.file_properties_properties_add("/a.txt", [group(template)])
        assert groups(client, template) == [group(template)]
    assert not groups(own, template)
    refused = refusal(own.file_properties_properties_overwrite, "/a.txt", [group(template)])
    assert refused == "template_not_found"
    as_bob = team.as_user(bob.team_member_id)
    mine = as_bob.file_properties_templates_add_for_user("Own", "", [LEVEL]).template_id
    as_bob.file_properties_properties_add("/a.txt", [group(mine)])
    assert groups(own, mine) == groups(as_bob, mine) == [group(mine)]
    team.file_properties_templates_remove_for_team(template)
    assert team.file_properties_templates_list_for_team().template_ids == []
    assert groups(as_bob, mine) == [group(mine)]
    left = service.gate.world.files.tables.properties.by_number
    assert [list(found) for found in left.values()] == [[mine]]


@pytest.mark.evidence("O4.5-55")
def test_the_path_of_a_deleted_match_begins_at_the_root_of_the_caller(team, bob, template):
    client = team.as_user(bob.team_member_id)
    in_space = client.with_path_root(root_of(bob))
    client.files_upload(b"1", "/a.txt")
    client.file_properties_properties_add("/a.txt", [group(template)])
    client.files_delete_v2("/a.txt")
    query = PropertiesSearchQuery("low", PropertiesSearchMode.field_name("level"))
    for each, path in ((client, "/a.txt"), (in_space, "/Bob/a.txt")):
        (match,) = each.file_properties_properties_search([query]).matches
        assert (match.path, match.is_deleted) == (path, True)


@pytest.mark.evidence("P10-06")
@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
def test_the_deprecated_routes_of_team_add_and_return_templates(team, template):
    made = team.team_properties_template_add("Old", "", [LEVEL]).template_id
    assert team.file_properties_templates_list_for_team().template_ids == [template, made]
    assert team.team_properties_template_get(template).name == "Safe"


@pytest.mark.evidence("O4.5-53")
def test_an_invalid_template_is_refused(team, template):
    refused = refusal(team.file_properties_templates_add_for_team, "A", "", [LEVEL, LEVEL])
    assert refused == "conflicting_property_names"
    assert refusal(team.file_properties_templates_remove_for_team, "ptid:none") == (
        "template_not_found"
    )
