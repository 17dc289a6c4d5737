"""The routes. Importing this package registers all of them.

To add one: look up its row in `_facts/routes.csv`, which has every route of the API, and add
what is known about it to `_facts/evidence.csv`; write its function under `@route` in the module
of its namespace, and a test under `tests/behaviour` with `@pytest.mark.evidence`. Remove the rows
of `_facts/open_facts.csv` that say that it is not built. Then run
`python -m tests.support.generate`, which writes the tables that are generated from the code, and
`.ci/check`.

The modules are named after Dropbox's namespaces. Their names are read from the generated
`_facts/modules.csv`, because the directory cannot be listed while pyfakefs is active.
"""

from importlib import import_module

from fakedropbox._facts import modules_of

for _module in modules_of(__name__):
    import_module(_module)
