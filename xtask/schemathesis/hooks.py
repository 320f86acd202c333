"""What Schemathesis does not know of the media types of the core's API."""

import schemathesis


@schemathesis.serializer("application/offset+octet-stream")
def piece(_context, value):
    """A piece of an upload, as tus sends it."""
    return value if isinstance(value, bytes) else str(value).encode()
