"""Context managers that plant one bug each into the double, which `DropboxMachine` must find."""

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch

from dropbox import Dropbox

from fakedropbox._api.file_properties import search as property_search
from fakedropbox._api.files import (
    batch,
    list_folder,
    paper,
    preview,
    save_url,
    upload_session,
    zips,
)
from fakedropbox._files import copying, listing, paths, properties, revisions, store
from fakedropbox._files.links import TemporaryLinks
from fakedropbox._files.nodes import File, Folder
from fakedropbox._files.search import Search
from fakedropbox._files.sessions import UploadSessions
from fakedropbox._files.store import FileStore
from fakedropbox._files.tree import Reach, Tree, tree_of
from fakedropbox._web import links

BUGS = {}


def registrar(bugs):
    """Return a decorator that registers planted bugs in a dictionary, by their names."""

    def bug(*owners_and_names):
        """Register a function that receives the correct attribute and returns the wrong one."""

        def register(make):
            @contextmanager
            def planted():
                paths.split.cache_clear()
                paths.remembered_names.cache_clear()
                try:
                    with ExitStack() as stack:
                        for owner, name in owners_and_names:
                            wrong = make(getattr(owner, name))
                            stack.enter_context(patch.object(owner, name, wrong))
                        yield
                finally:
                    paths.split.cache_clear()
                    paths.remembered_names.cache_clear()

            bugs[make.__name__.replace("_", " ")] = planted
            return make

        return register

    return bug


bug = registrar(BUGS)


@bug((Tree, "reach"))
def case_sensitive_lookup(right):
    def reach(tree, base, parts):
        found = right(tree, base, parts)
        if parts and not found.missing and found.found.name != parts[-1].shown:
            return Reach(found.found.parent, None, parts[-1:])
        return found

    return reach


@bug((Tree, "rev_text"))
def rev_reused(right):
    return lambda tree, rev: right(tree, rev - rev % 2)


@bug((Tree, "add_tombstone"))
def lost_tombstone(_right):
    return lambda _tree, _tomb: None


@bug((FileStore, "move"))
def overwritten_move_target(right):
    def move(files, node, place, *, autorename):
        reach = place.reach()
        if isinstance(reach.found, File) and not reach.missing and reach.found is not node:
            files.delete(reach.found)
        return right(files, node, place, autorename=autorename)

    return move


@bug((FileStore, "write"))
def identical_upload_makes_a_new_rev(right):
    def write(files, place, digest, data, commit):
        before = files._last_rev
        file, tree = right(files, place, digest, data, commit), place.tree
        if file.rev <= before:
            micros, now = files._clock.micros, files._clock.seconds
            tree.rewrite(file, tree.paths(file), files._next_rev(micros), now, now, file.blob)
            tree.log(file, file.rev)
        return file

    return write


@bug((listing, "_changed"))
def cursor_that_skips(right):
    def changed(view, asked, folder, room):
        page = right(view, asked, folder, room)
        return page._replace(entries=page.entries[:-1] if len(page.entries) > 1 else page.entries)

    return changed


@bug((FileStore, "move"))
def id_changed_by_a_move(_right):
    def move(files, node, place, *, autorename):
        moved = copying.copy(files, node, place, autorename=autorename)
        files.delete(node)
        return moved

    return move


@bug((copying, "_copied"))
def copy_keeps_the_id(right):
    def copied(files, nodes, place, reach, name):
        copy = right(files, nodes, place, reach, name)
        copy.number = nodes[0].number
        return copy

    return copied


@bug((FileStore, "delete"))
def delete_not_recursive(right):
    def delete(files, node):
        tree = tree_of(node)
        for child in list(node.live.by_key.values()) if isinstance(node, Folder) else ():
            if child.key not in node.parent.live.by_key:
                tree.take(child)
                name, shown = paths.Name(child.name, child.key), node.parent.shown(tree.epoch)
                tree.put(child, node.parent, name, shown)
        right(files, node)

    return delete


@bug((Tree, "log"))
def deletions_are_not_reported(right):
    def log(tree, entry, rev):
        if not hasattr(entry, "path_lower"):
            right(tree, entry, rev)

    return log


@bug((listing, "_listed"))
def listing_misses_the_last_page(right):
    def listed(tree, asked, folder, head, stopped, room):
        page = right(tree, asked, folder, head, stopped, room)
        return page._replace(has_more=False, next=page.next._replace(stopped=None))

    return listed


@bug((Tree, "shelves"))
def deleted_entries_are_not_listed(right):
    return lambda tree, place, *, deleted: right(tree, place, deleted=False)  # noqa: ARG005


@bug((Tree, "respell"))
def overwrite_keeps_the_case(_right):
    return lambda _tree, _node, _shown: None


@bug((paths, "unicodedata"))
def nfd_not_composed(right):
    return SimpleNamespace(normalize=lambda _form, text: text, ucd_3_2_0=right.ucd_3_2_0)


@bug((paths, "lower"))
def path_lower_by_the_latest_unicode(_right):
    return str.lower


@bug((store, "renamed"))
def autorename_starts_at_2(right):
    return lambda name, number, **kind: right(name, number + 1, **kind)


@bug((FileStore, "write"))
def update_ignores_the_rev(right):
    def write(files, place, digest, data, commit):
        loose = commit._replace(mode="overwrite") if commit.mode == "update" else commit
        return right(files, place, digest, data, loose)

    return write


@bug((FileStore, "write"))
def strict_conflict_ignored(right):
    return lambda files, place, digest, data, commit: right(
        files, place, digest, data, commit._replace(strict_conflict=False)
    )


