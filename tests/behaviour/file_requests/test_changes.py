"""Tests of changing, deleting and listing file requests, in several accounts."""

import pytest
from tests.support.doors import listed, paths, refusal
from tests.support.file_requests import (
    DAY,
    LATER,
    UNKNOWN,
    create,
    deadline,
    new_deadline,
    titles,
)

pro = pytest.mark.dropbox(plan="pro")


class TestUpdate:
    @pytest.mark.evidence("P1-32", "P1-33")
    def test_an_update_changes_only_the_given_fields(self, dbx):
        made = create(dbx, "Old", "/Old", description="d")
        assert dbx.file_requests_update(made.id) == made
        changed = dbx.file_requests_update(made.id, title="New")
        made.title = "New"
        assert changed == made == dbx.file_requests_get(made.id)
        assert dbx.file_requests_update(made.id, description="").description is None
        assert dbx.file_requests_update(made.id, open=False).is_open is False
        assert dbx.file_requests_update(made.id, open=True).is_open is True

    @pytest.mark.evidence("P1-36")
    @pytest.mark.dropbox(files={"/file": b""})
    def test_the_destination_can_be_changed(self, dbx):
        made = create(dbx)
        assert dbx.file_requests_update(made.id, destination="/New").destination == "/New"
        assert sorted(paths(listed(dbx))) == ["/Docs", "/New", "/file"]
        for path, error in (("/file", "not_a_folder"), ("/a//b", "validation_error")):
            assert refusal(dbx.file_requests_update, made.id, "T", path) == error
        assert dbx.file_requests_get(made.id).title == "Homework"

    @pro
    @pytest.mark.evidence("P1-34", "P1-19")
    def test_a_deadline_can_be_set_kept_and_removed(self, dbx):
        made = create(dbx)
        given = deadline(LATER, "two_days")
        assert dbx.file_requests_update(made.id, deadline=new_deadline(given)).deadline == given
        assert dbx.file_requests_update(made.id, title="x").deadline == given
        past = new_deadline(deadline(made.created))
        assert refusal(dbx.file_requests_update, made.id, deadline=past) == "validation_error"
        assert dbx.file_requests_update(made.id, deadline=new_deadline()).deadline is None

    @pytest.mark.evidence("P1-18", "P1-34")
    def test_a_basic_account_may_only_remove_a_deadline(self, dbx):
        made, given = create(dbx), new_deadline(deadline())
        assert refusal(dbx.file_requests_update, made.id, deadline=given) == "no_permission"
        assert dbx.file_requests_update(made.id, deadline=new_deadline()) == made

    @pro
    @pytest.mark.evidence("P1-35", "P1-55")
    def test_opening_a_request_after_its_deadline_needs_a_new_deadline(self, dbx, service):
        made = create(dbx, deadline=deadline())
        service.clock.advance(10 * DAY)
        for given in ({"open": True}, {"open": True, "title": "x"}):
            assert refusal(dbx.file_requests_update, made.id, **given) == "validation_error"
        assert dbx.file_requests_update(made.id, title="y").is_open is False
        assert dbx.file_requests_update(made.id, open=True, deadline=new_deadline()).is_open

    @pytest.mark.evidence("P1-56", "P1-23")
    def test_a_wrong_argument_is_refused(self, dbx):
        made = create(dbx)
        assert refusal(dbx.file_requests_update, made.id, title=" ") == "validation_error"
        assert refusal(dbx.file_requests_update, UNKNOWN, title=" ") == "not_found"
        assert dbx.file_requests_get(made.id) == made


class TestDelete:
    @pytest.mark.evidence("P1-37", "P1-38", "P1-42")
    def test_closed_requests_are_deleted_in_the_given_order(self, dbx):
        closed = [create(dbx, f"t{number}", "/Kept", open=False) for number in range(3)]
        ids = [closed[2].id, closed[0].id, closed[2].id]
        assert dbx.file_requests_delete(ids).file_requests == [closed[2], closed[0]]
        assert titles(dbx.file_requests_list()) == ["t1"]
        assert refusal(dbx.file_requests_get, closed[0].id) == "not_found"
        assert paths(listed(dbx)) == ["/Kept"]

    @pytest.mark.evidence("P1-37", "P1-39", "P1-40")
    def test_no_request_is_deleted_if_one_id_is_refused(self, dbx):
        closed, open_ = create(dbx, open=False), create(dbx)
        assert refusal(dbx.file_requests_delete, [closed.id, open_.id]) == "file_request_open"
        for ids in ([closed.id, UNKNOWN], [open_.id, UNKNOWN]):
            assert refusal(dbx.file_requests_delete, ids) == "not_found"
        assert dbx.file_requests_delete([]).file_requests == []
        assert dbx.file_requests_count().file_request_count == 2

    @pro
    @pytest.mark.evidence("P1-41", "P1-55")
    def test_all_closed_requests_can_be_deleted(self, dbx, service):
        create(dbx, "open")
        create(dbx, "late", deadline=deadline())
        create(dbx, "closed", open=False)
        assert titles(dbx.file_requests_delete_all_closed()) == ["closed"]
        service.clock.advance(10 * DAY)
        assert titles(dbx.file_requests_delete_all_closed()) == ["late"]
        assert dbx.file_requests_delete_all_closed().file_requests == []
        assert titles(dbx.file_requests_list()) == ["open"]


