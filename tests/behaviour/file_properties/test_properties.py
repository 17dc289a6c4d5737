"""Tests of custom properties: templates, property groups, and search."""

import pytest
from dropbox.exceptions import ApiError
from dropbox.file_properties import (
    LogicalOperator,
    PropertiesSearchMode,
    PropertiesSearchQuery,
    PropertyField,
    PropertyFieldTemplate,
    PropertyGroup,
    PropertyGroupUpdate,
    PropertyType,
    TemplateFilter,
    TemplateFilterBase,
)
from dropbox.files import CommitInfo, UploadSessionCursor
from tests.support.doors import bad_input, chain, listed, refusal

from fakedropbox import Personality

FILES = {"/a.txt": b"a", "/folder/b.txt": b"b"}
pytestmark = [
    pytest.mark.dropbox(files=FILES),
    pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning"),
]


def fields(*names):
    return [PropertyFieldTemplate(name, f"about {name}", PropertyType.string) for name in names]


@pytest.fixture
def template(dbx):
    """The id of a template with two fields."""
    made = dbx.file_properties_templates_add_for_user(
        "Security", "How secret", fields("level", "by")
    )
    return made.template_id


def group(template_id, **values):
    return PropertyGroup(template_id, [PropertyField(*each) for each in values.items()])


def properties_of(dbx, path, *template_ids):
    """Return the fields of a path as a dict for each of the given templates."""
    some = TemplateFilterBase.filter_some(list(template_ids))
    meta = dbx.files_get_metadata(path, include_property_groups=some)
    return {
        each.template_id: {field.name: field.value for field in each.fields}
        for each in meta.property_groups or []
    }


@pytest.mark.evidence("O4.5-51")
def test_templates_are_added_updated_and_removed(dbx, template, service):
    assert template.startswith("ptid:")
    found = dbx.file_properties_templates_get_for_user(template)
    assert (found.name, found.description) == ("Security", "How secret")
    assert [(each.name, each.description) for each in found.fields] == [
        ("level", "about level"),
        ("by", "about by"),
    ]
    assert all(each.type.is_string() for each in found.fields)
    other = dbx.file_properties_templates_add_for_user("Other", "", []).template_id
    before = service.snapshot()
    assert dbx.file_properties_templates_list_for_user().template_ids == [template, other]
    update = dbx.file_properties_templates_update_for_user
    assert update(template, name="New", add_fields=fields("since")).template_id == template
    changed = dbx.file_properties_templates_get_for_user(template)
    assert (changed.name, changed.description) == ("New", "How secret")
    assert [each.name for each in changed.fields] == ["level", "by", "since"]
    dbx.file_properties_templates_remove_for_user(other)
    assert dbx.file_properties_templates_list_for_user().template_ids == [template]
    service.restore(before)
    assert dbx.file_properties_templates_list_for_user().template_ids == [template, other]
    assert dbx.file_properties_templates_get_for_user(template) == found


@pytest.mark.evidence("O4.5-51", "O4.5-54")
def test_invalid_templates_are_refused(dbx, template):
    add, update = (
        dbx.file_properties_templates_add_for_user,
        dbx.file_properties_templates_update_for_user,
    )
    many = fields(*map(str, range(33)))
    assert refusal(add, "x", "", fields("a", "a")) == "conflicting_property_names"
    assert refusal(update, template, add_fields=fields("by")) == "conflicting_property_names"
    assert refusal(add, "x", "", many) == "too_many_properties"
    assert refusal(update, template, add_fields=many[:31]) == "too_many_properties"
    update(template, add_fields=many[:30])
    for args in [
        ("é" * 129, "", []),
        ("x", "y" * 1025, []),
        ("x", "", fields("x" * 257)),
        ("x", "", [PropertyFieldTemplate("x", "y" * 1025, PropertyType.string)]),
    ]:
        assert refusal(add, *args) == "template_attribute_too_large"
    add("é" * 128, "y" * 1024, [])
    for call in (
        dbx.file_properties_templates_get_for_user,
        dbx.file_properties_templates_remove_for_user,
        update,
    ):
        with pytest.raises(ApiError) as caught:
            call("ptid:nothing")
        assert caught.value.error.get_template_not_found() == "ptid:nothing"


