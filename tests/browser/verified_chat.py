#!/usr/bin/python3
"""Drives the page of examples/verified_chat in a real browser, with a real mail server and a gateway for text messages.

    verified_chat.py PATH/TO/verified_chat [--postgres] [--pictures FOLDER]

Sign up, verify, chat, be limited, wait, be paused, be banned, appeal, be pardoned, approve an action; then the wrong things.
Everything runs on 127.0.0.1 and ends with the test.
"""
import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

HERE = pathlib.Path(__file__).resolve().parent
options = sys.argv[2:]
postgres = None
pictures = options[options.index("--pictures") + 1] if "--pictures" in options else None
folder = pathlib.Path(tempfile.mkdtemp(prefix="verified_chat-"))
started = []


def start(*words, **more):
    one = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more)
    started.append(one)
    return one, one.stdout.readline().strip()


def serve():
    words = [sys.argv[1], "--port", "0", "--state", str(folder / "state"), "--smtp", f"127.0.0.1:{smtp}", "--sms",
             f"http://127.0.0.1:{sms}/", "--operator", "boss@shop.example"]
    return start(*words, *(["--postgres", postgres] if postgres else []), stderr=open(folder / "server.log", "a"))


def mails():
    lines = (folder / "mails.jsonl").read_text().splitlines() if (folder / "mails.jsonl").exists() else []
    return [json.loads(line) for line in lines]


def texts():
    lines = (folder / "texts.jsonl").read_text().splitlines() if (folder / "texts.jsonl").exists() else []
    return [json.loads(line) for line in lines]


def wait_for(what, seconds=15):
    end = time.time() + seconds
    while time.time() < end:
        if got := what():
            return got
        time.sleep(0.1)
    raise AssertionError("waited in vain")


def code_of(mail):
    head, _, body = mail["text"].partition("\r\n\r\n")
    return re.search(r"\b(\d{6,10})\b", base64.b64decode(body).decode())[1]


class Page:
    def __init__(self, narrow=False):
        setup = webdriver.ChromeOptions()
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server",
                     f"--window-size={'390,844' if narrow else '900,1000'}"):
            setup.add_argument(word)
        setup.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.browser = webdriver.Chrome(options=setup, service=Service("/usr/bin/chromedriver"))
        self.browser.get(url)

    def at(self, name):
        return self.browser.find_element(By.ID, name)

    def shown(self, name, seconds=15):
        return WebDriverWait(self.browser, seconds).until(lambda _: (e := self.at(name)).is_displayed() and e)

    def gone(self, name, seconds=40):
        WebDriverWait(self.browser, seconds).until(lambda _: not self.at(name).is_displayed())

    def says(self, text, seconds=15):
        try:
            WebDriverWait(self.browser, seconds).until(lambda b: text in b.find_element(By.TAG_NAME, "body").text)
        except Exception:
            raise AssertionError(f"{text!r} is not in: " + self.browser.find_element(By.TAG_NAME, "body").text)

    def fill(self, form, field, text):
        box = self.at(field)
        box.clear()
        box.send_keys(text)
        self.at(form).find_element(By.TAG_NAME, "button").click()

    def press(self, text):
        self.browser.find_element(By.XPATH, f"//button[.={json.dumps(text)}]").click()

    def picture(self, name):
        if pictures:
            pathlib.Path(pictures).mkdir(parents=True, exist_ok=True)
            self.browser.save_screenshot(f"{pictures}/{name}.png")

    def sign_in(self, address):
        before = len(mails())
        self.shown("enter")
        self.fill("email-form", "email", address)
        self.shown("email-code-form")
        wait_for(lambda: len(mails()) > before)
        mail = mails()[-1]
        assert mail["to"] == [address], mail
        self.fill("email-code-form", "email-code", code_of(mail))
        self.shown("chat")
        self.says(address)

    def verify_phone(self, number, canonical):
        before = len(texts())
        self.shown("phone")
        self.fill("phone-form", "phone-number", number)
        self.shown("phone-code-form")
        wait_for(lambda: len(texts()) > before)
        assert texts()[-1]["to"] == canonical, texts()[-1]
        self.fill("phone-code-form", "phone-code", re.search(r"\b(\d{6,10})\b", texts()[-1]["text"])[1])
        self.says(canonical)
        self.gone("phone")

    def say(self, text):
        self.fill("say", "text", text)

    def errors(self):
        return [line for line in self.browser.get_log("browser") if line["level"] == "SEVERE" and "status of 4" not in line["message"]]


