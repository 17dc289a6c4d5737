"""Tests of uses of shared folders that no source describes: they raise, and change nothing."""

import pytest
from tests.support.shared_folders import share

from fakedropbox import NotImplementedInFake

pytestmark = pytest.mark.dropbox(
    files={"/Docs/a.txt": b"a", "/c.txt": b"c"}, allow_not_implemented=True
)


def test_a_move_of_an_app_folder_into_a_shared_folder_is_not_implemented(service):
    dbx = service.client()
    share(dbx)
    app = service.apps.create("small", folder="Small")
    service.client(service.logins.create(app=app)).files_upload(b"", "/in.txt")
    before = service.tree()
    for source in ("/Apps/Small", "/Apps"):
        with pytest.raises(NotImplementedInFake, match="app folder into a shared folder"):
            dbx.files_move_v2(source, "/Docs/moved")
    assert service.tree() == before
