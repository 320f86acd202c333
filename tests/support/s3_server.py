"""An S3 by moto with one bucket, which ends with the test that started it: when its standard input does.

moto believes every signature. This one recomputes each as AWS documents it (Signature Version 4), so that what a link
does not say cannot be done by it.
"""

import hashlib
import hmac
import sys
import threading
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, quote

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

ACCOUNT, SECRET, REGION = "test", "test", "us-east-1"
REFUSED = b"<Error><Code>%s</Code></Error>"


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)


def header(environ, name):
    plain = name.upper().replace("-", "_")
    value = environ.get(plain if name in ("content-type", "content-length") else f"HTTP_{plain}", "")
    return " ".join(value.split())


def signature(environ, query, names, scope, at, payload):
    """What it must be, of this request and no other."""
    path = environ["RAW_URI"].split("?")[0]
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in query)
    request = "\n".join([
        environ["REQUEST_METHOD"],
        path,
        "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{header(environ, name)}" for name in names),
        "",
        ";".join(names),
        payload,
    ])
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = digest(key, part).digest()
    text = "\n".join(["AWS4-HMAC-SHA256", at, scope, hashlib.sha256(request.encode()).hexdigest()])
    return digest(key, text).hexdigest()


def fault(environ):
    """Why a request is refused, if it is."""
    query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    said = dict(query)
    if "X-Amz-Signature" in said:
        credential, names = said["X-Amz-Credential"], said["X-Amz-SignedHeaders"]
        at, payload, given = said["X-Amz-Date"], "UNSIGNED-PAYLOAD", said["X-Amz-Signature"]
        query = [(name, value) for name, value in query if name != "X-Amz-Signature"]
        signed_at = datetime.strptime(at, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        if datetime.now(timezone.utc) > signed_at + timedelta(seconds=int(said["X-Amz-Expires"])):
            return b"AccessDenied"
    elif "HTTP_AUTHORIZATION" in environ:
        words = environ["HTTP_AUTHORIZATION"].removeprefix("AWS4-HMAC-SHA256 ").split(",")
        words = dict(word.strip().split("=", 1) for word in words)
        credential, names, given = words["Credential"], words["SignedHeaders"], words["Signature"]
        at, payload = environ["HTTP_X_AMZ_DATE"], environ["HTTP_X_AMZ_CONTENT_SHA256"]
    else:
        # The test that looks.
        return None if environ["REQUEST_METHOD"] == "GET" and environ.get("QUERY_STRING") else b"AccessDenied"
    account, scope = credential.split("/", 1)
    wanted = signature(environ, query, names.split(";"), scope, at, payload)
    return None if account == ACCOUNT and hmac.compare_digest(wanted, given) else b"SignatureDoesNotMatch"


class Checked:
    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        code = fault(environ)
        if code:
            # Else what was not read is taken for the next request.
            start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Connection", "close")])
            return [REFUSED % code]
        return self.application(environ, start_response)


server = make_server("127.0.0.1", 0, Checked(DomainDispatcherApplication(create_backend_app)), threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
s3 = boto3.client(
    "s3",
    endpoint_url=f"http://127.0.0.1:{server.server_port}",
    aws_access_key_id=ACCOUNT,
    aws_secret_access_key=SECRET,
    region_name=REGION,
)
s3.create_bucket(Bucket="media")
print(server.server_port, flush=True)
sys.stdin.read()
server.shutdown()