def test_a_template_belongs_to_its_app(dbx, template, service):
    group_of_it = group(template, level="1")
    dbx.file_properties_properties_add("/a.txt", [group_of_it])
    through_another_app = service.client(service.logins.create(app=service.apps.create("other")))
    assert through_another_app.file_properties_templates_list_for_user().template_ids == []
    add = through_another_app.file_properties_properties_add
    assert refusal(add, "/a.txt", [group_of_it]) == "template_not_found"
    assert properties_of(through_another_app, "/a.txt", template) == {}
    assert properties_of(dbx, "/a.txt", template) == {template: {"level": "1"}}


def test_a_restore_brings_a_template_and_its_values_back(dbx, template, service):
    dbx.file_properties_properties_add("/folder", [group(template, level="1")])
    with service.scratch():
        dbx.file_properties_templates_remove_for_user(template)
        assert properties_of(dbx, "/folder", template) == {}
    assert dbx.file_properties_templates_list_for_user().template_ids == [template]
    assert properties_of(dbx, "/folder", template) == {template: {"level": "1"}}


@pytest.mark.evidence("F8-13", "O4.5-52")
@pytest.mark.parametrize("prefix", ["file_properties_properties", "files_properties"])
def test_groups_are_added_overwritten_and_updated(dbx, template, service, prefix):
    add, overwrite, update = (
        getattr(dbx, f"{prefix}_{verb}") for verb in ("add", "overwrite", "update")
    )
    before = service.snapshot()
    add("/a.txt", [group(template, level="1", by="me")])
    assert properties_of(dbx, "/A.TXT", template) == {template: {"level": "1", "by": "me"}}
    assert refusal(add, "/a.txt", [group(template)]) == "property_group_already_exists"
    change = PropertyGroupUpdate(template, [PropertyField("level", "2")], ["by", "nothing"])
    update("/a.txt", [change])
    assert properties_of(dbx, "/a.txt", template) == {template: {"level": "2"}}
    update("/a.txt", [PropertyGroupUpdate(template, [PropertyField("by", "you")])])
    assert properties_of(dbx, "/a.txt", template) == {template: {"level": "2", "by": "you"}}
    overwrite("/a.txt", [group(template, by="them")])
    assert properties_of(dbx, "/a.txt", template) == {template: {"by": "them"}}
    overwrite("/folder", [group(template, level="9")])
    assert properties_of(dbx, "/folder", template) == {template: {"level": "9"}}
    assert properties_of(dbx, "/folder/b.txt", template) == {}
    service.restore(before)
    assert properties_of(dbx, "/a.txt", template) == properties_of(dbx, "/folder", template) == {}


@pytest.mark.evidence("O4.5-53")
def test_groups_that_do_not_fit_a_template_are_refused(dbx, template):
    other = dbx.file_properties_templates_add_for_user("Other", "", fields("x")).template_id
    dbx.file_properties_properties_add("/a.txt", [group(other, x="1")])
    update = dbx.file_properties_properties_update
    twice = PropertyGroup(template, [PropertyField("by", "1"), PropertyField("by", "2")])
    for call in (dbx.file_properties_properties_add, dbx.file_properties_properties_overwrite):
        for groups, tags in [
            ([group("ptid:nothing")], "template_not_found"),
            ([group(template), group(template)], "duplicate_property_groups"),
            ([group(template, size="1")], "does_not_fit_template"),
            ([twice], "does_not_fit_template"),
            ([group(template, level="é" * 513)], "property_field_too_large"),
        ]:
            assert refusal(call, "/a.txt", groups) == tags
        assert refusal(call, "/none", [group(template)]) == "path/not_found"
        assert refusal(call, "//", [group(template)]) == "path/malformed_path"
        assert bad_input(call, "/", [group(template)]).endswith("root folder is unsupported.")
    not_found = "property_group_lookup/property_group_not_found"
    assert refusal(update, "/a.txt", [PropertyGroupUpdate(template)]) == not_found
    wrong = PropertyGroupUpdate(other, [PropertyField("y", "1")])
    assert refusal(update, "/a.txt", [wrong]) == "does_not_fit_template"
    assert properties_of(dbx, "/a.txt", other, template) == {other: {"x": "1"}}


