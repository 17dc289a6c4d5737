"""Tests of the coverage report: it agrees with the registry, the routes and the evidence."""

import json
from collections import Counter

import pytest
from click.testing import CliRunner

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._facts import ROUTES
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
