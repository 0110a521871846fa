"""Addresses of articles in one canonical form, and the publisher they belong to."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

LONGEST_URL = 1_000
_TRACKING = re.compile(
    r"^(utm_.*|fbclid|gclid|dclid|gclsrc|igshid|msclkid|yclid|mc_[ce]id|cmpid|cmp|ref|ref_src|referer|referrer|"
    r"source|src|from|share|sns|_ga|_gl|spm|ncid|sid|rss|input|kakao.*|naver.*)$",
    re.IGNORECASE,
)
_SECOND_LEVEL = frozenset({"co", "or", "go", "ac", "ne", "re", "pe", "com", "org", "net", "gov", "edu", "mil"})
_MIRRORS = ("www.", "m.", "mobile.", "amp.")
_NAVER_ARTICLE = re.compile(r"^/(?:mnews/)?article/(?:comment/)?(\d{3})/(\d{8,12})")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")


def canonical_url(url: str) -> str:
    """Return an address without tracking parameters, fragment, user and mirror prefix; "" when it is not http(s).

    Two addresses of one article on one site give the same text: always https, parameters sorted.
    """
    try:
        parts = urlsplit("".join(sign for sign in url.strip() if sign.isprintable() and sign != " "))
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or "." not in host:
        return ""
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    for prefix in _MIRRORS:
        if host.startswith(prefix) and host.count(".") > 1:
            host = host.removeprefix(prefix)
    if not _HOST.fullmatch(host):
        return ""
    path = parts.path.rstrip("/")
    if host in {"n.news.naver.com", "news.naver.com"} and (found := _NAVER_ARTICLE.match(path)):
        return f"https://n.news.naver.com/article/{found[1]}/{found[2]}"
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _is_tracking(name)]
    where = host if port in {None, 80, 443} else f"{host}:{port}"
    address = f"https://{where}{path}{'?' + urlencode(sorted(query)) if query else ''}"
    return address if len(address) <= LONGEST_URL else ""


def _is_tracking(name: str) -> bool:
    return _TRACKING.match(name) is not None


def publisher_of(url: str) -> str:
    """Return the site an address belongs to: the registrable part of its host, so that subdomains count as one.

    A Naver copy names its publisher by a number in the path, as in ``n.news.naver.com/001``.
    """
    parts = urlsplit(canonical_url(url))
    host = parts.hostname or ""
    if host == "n.news.naver.com" and (found := _NAVER_ARTICLE.match(parts.path)):
        return f"{host}/{found[1]}"
    labels = host.split(".")
    if len(labels) <= 2:
        return host
    is_second_level = len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3:] if is_second_level else labels[-2:])
