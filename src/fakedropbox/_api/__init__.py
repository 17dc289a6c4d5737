"""The routes. Importing this package registers all of them.

To add one: look up its row in `_facts/routes.csv`, which has every route of the API, and add
what is known of it to `_facts/evidence.csv`; write its function under `@route` in the module of
its namespace, and a test under `tests/behaviour` with `@pytest.mark.evidence`. What
`_facts/open_facts.csv` says is not built yet leaves that table. Then run
`python -m tests.support.generate`, which writes the tables that follow from the code, and
`.ci/check`.

Its modules follow Dropbox's namespaces. They are found by a generated table, because the
directory cannot be listed while a test uses a fake file system.
"""

from importlib import import_module

from fakedropbox._facts import modules_of

for _module in modules_of(__name__):
    import_module(_module)
