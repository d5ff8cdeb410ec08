// Comfort only: every page works without this file.  Nothing here writes markup (Trusted Types are set to none).
"use strict";

// -- passkeys: options come in an attribute, the answer leaves in a hidden field of the same form ------------------------
for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    const options = JSON.parse(form.dataset.options);
    try {
      const credential = form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.elements.answer.value = JSON.stringify(credential.toJSON());
      form.requestSubmit();
    } catch {
      form.querySelector(".refusal").hidden = false;
    }
  });
}

// -- a draft is checked while it is written: the page that its button would show, of which only the verdict is taken --------
for (const form of document.querySelectorAll("form[data-live]")) {
  let timer, asked;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      asked?.abort();
      asked = new XMLHttpRequest();
      asked.open("POST", form.getAttribute("action")); // a field may be called "action"
      asked.responseType = "document"; // read, but nothing in it runs
      asked.onload = ({ target }) => {
        const fresh = target.response?.getElementById(form.dataset.live);
        if (fresh) document.getElementById(form.dataset.live).replaceChildren(...fresh.childNodes);
      };
      const fields = new URLSearchParams(new FormData(form));
      fields.set("check", "yes");
      asked.send(fields);
    }, 600);
  });
  // typed before this ran, or put back by the browser
  const written = [...form.elements].some((field) => "defaultValue" in field && field.value !== field.defaultValue);
  if (written) form.dispatchEvent(new Event("input"));
}
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-line]"), text = document.getElementById("text");
  if (!link || !text) return;
  event.preventDefault();
  const lines = text.value.split("\n"), line = Math.min(Number(link.dataset.line), lines.length) - 1;
  const start = lines.slice(0, line).join("\n").length + (line > 0);
  text.focus();
  text.setSelectionRange(start, start + lines[line].length);
  text.scrollTop = (text.scrollHeight / lines.length) * Math.max(0, line - 5);
});

// -- a double click acts once; a form that only hands out a file may be sent again a moment later --------------------------
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 2_000);
});

// -- the reviewer's keys -------------------------------------------------------------------------------------------------
const mails = document.querySelector("table[data-keys]");
const rows = mails ? [...mails.tBodies[0].rows] : [];
let at = -1;

function move(to) {
  if (!rows.length) return;
  rows[at]?.classList.remove("here");
  at = Math.min(Math.max(to, 0), rows.length - 1);
  rows[at].classList.add("here");
  rows[at].querySelector("[data-open]").focus();
}

// Releasing and deleting ask for their reason first: a key alone changes nothing.
function ask(key) {
  const target = document.querySelector(`[data-key="${key}"]`);
  if (!target) return;
  if (target.tagName === "INPUT") return target.focus();
  if (at >= 0 && !mails.querySelector("input[name=entry]:checked")) tick(true);
  const reason = document.getElementById("reason");
  reason.focus();
  reason.onkeydown = (event) => {
    if (event.key === "Enter") { event.preventDefault(); reason.form.requestSubmit(target); }
  };
}

function tick(on) {
  const box = rows[at]?.querySelector("input[name=entry]");
  if (box) box.checked = on ?? !box.checked;
}

const keys = {
  j: () => move(at + 1),
  k: () => move(at - 1),
  x: () => tick(),
  r: () => ask("r"),
  d: () => ask("d"),
  "/": () => document.getElementById("text")?.focus(),
  "?": () => document.getElementById("keys")?.showModal(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
});

// -- is there newer mail?  Asked of the API once a minute with the page's own token; asking keeps nobody signed in --------
const newest = document.querySelector("[data-newest]");
async function look() {
  const headers = { Authorization: `Bearer ${newest.dataset.token}` };
  const answer = await fetch("/api/v1/held/newest", { headers, credentials: "omit" }).catch(() => null);
  if (answer?.status === 401) clearInterval(looking); // signed out, or the session has a new name since: this page's word is over
  if (!answer?.ok) return;
  const { entry } = await answer.json();
  newest.dataset.newest ||= entry;
  newest.hidden = entry <= Number(newest.dataset.newest);
}
const looking = newest && setInterval(() => document.hidden || look(), 60_000);
if (newest) look();
