"""Documents of filings: DART sends a ZIP of XML-like files in UTF-8 or, of the exchange's forms, in CP949."""

import io
import zipfile

from daybook.filings.errors import FilingCode, FilingUnreadable

LARGEST_DOCUMENT_BYTES = 16 * 1024 * 1024


def first_file(content: bytes) -> str:
    """Return the text of the first file of an archive, at most ``LARGEST_DOCUMENT_BYTES`` of it.

    Raises:
        FilingUnreadable: for a broken or empty archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if not names:
                raise FilingUnreadable(FilingCode.UNREADABLE, "DART sent an archive without a document")
            with archive.open(names[0]) as file:
                raw = file.read(LARGEST_DOCUMENT_BYTES)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError):
        raise FilingUnreadable(FilingCode.UNREADABLE, "DART sent a broken archive") from None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp949", errors="replace")
