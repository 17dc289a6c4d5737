"""A failed test as one HTML file, which opens from disk and needs nothing else.

Its style and its script are in the file, and the browser is told to run no others. It contains no
contents of files, and no secrets from arguments and answers: it may be published with a CI run.
"""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from fakedropbox._identity.accounts import Account
from fakedropbox._page.calls import Opened, opened
from fakedropbox._page.clock import clock_of
from fakedropbox._page.coverage import coverage_of
from fakedropbox._page.faults import FaultsShown, faults_of
from fakedropbox._page.files import Row, all_rows
from fakedropbox._page.hints import Hint, hints_of
from fakedropbox._page.people import people_of
from fakedropbox._page.successes import overlooked_in
from fakedropbox._page.templates import data_of, hash_of, rendered_text, visible
from fakedropbox._page.used import (
    Used,
    accounts_of,
    changes_in,
    file_requests_of,
    links_of,
    missing_in,
)
from fakedropbox._page.webhooks import webhooks_of
from fakedropbox.calls import CallRecord

_MOST_CALLS = 500
_MOST_ROWS = 2000
_MOST_EARLIER = 3


class _Files(NamedTuple):
    """The first entries of an account, and the number of all of them."""

    account: Account
    rows: list[Row]
    total: int


def dump(used: Used, test: str, failure: str, advice: list[str]) -> str:
    """Return the HTML file about a failed test.

    ``failure`` is the text of its error, ``advice`` are sentences that may help.
    """
    style, script = (data_of(f"static/{name}").decode() for name in ("page.css", "dump.js"))
    service = used.service
    records = used.records
    with service.gate.lock:
        files = [_files(used, account) for account in accounts_of(used)]
        lines = changes_in(used)
    calls = [_opened(used, record) for record in records[-_MOST_CALLS:]]
    faults = faults_of(service, records)
    failed = [each for each in calls if each.call.is_error]
    last = failed[-1] if failed else None
    advice = [*advice, *_unfired(faults), *overlooked_in(used)]
    return rendered_text(
        "dump.html",
        test=visible(test),
        failure=visible(failure),
        gist=visible(_gist(failure, advice)) if last is None else "",
        advice=advice,
        calls=calls,
        last_error=last,
        earlier=failed[:-1][-_MOST_EARLIER:],
        number_of_earlier=len(failed) - 1,
        hints=[] if last is None else _hints(used, last.call.number),
        made=len(service.calls) - used.first,
        files=files,
        links=links_of(used),
        requests=file_requests_of(used),
        is_live=False,
        faults=faults,
        clock=clock_of(service, records),
        people=people_of(service),
        webhooks=webhooks_of(service),
        lines=None if lines is None else lines[:_MOST_ROWS],
        number_of_lines=0 if lines is None else len(lines),
        coverage=coverage_of(records, missing_in(used)),
        # The style and the script are our own files; everything else is escaped.
        style=Markup(style),  # noqa: S704 -- see above
        script=Markup(script),  # noqa: S704 -- see above
        hash_of_style=hash_of(style),
        hash_of_script=hash_of(script),
    )


def _opened(used: Used, record: CallRecord) -> Opened:
    kept = used.service.gate.exchanges
    return opened(record, None if kept is None else kept.of(record), hides_secrets=True)


def _gist(failure: str, advice: list[str]) -> str:
    """Return why a test without a failed call has failed, in one line; empty if not known."""
    errors = [line[1:].strip() for line in failure.splitlines() if line.startswith("E ")]
    return next(iter([*advice, *errors]), "")


def _hints(used: Used, number: int) -> list[Hint]:
    """Return the hints about a call, without the panels, which a file does not have."""
    records = [each for each in used.records if each.number == number]
    alone = not (used.is_shared or used.whole_run)
    hints = [
        hint for each in records for hint in hints_of(each, used.service, is_of_one_test=alone)
    ]
    return [hint._replace(panel="", address="") for hint in hints]


def _unfired(faults: FaultsShown) -> list[str]:
    """Return the planned faults that have not happened, each with the reason."""
    missed = [each for each in faults.planned if each.reason]
    return [f"{each.text} has not happened. {each.reason}" for each in missed]


def _files(used: Used, account: Account) -> _Files:
    rows = all_rows(used.service.gate.world, account)
    return _Files(account, rows[:_MOST_ROWS], len(rows))
