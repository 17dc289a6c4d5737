"""A Dropbox with entries of every kind, and its state in a form that can be compared."""

import base64
from collections import Counter
from typing import Any, NamedTuple

from dropbox import file_properties, files
from dropbox.file_properties import PropertyField, PropertyFieldTemplate, PropertyGroup
from dropbox.sharing import AddMember, MemberSelector

from fakedropbox._files.nodes import File as FileNode

URL = "https://example.com/there"
FOLDER, DELETED = "folder", "deleted"
SHOWN = {
    "tags": list,
    "paper_revisions": int,
    "locks": lambda lock: lock.holder_name,
    "properties": lambda groups: [dict(fields) for fields in groups.values()],
}
"""The other data of files and folders, and the form in which each is compared."""


class File(NamedTuple):
    """A file: its content, its number of revisions, and its path before the call."""

    content: bytes
    revisions: int = 1
    was: str | None = None


class SharingGiven(NamedTuple):
    """Ids of shared folders and of a member, two jobs, and cursors with one more page.

    ``folder`` is shared with ``friend``, who has mounted it, ``own`` with nobody; ``theirs`` is a
    folder of ``friend`` that is not mounted. ``received`` is the id of a file of ``friend``.
    """

    folder: str
    theirs: str
    own: str
    friend: str
    job: str
    removal: str
    folders: str
    mountable: str
    members: str
    received: str
    file_members: str
    received_files: str


class RequestsGiven(NamedTuple):
    """Ids of an open and a closed file request, and a cursor with one more page of them."""

    open: str
    closed: str
    cursor: str


class Given(NamedTuple):
    """The identifiers that the service has generated: of entries, jobs, cursors and others."""

    ids: dict[str, str]
    revs: dict[str, str]
    jobs: dict[str, str]
    cursor: str
    latest: str
    search: str
    reference: str
    session: str
    closed: str
    concurrent: str
    template: str
    matches: str
    group: Any
    link: str
    linked_folder: str
    sharing: SharingGiven
    requests: RequestsGiven


PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
"""A PNG of one pixel."""


def low_group(template):
    """Return a property group of the template; its field `level` is `low`."""
    return PropertyGroup(template, [PropertyField("level", "low")])


def search_for(text):
    """Return a query for properties whose field `level` contains this text."""
    return [
        file_properties.PropertiesSearchQuery(
            text,
            file_properties.PropertiesSearchMode.field_name("level"),
            file_properties.LogicalOperator.or_operator,
        )
    ]


def share_folders(client):
    """Share folders and a file with a friend and an invited address; the friend shares, too."""
    service = client.service
    friend = service.accounts.create("friend@example.com")
    theirs = service.share_folder(
        "/theirs", account=friend, members=[service.accounts.default], mount=False
    )
    own = client.sharing_share_folder("/many").get_complete().shared_folder_id
    job = client.sharing_share_folder("/shared", force_async=True).get_async_job_id()
    while not client.sharing_check_share_job_status(job).is_complete():
        pass
    folder = client.files_get_metadata("/shared").shared_folder_id
    invited, removed = map(MemberSelector.email, ("invited@example.com", "removed@example.com"))
    added = [MemberSelector.dropbox_id(friend.account_id), invited, removed]
    client.sharing_add_folder_member(folder, [AddMember(each) for each in added])
    removal = client.sharing_remove_folder_member(folder, removed, False).get_async_job_id()
    theirs_client = service.client(account=friend)
    theirs_client.sharing_mount_folder(folder)
    client.sharing_add_file_member("/small.csv", [added[0], invited])
    me = [MemberSelector.dropbox_id(service.accounts.default.account_id)]
    given = [theirs_client.files_upload(b"given", path).id for path in ("/given.txt", "/more.txt")]
    for file in given:
        theirs_client.sharing_add_file_member(file, me)
    return SharingGiven(
        folder,
        theirs,
        own,
        friend.account_id,
        job,
        removal,
        client.sharing_list_folders(limit=1).cursor,
        client.sharing_list_mountable_folders(limit=1).cursor,
        client.sharing_list_folder_members(folder, limit=1).cursor,
        given[0],
        client.sharing_list_file_members("/small.csv", limit=2).cursor,
        client.sharing_list_received_files(limit=1).cursor,
    )


def request_files(client):
    """Make an open and a closed file request."""
    opened, closed = (
        client.file_requests_create(title, "/folder", open=title == "open").id
        for title in ("open", "closed")
    )
    return RequestsGiven(opened, closed, client.file_requests_list_v2(limit=1).cursor)