def test_groups_are_removed_by_template(dbx, template):
    other = dbx.file_properties_templates_add_for_user("Other", "", fields("x")).template_id
    remove = dbx.file_properties_properties_remove
    dbx.file_properties_properties_add("/a.txt", [group(other, x="1"), group(template)])
    remove("/a.txt", [template])
    assert properties_of(dbx, "/a.txt", other, template) == {other: {"x": "1"}}
    not_found = "property_group_lookup/property_group_not_found"
    assert refusal(remove, "/a.txt", [other, template]) == not_found
    assert refusal(remove, "/a.txt", ["ptid:nothing"]) == "template_not_found"
    assert refusal(remove, "/none", [other]) == "path/not_found"
    assert properties_of(dbx, "/a.txt", other) == {other: {"x": "1"}}
    dbx.file_properties_templates_remove_for_user(other)
    assert properties_of(dbx, "/a.txt", other) == {}


def test_groups_are_shown_on_request_and_follow_a_move(dbx, template):
    dbx.file_properties_properties_add("/a.txt", [group(template, level="1")])
    dbx.file_properties_properties_add("/folder", [group(template, level="2")])
    dbx.files_copy_v2("/a.txt", "/copy.txt")
    dbx.files_move_v2("/a.txt", "/z.txt")
    some = TemplateFilterBase.filter_some([template])
    entries = listed(
        dbx, recursive=True, limit=1, include_deleted=True, include_property_groups=some
    )
    levels = {
        meta.path_display: meta.property_groups[0].fields[0].value
        for meta in entries
        if getattr(meta, "property_groups", None)
    }
    assert levels == {"/z.txt": "1", "/folder": "2"}
    assert not any(getattr(meta, "property_groups", None) for meta in listed(dbx))
    older = dbx.files_alpha_get_metadata("/z.txt", include_property_templates=[template])
    assert older.property_groups == [group(template, level="1")]
    rev = dbx.files_get_metadata("/z.txt").rev
    assert properties_of(dbx, f"rev:{rev}", template) == {template: {"level": "1"}}
    assert not dbx.files_get_metadata("/z.txt").property_groups


def test_uploads_can_set_property_groups(dbx, template, service):
    dbx.files_upload(b"x", "/x", property_groups=[group(template, level="1")])
    assert properties_of(dbx, "/x", template) == {template: {"level": "1"}}
    session = dbx.files_upload_session_start(b"y").session_id
    info = CommitInfo("/y", property_groups=[group(template, size="1")])
    finish = dbx.files_upload_session_finish
    tags = refusal(finish, b"", UploadSessionCursor(session, 1), info)
    assert tags == "properties_error/does_not_fit_template"
    info.property_groups = [group(template, by="me")]
    finish(b"", UploadSessionCursor(session, 1), info)
    assert properties_of(dbx, "/y", template) == {template: {"by": "me"}}
    link = dbx.files_get_temporary_upload_link(
        CommitInfo("/l", property_groups=[group(template, by="link")])
    ).link
    headers = {"Content-Type": "application/octet-stream"}
    assert service.session().post(link, data=b"l", headers=headers).status_code == 200
    assert properties_of(dbx, "/l", template) == {template: {"by": "link"}}


def search(dbx, *pairs, templates=None):
    """Return the path and `is_deleted` of each search match, from all pages."""
    queries = [
        PropertiesSearchQuery(
            value, PropertiesSearchMode.field_name(name), LogicalOperator.or_operator
        )
        for name, value in pairs
    ]
    some = (
        TemplateFilter.filter_none if templates is None else TemplateFilter.filter_some(templates)
    )
    page = dbx.file_properties_properties_search(queries, some)
    matches = list(page.matches)
    while page.cursor is not None:
        page = dbx.file_properties_properties_search_continue(page.cursor)
        matches += page.matches
    return [(each.path, each.is_deleted) for each in matches]


@pytest.mark.evidence("O4.5-55")
@pytest.mark.parametrize("size", [1, 2, 500])
def test_search_finds_values_by_field_name(dropbox_services, size):
    service = dropbox_services(files=FILES, personality=Personality(page_size=size))
    with service.activate():
        dbx = service.client()
        one = dbx.file_properties_templates_add_for_user("One", "", fields("x", "y")).template_id
        two = dbx.file_properties_templates_add_for_user("Two", "", fields("x")).template_id
        assert search(dbx, ("x", "1")) == []
        dbx.file_properties_properties_add("/a.txt", [group(one, x="1")])
        dbx.file_properties_properties_add("/folder", [group(two, x="1")])
        dbx.file_properties_properties_add("/folder/b.txt", [group(one, x="2", y="1")])
        assert search(dbx, ("x", "1")) == [("/a.txt", False), ("/folder", False)]
        assert search(dbx, ("x", "1"), templates=[two]) == [("/folder", False)]
        assert search(dbx, ("y", "1"), ("x", "2")) == [("/folder/b.txt", False)]
        dbx.files_delete_v2("/folder")
        assert search(dbx, ("x", "2"), ("x", "1")) == [
            ("/a.txt", False),
            ("/folder", True),
            ("/folder/b.txt", True),
        ]
        dbx.files_upload(b"", "/folder/b.txt")  # replaces a deleted file that matched
        assert search(dbx, ("x", "2")) == []
        dbx.files_move_v2("/a.txt", "/moved.txt")
        dbx.files_delete_v2("/moved.txt")
        assert search(dbx, ("x", "1")) == [("/moved.txt", True)]
        not_found = "property_group_lookup/property_group_not_found"
        with pytest.raises(ApiError) as caught:
            search(dbx, ("x", "1"), templates=["ptid:nothing"])
        assert chain(caught.value.error) == not_found


