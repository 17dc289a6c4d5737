"""Tests of personalities chosen by name: in the marker, and for a whole run."""

import pytest
from tests.support.pytest_runs import PLAIN

from fakedropbox import Personality

SUITE = """
    import dropbox, pytest
    from fakedropbox import Personality

    def of(service):
        return service.personality

    def test_usual(dropbox_service, dropbox_services):
        assert of(dropbox_service) == Personality.documented
        assert of(dropbox_services(7)) == of(dropbox_services(seed=7)) == Personality.documented

    @pytest.mark.dropbox(personality="hostile")
    def test_asked_by_name(dropbox_service):
        assert of(dropbox_service) == Personality.hostile

    @pytest.mark.dropbox(personality=Personality(page_size=3))
    def test_asked_by_value(dropbox_service, dropbox_services):
        assert of(dropbox_service) == Personality(page_size=3)
        assert of(dropbox_services(7, Personality.recorded)) == Personality.recorded
"""


@pytest.mark.dropbox(personality="hostile")
def test_the_marker_accepts_a_personality_by_name(dropbox_service):
    assert dropbox_service.personality is Personality.hostile


def test_the_personality_option_applies_to_tests_that_set_no_personality(pytester):
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_subprocess(*PLAIN, "--fake-dropbox-personality=documented")
    result.assert_outcomes(passed=3)


def test_the_personality_option_applies_to_the_service_of_a_fake_dropbox_run(pytester):
    pytester.makepyfile(
        """
        import os, dropbox

        def test_an_empty_folder_has_more():
            with dropbox.Dropbox(os.environ["TOKEN"]) as dbx:
                assert dbx.files_list_folder("").has_more
        """
    )
    result = pytester.runpytest_subprocess(
        *(*PLAIN, "--fake-dropbox", "--fake-dropbox-env=TOKEN=access_token"),
        "--fake-dropbox-personality=documented",
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("extra_options", [[], ["--fake-dropbox"]])
def test_the_personality_option_refuses_an_unknown_name(pytester, extra_options):
    result = pytester.runpytest_subprocess(
        *PLAIN, "--fake-dropbox-personality=kind", *extra_options
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    expected = "expected one of 'recorded', 'documented', 'hostile', got 'kind'"
    result.stderr.fnmatch_lines([f"*--fake-dropbox-personality: personality: {expected}"])
