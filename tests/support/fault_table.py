"""The table of the faults of the system that dropspool replaces, from `test_replaced_faults`."""

PROPERTY = "fault of the replaced system"
"""The name of the report property with the fault and the system of a test."""

SYSTEMS = {
    "sdk": "Dropbox, by the SDK",
    "direct": "Dropbox, in memory",
    "fakefs": "folder, of pyfakefs",
    "folder": "folder, real",
    "replaced": "replaced system",
}


def table(stats):
    """Yield the lines for the end of a run, or nothing if no such test ran.

    The data is in the properties of the reports, because xdist transfers these from its
    workers to the main process, but not variables of a module.
    """
    rows = {}
    for outcome in ("passed", "xfailed", "failed"):
        for report in stats.get(outcome, ()):
            found = dict(getattr(report, "user_properties", ())).get(PROPERTY)
            if found is not None:
                number, text, system = found
                rows.setdefault((number, text), {})[system] = _shown(outcome, report)
    for (number, text), row in sorted(rows.items()):
        yield f"{number}  {text}"
        ours = [f"{title}: {row[key]}" for key, title in SYSTEMS.items() if key in row]
        yield f"      {'; '.join(ours[:4])}"
        yield from (f"      {shown}" for shown in ours[4:])


def _shown(outcome, report):
    if outcome == "passed":
        return "passes"
    crash = getattr(report.longrepr, "reprcrash", None)
    reason = crash.message.splitlines()[0][:90] if crash else ""
    return f"{'fails' if outcome == 'xfailed' else 'FAILS'} with {reason}"
