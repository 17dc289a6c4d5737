"""The hosts of the real service (F1.1-01 to F1.1-03)."""

API = "api.dropboxapi.com"
CONTENT = "content.dropboxapi.com"
NOTIFY = "notify.dropboxapi.com"
WWW = "www.dropbox.com"
DOWNLOAD = "dl.dropboxusercontent.com"
"""The host of temporary links (F5-08)."""

OF_ROUTES = {"api": API, "content": CONTENT, "notify": NOTIFY}
"""The hosts of routes, by the names that the route table uses."""

OF_TOKENS = (API, "api.dropbox.com", WWW)
"""The hosts of the token endpoint; the middle one is the API's old name (O2.2-51)."""

ALL = (API, CONTENT, NOTIFY, WWW, DOWNLOAD)

DOMAINS = ("dropboxapi.com", "dropbox.com", "dropboxusercontent.com")
"""Dropbox's domains: all hosts below them are Dropbox's."""

SITE = f"https://{WWW}"
