"""State machines that find out where a Dropbox does not do as the facts say."""

from fakedropbox.machines._batches import BatchRules
from fakedropbox.machines._comparison import Difference, Interrupted
from fakedropbox.machines._files import FileRules
from fakedropbox.machines._finding import FindingRules
from fakedropbox.machines._links import LinkRules
from fakedropbox.machines._listing import ListingRules
from fakedropbox.machines._locks import LockRules
from fakedropbox.machines._other_forms import OtherFormRules
from fakedropbox.machines._papers import PaperRules
from fakedropbox.machines._properties import PropertyRules
from fakedropbox.machines._references import ReferenceRules
from fakedropbox.machines._saving import SavingRules
from fakedropbox.machines._tags import TagRules

__all__ = ["Difference", "DropboxMachine", "Interrupted"]


class DropboxMachine(
    FileRules,
    BatchRules,
    ListingRules,
    FindingRules,
    LinkRules,
    SavingRules,
    OtherFormRules,
    PaperRules,
    ReferenceRules,
    TagRules,
    PropertyRules,
    LockRules,
):
    """Random calls of an SDK client, each compared with a naive model of Dropbox.

    Subclass it, make a client, and let pytest or unittest run its ``TestCase``. The account
    has to be empty, or ``folder`` one that is the machine's own. A `Difference` tells what
    was expected, what came, and the shortest program found that shows it.

    >>> from hypothesis import settings
    >>> from fakedropbox import FakeDropbox
    >>> class Machine(DropboxMachine):
    ...     def make_client(self):
    ...         return FakeDropbox()
    >>> TestDouble = Machine.TestCase
    >>> TestDouble.settings = settings(max_examples=5, stateful_step_count=20)
    >>> TestDouble("runTest").runTest()

    What is compared: results and errors, all fields of metadata but `server_modified`, ids
    and revisions (which stay, which are new, none comes twice), contents, listings with all
    their pages, what each old cursor tells, whether there is news, what a search finds, what a
    ZIP, a temporary link or a Paper doc holds, thumbnails, tags, properties and locks.

    It calls every route of `files` that the SDK has, but for the older forms of batches and
    sessions. ``urls`` says what the client's Dropbox finds in the web.
    """
