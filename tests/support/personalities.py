"""Hypothesis strategies for personalities, and for the name of the app folder or None."""

from hypothesis import strategies as st

from fakedropbox import Personality

CONSISTENT = st.just(Personality.documented) | st.builds(
    Personality,
    wire=st.sampled_from(["classic", "compact"]),
    list_order=st.sampled_from(["rev", "creation", "name", "shuffled"]),
    page_size=st.sampled_from([1, 2, 500]),
    case_only_move=st.sampled_from(["unchanged", "conflict", "renamed"]),
    into_itself=st.sampled_from(["duplicated_or_nested_paths", "cant_move_folder_into_itself"]),
    deleted_children=st.booleans(),
    early_client_modified=st.booleans(),
    astral_names=st.booleans(),
    utf8_headers=st.booleans(),
    search_lag=st.sampled_from([0, 0, 1]),
    lock_of_unshared_file=st.sampled_from(["granted", "file_not_shared"]),
    async_batches=st.sampled_from(["recorded", "always", "never"]),
    async_checks=st.integers(0, 2),
)
PERSONALITIES = CONSISTENT | st.just(Personality.hostile)
APP_FOLDERS = st.sampled_from([None, None, "Test app"])
