/* Puts answers in their places: markup where it differs, and figures into the charts. */
(() => {
  "use strict";

  const { parts, write } = window.voxpop;
  const CONFIG = { displaylogo: false, displayModeBar: false, responsive: false };
  const GRAPHS = {
    trend: { ...CONFIG, scrollZoom: false },
    "atlas-graph": { ...CONFIG, scrollZoom: true, topojsonURL: "/assets/topojson/" },
  };
  const at = (id) => document.getElementById(id);

  // --- markup: what is the same stays the same element, with a reader's focus, selection and half a click on it; what
  // has a key is known by that, so that a new post moves the others instead of changing them.
  const patch = (old, wanted) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== wanted.nodeValue) old.nodeValue = wanted.nodeValue;
      return;
    }
    for (const { name, value } of wanted.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!wanted.hasAttribute(name)) old.removeAttribute(name);
    fill(old, wanted);
  };
  const key = (node) => node.dataset?.key;
  const fill = (place, wanted) => {
    const keyed = new Map();
    for (const child of place.children) if (key(child) !== undefined) keyed.set(key(child), child);
    let next = place.firstChild;
    for (const child of [...wanted.childNodes]) {
      let same = next;
      if (key(child) !== undefined) {
        same = keyed.get(key(child));
        keyed.delete(key(child));
      } else if (next && key(next) !== undefined) same = null;
      if (!same || same.nodeName !== child.nodeName) {
        place.insertBefore(child, next);
        continue;
      }
      if (same === next) next = next.nextSibling;
      else place.insertBefore(same, next);
      patch(same, child);
    }
    while (next) {
      const after = next.nextSibling;
      next.remove();
      next = after;
    }
  };
  const markup = {};
  const put = (id, given) => {
    if (markup[id] === given) return;
    markup[id] = given;
    fill(at(id), parts(given));
  };

  // --- charts. The newest figure is drawn once the one before it is; a reader's zoom is kept by the figure's uirevision.
  const loaded = new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
  const due = {};
  const drawing = {};
  let isDrawn;
  const firstChart = new Promise((done) => (isDrawn = done));
  const watch = (id, place) => {
    // Its container's size changes with what stands beside it, too.
    new ResizeObserver(() => {
      if (place.offsetParent && place.layout.autosize !== false) window.Plotly.Plots.resize(place);
    }).observe(at(id));
    for (const event of ["plotly_relayout", "plotly_click"]) {
      place.on(event, (told) => window.voxpop.touched(id, event, told));
    }
  };
  const draw = async (id, figure) => {
    due[id] = figure;
    if (drawing[id]) return;
    drawing[id] = true;
    await loaded;
    // The line is what a reader waits for.
    if (id !== "trend") await firstChart;
    const place = at(id).firstChild;
    while (due[id]) {
      const { data, layout } = due[id];
      delete due[id];
      await window.Plotly.react(place, data, layout, GRAPHS[id]);
      if (!place.dataset.watched) watch(id, place);
      place.dataset.watched = "yes";
    }
    drawing[id] = false;
    if (id === "trend") requestAnimationFrame(() => setTimeout(isDrawn));
  };

  // --- posts: a paused list stands still for its own choice.
  let [isPaused, listed, next] = [false, null, null];
  const pause = (paused) => {
    isPaused = paused;
    const button = at("pause");
    button.setAttribute("aria-pressed", String(paused));
    write(button, paused ? button.dataset.resume : button.dataset.pause);
  };
  const list = (found) => {
    if (isPaused && listed === found.address) return;
    put("posts", found.html.posts);
    at("older").replaceChildren();
    [listed, next] = [found.address, found.next];
    at("more").hidden = next === null;
  };
  const more = async () => {
    const search = window.location.search.slice(1);
    // Who reads on wants the list to stand still.
    pause(true);
    at("more").disabled = true;
    try {
      const answer = await fetch(`/overview/posts?${search}&after=${encodeURIComponent(JSON.stringify(next))}`);
      const found = answer.ok ? await answer.json() : null;
      if (!found || search !== window.location.search.slice(1)) return;
      at("older").append(parts(found.html));
      next = found.next;
      at("more").hidden = next === null;
    } catch {
      // The button is still there to be asked again.
    } finally {
      at("more").disabled = false;
    }
  };
  at("more").addEventListener("click", more);
  at("pause").addEventListener("click", () => {
    pause(!isPaused);
    if (!isPaused) window.voxpop.want();
  });

  // --- answers
  const show = ({ html = {}, text = {} }) => {
    for (const [id, given] of Object.entries(html)) if (id !== "posts") put(id, given);
    for (const [id, given] of Object.entries(text)) write(at(id), given);
  };
  const fail = (words) => {
    at("failure").hidden = !words;
    write(at("failure"), words);
  };
  const silence = () => fail(at("failure").dataset.silent);
  const board = (found) => {
    fail(found.failure);
    at("loading").hidden = true;
    window.voxpop.answered(found);
    if (found.state) {
      write(at("state"), found.state.words);
      Object.assign(at("state"), { className: `pill ${found.state.kind}`, title: found.state.since });
    }
    show(found);
    if (!found.shown) return;
    // Before anything is drawn, for what is hidden has no size.
    for (const id of ["board", "empty", "refused"]) at(id).hidden = id !== found.shown;
    const drawn = found.figure && draw("trend", found.figure);
    if (found.html?.posts !== undefined) list(found);
    return drawn;
  };
  const places = (found) => {
    show(found);
    if (found.options) window.voxpop.offer(found.options);
    if (found.figure) draw("atlas-graph", found.figure);
  };
  window.voxpop = { ...window.voxpop, hears: { board, places, silence } };
})();
