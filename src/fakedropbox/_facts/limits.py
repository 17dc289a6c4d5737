"""The numeric limits of the service, each with its source: a fact, a document, or a guess."""

UPLOAD_BYTES = 150 * 1024 * 1024
"""One upload request carries at most this many bytes (F4-01)."""

NAME_CHARACTERS = 255
"""One component of a path has at most this many characters (F3.2-12)."""

LIST_PAGE = 500
"""Entries in a page of a listing that was requested without a limit (F6.1-02)."""

MOVE_ITEMS = 10_000
"""One copy or move takes at most this many items (F7-09)."""

ACCESS_TOKEN_SECONDS = 14_400
"""Lifetime of a short-lived access token (O2.2-53, O2.2-55)."""

ACCOUNT_BYTES = 2 * 1024**3
"""Capacity of a basic account (the recorded ``get_space_usage``)."""

HASH_BLOCK_BYTES = 4 * 1024 * 1024
"""Size of the blocks over which a content hash is computed (F2.1-04)."""

SESSION_SECONDS = 7 * 24 * 3600
"""Lifetime of an upload session (F4.1-02)."""

SESSION_BLOCK_BYTES = 4 * 1024 * 1024
"""Pieces of a concurrent session begin and, except the last, end at a multiple of it (F4.1-08)."""

FILE_BYTES = 2**41 - 2**22
"""A file has at most this many bytes (F4.1-09)."""

CODE_SECONDS = 600
"""Lifetime of an authorization code (O2.1-06: short; the figure is a guess)."""

CODE_REMEMBERED_SECONDS = 3600
"""Time during which a used code is distinguished from an unknown one (O2.2-02)."""

STATE_BYTES = 500
"""An authorize page accepts at most this many bytes of ``state`` (O2.1-51)."""

WEBHOOK_SECONDS = 10
"""A webhook must answer its challenge within this time (O7-01); for notices, that is a guess."""

WEBHOOK_PAUSES = (10, 20, 40, 80, 160, 320)
"""Seconds between attempts to notify: about ten minutes in total (O7-05); the steps are a guess."""

FOLDERS_AT_ONCE = 99
"""A `create_folder_batch` of more paths starts a job; recorded: 2 did not, 100 did (F8-02)."""

JOB_SECONDS = 7 * 24 * 3600
"""A job can be checked for this long, like an upload session (F4.1-02); a guess."""

COPY_REFERENCE_SECONDS = 10_950 * 24 * 3600
"""Lifetime of a copy reference: 30 times 365 days, as recorded (F2.1-07)."""

SEARCH_MATCHES = 10_000
"""A search returns at most this many matches, however many pages are requested (F8-11)."""

SEARCH_BYTES = 10 * 1024 * 1024
"""A text file above this size is found by its name only (a guess)."""

LINK_PASSWORD_CHARACTERS = 1000
"""A password of a shared link has at most this many characters (S2-37, a guess)."""

SHARED_LINKS_PAGE = 200
"""A page of `list_shared_links` has at most this many links (S4-14, a guess)."""

OLD_SHARED_LINKS = 1000
"""`get_shared_links` returns at most this many links (S7-10)."""

RPC_BYTES = 16 * 1024 * 1024
"""The JSON of a call has at most this many bytes (a guess, enough for a profile photo)."""

FILE_REQUESTS = 4000
"""An account has at most this many file requests, open and closed together (P1-15)."""

PHOTO_BYTES = 10 * 1024 * 1024
"""A profile photo has at most this many bytes (O4.6-02)."""

PHOTO_SIDE = 128
"""A profile photo is at least this many pixels wide and high (P2-06)."""

TEMPORARY_LINK_SECONDS = 14_400
"""Lifetime of a temporary link (F5-08)."""

LINK_CONTENT_SECONDS = 14_400
"""Lifetime of the address that the page of a shared link redirects to (S1-32, a guess)."""

TAGS = 20
"""A file or folder has at most this many tags (F8-12)."""

ZIP_BYTES = 20 * 1024**3
"""A folder must be smaller than this to be downloaded as a ZIP (F5-04)."""

ZIP_FILE_BYTES = 4 * 1024**3
"""Each file in such a folder must be smaller than this (F5-04)."""

ZIP_ENTRIES = 10_000
"""Such a folder must have fewer files and folders than this, including itself (F5-04)."""

PAPER_IMAGE_BYTES = 1024 * 1024
"""An image in the HTML of a Paper doc has at most this many bytes (the spec of the route)."""

THUMBNAIL_BYTES = 20 * 1024 * 1024
"""An image larger than this gets no thumbnail (F5-06)."""

THUMBNAILS = 25
"""One batch contains at most this many thumbnails (F5-06)."""

SAVE_URL_SECONDS = 900
"""The data at a URL must have arrived within this time (F5-09)."""

TEMPLATE_FIELDS = 32
"""A template of properties has at most this many fields (O4.5-51)."""

PROPERTY_NAME_BYTES = 256
"""Maximum size of the name of a template or of one of its fields (O4.5-51)."""

PROPERTY_DESCRIPTION_BYTES = 1024
"""Maximum size of the description of a template or of one of its fields (O4.5-51)."""

PROPERTY_VALUE_BYTES = 1024
"""Maximum size of the value of a property (O4.5-52)."""
