/* The page of topics: a query is tried while it is written; topics are added, changed and removed through /v1/topics. */
(() => {
  "use strict";
  const { h, fill, ask, tell, refresh, Refused } = window.voxpopPage;
  const PAUSE = 700;
  const ROWS = 20;
  const LONGEST = 1000;
  const form = document.getElementById("form");
  if (!form) return;
  const say = form.dataset;
  const [query, title, name] = ["query", "title", "name"].map((id) => document.getElementById(id));
  const heading = document.getElementById("form-heading");
  const save = document.getElementById("save");
  const cancel = document.getElementById("cancel");
  const number = (n) => n.toLocaleString("en").replaceAll(",", "\u202f");

  // --- trying
  const wrong = document.getElementById("query-error");
  const clear = () => {
    wrong.hidden = true;
    wrong.replaceChildren();
    query.removeAttribute("aria-invalid");
    tell("problem", "");
  };

  // The place of an error, in code points, as the API counts; the field selects by code units.
  const units = (text, points) => [...text].slice(0, points).join("").length;

  const point = (place, asked) => {
    const points = [...asked];
    const [start, end] = [place.column - 1, place.column - 1 + place.length];
    const from = Math.max(0, start - 24);
    const shown = h("code", { dir: "auto" },
      (from ? "\u2026" : "") + points.slice(from, start).join(""),
      h("mark", {}, points.slice(start, end).join("") || "\u2423"),
      points.slice(end, end + 24).join("") + (points.length > end + 24 ? "\u2026" : ""));
    wrong.replaceChildren(fill(say.place, place), h("br"), shown);
    wrong.hidden = false;
    query.setAttribute("aria-invalid", "true");
    return [units(asked, start), units(asked, end)];
  };

  // Answers where the field should be selected, if the error has a place in it.
  const refuse = (error, asked) => {
    const place = error instanceof Refused ? error.errors.find((one) => one.column) : null;
    if (place) return point(place, asked);
    tell("problem", error.message);
    return null;
  };

  const marked = (post) => {
    const points = [...post.text];
    const parts = [];
    let at = 0;
    for (const [start, end] of post.matches) {
      parts.push(points.slice(at, start).join(""), h("mark", {}, points.slice(start, end).join("")));
      at = end;
    }
    parts.push(points.slice(at).join(""));
    const when = new Date(post.created_at);
    const shown = `${when.toISOString().slice(0, 16).replace("T", " ")} UTC`;
    return h("li", {},
      h("p", { class: "head" }, h("bdi", {}, post.author ? `@${post.author}` : "\u2013"), h("time", { datetime: post.created_at }, shown)),
      h("p", { class: "text", dir: "auto" }, ...parts));
  };

  const show = (found) => {
    const share = found.looked_at ? `${(found.caught / found.looked_at * 100).toFixed(found.caught && found.caught / found.looked_at < 0.01 ? 2 : 1)}\u202f%` : "";
    const words = !found.looked_at ? say.empty : found.caught ? say.caught : say.none;
    tell("caught", fill(words, { caught: number(found.caught), looked: number(found.looked_at), share }));
    document.getElementById("found").replaceChildren(...found.examples.map(marked));
    document.getElementById("found").hidden = !found.examples.length;
    const refused = found.x.refused ? [h("li", {}, fill(say.norule, found.x))] : [];
    document.getElementById("rules").replaceChildren(...found.x.rules.map((rule) => h("li", {}, h("code", { dir: "auto" }, rule))));
    document.getElementById("notes").replaceChildren(...refused, ...found.x.notes.map((note) => h("li", {}, note)));
    document.getElementById("counts-line").hidden = !found.x.rules.length;
    document.getElementById("counts").textContent = `voxpop x counts '${(found.x.rules[0] || "").replaceAll("'", "'\\''")}'`;
    document.getElementById("results").hidden = false;
  };

  let running = null;
  let timer = null;
  const attempt = async (select = false) => {
    clearTimeout(timer);
    if (running) running.abort();
    const asked = query.value;
    if (!document.getElementById("caught")) return;
    if (!asked.trim()) {
      clear();
      document.getElementById("results").hidden = true;
      tell("caught", say.untried);
      return;
    }
    const own = running = new AbortController();
    tell("caught", say.trying);
    try {
      const found = await ask("POST", "v1/topics/test", { body: { query: asked, rows: ROWS }, signal: own.signal });
      clear();
      show(found);
    } catch (error) {
      if (own.signal.aborted) return;
      clear();
      document.getElementById("results").hidden = true;
      tell("caught", say.unreadable);
      const place = refuse(error, asked);
      if (select && place) {
        query.focus();
        query.setSelectionRange(...place);
      }
    }
  };

  form.addEventListener("input", () => tell("said", ""));
  query.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(attempt, PAUSE);
  });
  const button = document.getElementById("try");
  if (button) {
    button.addEventListener("click", () => attempt(true));
    button.disabled = false;
  }
  // Words that were looked for on the overview; what was written before this script was there, or kept by the browser, wins.
  const given = (new URLSearchParams(window.location.search).get("query") || "").slice(0, LONGEST);
  if (given && !query.value) {
    query.value = given;
    if (title) title.value = given.replaceAll('"', "").slice(0, title.maxLength);
  }
  if (query.value) attempt();
  if (!save) return;

  // --- the form: adding, or changing what `changing` says.
  let changing = null;
  let isNamed = false;
  const slug = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase()
    .replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64).replace(/-+$/, "");
  title.addEventListener("input", () => { if (!changing && !isNamed) name.value = slug(title.value); });
  name.addEventListener("input", () => { isNamed = name.value !== ""; });
  if (title.value && !name.value) name.value = slug(title.value);

  const begin = (topic) => {
    changing = topic;
    isNamed = false;
    form.reset();
    name.readOnly = Boolean(topic);
    heading.replaceChildren(...(topic ? [`${say.change} `, h("bdi", {}, topic.title)] : [say.new]));
    save.textContent = topic ? say.save : say.add;
    cancel.hidden = !topic;
    clear();
    if (topic) {
      [title.value, name.value, query.value] = [topic.title, topic.name, topic.query];
      title.focus();
    }
    attempt();
  };
  cancel.addEventListener("click", () => {
    const back = changing && document.getElementById(`edit-${changing.name}`);
    begin(null);
    (back || title).focus();
  });

  const lacking = () => [[title, say.title], [name, say.name], [query, say.query]].find(([field]) => !field.value.trim());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clear();
    tell("said", "");
    const missing = lacking();
    if (missing) {
      tell("problem", missing[1]);
      missing[0].focus();
      return;
    }
    const topic = { title: title.value.trim(), query: query.value };
    const asked = query.value;
    save.disabled = true;
    try {
      if (changing) {
        const headers = { "If-Match": changing.revision };
        await ask("PUT", `v1/topics/${encodeURIComponent(changing.name)}`, { body: topic, headers });
      } else {
        await ask("POST", "v1/topics", { body: { ...topic, name: name.value.trim() } });
      }
      const words = changing ? say.saved : say.added;
      begin(null);
      tell("said", words);
      await refresh();
    } catch (error) {
      const place = refuse(error, asked);
      if (place) {
        query.focus();
        query.setSelectionRange(...place);
      }
    } finally {
      save.disabled = false;
    }
  });

  save.disabled = false;

  // --- editing and removing, from the list.
  const dialog = document.getElementById("dialog");
  let removing = null;
  document.getElementById("topics").addEventListener("click", (event) => {
    const pressed = event.target.closest("button[data-do]");
    if (!pressed) return;
    tell("said", "");
    if (pressed.dataset.do === "edit") {
      begin({ ...pressed.dataset });
      document.getElementById("editor").scrollIntoView({ block: "nearest" });
      return;
    }
    removing = { ...pressed.dataset };
    document.getElementById("removed").textContent = removing.title;
    tell("not-removed", "");
    dialog.showModal();
    document.getElementById("keep").focus();
  });
  document.getElementById("keep").addEventListener("click", () => dialog.close());
  document.getElementById("sure").addEventListener("click", async () => {
    try {
      const headers = { "If-Match": removing.revision };
      await ask("DELETE", `v1/topics/${encodeURIComponent(removing.name)}`, { headers });
      dialog.close();
      if (changing && changing.name === removing.name) begin(null);
      tell("said", say.removed);
      await refresh();
      document.getElementById("content").focus({ preventScroll: true });
    } catch (error) {
      tell("not-removed", error.message);
    }
  });
})();
