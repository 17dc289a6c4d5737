"""Tests of the routes about a team itself."""

import pytest
from dropbox.team import AdminTier, Feature, UserSelectorArg
from tests.support.doors import bad_input, refusal


@pytest.mark.evidence("P5-01", "P5-02", "P5-03", "P5-04", "P5-05", "P5-10")
def test_get_info_returns_the_team_and_its_policies(team, service, acme, bob, eve):
    found = team.team_get_info()
    assert (found.name, found.team_id) == ("Acme", acme.team_id)
    assert len(found.team_id) == len("dbtid:") + 35
    assert (found.num_licensed_users, found.num_provisioned_users) == (100, 3)
    assert found.num_used_licenses == 3
    assert found.policies.sharing.shared_folder_join_policy.is_from_anyone()
    assert found.policies.emm_state.is_disabled()
    assert found.policies.suggest_members_policy.is_enabled()
    team.team_members_suspend(UserSelectorArg.email(bob.email))
    team.team_members_remove(UserSelectorArg.email(eve.email))
    assert team.team_get_info().num_provisioned_users == 1
    assert service.calls[-1].account is None


@pytest.mark.evidence("P5-06", "P5-08")
def test_features_follow_the_order_of_the_request(team):
    asked = [Feature.has_team_shared_dropbox, Feature.upload_api_rate_limit]
    shared, limit = team.team_features_get_values(asked).values
    assert shared.get_has_team_shared_dropbox().get_has_team_shared_dropbox() is False
    assert limit.get_upload_api_rate_limit().is_unlimited()
    newer = "has_distinct_member_homes"  # the oldest supported SDK does not have it
    others = ["has_team_file_events", "has_team_selective_sync"]
    for feature in [*others, newer] if hasattr(Feature, newer) else others:
        (value,) = team.team_features_get_values([Feature(feature)]).values
        assert value._tag == feature


@pytest.mark.evidence("P5-07")
def test_an_empty_list_of_features_is_refused(team):
    assert refusal(team.team_features_get_values, []) == "empty_features_list"


def test_an_unknown_feature_is_refused(team):
    text = bad_input(team.team_features_get_values, [Feature.other])
    assert text.endswith("features: unexpected use of the catch-all tag 'other'")


@pytest.mark.evidence("P5-09")
def test_the_authenticated_admin_is_the_one_who_linked_the_app(
    connect_team, service, acme, team, ada, bob
):
    assert team.team_token_get_authenticated_admin().admin_profile.email == ada.email
    team.team_members_set_admin_permissions(UserSelectorArg.email(bob.email), AdminTier.team_admin)
    bobs = connect_team(service.logins.create(bob.account, team=acme))
    assert bobs.team_token_get_authenticated_admin().admin_profile.email == bob.email
    team.team_members_suspend(UserSelectorArg.email(bob.email))
    assert refusal(bobs.team_token_get_authenticated_admin) == "admin_not_active"
    assert bobs.team_get_info().name == "Acme"
