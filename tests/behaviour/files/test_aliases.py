"""Tests of routes that are aliases of other routes, and of a route for Business apps only."""

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import WriteMode
from tests.support.doors import bad_input, content, refusal

pytestmark = pytest.mark.filterwarnings("ignore:alpha/.* is deprecated:DeprecationWarning")


@pytest.mark.evidence("F8-13")
def test_alpha_upload_behaves_like_upload(dbx):
    meta = dbx.files_alpha_upload(b"1", "/a")
    assert meta == dbx.files_get_metadata("/a")
    assert dbx.files_alpha_upload(b"2", "/a", mode=WriteMode.overwrite).id == meta.id
    assert content(dbx, "/a") == b"2"
    with pytest.raises(ApiError) as caught:
        dbx.files_alpha_upload(b"3", "/a")
    assert caught.value.error.get_path().reason.is_conflict()
    assert caught.value.error.get_path().upload_session_id


@pytest.mark.evidence("F8-13")
def test_alpha_get_metadata_behaves_like_get_metadata(dbx):
    meta = dbx.files_upload(b"1", "/a")
    assert dbx.files_alpha_get_metadata(f"rev:{meta.rev}") == meta
    dbx.files_delete_v2("/a")
    assert refusal(dbx.files_alpha_get_metadata, "/a") == "path/not_found"
    assert dbx.files_alpha_get_metadata("/a", include_deleted=True).name == "a"
    meta = dbx.files_upload(b"1", "/a")
    assert dbx.files_alpha_get_metadata("/a", include_property_templates=["ptid:x"]) == meta


@pytest.mark.evidence("F8-06", "F1.4-17", "O5-12")
def test_permanently_delete_is_refused_because_it_is_for_business_apps(dbx, service):
    dbx.files_upload(b"1", "/a")
    assert bad_input(dbx.files_permanently_delete, "/a") == (
        'Error in call to API function "files/permanently_delete": '
        "Your API app is not allowed to call this function."
    )
    assert service.files == {"/a": b"1"}