def plain(path, body=None, headers=None, method=None):
    ask = urllib.request.Request(url + path, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(ask, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, dict(answer.headers), answer.read().decode()


try:
    if "--postgres" in options:  # under tests/with_postgres
        schema = subprocess.run([sys.argv[1], "--schema", "chat"], capture_output=True, text=True, check=True).stdout
        subprocess.run(["psql", "-q", "-v", "ON_ERROR_STOP=1", os.environ["CHECKREIN_PG_ADMIN"]], check=True, text=True,
                       input="CREATE ROLE chat LOGIN;\n" + schema, stdout=subprocess.DEVNULL)
        postgres = f"host={os.environ['CHECKREIN_PG_DIR']} user=chat dbname=postgres"
    _, smtp = start("/usr/bin/python3", str(HERE.parent / "sinks" / "smtp_sink.py"), str(folder))
    _, sms = start("/usr/bin/python3", str(HERE.parent / "sinks" / "sms_stub.py"), str(folder))
    server, url = serve()
    assert url.startswith("http://127.0.0.1:"), url
    url = url.rstrip("/")

    page = Page()
    page.shown("enter")
    page.picture("1_enter")
    # A wrong code, then the right one.
    page.fill("email-form", "email", "ada@mail.example")
    page.shown("email-code-form")
    wait_for(mails)
    right = code_of(mails()[-1])
    page.fill("email-code-form", "email-code", str((int(right) + 1) % 10 ** len(right)).zfill(len(right)))
    page.shown("notice")
    page.fill("email-code-form", "email-code", right)
    page.shown("chat")
    page.says("ada@mail.example")

    # What needs a telephone says so; then it is verified.
    page.say("List my orders")
    page.says("4711")
    page.say("write to bob@mail.example")
    page.says("Please verify your contact details first.")
    page.picture("2_chat")
    page.verify_phone("0151 123 45678", "+4915112345678")
    page.say("write to bob@mail.example")
    page.says("Sent to bob@mail.example.")

    # A letter of a stranger's: the model obeys it, the visitor is asked and sees where the address comes from.
    time.sleep(16)
    page.say("read my newest letter")
    page.says("May I use send_mail?")
    page.says("eve@evil.example")
    page.picture("3_question")
    origin = page.browser.find_element(By.CSS_SELECTOR, ".question .unproven").text
    assert origin, "the origin of the address is not shown"
    page.press("No")
    page.says("The person who was asked said no.")

    # A session outlives the server, and nothing is lost.
    server.terminate()
    assert server.wait(15) == 0, "the server did not end by itself"
    old = url
    words = ["--port", old.rsplit(":", 1)[1]]
    server, url = start(sys.argv[1], *words, "--state", str(folder / "state"), "--smtp", f"127.0.0.1:{smtp}", "--sms",
                        f"http://127.0.0.1:{sms}/", "--operator", "boss@shop.example",
                        *(["--postgres", postgres] if postgres else []), stderr=open(folder / "server.log", "a"))
    url = url.rstrip("/")
    assert url == old
    page.browser.refresh()
    page.says("+4915112345678")

    # A refund: somebody of the shop has to agree.
    page.say("refund order 4711")
    page.says("Somebody of the shop has to agree to this.")
    boss = Page(narrow=True)
    boss.sign_in("boss@shop.example")
    boss.browser.get(url + "/operator")
    boss.says("Verify your phone in the chat first.")
    boss.browser.get(url + "/")
    boss.verify_phone("+43 660 1234567", "+436601234567")
    boss.picture("4_phone_screen")
    boss.browser.get(url + "/operator")
    boss.says("refund for member")
    boss.picture("5_operator")
    boss.press("Agree")
    boss.says("None.")

    # Limited: a wait that counts down, and ends.
    time.sleep(16)
    for i in range(6):
        page.say("orders please")
        time.sleep(0.3)
    page.says("Too many requests.")
    page.says("Please wait")
    page.picture("6_limited")
    page.gone("notice", 60)
    page.say("orders please")
    time.sleep(1)

    # Paused, then banned: who goes on climbs the ladder.
    def storm(until):
        page.browser.execute_script("""
          window.seen = []; window.over = false;
          (async () => { while (!window.over) {
            const { said } = await ask("/api/chat", { text: "orders please" });
            if (said.code && window.seen.at(-1) !== said.code) { window.seen.push(said.code); }
            if (said.code) tell(said);
            await new Promise((go) => setTimeout(go, 250)); } })();""")
        end = time.time() + 150
        while time.time() < end:
            if until in page.browser.execute_script("return window.seen;"):
                break
            time.sleep(0.5)
        page.browser.execute_script("window.over = true;")
        assert until in page.browser.execute_script("return window.seen;"), page.browser.execute_script("return window.seen;")
    storm("paused")
    time.sleep(1)
    page.says("Please take a break and come back later.")
    page.picture("7_paused")
    storm("banned")
    time.sleep(1)
    page.says("This account may not use the service.")
    page.picture("8_banned")
    page.fill("appeal", "appeal-text", "It was a script of mine. <script>alert(1)</script> I am sorry.")
    page.says("Thank you. Somebody will read it.")

    # An operator reads the appeal, as text and not as markup.
    boss.browser.refresh()
    boss.says("It was a script of mine. <script>alert(1)</script>")
    boss.picture("9_appeal")
    boss.browser.find_element(By.XPATH, "//section[h2='Appeals']//button[.='Pardon']").click()
    WebDriverWait(boss.browser, 15).until(lambda b: b.find_element(By.ID, "appeals").text == "None.")
    page.browser.refresh()
    page.says("+4915112345678")
    time.sleep(16)  # the pardon ends the ban; the window is as full as it was
    page.say("orders please")
    page.says("Lock")

    # The wrong things.
    status, headers, body = plain("/api/me")
    assert status == 200 and "HttpOnly" in headers["Set-Cookie"] and "SameSite=Strict" in headers["Set-Cookie"], headers
    cookie = headers["Set-Cookie"].split(";")[0]
    csrf = json.loads(body)["csrf"]
    kind = {"Content-Type": "application/json", "Cookie": cookie}
    assert plain("/api/chat", b'{"text":"x"}', kind)[0] == 403, "without the CSRF header"
    assert plain("/api/chat", b'{"text":"x"}', {**kind, "X-CSRF-Token": csrf + "x"})[0] == 403
    assert plain("/api/chat", b'{"text":"x"}', {**kind, "X-CSRF-Token": csrf})[0] == 401, "nobody has signed in"
    assert plain("/api/chat", b'text=x', {"Cookie": cookie, "X-CSRF-Token": csrf, "Content-Type": "text/plain"})[0] == 403
    assert plain("/api/chat", b'{"text":"x","text":"y"}', {**kind, "X-CSRF-Token": csrf})[0] == 400, "a key twice"
    assert plain("/api/operator", headers={"Cookie": cookie})[0] == 404
    assert plain("/api/operator/ban", b'{"member":"1"}', {**kind, "X-CSRF-Token": csrf})[0] in (401, 404)
    forged = cookie.replace(".0.", ".1.", 1)
    assert "email" not in json.loads(plain("/api/me", headers={"Cookie": forged})[2]), "a forged session"
    for path in ("/../policy.hpp", "/state/secret", "/%2e%2e/main.cpp", "/app.js/..", "//app.js"):
        assert plain(path)[0] == 404, path
    for step in ("known@mail.example", "ada@mail.example"):
        status, _, body = plain("/api/sign-in/code", json.dumps({"email": step}).encode(), {**kind, "X-CSRF-Token": csrf})
        assert status == 200 and json.loads(body) == {"digits": 6}, (step, status, body)
    status, _, body = plain("/api/sign-in/code", b'{"email":"x@y.example\\r\\nBcc: z@y.example"}', {**kind, "X-CSRF-Token": csrf})
    assert status == 400, body
    assert not any("Bcc" in one["text"] for one in mails())
    assert page.errors() == [] and boss.errors() == [], (page.errors(), boss.errors())
    print("signed up, verified, limited, paused, banned, pardoned, approved")
finally:
    for name in ("page", "boss"):
        if name in globals():
            globals()[name].browser.quit()
    for one in reversed(started):
        if one.poll() is None:
            one.stdin.close()
            one.terminate()
            one.wait(10)
    if sys.exc_info()[0]:
        print((folder / "server.log").read_text()[-2000:] if (folder / "server.log").exists() else "")
    subprocess.run(["rm", "-rf", str(folder)])
