/* The page of labels: posts that /v1/corrections/next suggests, one at a time; the model's label is told afterwards. */
(() => {
  "use strict";
  const { h, fill, ask, tell, Refused } = window.voxpopPage;
  const ROUND = 50;
  const MOST = 100;
  const DAY = 86400000;
  const SKIPPED = "voxpop-label-skipped";
  const KEYS = "voxpop-label-keys";
  const card = document.getElementById("labeller");
  if (!card) return;
  const say = card.dataset;
  const titles = JSON.parse(say.titles);
  const labels = JSON.parse(say.labels);
  const [which, post, choices, back, again, keys] =
    ["which", "post", "choices", "back", "again", "keys"].map((id) => document.getElementById(id));
  const buttons = [...choices.querySelectorAll("button")];

  // --- what a browser may keep: which posts were skipped in this tab, and whether keys label.
  const kept = (store, name) => {
    try {
      return store().getItem(name);
    } catch {
      return null;
    }
  };
  const keep = (store, name, value) => {
    try {
      store().setItem(name, value);
    } catch {
      // Without storage it holds until the page is left.
    }
  };
  const tab = () => window.sessionStorage;
  const browser = () => window.localStorage;
  const skipped = new Set(JSON.parse(kept(tab, SKIPPED) || "[]"));
  const remember = () => keep(tab, SKIPPED, JSON.stringify([...skipped].slice(-ROUND)));
  keys.checked = kept(browser, KEYS) !== "0";
  keys.addEventListener("change", () => keep(browser, KEYS, keys.checked ? "1" : "0"));

  // --- the round: what is suggested, how it was drawn, and what was said, newest last.
  let queue = [];
  let of = 0;
  let busy = true;
  const said = [];

  const tallied = (how) => document.getElementById(`agreed-${how}`);
  const count = (how, n, same) => {
    const place = tallied(how);
    if (!place) return;
    place.dataset.n = Number(place.dataset.n) + n;
    place.dataset.agreed = Number(place.dataset.agreed) + (same ? n : 0);
    const { n: all, agreed } = place.dataset;
    const share = Math.round(100 * agreed / Math.max(1, all));
    place.textContent = fill(say.agreed, { n: all, agreed, share });
  };
  const labelled = () => ["next", "random"].reduce((sum, how) => sum + Number(tallied(how)?.dataset.n || 0), 0);

  const progress = () => {
    tell("progress", fill(say.progress, { labelled: labelled(), left: queue.length }));
    const bar = document.getElementById("round");
    bar.max = Math.max(1, of);
    bar.value = of - queue.length;
  };

  const written = (found) => {
    const when = new Date(found.created_at);
    const shown = `${when.toISOString().slice(0, 16).replace("T", " ")} UTC`;
    const topics = found.topics.map((name) => h("bdi", { class: "badge" }, titles[name] || name));
    return [
      h("p", { class: "head" }, h("span", { class: "topics-of" }, ...(topics.length ? topics : [say.notopic])),
        h("time", { datetime: found.created_at }, shown)),
      h("p", { class: "text", dir: "auto", lang: found.lang || null }, found.text),
    ];
  };

  const able = (is) => { for (const button of buttons) button.disabled = !is; };
  const show = () => {
    const one = queue[0];
    post.hidden = choices.hidden = !one;
    document.getElementById("nothing").hidden = Boolean(one);
    post.replaceChildren(...(one ? written(one.post) : []));
    back.disabled = !said.length;
    able(Boolean(one));
    progress();
  };

  const why = (error) => (error instanceof Refused ? error.message : say.away);

  const address = () => {
    const given = new URLSearchParams({ n: MOST, drawn: which.elements.drawn.value, topic: which.elements.topic.value });
    const end = Date.parse(which.dataset.end || "");
    // Posts come while the page is open, so the end is open as well.
    if (!Number.isNaN(end)) given.set("start", new Date(end - which.elements.days.value * DAY).toISOString());
    return `v1/corrections/next?${given}`;
  };

  let asked = 0;
  const load = async (moves = false) => {
    const mine = (asked += 1);
    busy = true;
    able(false);
    tell("problem", "");
    again.parentElement.hidden = true;
    document.getElementById("nothing").hidden = true;
    tell("progress", say.looking);
    try {
      const found = await ask("GET", address());
      if (mine !== asked) return;
      const fit = found.suggestions.filter((one) => !skipped.has(one.post.post_id)).slice(0, ROUND);
      queue = fit.map(({ post: offered }) => ({ post: offered, drawn: found.drawn }));
      of = queue.length;
      show();
      if (!of && moves) document.getElementById("nothing-heading").focus({ preventScroll: true });
    } catch (error) {
      if (mine !== asked) return;
      queue = [];
      post.hidden = choices.hidden = true;
      tell("progress", "");
      tell("problem", fill(say.failed, { why: why(error) }));
      again.parentElement.hidden = false;
    } finally {
      if (mine === asked) busy = false;
    }
  };

  // --- saying, and taking back.
  const verdict = (one, label) => {
    const its = one.post.label;
    const share = Math.round(100 * one.post[`p_${its}`]);
    const words = { mine: labels[label].toLowerCase(), its: labels[its].toLowerCase(), share };
    const line = document.getElementById("told");
    line.className = its === label ? "same" : "other";
    tell("told", fill(its === label ? say.same : say.other, words));
  };

  const next = async () => {
    if (queue.length) show();
    else await load(true);
  };

  const give = async (label) => {
    const one = queue[0];
    if (busy || !one) return;
    busy = true;
    tell("problem", "");
    try {
      if (label) {
        const body = { post_id: one.post.post_id, label, drawn: one.drawn };
        const given = await ask("POST", "v1/corrections", { body });
        said.push({ one, label, id: given.id });
        count(one.drawn, 1, one.post.label === label);
        verdict(one, label);
      } else {
        skipped.add(one.post.post_id);
        remember();
        said.push({ one });
        document.getElementById("told").className = "";
        tell("told", say.skipped);
      }
      queue.shift();
      await next();
    } catch (error) {
      tell("problem", fill(say.kept, { why: why(error) }));
      // A post that is gone meanwhile cannot be labelled by anybody.
      if (error instanceof Refused && error.status === 404) {
        queue.shift();
        await next();
      }
    } finally {
      busy = false;
    }
  };

  const takeBack = async () => {
    const last = said.at(-1);
    if (busy || !last) return;
    busy = true;
    tell("problem", "");
    try {
      if (last.id) {
        await ask("DELETE", `v1/corrections/${encodeURIComponent(last.id)}`);
        count(last.one.drawn, -1, last.one.post.label === last.label);
      } else {
        skipped.delete(last.one.post.post_id);
        remember();
      }
      said.pop();
      queue.unshift(last.one);
      of = Math.max(of, queue.length);
      document.getElementById("told").className = "";
      tell("told", say.back);
      show();
      if (back.disabled) post.focus({ preventScroll: true });
    } catch (error) {
      tell("problem", fill(say.held, { why: why(error) }));
    } finally {
      busy = false;
    }
  };

  for (const button of buttons) button.addEventListener("click", () => give(button.dataset.label));
  back.addEventListener("click", takeBack);
  again.addEventListener("click", () => load(true));
  which.addEventListener("submit", (event) => event.preventDefault());
  which.addEventListener("change", () => load());

  document.addEventListener("keydown", (event) => {
    // A key that is held down labels one post, not all of them.
    if (!keys.checked || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest("select, textarea, input:not([type=checkbox])")) return;
    const meant = buttons.find((button) => button.getAttribute("aria-keyshortcuts") === event.key);
    if (meant && !meant.disabled && !choices.hidden) give(meant.dataset.label);
    else if (event.key.toUpperCase() === "U" && !back.disabled) takeBack();
    else return;
    event.preventDefault();
  });

  load();
})();
