#!/usr/bin/python3
"""A gateway for text messages, for tests. Prints its port, and serves until its standard input ends.

sms_stub.py FOLDER [tls]
Knows idempotency keys: a message with a key that it has seen is answered again and not sent again. FOLDER/texts.jsonl gets one line
for each message that it sends, FOLDER/requests.jsonl one for each request. The path says how it answers: /status/503, /hang, /drop, /redirect.
"""
import http.server, json, os, ssl, subprocess, sys, threading, time, urllib.parse

folder, flags = sys.argv[1], sys.argv[2:]
seen, lock = set(), threading.Lock()


def note(name, what):
    with open(os.path.join(folder, name), "a") as out:
        out.write(json.dumps(what) + "\n")


class Gateway(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        kind = self.headers.get("Content-Type", "")
        fields = json.loads(body) if kind == "application/json" else dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        key = self.headers.get("Idempotency-Key", "")
        with lock:
            note("requests.jsonl", {"path": self.path, "fields": fields, "headers": dict(self.headers)})
            if not self.path.startswith("/status/") and not self.path.startswith("/redirect") and key not in seen:
                seen.add(key)
                note("texts.jsonl", fields)
        if self.path == "/drop":
            self.connection.close()
            return
        if self.path == "/hang":
            time.sleep(30)
        status = int(self.path.split("/")[2]) if self.path.startswith("/status/") else 302 if self.path == "/redirect" else 201
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/status/200")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
server.daemon_threads = True
if "tls" in flags:
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
