"""A table with a valid call of each `file_properties` route for users, an invalid one if any."""

from dropbox.file_properties import (
    PropertyField,
    PropertyFieldTemplate,
    PropertyGroup,
    PropertyGroupUpdate,
    PropertyType,
    TemplateFilter,
)
from tests.support.populated import search_for
from tests.support.routes.row import NO_CHANGE, Row

NO_TEMPLATE = "ptid:none"
NOT_FOUND = "template_not_found"
FIELD = PropertyFieldTemplate("level", "", PropertyType.string)


def update(given):
    """Return an update of the property group of the template."""
    return [PropertyGroupUpdate(given.template, [PropertyField("level", "top")])]


ROWS = [
    Row(
        "file_properties/properties/add",
        lambda dbx, given: dbx.file_properties_properties_add("/a.txt", [given.group]),
        None,
        {"/a.txt properties": [{"level": "low"}]},
        lambda dbx, given: dbx.file_properties_properties_add("/folder/c.txt", [given.group]),
        "property_group_already_exists",
    ),
    Row(
        "file_properties/properties/overwrite",
        lambda dbx, given: dbx.file_properties_properties_overwrite("/a.txt", [given.group]),
        None,
        {"/a.txt properties": [{"level": "low"}]},
        lambda dbx, given: dbx.file_properties_properties_overwrite(
            "/a.txt", [PropertyGroup(given.template, [PropertyField("other", "x")])]
        ),
        "does_not_fit_template",
    ),
    Row(
        "file_properties/properties/remove",
        lambda dbx, given: dbx.file_properties_properties_remove("/folder/c.txt", [given.template]),
        None,
        {"/folder/c.txt properties": None},
        lambda dbx, given: dbx.file_properties_properties_remove("/a.txt", [given.template]),
        "property_group_lookup/property_group_not_found",
    ),
    Row(
        "file_properties/properties/search",
        lambda dbx, _: [
            match.path for match in dbx.file_properties_properties_search(search_for("low")).matches
        ],
        ["/folder/c.txt"],
        NO_CHANGE,
        lambda dbx, _: dbx.file_properties_properties_search(
            search_for("low"), TemplateFilter.filter_some([NO_TEMPLATE])
        ),
        "property_group_lookup/property_group_not_found",
    ),
    Row(
        "file_properties/properties/search/continue",
        lambda dbx, given: [
            match.path
            for match in dbx.file_properties_properties_search_continue(given.matches).matches
        ],
        ["/small.csv"],
        NO_CHANGE,
        lambda dbx, _: dbx.file_properties_properties_search_continue("none"),
        "reset",
    ),
    Row(
        "file_properties/properties/update",
        lambda dbx, given: dbx.file_properties_properties_update("/folder/c.txt", update(given)),
        None,
        {"/folder/c.txt properties": [{"level": "top"}]},
        lambda dbx, given: dbx.file_properties_properties_update("/a.txt", update(given)),
        "property_group_lookup/property_group_not_found",
    ),
    Row(
        "file_properties/templates/add_for_user",
        lambda dbx, _: dbx.file_properties_templates_add_for_user(
            "New", "", [FIELD]
        ).template_id.startswith("ptid:"),
        True,
        {"templates": {"+": [("New", ("level",))], "-": []}},
        lambda dbx, _: dbx.file_properties_templates_add_for_user("New", "", [FIELD, FIELD]),
        "conflicting_property_names",
    ),
    Row(
        "file_properties/templates/get_for_user",
        lambda dbx, given: dbx.file_properties_templates_get_for_user(given.template).name,
        "Safe",
        NO_CHANGE,
        lambda dbx, _: dbx.file_properties_templates_get_for_user(NO_TEMPLATE),
        NOT_FOUND,
    ),
    Row(
        "file_properties/templates/list_for_user",
        lambda dbx, given: (
            dbx.file_properties_templates_list_for_user().template_ids == [given.template]
        ),
        True,
        NO_CHANGE,
    ),
    Row(
        "file_properties/templates/remove_for_user",
        lambda dbx, given: dbx.file_properties_templates_remove_for_user(given.template),
        None,
        {
            "templates": {"+": [], "-": [("Safe", ("level",))]},
            "/folder/c.txt properties": None,
            "/small.csv properties": None,
        },
        lambda dbx, _: dbx.file_properties_templates_remove_for_user(NO_TEMPLATE),
        NOT_FOUND,
    ),
    Row(
        "file_properties/templates/update_for_user",
        lambda dbx, given: (
            dbx.file_properties_templates_update_for_user(given.template, name="New").template_id
            == given.template
        ),
        True,
        {"templates": {"+": [("New", ("level",))], "-": [("Safe", ("level",))]}},
        lambda dbx, _: dbx.file_properties_templates_update_for_user(NO_TEMPLATE, name="New"),
        NOT_FOUND,
    ),
]