class TestLists:
    @pytest.mark.evidence("P1-25", "P1-26", "P1-28", "P1-30", "P1-31")
    def test_pages_have_all_requests_the_newest_first(self, dbx):
        for number in range(5):
            create(dbx, f"t{number}", open=number % 2 == 0)
        newest_first = ["t4", "t3", "t2", "t1", "t0"]
        assert titles(dbx.file_requests_list()) == newest_first
        assert dbx.file_requests_count().file_request_count == 5
        page = dbx.file_requests_list_v2(limit=2)
        found = [page]
        while page.has_more:
            page = dbx.file_requests_list_continue(page.cursor)
            found.append(page)
        assert list(map(titles, found)) == [["t4", "t3"], ["t2", "t1"], ["t0"]]
        assert dbx.file_requests_list_continue(page.cursor).file_requests == []
        whole = dbx.file_requests_list_v2()
        assert (titles(whole), whole.has_more) == (newest_first, False)
        assert whole.cursor

    @pytest.mark.evidence("P1-27")
    def test_a_limit_of_0_counts_as_1_and_a_limit_has_no_maximum(self, dbx):
        create(dbx, "a")
        create(dbx, "b")
        assert titles(dbx.file_requests_list_v2(limit=2**64 - 1)) == ["b", "a"]
        page = dbx.file_requests_list_v2(limit=0)
        assert (titles(page), page.has_more) == (["b"], True)

    def test_the_next_page_lacks_new_and_deleted_requests(self, dbx):
        for number in range(4):
            create(dbx, f"t{number}", open=False)
        page = dbx.file_requests_list_v2(limit=1)
        create(dbx, "new")
        dbx.file_requests_delete([dbx.file_requests_list().file_requests[2].id])
        rest = dbx.file_requests_list_continue(page.cursor)
        assert (titles(rest), rest.has_more) == (["t1"], True)

    @pytest.mark.evidence("P1-26", "P1-29", "P1-31", "P1-25", "P1-41")
    def test_lists_without_requests_are_empty_json_lists(self, wire):
        assert wire.rpc("file_requests/list").json() == {"file_requests": []}
        assert wire.rpc("file_requests/count").json() == {"file_request_count": 0}
        assert wire.rpc("file_requests/delete_all_closed").json() == {"file_requests": []}
        page = wire.rpc("file_requests/list_v2", {}).json()
        assert list(page) == ["file_requests", "cursor", "has_more"]
        again = wire.rpc("file_requests/list/continue", {"cursor": page["cursor"]})
        assert again.json()["has_more"] is False
        assert wire.rpc("file_requests/list/continue_v2", {"cursor": "x"}).status_code == 400


@pytest.mark.evidence("P1-24", "P1-28")
def test_an_account_does_not_see_the_requests_of_another(dbx, friends):
    mine, theirs = create(dbx, "mine"), create(friends, "theirs", open=False)
    assert titles(dbx.file_requests_list()) == ["mine"]
    assert titles(friends.file_requests_list_v2()) == ["theirs"]
    for client, other in ((dbx, theirs), (friends, mine)):
        assert refusal(client.file_requests_get, other.id) == "not_found"
        assert refusal(client.file_requests_update, other.id, title="x") == "not_found"
        assert refusal(client.file_requests_delete, [other.id]) == "not_found"
    cursor = dbx.file_requests_list_v2().cursor
    assert refusal(friends.file_requests_list_continue, cursor) == "invalid_cursor"
    assert refusal(dbx.file_requests_list_continue, "x") == "invalid_cursor"
    dbx.file_requests_delete_all_closed()
    assert friends.file_requests_get(theirs.id) == theirs


def test_restoring_a_snapshot_restores_the_requests(dbx, service):
    kept, filled = create(dbx, "kept", open=False), create(dbx, "filled")
    snapshot = service.snapshot()
    new = create(dbx, "new")
    for request in (new, filled):
        service.upload_to_request(request.url, {"a": b"1"})
    dbx.file_requests_update(kept.id, title="changed", destination="/Other")
    dbx.file_requests_delete([kept.id])
    service.restore(snapshot)
    assert dbx.file_requests_list().file_requests == [filled, kept]
    assert service.tree() == "/\n  Docs/"
    assert create(dbx, "again").id == new.id
