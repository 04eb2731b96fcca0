"use strict";
// Texts from the server are put in as text, never as markup: they may be a stranger's.

const at = (id) => document.getElementById(id);
let csrf = "";
let ticking = 0;

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
  };
  let response;
  try {
    response = await fetch(path, { ...options, credentials: "same-origin" });
  } catch {
    return { ok: false, said: { title: "The shop cannot be reached." } };
  }
  let said = {};
  try { said = await response.json(); } catch { said = { title: "This did not work." }; }
  return { ok: response.ok, status: response.status, said };
}

function element(name, properties, ...inside) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...inside);
  return made;
}

// --- notices, with the wait as a countdown ---

function quiet() {
  clearInterval(ticking);
  at("notice").hidden = true;
  at("countdown").hidden = true;
  at("appeal").hidden = true;
  for (const button of document.querySelectorAll("main button")) button.disabled = false;
}
function clock(seconds) {
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return (hours > 0 ? hours + ":" : "") + two(Math.floor(seconds / 60) % 60) + ":" + two(seconds % 60);
}
function tell(problem) {
  quiet();
  at("notice").hidden = false;
  at("notice-text").textContent = problem.title || "This did not work.";
  at("appeal").hidden = !(problem.code === "banned" || problem.code === "paused");
  if (problem.needs === "phone") {
    at("phone").hidden = false;
    at("phone-number").focus();
  }
  if (!problem.retry_after) return;
  const end = Date.now() + problem.retry_after * 1000;
  const show = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    at("countdown").textContent = left > 0 ? "Please wait " + clock(left) : "";
    if (left === 0) quiet();
  };
  at("countdown").hidden = false;
  for (const button of document.querySelectorAll("#say button")) button.disabled = true;
  ticking = setInterval(show, 250);
  show();
}

// --- who is here ---

async function look() {
  const { said } = await ask("/api/me");
  csrf = said.csrf || "";
  const inside = Boolean(said.email);
  at("who").textContent = inside ? said.email + (said.phone_verified ? ", " + said.phone : "") : "";
  at("sign-out").hidden = !inside;
  at("enter").hidden = inside;
  at("chat").hidden = !inside;
  at("phone").hidden = !inside || said.phone_verified;
  if (inside && document.activeElement === document.body) at("text").focus();
}

function steps(form, path, read, then) {
  at(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button) button.disabled = true;
    const { ok, said } = await ask(path, read());
    if (button) button.disabled = false;
    if (!ok) return tell(said);
    quiet();
    await then(said);
  });
}

steps("email-form", "/api/sign-in/code", () => ({ email: at("email").value.trim() }), (said) => {
  at("email-code-form").hidden = false;
  at("email-code").placeholder = said.digits + " digits";
  at("email-code").focus();
});
steps("email-code-form", "/api/sign-in", () => ({ email: at("email").value.trim(), code: at("email-code").value }), () => {
  at("email-code").value = "";
  at("email-code-form").hidden = true;
  return look();
});
steps("phone-form", "/api/phone/code", () => ({ phone: at("phone-number").value }), (said) => {
  at("phone-code-form").hidden = false;
  at("phone-code").placeholder = said.digits + " digits";
  at("phone-code").focus();
});
steps("phone-code-form", "/api/phone", () => ({ phone: at("phone-number").value, code: at("phone-code").value }), () => {
  at("phone-code").value = "";
  at("phone-code-form").hidden = true;
  return look();
});
steps("appeal", "/api/appeal", () => ({ text: at("appeal-text").value }), () => {
  at("appeal-text").value = "";
  tell({ title: "Thank you. Somebody will read it." });
});
at("sign-out").addEventListener("click", async () => {
  const { said } = await ask("/api/sign-out", {});
  csrf = said.csrf || "";
  at("messages").replaceChildren();
  at("questions").replaceChildren();
  quiet();
  await look();
});

// --- the chat ---

function message(name, text, kind) {
  at("messages").append(element("li", { className: kind }, element("span", { className: "name", textContent: name }), text));
  at("messages").lastElementChild.scrollIntoView({ block: "nearest" });
}
function show(said) {
  for (const step of said.steps || [])
    if (step.outcome !== "ran") message(step.tool + " · " + step.outcome, step.text, "step " + step.outcome);
    else message(step.tool, "done", "step ran");
  message("Assistant", said.reply, "theirs");
  at("questions").replaceChildren(...(said.questions || []).map(question));
  (at("questions").lastElementChild || at("say")).scrollIntoView({ block: "nearest" });
}
function question(one) {
  const rows = one.values.map((value) => element("tr", {},
    element("th", { scope: "row", textContent: value.argument }),
    element("td", { textContent: value.value }),
    element("td", { className: value.proven ? "" : "unproven", textContent: value.origin })));
  const answer = (yes) => async () => {
    const { ok, said } = await ask("/api/answer", { token: one.token, yes });
    if (!ok) return tell(said);
    show(said);
  };
  return element("div", { className: "question", role: "group" },
    element("strong", { textContent: "May I use " + one.tool + "?" }),
    element("table", {},
      element("thead", {}, element("tr", {}, element("th", { scope: "col", textContent: "What" }),
        element("th", { scope: "col", textContent: "Value" }), element("th", { scope: "col", textContent: "Where it comes from" }))),
      element("tbody", {}, ...rows)),
    element("div", { className: "answers" },
      element("button", { type: "button", textContent: "Yes, do it", onclick: answer(true) }),
      element("button", { type: "button", className: "no", textContent: "No", onclick: answer(false) })));
}
at("say").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  if (text === "") return;
  const { ok, said } = await ask("/api/chat", { text });
  if (!ok) return tell(said);
  quiet();
  message("You", text, "mine");
  at("text").value = "";
  show(said);
});

look();
