"""Context managers that plant one bug of shared links each, which `DropboxMachine` must find."""

from contextlib import suppress
from types import SimpleNamespace

from tests.support.planted_bugs import registrar

from fakedropbox._api.files import list_folder, preview
from fakedropbox._api.sharing import link_access, link_metadata, link_settings, links, old_links
from fakedropbox._files.nodes import Folder
from fakedropbox._files.shared_links import LinkSettings, SharedLinks
from fakedropbox.errors import RouteError

LINK_BUGS = {}
bug = registrar(LINK_BUGS)


@bug((SharedLinks, "_working"))
def a_link_survives_the_deletion_of_its_folder(right):
    def working(all_links, link):
        expires = None if link is None else link.settings.expires
        is_over = expires is not None and expires <= all_links._clock.seconds
        if link is None or is_over or not isinstance(link.node, Folder):
            return right(all_links, link)
        return link

    return working


@bug((LinkSettings, "accepts"))
def a_wrong_password_opens_a_link(_right):
    return lambda settings, password: settings.password is None or password is not None


@bug((LinkSettings, "accepts"))
def the_owner_needs_no_password(right):
    # It lets in every caller without a password, not only the owner.
    return lambda settings, password: password is None or right(settings, password)


def working_longer(seconds):
    """Return a function in place of `SharedLinks._working`, for which links expire later."""

    def working(all_links, link):
        if link is None or link.node.parent is None:
            return None
        expires = link.settings.expires
        return link if expires is None or expires + seconds > all_links._clock.seconds else None

    return working


@bug((SharedLinks, "_working"))
def a_link_expires_a_minute_late(_right):
    return working_longer(60)


@bug((SharedLinks, "_working"))
def a_link_lives_one_second_too_long(_right):
    return working_longer(1)


@bug((links, "_page"))
def the_links_of_all_accounts_are_listed(right):
    def page(call, after):
        result = right(call, after)
        caller = call.grant.account.account_id
        result.links += [
            links.link_metadata(call, link)
            for link in call.world.files.shared_links._by_key.values()
            if link.owner != caller and link.node.parent is not None
        ]
        return result

    return page


@bug((links, "is_owner"), (link_metadata, "is_owner"))
def a_teammate_counts_as_the_owner(right):
    def is_owner(call, link):
        if right(call, link):
            return True
        team = None if call.grant is None else call.grant.account.team
        return team is not None and link_metadata.owner_of(call, link).team == team

    return is_owner


@bug((SharedLinks, "revoke"))
def a_revoked_link_is_still_found_by_its_url(right):
    def revoke(all_links, link):
        right(all_links, link)
        all_links._by_key[link.key] = link

    return revoke


@bug((list_folder, "reopened"), (list_folder, "link_at"))
def a_cursor_outlives_the_link(right):
    seen = {}

    def reopened(call, url):
        try:
            seen[url] = right(call, url)
        except Exception:
            if url not in seen or seen[url].node.parent is None:
                raise
        return seen[url]

    return reopened


@bug((links, "checked"))
def a_change_drops_the_expiry(right):
    def checked(call, account, given, before=None):
        settings = right(call, account, given, before)
        kept = given is not None and given.expires is not None
        return settings if before is None or kept else settings._replace(expires=None)

    return checked


@bug((links, "checked"))
def a_change_of_the_audience_drops_the_password(right):
    def checked(call, account, given, before=None):
        settings = right(call, account, given, before)
        if before is not None and given.audience is not None and not given.link_password:
            return settings._replace(password=None)
        return settings

    return checked


@bug((links, "wanted_part"))
def a_range_of_a_link_ends_one_byte_early(right):
    def wanted_part(call, whole):
        first, _, last = call.headers.get("Range", "").removeprefix("bytes=").partition("-")
        if not last or last <= first:
            return right(call, whole)
        headers = {**call.headers, "Range": f"bytes={first}-{int(last) - 1}"}
        return right(call._replace(headers=headers), whole)

    return wanted_part


@bug((link_metadata, "view_of"))
def the_path_of_a_link_is_that_of_its_creation(right):
    first = {}

    def view_of(call):
        view = right(call)

        def paths(node):
            return first.setdefault((id(call.world), node.number), view.paths(node))

        return SimpleNamespace(paths=paths, base=view.base, tree=view.tree, sees=view.sees)

    return view_of


@bug((link_access, "is_reader"))
def a_team_link_is_open_to_every_team(right):
    def is_reader(call, link):
        audience = link.settings.audience
        return right(call, link) or (audience == "team" and call.grant is not None)

    return is_reader


@bug((link_access, "is_reader"))
def an_app_reads_links_of_every_audience(right):
    return lambda call, link: call.grant is None or right(call, link)


@bug((links, "item_in"))
def a_path_in_a_link_may_leave_the_folder(right):
    def item_in(link, path):
        try:
            return right(link, path)
        except RouteError as refused:
            found = None
            if path is not None and link.node.parent is link.tree.root:
                with suppress(RouteError):
                    found = link.tree.reach(link.tree.root, link_access.split(path)).found
            if found is None:
                raise refused from None
            return found

    return item_in


@bug((links, "links_above"))
def the_links_above_an_item_are_not_listed(right):
    return lambda call, node: right(call, node)[:1]


@bug((old_links, "visibility_of"))
def the_older_route_tells_public_for_a_password(_right):
    return lambda settings: settings.audience.replace("team", "team_only")


@bug((links, "link_metadata"))
def the_metadata_of_an_item_inside_is_that_of_the_folder(right):
    return lambda call, link, item=None: right(call, link)  # noqa: ARG005


@bug((link_settings, "is_empty"), (links, "is_empty"))
def settings_of_nulls_count_as_settings(_right):
    return lambda given: given is None


@bug((preview, "opened"))
def a_thumbnail_needs_no_password(right):
    return lambda call, url, _password: link_access.reopened(call, url)


@bug((links, "checked"))
def a_change_to_the_past_is_accepted(right):
    def checked(call, account, given, before=None):
        if before is not None and given.expires is not None:
            later = given._expires_value
            given._expires_value = type(later)(2100, 1, 1)
            try:
                settings = right(call, account, given, before)
            finally:
                given._expires_value = later
            return settings._replace(expires=link_settings.seconds(later))
        return right(call, account, given, before)

    return checked