@bug((revisions, "restore"))
def restore_gives_the_first_content(right):
    def restore(files, view, place, rev):
        file, _ = view.at_rev(rev) if view.tree.rev_number(rev) else (None, None)
        oldest = file.past[0].rev if file is not None and file.past else None
        return right(files, view, place, rev if oldest is None else view.tree.rev_text(oldest))

    return restore


@bug((revisions, "_newest_first"))
def revisions_oldest_first(right):
    return lambda versions: right(versions)[::-1]


@bug((UploadSessions, "_at"))
def session_accepts_a_wrong_offset(right):
    def at(sessions, name, namespace_id, offset):
        known = sessions._by_id.get(name)
        return right(sessions, name, namespace_id, offset if known is None else known.size)

    return at


@bug((UploadSessions, "end"))
def session_outlives_its_finish(_right):
    return lambda _sessions, _name: None


@bug((FileStore, "add_file"))
def copy_forgets_client_modified(right):
    return lambda files, tree, folder, name, shown, blob, _modified: right(
        files, tree, folder, name, shown, blob, None
    )


@bug((FileStore, "make_parents"))
def parents_in_lower_case(right):
    def make_parents(files, place, reach):
        parts = tuple(paths.Name(key, key) for _, key in place.parts)
        return right(files, replace(place, parts=parts), reach)

    return make_parents


@bug((batch, "each"))
def batch_stops_at_the_first_failure(right):
    def each(call, union, entries, do):
        results, entries = [], list(entries)
        for entry in entries:
            results += right(call, union, [entry], do)
            if results[-1].is_failure():
                break
        return results + results[-1:] * (len(entries) - len(results))

    return each


@bug((FileStore, "move"))
def tag_lost_by_a_move(right):
    def move(files, node, place, *, autorename):
        moved = right(files, node, place, autorename=autorename)
        place.tree.tags.set(moved, None)
        return moved

    return move


@bug((properties, "remove_groups"))
def property_kept_after_its_removal(right):
    def remove_groups(tree, node, template_ids):
        before = properties.groups_of(tree, node)
        right(tree, node, template_ids)
        tree.properties.set(node, before)

    return remove_groups


@bug((Search, "page"))
def search_finds_a_deleted_file(right):
    def page(search, view, query, **how):
        found = right(search, view, query, **how)
        deleted = right(search, view, query._replace(deleted=True), **{**how, "after": ()})
        return found._replace(matches=found.matches + deleted.matches)

    return page


@bug((zips, "_archive"))
def zip_misses_a_file(right):
    def archive(nodes):
        below = [each for each in nodes if each[0].count("/") > 1 and isinstance(each[1], File)]
        return right([each for each in nodes if each not in below[-1:]])

    return archive


@bug((paper, "_imported"))
def a_doc_gets_no_text(right):
    return lambda call, arg: right(call, arg)[:3]


@bug((paper, "revision_of"))
def an_outdated_update_of_a_doc_is_accepted(_right):
    class EqualToAny(int):
        __eq__ = __ne__ = lambda *_: False
        __hash__ = int.__hash__

    return lambda tree, file: EqualToAny(tree.paper_revisions.get(file) or 1)


@bug((save_url, "content_hash"))
def a_saved_url_has_a_wrong_hash(right):
    return lambda content: right(content + b" ")


@bug((TemporaryLinks, "use_up"))
def an_upload_link_works_twice(_right):
    return lambda _links, _link: None


@bug((preview, "thumbnail"))
def a_thumbnail_is_the_picture_itself(right):
    def thumbnail(extension, blob, wanted):
        right(extension, blob, wanted)
        return blob.read()

    return thumbnail


@bug((Search, "page"))
def search_in_content_finds_names_only(right):
    return lambda search, view, query, **how: right(search, view, query._replace(names=True), **how)


if hasattr(Dropbox, "files_upload_session_append_batch"):  # the oldest supported SDK lacks it

    @bug((upload_session, "piece_of"))
    def append_batch_sends_each_the_first_piece(right):
        return lambda content, start, end: right(content, 0, end - start)


@bug((list_folder, "has_changed"))
def longpoll_always_reports_changes(_right):
    return lambda _view, _listing: True


@bug((links.commits, "wanted"))
def an_upload_link_never_renames(right):
    def wanted(call, info, field=""):
        how = right(call, info, field)
        return how._replace(autorename=False) if field == "commit_info." else how

    return wanted


@bug((property_search, "_has"))
def a_search_by_properties_matches_any_field(_right):
    return lambda view, node, _templates, wanted: any(
        value in [each for _, each in wanted]
        for fields in properties.groups_of(view.tree, node).values()
        for _, value in fields
    )


@bug((preview.files, "GetThumbnailBatchResult"))
def a_batch_of_thumbnails_repeats_the_first(right):
    return lambda results: right(results[:1] * len(results))


@bug((property_search, "_seen"))
def a_search_by_properties_returns_the_folder(right):
    def seen(view, node, deleted):
        found = right(view, node, deleted)
        if found is None:
            return None
        id_text, path, is_deleted = found
        return id_text, path.rpartition("/")[0] or "/", is_deleted

    return seen


@bug((preview, "_thumbnail"))
def a_thumbnail_has_the_metadata_of_another_revision(right):
    def thumbnail(call, arg):
        meta, content = right(call, arg)
        meta.rev = meta.rev[::-1]
        return meta, content

    return thumbnail
