"use strict";
// What members and models wrote is put in as text, never as markup.

const at = (id) => document.getElementById(id);
let csrf = "";

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, { ...options, credentials: "same-origin" });
  let said = {};
  try { said = await response.json(); } catch { said = { title: response.status === 404 ? "This page is for operators." : "This did not work." }; }
  return { ok: response.ok, said };
}
function element(name, properties, ...inside) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...inside);
  return made;
}
function tell(problem) {
  at("notice").hidden = false;
  const needs = problem.needs ? " Verify your " + problem.needs + " in the chat first." : "";
  at("notice-text").textContent = (problem.title || "This did not work.") + needs;
}
function act(what, body) {
  return async () => {
    const { ok, said } = await ask("/api/operator/" + what, body);
    if (!ok) return tell(said);
    await look();
  };
}
function button(text, className, onclick) {
  return element("button", { type: "button", textContent: text, className, onclick });
}
function question(one) {
  const member = String(one.member);
  return element("div", { className: "question" },
    element("strong", { textContent: one.tool + " for member " + member }),
    element("table", {}, ...one.values.map((value) => element("tr", {},
      element("th", { scope: "row", textContent: value.argument }),
      element("td", { textContent: value.value }),
      element("td", { className: value.proven ? "" : "unproven", textContent: value.origin })))),
    element("div", { className: "answers" },
      button("Agree", "", act("answer", { member, token: one.token, yes: true })),
      button("Refuse", "no", act("answer", { member, token: one.token, yes: false }))));
}
function list(id, all, make) {
  at(id).replaceChildren(...(all.length > 0 ? all.map(make) : ["None."]));
}
async function look() {
  const me = await ask("/api/me");
  csrf = me.said.csrf || "";
  at("who").textContent = me.said.email || "";
  const { ok, said } = await ask("/api/operator");
  if (!ok) return tell(said);
  at("notice").hidden = true;
  list("questions", said.questions, question);
  list("appeals", said.appeals, (one) => element("div", { className: "question" },
    element("strong", { textContent: one.email }), element("p", { textContent: one.text }),
    element("div", { className: "answers" }, button("Pardon", "", act("pardon", { member: String(one.member) })),
      button("Decline", "no", act("decline", { member: String(one.member) })))));
  list("members", said.members, (one) => element("div", { className: "question" },
    element("strong", { textContent: one.email }),
    element("div", { className: "answers" },
      button("Ban for a day", "no", act("ban", { member: String(one.member) })),
      button("Pardon", "no", act("pardon", { member: String(one.member) })))));
}
look();
setInterval(look, 5000);
