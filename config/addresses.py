"""One Redis address, written the way each client wants it."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def redis_database(url: str, offset: int) -> str:
    """Return the address of the database ``offset`` further on the same Redis server."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = dict(parse_qsl(parts.query))
        query["db"] = str(int(query.get("db", "0")) + offset)
        return f"unix://{parts.netloc}{parts.path}?{urlencode(query)}"
    number = int(parts.path.strip("/") or 0) + offset
    return urlunsplit(parts._replace(path=f"/{number}"))


def broker_url(url: str) -> str:
    """Return the address as Celery wants it: Unix sockets have another scheme there."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    number = dict(parse_qsl(parts.query)).get("db", "0")
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={number}"
