"""What a person reads when a command fails: one line that says what to do, and an exit code.

Errors a person can mend come from these families; anything else is a fault of the program and goes to the log.

CommandError           a command's own refusal
AlreadyRunning         two desks in one home
ConfigurationError     settings; also a part of the local stack that does not come up
DeskError              the front door: no server, no worker, no such day or order
NoSuchOrder, AmbiguousOrder   the name of an order
StorageError           the ledger
BrokerError            the broker's credentials and answers
ProcessRefused, TemporalMissing   the local stack
ReplayFileError        a file of prices
BadOptions             options of the paper exchange
CalendarRangeError, HolidayTableError   the table of special days
RoutingError           a request that cannot be routed
CatalogueError         the catalogue of models
SkillError             a tool and its arguments
ScoreError             prices that cannot be scored
ScenarioError          a scenario and the data it runs on
OSError with a path    files, folders and permissions
"""

from daybook.broker.port import BrokerError
from daybook.commands.support import CommandError
from daybook.front.errors import DeskError
from daybook.front.running import AlreadyRunning
from daybook.krx.calendar import CalendarRangeError
from daybook.krx.holiday_table import HolidayTableError
from daybook.llm.errors import CatalogueError
from daybook.paper.options import BadOptions
from daybook.paper.replay import ReplayFileError
from daybook.report.why import AmbiguousOrder, NoSuchOrder
from daybook.risk.score.errors import ScoreError
from daybook.routing.errors import RoutingError
from daybook.scenario.errors import ScenarioError
from daybook.settings import ConfigurationError
from daybook.skills.errors import SkillError
from daybook.stack.processes import ProcessRefused
from daybook.stack.temporal_server import TemporalMissing
from daybook.storage.errors import ReadOnlyDatabase, StorageBusy, StorageConfigurationError, StorageError

EXPECTED: tuple[type[Exception], ...] = (
    CommandError,
    AlreadyRunning,
    ConfigurationError,
    DeskError,
    NoSuchOrder,
    AmbiguousOrder,
    StorageError,
    BrokerError,
    ProcessRefused,
    TemporalMissing,
    ReplayFileError,
    BadOptions,
    CalendarRangeError,
    HolidayTableError,
    RoutingError,
    CatalogueError,
    SkillError,
    ScoreError,
    ScenarioError,
)

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130

_CANDIDATES_SHOWN = 5


def one_line(error: Exception) -> str | None:
    """Return what a person reads of an expected error; None for an error nobody expected."""
    if isinstance(error, OSError):
        return _of_the_system(error)
    if not isinstance(error, EXPECTED):
        return None
    text, advice = str(error), ""
    if isinstance(error, AmbiguousOrder):
        shown = ", ".join(error.candidates[:_CANDIDATES_SHOWN])
        more = ", ..." if len(error.candidates) > _CANDIDATES_SHOWN else ""
        advice = f": {shown}{more}"
    elif isinstance(error, NoSuchOrder):
        advice = "; list a day's orders with: daybook orders --day YYYY-MM-DD"
    elif isinstance(error, BrokerError) and error.advice:
        advice = f"; {error.advice}"
    elif isinstance(error, StorageError):
        advice = _storage_advice(error)
    return " ".join(f"{text}{advice}".split())


def _storage_advice(error: StorageError) -> str:
    if isinstance(error, StorageBusy):
        return "; try again in a moment"
    if isinstance(error, ReadOnlyDatabase):
        return "; check who owns the file and the folder it is in"
    if isinstance(error, StorageConfigurationError):
        return "; check DAYBOOK_DATABASE_URL and DAYBOOK_HOME"
    return ""


def _of_the_system(error: OSError) -> str | None:
    """Return the line of an error that names a file; other system errors are nobody's mistake."""
    if not error.filename or not error.strerror:
        return None
    path = error.filename
    if isinstance(error, PermissionError):
        return f"no permission for {path}; check its owner and rights"
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{path} is not a folder; name another one"
    if isinstance(error, FileNotFoundError):
        return f"there is no {path}; check the path"
    return f"{path}: {error.strerror}; check the path and the disk"
