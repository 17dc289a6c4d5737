"""The message texts of the service, each with the fact it comes from, or marked as a guess."""

from fakedropbox._facts import hosts

CALL_PREFIX = 'Error in call to API function "{route}": '  # F1.3-01
RPC_ARGUMENT = "request body: "  # F1.4-01
HEADER_ARGUMENT = 'HTTP header "Dropbox-API-Arg": '  # F1.4-01
URL_ARGUMENT = 'URL parameter "arg": '  # F1.4-01, inferred

# Texts for people, by the locales in which they are known (S8-19):
INVALID_SHARED_FOLDER = {"en": "Invalid shared folder ID."}  # S11-15
ALREADY_SHARED = {"en": "This folder is already shared."}  # S8-09
NOT_A_MEMBER = {"ja": "この共有フォルダのメンバーではありません。"}  # S10-17

NOT_JSON = "could not decode input as JSON"  # F1.4-01
COMPACT_PATTERN = "Value must be a string conforming to regex {pattern}"  # F0-58
LIST_ROOT = 'Specify the root folder as an empty string rather than as "/".'  # F1.4-08
LINK_NOT_RECURSIVE = "Shared links can only be listed non-recursively."  # S5-27, a guess
TOO_LARGE = "The input is too large."  # a guess
ROOT_UNSUPPORTED = "The root folder is unsupported."  # F1.4-09
MALFORMED_TOKEN = "The given OAuth 2 access token is malformed."  # noqa: S105 -- F1.4-10, no secret
BAD_AUTHORIZATION = (  # F1.4-11
    'Invalid authorization value in HTTP header "Authorization": "{value}".  '
    'Expecting "Bearer <oauth2-access-token>".'
)
BAD_APP_AUTHORIZATION = (  # a guess, modelled on F1.4-11
    'Invalid authorization value in HTTP header "Authorization": "{value}".  '
    'Expecting "Basic <base64(app-key:app-secret)>".'
)
NO_AUTHORIZATION = (  # O5-09
    'Must provide HTTP header "Authorization" or URL parameter "authorization".'
)
UNKNOWN_ROUTE = "Unknown API function: {route}."  # F1.4-12, without `CALL_PREFIX`
UNUSED_AUTHORIZATION = (  # F1.4-19
    "Your request includes an Authorization header, but this function does not use it."
)
PATH_ROOT = "Dropbox-API-Path-Root: "  # F1.4-20
NO_PATH_ROOT = "Path root is not supported for sandbox app."  # F1.4-21
COMPACT_NO_PATH_ROOT = "path root is not supported for sandbox app"  # F1.4-24
VERSION_1 = "v1_retired"  # F1.4-22
BAD_CONTENT_TYPE = (  # F1.4-13
    'Bad HTTP "Content-Type" header: "{value}".  Expecting one of {expected}.'
)
NO_CONTENT_TYPE = (  # F1.4-14
    'Missing or empty HTTP "Content-Type" header.  Expecting one of {expected}.'
)
RPC_CONTENT_TYPES = (
    '"application/json", "application/json; charset=utf-8", "text/plain; charset=dropbox-cors-hack"'
)
UPLOAD_CONTENT_TYPES = '"application/octet-stream", "text/plain; charset=dropbox-cors-hack"'
NO_ARGUMENT = (  # F1.4-15
    'Must provide HTTP header "Dropbox-API-Arg" or URL parameter "arg".'
)
DOWNLOAD_BODY = "The request body is supposed to be empty, but it isn't; got {body}"  # F1.4-16
CUT = " [The string has been truncated due to its length]"  # F1.4-07
APP_NOT_ALLOWED = "Your API app is not allowed to call this function."  # F1.4-17
NOT_FOR_ACCOUNTS = (  # O4.7-02
    "This is a DfB team management function.  The OAuth 2 access token you provided is for a "
    "specific Dropbox user account and does not work with this function."
)
NOT_FOR_TEAMS = (  # O4.7-01
    "This API function operates on a single Dropbox account, but the OAuth 2 access token you "
    "provided is for an entire Dropbox Business team."
)
MAY_SELECT = (  # O4.7-01
    "  Since your API app key has team member file access permissions, you can operate on a team "
    'member\'s Dropbox by providing the "Dropbox-API-Select-User" HTTP header or "select_user" URL '
    "parameter to specify the exact user "
    f"<{hosts.SITE}/developers/documentation/http/teams>."
)
BAD_SELECTED_ID = "Invalid select user id format"  # P4-02
SELECTED_FOR_ACCOUNT = (  # P4-05, a guess
    "The OAuth 2 access token you provided is for a specific Dropbox user account and cannot "
    "select a member of a team."
)
SELECTED_FOR_TEAM = (
    "This API function does not operate on a single Dropbox account."  # P4-18, a guess
)
TWO_SELECTED = (  # P4-19, a guess
    'Expected at most one of "Dropbox-API-Select-User" and "Dropbox-API-Select-Admin".'
)
NO_ADMIN_MODE = (  # P4-09, a guess
    'This API function does not support the "Dropbox-API-Select-Admin" HTTP header.'
)
APP_LACKS_SCOPE = (  # F1.4-18, O5-13
    "Your app (ID: {app_id}) is not permitted to access this endpoint because it does not have "
    "the required scope '{scope}'. The owner of the app can enable the scope for the app using "
    "the Permissions tab on the App Console."
)
BAD_LONGPOLL_CURSOR = "cursor: unsupported cursor type"  # F6.2-03
BAD_CURSOR = "Invalid \"cursor\" parameter: '{cursor}'"  # F6.2-03

UNKNOWN_CLIENT = 'Invalid client_id: "{client_id}".'  # O2.1-05
RELATIVE_REDIRECT = "Invalid redirect_uri. Must be an absolute URI."  # O2.1-05
UNKNOWN_REDIRECT = (  # O2.1-05
    "Invalid redirect_uri. It must exactly match one of the redirect URIs you've pre-configured "
    "for your app (including the path)."
)
NOT_ALLOWED = "The user chose not to give your app access to their Dropbox account."  # a guess

REFRESH_MALFORMED = "refresh token is malformed"  # O2.2-05
REFRESH_REVOKED = "refresh token is invalid or revoked"  # O2.2-04
CODE_UNKNOWN = "code doesn't exist or has expired"  # O2.2-01
CODE_USED = "code has already been used (within the last hour)"  # O2.2-02
REDIRECT_MISMATCH = "redirect_uri mismatch"  # O2.2-03
BAD_VERIFIER = "invalid code verifier"  # O2.2-09
BAD_CLIENT = "invalid_client: Invalid client_id or client_secret"  # O2.2-06
NO_CLIENT = "No auth function available for given request"  # O2.2-07
BAD_GRANT = "unsupported_grant_type"  # O2.2-08
OAUTH_PAGE_FAILED = (  # O2.2-10
    "The server has either erred or is incapable of performing the requested operation."
)

EMPTY_QUERY = "query: must not be empty"  # a guess

LINK_PAGE_NOT_FOUND = "We can't find the page you're looking for."  # S1-36
UNVERIFIED = "It seems you tried to do something we can't verify."  # S1-38
TOO_MUCH_TRAFFIC = (  # S1-40
    "This account's links are generating too much traffic and have been temporarily disabled!"
)
