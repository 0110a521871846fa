"""Activities of the pipeline layer: what goes into the object store."""

from activities.serving import serves
from daybook.contracts.calls import ARCHIVE_SERIES
from daybook.contracts.collection import ArchiveSeries
from daybook.contracts.objects import ObjectRef
from daybook.storage.archive import SeriesArchive


class ArchiveActivities:
    """The pipeline layer's archive."""

    def __init__(self, series: SeriesArchive) -> None:
        self._series = series

    @serves(ARCHIVE_SERIES)
    def archive_series(self, request: ArchiveSeries) -> ObjectRef:
        """Put a series into the object store; repeating it keeps the same object."""
        return self._series.keep(request.task)
