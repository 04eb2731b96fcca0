#!/usr/bin/python3
"""A mail server for tests: keeps what it takes. Prints its port, and serves until its standard input ends.

smtp_sink.py FOLDER [starttls] [tls] [auth] [unix]
FOLDER/mails.jsonl gets one line for each mail. The local part of a recipient says what happens to it:
nobody (550), grey (451), spam (554 after the text), drop (no answer after the text), hang (an answer after 30 s).
"""
import asyncio, json, os, ssl, subprocess, sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, flags = sys.argv[1], sys.argv[2:]


def context():
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    out = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    out.load_cert_chain(cert, key)
    return out


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        local = address.split("@")[0]
        if local == "nobody":
            return "550 no such user"
        if local == "grey":
            return "451 later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        local = envelope.rcpt_tos[0].split("@")[0]
        if local == "spam":
            return "554 not this"
        with open(os.path.join(folder, "mails.jsonl"), "a") as out:
            out.write(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "ehlo": session.host_name,
                                  "tls": session.ssl is not None, "user": str(session.auth_data or ""),
                                  "text": envelope.content.decode("latin-1")}) + "\n")
        if local == "drop":
            server.transport.abort()
        if local == "hang":
            await asyncio.sleep(30)
        return "250 taken"


def check(server, session, envelope, mechanism, data):
    ok = (data.login, data.password) == (b"shop", b"s3cret")
    return AuthResult(success=ok, auth_data=data.login.decode() if ok else None)


def serve(tls):
    arguments = {"hostname": "sink.example"}
    if "starttls" in flags:
        arguments.update(tls_context=tls, require_starttls=True)
    if "auth" in flags:
        arguments.update(auth_required=True, authenticator=check, auth_require_tls="starttls" in flags)
    return SMTP(Handler(), **arguments)


async def main():
    loop = asyncio.get_running_loop()
    tls = context() if "starttls" in flags or "tls" in flags else None
    if "unix" in flags:
        await loop.create_unix_server(lambda: serve(tls), os.path.join(folder, "smtp.sock"))
        print(0, flush=True)
    else:
        server = await loop.create_server(lambda: serve(tls), "127.0.0.1", 0, ssl=tls if "tls" in flags else None)
        print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
