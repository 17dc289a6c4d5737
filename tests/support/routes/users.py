"""A table with a valid call of each route of `users`, and an invalid one where there is any."""

from dropbox.users import UserFeature
from tests.support.routes.row import NO_CHANGE, Row

OWNER = "owner@example.com"
NOBODY = f"dbid:{'x' * 35}"


def own_id(dbx):
    return dbx.users_get_current_account().account_id


ROWS = [
    Row(
        "users/features/get_values",
        lambda dbx, _: [
            value.is_file_locking()
            for value in dbx.users_features_get_values([UserFeature.file_locking]).values
        ],
        [True],
        NO_CHANGE,
        lambda dbx, _: dbx.users_features_get_values([]),
        "empty_features_list",
    ),
    Row(
        "users/get_account",
        lambda dbx, _: dbx.users_get_account(own_id(dbx)).email,
        OWNER,
        NO_CHANGE,
        lambda dbx, _: dbx.users_get_account(NOBODY),
        "no_account",
    ),
    Row(
        "users/get_account_batch",
        lambda dbx, _: [each.email for each in dbx.users_get_account_batch([own_id(dbx)])],
        [OWNER],
        NO_CHANGE,
        lambda dbx, _: dbx.users_get_account_batch([NOBODY]),
        "no_account",
    ),
    Row(
        "users/get_current_account",
        lambda dbx, _: dbx.users_get_current_account().email,
        OWNER,
        NO_CHANGE,
    ),
    Row(
        "users/get_space_usage",
        lambda dbx, _: dbx.users_get_space_usage().allocation.is_individual(),
        True,
        NO_CHANGE,
    ),
]
