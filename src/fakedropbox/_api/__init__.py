"""The routes. Importing this package registers all of them.

Its modules follow Dropbox's namespaces. They are found by a generated table, because the
directory cannot be listed while a test uses a fake file system.
"""

from importlib import import_module

from fakedropbox._facts import modules_of

for _module in modules_of(__name__):
    import_module(_module)
