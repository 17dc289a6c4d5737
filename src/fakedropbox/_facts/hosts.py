"""The hosts of the real service (F1.1-01 to F1.1-03)."""

API = "api.dropboxapi.com"
CONTENT = "content.dropboxapi.com"
NOTIFY = "notify.dropboxapi.com"
WWW = "www.dropbox.com"
DOWNLOAD = "dl.dropboxusercontent.com"
"""The host of temporary links (F5-08)."""

OF_ROUTES = {"api": API, "content": CONTENT, "notify": NOTIFY}
"""The hosts of routes, by the names that the route table uses."""

OLD_NAMES = {"api.dropbox.com": API, "api-content.dropbox.com": CONTENT}
"""The API's hosts by their old names, which still lead to them (F1.4-23)."""

OF_TOKENS = (API, WWW)
"""The hosts of the token endpoint (O2.2-51)."""

ALL = (API, CONTENT, NOTIFY, WWW, DOWNLOAD, *OLD_NAMES)

DOMAINS = ("dropboxapi.com", "dropbox.com", "dropboxusercontent.com")
"""Dropbox's domains: all hosts below them are Dropbox's."""

SITE = f"https://{WWW}"