def prepared(client, *, whole=True):
    """Fill a Dropbox; without ``whole``, only by the routes that an app folder app may call."""
    uploaded = {
        path: client.files_upload(content, path)
        for path, content in {
            "/a.txt": b"a",
            "/b.txt": b"old",
            "/folder/c.txt": b"c",
            "/gone.txt": b"gone",
            "/small.csv": b"1,2",
            "/picture.png": PICTURE,
            "/doc.paper": b"<p>doc</p>\n",
        }.items()
    }
    client.files_upload(b"b", "/b.txt", mode=files.WriteMode.overwrite)
    template = "ptid:none"
    matches = "none"
    if whole:
        field = PropertyFieldTemplate("level", "", file_properties.PropertyType.string)
        template = client.file_properties_templates_add_for_user("Safe", "", [field]).template_id
        for path in ("/folder/c.txt", "/small.csv"):
            client.file_properties_properties_add(path, [low_group(template)])
        matches = client.file_properties_properties_search(search_for("low")).cursor
        client.files_tags_add("/folder", "first")
        client.files_lock_file_batch([files.LockFileArg("/b.txt")])
    sessions = [
        client.files_upload_session_start(b"12345").session_id,
        client.files_upload_session_start(b"12345", close=True).session_id,
        client.files_upload_session_start(
            b"", session_type=files.UploadSessionType.concurrent
        ).session_id,
    ]
    spent = client.files_upload_session_start(b"spent", close=True).session_id
    ends = [files.RelocationPath("/a.txt", "/job/a")]
    back = [files.RelocationPath("/job/a", "/job/b")]
    finish = files.UploadSessionFinishArg(
        files.UploadSessionCursor(spent, 5), files.CommitInfo("/job/spent")
    )
    launches = {
        "copy_batch": client.files_copy_batch(ends),
        "move_batch": client.files_move_batch(back),
        "copy_batch_v2": client.files_copy_batch_v2(ends),
        "move_batch_v2": client.files_move_batch_v2([files.RelocationPath("/job/a", "/job/c")]),
        "create_folder_batch": client.files_create_folder_batch(["/job/new"], force_async=True),
        "finish_batch": client.files_upload_session_finish_batch([finish]),
        "save_url": client.files_save_url("/job/url", URL),
        "delete_batch": client.files_delete_batch([files.DeleteArg("/job")]),
    }
    service = client.service
    # Set without a route, as an app-folder app may read a photo, but not set one.
    service.gate.world.photos.set(service.accounts.default.account_id, PICTURE)
    nothing = SharingGiven(*["none"] * len(SharingGiven._fields))._replace(received="id:none")
    sharing = share_folders(client) if whole else nothing
    latest = client.files_list_folder_get_latest_cursor("", recursive=True).cursor
    client.files_delete_v2("/gone.txt")
    return Given(
        {path: meta.id for path, meta in uploaded.items()},
        {path: meta.rev for path, meta in uploaded.items()},
        {kind: each.get_async_job_id() for kind, each in launches.items()},
        client.files_list_folder("", limit=1).cursor,
        latest,
        client.files_search_v2("txt", files.SearchOptions(max_results=1)).cursor,
        client.files_copy_reference_get("/a.txt").copy_reference,
        *sessions,
        template,
        matches,
        low_group(template),
        client.sharing_create_shared_link_with_settings("/a.txt").url,
        client.sharing_create_shared_link_with_settings("/folder").url,
        sharing,
        request_files(client),
    )


def shown_folder(service, shared):
    """Return the name and the policy of a shared folder, and the levels of its people."""
    found = [shared.folder.name, shared.policy.acl_update]
    for person, each in shared.people():
        account = service.accounts.by_id(person)
        found.append(f"{each.level} {person if account is None else account.email}")
    return tuple(found)


def shown_file(service, shared):
    """Return the name and the policy of a file that is shared, and the levels of its people."""
    people = [(service.accounts.by_id(who), who, each) for who, each in shared.people()]
    levels = [f"{each.level} {account.email if account else who}" for account, who, each in people]
    return (shared.file.name, shared.viewer_info, *levels)


def places(service, root=""):
    """Return the path below ``root`` of each node, by the number of the node."""
    view = service._view()
    found = {node.number: view.paths(node)[0] for node in view.tree.subtree(view.node(root))}
    return {number: path[len(root) :] for number, path in found.items()}


def state(service, before, root=""):
    """Return the state of files, sharing, file requests, contacts and the photo.

    ``before`` has the earlier path of each node, by its number.
    """
    world, view, owner = service.gate.world, service._view(), service.accounts.default.account_id
    files, photo = world.files, world.photos.of(owner)
    tree, now = view.tree, places(service, root)
    found = {
        tomb.path_lower[len(root) :]: DELETED
        for shelf in tree.tombstones.values()
        for tomb in shelf.by_key.values()
        if tomb.path_lower.startswith(f"{root}/")
    }
    for number, path in now.items():
        node = files.nodes[number]
        if isinstance(node, FileNode):
            past = len(node.past or ())
            found[path] = File(node.blob.read(), past + 1, before.get(number))
        else:
            found[path] = FOLDER
        for name, shown in SHOWN.items():
            has = getattr(tree, name).get(node)
            if has is not None:
                found[f"{path} {name}"] = shown(has)
    return {
        **found,
        "sessions": Counter((s.content(), s.closed) for s in files.sessions._by_id.values()),
        "jobs": Counter((job.kind, job.waits) for job in files.jobs._by_id.values()),
        "links": Counter(link.used for link in files.links._by_name.values()),
        "shared_links": Counter(
            link.settings.audience for link in files.shared_links._by_key.values()
        ),
        "shared_folders": Counter(shown_folder(service, shared) for shared in files.shared_folders),
        "shared_files": Counter(
            shown_file(service, shared) for shared in files.shared_files._by_number.values()
        ),
        "file_requests": Counter(
            (each.terms.title, each.terms.is_open, each.received)
            for each in files.file_requests.of(owner)
        ),
        "contacts": Counter(sorted(world.contacts.of(owner))),
        "photo": None if photo is None else photo.content == PICTURE,
        "references": len(files.references._by_name),
        "templates": Counter(
            (template.name, tuple(name for name, _ in template.fields))
            for template in files.templates._by_id.values()
        ),
    }


def difference(before, after):
    """Return the new value of each changed key, None if removed; of a Counter, the changes."""
    keys = before.keys() | after.keys()
    found = {key: after.get(key) for key in keys if before.get(key) != after.get(key)}
    for key, value in found.items():
        if isinstance(value, Counter):  # added and removed values
            found[key] = {
                "+": [*(value - before[key]).elements()],
                "-": [*(before[key] - value).elements()],
            }
    return found
