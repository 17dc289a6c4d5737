"""Tests of the rules of `DropboxMachine`: all but `DETAIL_RULES` show a bug that no other shows."""

import pytest
from tests.support.bugs_of_rules import BUGS_OF_RULES, shows
from tests.support.detail_machine import DETAIL_RULES
from tests.support.files_machine import FilesMachine
from tests.support.link_machine import LINK_RULES, RULES, LinkMachine, without
from tests.support.planted_detail_bugs import DETAIL_BUGS

QUICK = {"copy", "download", "permanently_delete", "revoke_link", "tags"}
"""The rules whose bugs are searched for in each run; the campaign looks for the others."""

MOST_EXAMPLES = 2000
FEW_EXAMPLES = 3
"""The number of examples of a search without the rule, in each run."""

MANY_EXAMPLES = 100
"""The number of examples of a search without the rule, in the campaign."""


def machine_with(rule):
    """Return the machine that has a rule: that of links, or that of files."""
    return LinkMachine if rule in LINK_RULES else FilesMachine


def machine_without(rule):
    """Return the machine of `machine_with` without the rule."""
    return type("Without", (machine_with(rule),), without([rule]))


def test_each_rule_has_a_bug():
    assert BUGS_OF_RULES.keys() == RULES - DETAIL_RULES
    assert {rule for _, rules in DETAIL_BUGS.values() for rule in rules} >= DETAIL_RULES


@pytest.mark.untraced
@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(rule, marks=[] if rule in QUICK else [pytest.mark.campaign])
        for rule in BUGS_OF_RULES
    ],
)
def test_a_machine_shows_the_bug_for_each_of_its_rules(rule):
    assert shows(machine_with(rule), BUGS_OF_RULES[rule], MOST_EXAMPLES)


@pytest.mark.untraced
@pytest.mark.parametrize("rule", sorted(QUICK))
def test_a_short_search_without_a_rule_does_not_show_the_bug_for_it(rule):
    assert not shows(machine_without(rule), BUGS_OF_RULES[rule], FEW_EXAMPLES)


@pytest.mark.campaign
@pytest.mark.parametrize("rule", BUGS_OF_RULES)
def test_a_machine_without_a_rule_does_not_show_the_bug_for_it(rule):
    assert not shows(machine_without(rule), BUGS_OF_RULES[rule], MANY_EXAMPLES)
