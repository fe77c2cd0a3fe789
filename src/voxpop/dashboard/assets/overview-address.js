/* The address is the truth: controls, links, chart and map change it, and the server answers for it. */
(() => {
  "use strict";

  const ORDER = ["topic", "range", "start", "end", "country", "lang", "source", "label", "reposts", "copies", "one_voice", "towards", "net", "map", "order", "tz", "q"];
  const LISTS = ["country", "lang", "source", "label"];
  // What is shown however much is filtered, and how; the rest goes with a reset.
  const SHOWING = ["range", "net", "map", "order", "tz"];
  const SHAPES = { country: /^([A-Z]{2})?$/, lang: /^([a-z]{2,3})?$/, source: /^[^\0]{1,100}$/, label: /^(negative|neutral|positive|unscored)$/ };
  const RANGES = /^(15m|1h|6h|24h|7d|30d|1y|all)$/;
  const MINUTE = 60000;
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  // --- the address
  const go = (given, replaces) => {
    const query = new URLSearchParams();
    for (const name of ORDER) for (const value of given.getAll(name)) query.append(name, value);
    const wanted = `?${query}`;
    if (wanted === window.location.search) return;
    window.history[replaces ? "replaceState" : "pushState"](null, "", wanted + window.location.hash);
    stand();
    if (!replaces) window.voxpop.ask();
  };
  const query = () => new URLSearchParams(window.location.search);
  const put = (given, name, value) => (value ? given.set(name, value) : given.delete(name));
  const period = (given, start, end) => {
    put(given, "start", start && end ? start : "");
    put(given, "end", start && end ? end : "");
  };

  // --- times: those of the address are UTC, those of controls and chart are of the chosen zone.
  const wall = (at, zone) => {
    const parts = {};
    const form = { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
    for (const part of new Intl.DateTimeFormat("en", form).formatToParts(at)) parts[part.type] = part.value;
    return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:00`;
  };
  const clock = (words) => Date.parse(`${words.replace(" ", "T")}Z`);
  const utc = (words, zone) => {
    const meant = clock(words);
    // Twice: the first guess may lie on the other side of a change of clocks.
    let at = meant;
    for (let turn = 0; turn < 2; turn += 1) at = meant - (clock(wall(new Date(at), zone)) - at);
    return at;
  };
  const minute = (at) => `${new Date(at).toISOString().slice(0, 16)}Z`;
  const zoneOf = (given) => {
    const zone = given.get("tz") || "UTC";
    try {
      new Intl.DateTimeFormat("en", { timeZone: zone });
      return zone;
    } catch {
      return "UTC";
    }
  };
  const shown = (given, name) => {
    const at = Date.parse(given.get(name) || "");
    const isShown = !Number.isNaN(at) && given.get("start") && given.get("end");
    return isShown ? wall(new Date(at), zoneOf(given)).slice(0, 16).replace(" ", "T") : "";
  };

  const among = (given) => [...new Set(given.getAll("topic"))].sort();

  // --- where each control stands for an address, and what it writes there.
  const STAND = {
    topic: (given) => among(given).join(",") || "*",
    "any-topic": among,
    range: (given) => (shown(given, "start") ? "" : given.get("range")),
    reposts: (given) => given.get("reposts") !== "0",
    copies: (given) => given.get("copies") !== "0",
    one_voice: (given) => given.get("one_voice") === "1",
    towards: (given) => given.get("towards") === "1",
    tz: zoneOf,
    start: (given) => shown(given, "start"),
    end: (given) => shown(given, "end"),
    net: (given) => (given.get("net") === "corrected" ? "corrected" : "counted"),
    map: (given) => (given.get("map") === "volume" ? "volume" : "net"),
    q: (given) => given.get("q") || "",
    order: (given) => (given.get("order") === "strong" ? "strong" : "new"),
  };
  for (const name of LISTS) {
    STAND[name] = (given) => [...new Set(given.getAll(name))].filter((value) => SHAPES[name].test(value));
  }
  const WRITE = {
    topic: (given, value) => WRITE["any-topic"](given, value === "*" ? [] : value.split(",")),
    "any-topic": (given, names) => {
      given.delete("topic");
      for (const name of names) given.append("topic", name);
    },
    range: (given, value) => {
      if (!value) return;
      given.set("range", value);
      period(given);
    },
    reposts: (given, value) => put(given, "reposts", value === false ? "0" : ""),
    copies: (given, value) => put(given, "copies", value === false ? "0" : ""),
    one_voice: (given, value) => put(given, "one_voice", value ? "1" : ""),
    towards: (given, value) => put(given, "towards", value ? "1" : ""),
    tz: (given, value) => put(given, "tz", value === "UTC" ? "" : value),
    net: (given, value) => put(given, "net", value === "corrected" ? value : ""),
    map: (given, value) => put(given, "map", value === "volume" ? value : ""),
    q: (given, value) => put(given, "q", (value || "").trim()),
    order: (given, value) => put(given, "order", value === "strong" ? value : ""),
  };
  for (const name of LISTS) {
    WRITE[name] = (given, values) => {
      given.delete(name);
      for (const value of values || []) given.append(name, value);
    };
  }

  const held = Object.keys(STAND).filter((name) => window.voxpop.has(name));
  // What a reader is still typing, or has half of, is left alone until the address says something else.
  const PATIENT = ["start", "end", "q"];
  const settled = {};
  const stand = () => {
    const given = query();
    for (const name of held) {
      const wanted = STAND[name](given);
      if (!PATIENT.includes(name) || !same(settled[name], wanted)) window.voxpop.hold(name, wanted);
      settled[name] = wanted;
    }
  };
  const choose = (name) => {
    if (!held.includes(name)) return;
    const given = query();
    const value = window.voxpop.held(name);
    if (name === "start" || name === "end") {
      const [start, end] = ["start", "end"].map(window.voxpop.held);
      const zone = zoneOf(given);
      if (start && end) period(given, minute(utc(start, zone)), minute(utc(end, zone)));
      else if (!value) period(given);
    } else if (!same(value, STAND[name](given))) {
      WRITE[name](given, value);
    }
    go(given);
  };
  // An address may name no range, or a topic that is gone: the answer says for which choice it is.
  const answered = (found) => {
    window.voxpop.topics(found.topics);
    const given = query();
    if (found.address && !RANGES.test(given.get("range") || "")) given.set("range", new URLSearchParams(found.address).get("range"));
    WRITE["any-topic"](given, given.getAll("topic").filter((name) => found.topics.some((each) => each.value === name)));
    go(given, true);
    stand();
  };

  // --- the charts. Dragging across the line chooses a period, unless the reader only wants to look closer.
  const brush = (moved) => {
    if (window.voxpop.held("drag") === "zoom") return;
    const given = query();
    const [from, until] = [moved["xaxis.range[0]"], moved["xaxis.range[1]"]];
    if (moved["xaxis.autorange"]) {
      period(given);
    } else if (from && until) {
      const zone = zoneOf(given);
      const start = Math.floor(utc(String(from).slice(0, 19), zone) / MINUTE) * MINUTE;
      const end = Math.max(start + MINUTE, Math.ceil(utc(String(until).slice(0, 19), zone) / MINUTE) * MINUTE);
      period(given, minute(start), minute(end));
    }
    go(given);
  };
  const pick = (clicked) => {
    const location = clicked.points?.[0]?.location;
    if (!location) return;
    const given = query();
    const place = { RUS: "RU", FJI: "FJ", ATA: "AQ" }[location] || location;
    const there = given.getAll("country");
    const left = there.filter((code) => code !== place);
    WRITE.country(given, left.length < there.length ? left : [...there, place]);
    go(given);
  };
  const touched = (id, event, told) => {
    if (id === "trend" && event === "plotly_relayout") brush(told);
    if (id === "atlas-graph" && event === "plotly_click") pick(told);
  };
  window.voxpop = { ...window.voxpop, choose, stand, answered, touched };
  window.addEventListener("popstate", () => {
    stand();
    window.voxpop.ask();
  });
  stand();

  // --- links: each says for which choice it was made. What it changes there is changed in the address of now, which is
  // further on where a click before has no answer yet.
  const followed = (link) => {
    const given = query();
    const [from, to] = [new URLSearchParams(link.dataset.from), new URLSearchParams(link.search)];
    if (link.classList.contains("reset")) {
      for (const name of ORDER) if (!SHOWING.includes(name)) given.delete(name);
      return given;
    }
    for (const name of ORDER) {
      const [old, wanted] = [from.getAll(name), to.getAll(name)];
      if (same(old, wanted)) continue;
      if (LISTS.includes(name)) {
        const left = given.getAll(name).filter((value) => wanted.includes(value) || !old.includes(value));
        WRITE[name](given, new Set([...left, ...wanted.filter((value) => !old.includes(value))]));
      } else if (name === "topic") WRITE["any-topic"](given, wanted);
      else put(given, name, to.get(name));
    }
    return given;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-from]");
    // With a key held down it is opened elsewhere.
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(followed(link));
  });

  // --- panels close as menus do.
  const closePanels = (but) => {
    for (const open of document.querySelectorAll("details.opening[open]")) if (open !== but) open.open = false;
  };
  document.addEventListener("click", (event) => {
    // What was clicked may be gone by now, as the option of a list is.
    if (event.target.isConnected) closePanels(event.target.closest("details.opening"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const open = document.querySelector("details.opening[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
})();
