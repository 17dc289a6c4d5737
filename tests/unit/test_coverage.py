"""Tests of the coverage report: it agrees with the registry, the routes and the evidence."""

import fnmatch
import json
from collections import Counter

import pytest
from click.testing import CliRunner

from fakedropbox import FakeDropboxTeam, NotImplementedInFake
from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._facts import ROUTES, UNFAKED
from fakedropbox._facts.evidence import evidence
from fakedropbox.cli import main
from fakedropbox.coverage import HTTP, table


@pytest.fixture(scope="module")
def report():
    result = CliRunner().invoke(main, ["coverage", "--json"])
    assert result.exit_code == 0
    return json.loads(result.output)


def test_every_route_is_listed_once_in_its_namespace(report):
    shown = Counter()
    for name, namespace in report["namespaces"].items():
        routes = namespace["implemented"] + namespace["missing"]
        assert namespace["routes"] == len(routes)
        assert all(ROUTES[route].namespace == name for route in routes)
        shown.update(routes)
    assert shown == Counter(ROUTES.keys())


def test_implemented_routes_are_those_of_the_registry(report):
    implemented = {
        route for namespace in report["namespaces"].values() for route in namespace["implemented"]
    }
    assert implemented == IMPLEMENTED.keys()


def test_each_reason_for_missing_routes_is_for_routes_that_are_not_faked(report):
    reasons = {}
    for namespace in report["namespaces"].values():
        reasons.update(namespace["reasons"])
    assert reasons == UNFAKED
    for pattern, reason in reasons.items():
        found = fnmatch.filter(ROUTES, pattern)
        assert found, f"{pattern}: no route has such a name"
        assert not {*found} & {*IMPLEMENTED}, f"{pattern}: a route is faked"
        assert reason


@pytest.mark.parametrize("namespace", ["auth", "paper", "riviera", "team"])
def test_each_missing_route_of_teams_and_of_old_namespaces_has_a_reason(report, namespace):
    missing = report["namespaces"][namespace]["missing"]
    explained = {name for pattern in UNFAKED for name in fnmatch.filter(missing, pattern)}
    assert {*missing} == explained


def test_the_error_for_a_missing_route_says_why_it_is_missing():
    with pytest.raises(NotImplementedInFake) as caught:
        FakeDropboxTeam().team_devices_list_members_devices()
    assert caught.value.__notes__[0].startswith("the reason: hardly any public program")


def test_every_fact_is_counted_once_in_its_area(report):
    areas = {name: namespace["evidence"] for name, namespace in report["namespaces"].items()}
    areas[HTTP] = report["http"]
    counted = Counter()
    for area, counts in areas.items():
        facts = [fact for fact in report["facts"] if fact["area"] == area]
        for status, count in counts.items():
            matching = [fact for fact in facts if fact["status"] == status]
            assert count == {
                "facts": len(matching),
                "pinned": sum(bool(fact["tests"]) for fact in matching),
            }
            counted[status] += count["facts"]
    assert counted == Counter(fact.status for fact in evidence().values())


@pytest.mark.parametrize(
    ("fact", "area"),
    [("F1.2-01", HTTP), ("F10-01", "files"), ("O2.3-05", "openid"), ("O4.7-01", "team")],
)
def test_the_longest_prefix_determines_the_area(report, fact, area):
    assert [one["area"] for one in report["facts"] if one["fact"] == fact] == [area]


def test_a_pinned_fact_names_its_tests(report):
    (fact,) = (one for one in report["facts"] if one["fact"] == "F4-02")
    assert fact["status"] == "seen"
    assert "behaviour/files/test_upload.py" in fact["tests"]


def test_coverage_without_an_option_is_a_table():
    assert CliRunner().invoke(main, ["coverage"]).output.strip() == table()
