"""The routes. Importing this package registers all of them.

Its modules are laid out as Dropbox's namespaces are. They are discovered from a generated
table, because a directory cannot be listed once a test has put a fake file system in place.
"""

from importlib import import_module

from fakedropbox._facts import modules_of

for _module in modules_of(__name__):
    import_module(_module)