@pytest.mark.every_door
@pytest.mark.evidence("O4.5-55")
@pytest.mark.dropbox(personality=Personality(page_size=1))
def test_search_finds_deleted_files_also_in_shared_folders(dbx, service, template):
    other = service.accounts.create("other@example.com")
    service.seed_files({"/Docs/c.txt": b"c"})
    service.share_folder("/Docs", members=[other])
    for path in ("/a.txt", "/folder/b.txt", "/Docs/c.txt"):
        dbx.file_properties_properties_add(path, [group(template, level="1")])
    dbx.files_move_v2("/folder/b.txt", "/Docs/b.txt")
    names = "/a.txt", "/Docs/b.txt", "/Docs/c.txt"
    assert search(dbx, ("level", "1")) == [(name, False) for name in names]
    for name in names:
        dbx.files_delete_v2(name)
    assert search(dbx, ("level", "1")) == [(name, True) for name in names]


def test_a_search_match_has_the_id_and_the_whole_group(dbx, template):
    dbx.file_properties_properties_add("/a.txt", [group(template, level="1", by="me")])
    query = PropertiesSearchQuery("me", PropertiesSearchMode.field_name("by"))
    page = dbx.file_properties_properties_search([query])
    (match,) = page.matches
    assert match.id == dbx.files_get_metadata("/a.txt").id
    assert match.property_groups == [group(template, level="1", by="me")]
    assert page.cursor is None
    for cursor in ("x", "AAAA"):
        assert refusal(dbx.file_properties_properties_search_continue, cursor) == "reset"


@pytest.mark.dropbox(app_folder="Small")
def test_an_app_folder_app_has_no_properties(dbx):
    for call in (
        dbx.file_properties_templates_list_for_user,
        lambda: dbx.file_properties_properties_remove("/a", ["ptid:x"]),
    ):
        assert bad_input(call).endswith("Your API app is not allowed to call this function.")
    dbx.files_upload(b"", "/a")
    assert properties_of(dbx, "/a", "ptid:x") == {}


def test_templates_groups_and_errors_have_the_json_of_dropbox(wire):
    def call(route, arg):
        return wire.rpc(f"file_properties/{route}", arg)

    field = {"name": "x", "description": "", "type": "string"}
    made = call("templates/add_for_user", {"name": "T", "description": "", "fields": [field]})
    template = made.json()["template_id"]
    groups = [{"template_id": template, "fields": [{"name": "x", "value": "1"}]}]
    reply = call("properties/add", {"path": "/a.txt", "property_groups": groups})
    assert (reply.status_code, reply.text) == (200, "null")
    some = {".tag": "filter_some", "filter_some": [template]}
    meta = wire.rpc("files/get_metadata", {"path": "/a.txt", "include_property_groups": some})
    assert meta.json()["property_groups"] == groups
    assert list(meta.json()).index("property_groups") == list(meta.json()).index("content_hash") - 1
    error = call("templates/get_for_user", {"template_id": "ptid:x"})
    assert (error.status_code, error.json()["error"]) == (
        409,
        {".tag": "template_not_found", "template_not_found": "ptid:x"},
    )
    assert error.json()["error_summary"].startswith("template_not_found/")
    bad = call("properties/remove", {"path": "a", "property_template_ids": [template]})
    assert (bad.status_code, "did not match pattern" in bad.text) == (400, True)
    malformed = call("properties/remove", {"path": "//", "property_template_ids": [template]})
    path_error = malformed.json()["error"]["path"]
    assert path_error == {".tag": "malformed_path", "malformed_path": "//"}
