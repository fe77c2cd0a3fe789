/* What the further pages share: asking the API, and parts that follow along. Everything it does, any client of /v1 can. */
(() => {
  "use strict";
  const main = document.getElementById("content");
  const lostLine = document.getElementById("lost");

  // --- elements from values; texts are only ever text.
  const h = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };

  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));

  // --- the API; what it refuses is thrown as its problem details.
  class Refused extends Error {
    constructor(status, problem) {
      super(problem.detail || problem.title || `HTTP ${status}`);
      this.status = status;
      this.errors = problem.errors || [];
    }
  }

  const csrf = () => {
    const found = document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/);
    return found ? { "X-CSRFToken": decodeURIComponent(found[1]) } : {};
  };

  const ask = async (method, path, { body, headers, signal } = {}) => {
    const sent = body === undefined ? {} : { "Content-Type": "application/json" };
    const answer = await fetch(path, {
      method, signal, headers: { ...sent, ...csrf(), ...headers }, body: body === undefined ? undefined : JSON.stringify(body),
    });
    // A session that has ended is signed in for again; loaded anew, the page leads there by itself.
    if (answer.status === 401) window.location.reload();
    const text = await answer.text();
    let value = {};
    try {
      value = text ? JSON.parse(text) : null;
    } catch {
      value = { detail: text.slice(0, 300) };
    }
    if (!answer.ok) throw new Refused(answer.status, value || {});
    return value;
  };

  const tell = (id, words) => {
    const line = document.getElementById(id);
    if (!line) return;
    line.hidden = !words;
    if (line.textContent !== words) line.textContent = words;
  };

  // --- live parts: the page is asked for anew, and what differs takes its place.
  const put = (part, other) => {
    if (part.innerHTML === other.innerHTML) return;
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    const open = new Set([...part.querySelectorAll("details[open]")].map((one) => one.textContent.slice(0, 40)));
    part.innerHTML = other.innerHTML;
    for (const one of part.querySelectorAll("details")) one.open = open.has(one.textContent.slice(0, 40));
    if (focused) (document.getElementById(focused) || main).focus({ preventScroll: true });
  };

  let lost = null;
  const refresh = async () => {
    try {
      const answer = await fetch(window.location.href, { headers: { Accept: "text/html" } });
      if (answer.redirected) return window.location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of main.querySelectorAll("[data-live]")) {
        const other = page.getElementById(part.id);
        if (other) put(part, other);
      }
      lost = null;
      tell("lost", "");
    } catch {
      lost = lost || new Date();
      tell("lost", fill(lostLine.dataset.lost, { time: `${lost.toISOString().slice(11, 19)} UTC` }));
    }
    document.dispatchEvent(new Event("voxpop-refreshed"));
  };

  const FAST = 1000;
  const every = Number(main.dataset.every || 0);
  const pace = () => {
    if (!every) return;
    // While something is being counted one wants to see it move.
    const wait = main.querySelector("progress") ? FAST : every;
    setTimeout(async () => {
      if (!document.hidden) await refresh();
      pace();
    }, wait);
  };
  pace();
  document.addEventListener("visibilitychange", () => { if (every && !document.hidden) refresh(); });

  window.voxpopPage = { h, fill, ask, tell, refresh, Refused };
})();
