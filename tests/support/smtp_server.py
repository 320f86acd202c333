"""A mail server for tests: what it does with a mail depends on the local part of the address it is for.

Prints its port as JSON. A line on standard input is answered with everything it received so far, as a line of JSON;
at the end of the input it ends. With --certificate FILE (certificate and key) it offers STARTTLS.
"""

import argparse
import asyncio
import email.policy
import json
import ssl
import sys
from email.parser import BytesParser

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self):
        self.received = []
        self.asked = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        match address.split("@")[0]:
            case "nobody":
                return "550 5.1.1 no such user"
            case "spam":
                return "550 5.7.1 this looks like spam"
            case "later" if address not in self.asked:
                self.asked.add(address)
                return "451 4.7.1 come back later"
            case "drop":
                server.transport.abort()
            case "never":
                await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = BytesParser(policy=email.policy.default).parsebytes(envelope.original_content)
        self.received.append(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "tls": session.ssl is not None,
                "user": session.auth_data.login.decode() if session.auth_data else None,
                "headers": {name: str(value) for name, value in message.items()},
                "recipients": [
                    {"name": address.display_name, "address": address.addr_spec}
                    for address in message["to"].addresses
                ],
                "parts": [
                    {"type": part.get_content_type(), "content": part.get_content()}
                    for part in message.walk()
                    if not part.is_multipart()
                ],
            }
        )
        if envelope.rcpt_tos[0].startswith("lost"):
            # It has the mail, and never says so.
            server.transport.abort()
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    # Not handled: the server is to answer.
    return AuthResult(success=data.password == b"s3cret", handled=False, auth_data=data)


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--certificate")
    arguments = arguments.parse_args()
    tls = None
    if arguments.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(arguments.certificate)
    handler = Handler()

    def session():
        return SMTP(
            handler,
            hostname="mail.test",
            authenticator=authenticate,
            auth_require_tls=False,
            tls_context=tls,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(handler.received), flush=True)


asyncio.run(main())
