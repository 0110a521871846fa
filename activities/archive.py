"""Activities of the pipeline layer: what goes into the object store."""

from activities.serving import serves
from daybook.contracts.calls import ARCHIVE_DAY, ARCHIVE_SERIES
from daybook.contracts.collection import ArchiveDay, ArchiveSeries, DayArchived
from daybook.contracts.objects import ObjectRef
from daybook.storage.day_archive import DayArchive
from daybook.storage.series_archive import SeriesArchive


class ArchiveActivities:
    """The pipeline layer's archive."""

    def __init__(self, series: SeriesArchive, days: DayArchive) -> None:
        self._series = series
        self._days = days

    @serves(ARCHIVE_SERIES)
    def archive_series(self, request: ArchiveSeries) -> ObjectRef:
        """Put a series into the object store; repeating it keeps the same object."""
        return self._series.keep(request.task)

    @serves(ARCHIVE_DAY)
    def archive_day(self, request: ArchiveDay) -> DayArchived:
        """Put a day's quotes, orders and report into the object store; repeating it keeps the same objects."""
        return self._days.keep(request)
