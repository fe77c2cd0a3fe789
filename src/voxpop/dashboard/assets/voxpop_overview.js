/* The overview: the address is the truth; controls, chart and map change it, and the server answers for it. */
(() => {
  "use strict";

  const ORDER = ["topic", "range", "start", "end", "country", "lang", "source", "label", "reposts", "copies", "one_voice", "towards", "net", "map", "order", "tz", "q"];
  const LISTS = ["country", "lang", "source", "label"];
  // What is shown however much is filtered, and how; the rest goes with a reset.
  const SHOWING = ["range", "net", "map", "order", "tz"];
  const SHAPES = { country: /^([A-Z]{2})?$/, lang: /^([a-z]{2,3})?$/, source: /^[^\0]{1,100}$/, label: /^(negative|neutral|positive|unscored)$/ };
  const RANGES = /^(15m|1h|6h|24h|7d|30d|1y|all)$/;
  const MINUTE = 60000;
  const NOTHING = () => window.dash_clientside.no_update;
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  // --- the address
  // Dash asks for the numbers and the map of every address, by whatever way a reader came to it.
  let asked = null;
  const ask = (search) => {
    if (search === asked) return;
    asked = search;
    for (const question of [window.voxpop.board, window.voxpop.map]) question.asked();
    document.getElementById("main").setAttribute("aria-busy", "true");
  };
  const go = (given, replaces) => {
    const query = new URLSearchParams();
    for (const name of ORDER) for (const value of given.getAll(name)) query.append(name, value);
    const wanted = `?${query}`;
    if (wanted === window.location.search) return;
    window.history[replaces ? "replaceState" : "pushState"](null, "", wanted + window.location.hash);
    ask(wanted);
    // Later: what a callback sets while it runs starts no other. With the whole address, for Dash would go back to the one it knows.
    setTimeout(() => window.dash_clientside.set_props("url", { search: wanted, href: window.location.href }), 0);
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
    return Number.isNaN(at) || !given.get("start") || !given.get("end") ? null : wall(new Date(at), zoneOf(given));
  };

  // --- where each control stands for an address, and what it writes there.
  const STAND = {
    topic: (given, topics) => (topics.some((each) => each.value === given.get("topic")) ? given.get("topic") : "*"),
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
    topic: (given, value) => put(given, "topic", value === "*" ? "" : value),
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

  const CONTROLS = ["topic", "range", "country", "lang", "source", "label", "reposts", "copies", "one_voice", "towards", "tz", "start", "end", "net", "map", "q", "order"];
  // What each control was when it last agreed with the address.
  const settled = {};
  const triggered = () => window.dash_clientside.callback_context.triggered.map((each) => each.prop_id.split(".")[0]);

  const chart = (id) => document.querySelector(`#${id} .js-plotly-plot`);

  const clientside = (window.dash_clientside = window.dash_clientside || {});
  clientside.voxpop = {
    ...clientside.voxpop,
    stand: (search, byDefault, topics, ...now) => {
      const given = query();
      if (!RANGES.test(given.get("range") || "")) {
        if (!byDefault) return CONTROLS.map(NOTHING);
        given.set("range", byDefault);
        go(given, true);
      }
      ask(window.location.search);
      window.voxpop.start.heard();
      return CONTROLS.map((name, place) => {
        // Chosen, and not in the address yet: `choose` has its turn, and writing would undo the reader.
        if (name in settled && !same(now[place], settled[name])) return NOTHING();
        settled[name] = STAND[name](given, topics || []);
        return same(settled[name], now[place]) ? NOTHING() : settled[name];
      });
    },
    choose: (...values) => {
      const given = query();
      // Until the default is in the address, nobody has chosen anything.
      if (!given.has("range")) return;
      for (const name of triggered()) {
        const value = values[CONTROLS.indexOf(name)];
        settled[name] = value;
        if (name === "start" || name === "end") {
          const [start, end] = ["start", "end"].map((each) => values[CONTROLS.indexOf(each)]);
          const zone = zoneOf(given);
          if (start && end) period(given, minute(utc(start, zone)), minute(utc(end, zone)));
          else if (!value) period(given);
        } else if (WRITE[name] && !same(value, name === "topic" ? given.get("topic") || "*" : STAND[name](given))) {
          // A topic that is gone is still in the address when its control falls back to every post.
          WRITE[name](given, value);
        }
      }
      go(given);
    },
    offer: (options) => {
      const kinds = ["country", "lang", "source"];
      if (!options) return kinds.map(NOTHING);
      const unknown = { country: "Unknown place", lang: "Unknown language", source: "Unknown" };
      return kinds.map((kind) =>
        options[kind]
          .map((value) => ({ value, label: value === "" ? unknown[kind] : kind === "source" ? value : window.voxpop.name(kind, value) }))
          .sort((one, other) => one.label.localeCompare(other.label)),
      );
    },
    // Dash hands a zoom back as if the page had set it, after which Plotly's uirevision no longer keeps it; this does.
    zoomed: (figure) => {
      const drawn = chart("trend");
      const now = drawn && drawn.layout;
      if (now && now.uirevision === figure.layout.uirevision && now.xaxis && now.xaxis.autorange === false) {
        Object.assign(figure.layout.xaxis, { autorange: false, range: [...now.xaxis.range] });
      }
      return figure;
    },
    answered: () => {
      document.getElementById("main").removeAttribute("aria-busy");
      window.voxpop.board.heard();
    },
    surveyed: () => window.voxpop.map.heard(),
    moved: (figure) => {
      const drawn = chart("atlas-graph");
      const now = drawn && drawn._fullLayout && drawn._fullLayout.geo;
      if (now) {
        const { rotation, scale } = now.projection;
        Object.assign(figure.layout.geo, { center: { ...now.center } });
        Object.assign(figure.layout.geo.projection, { rotation: { ...rotation }, scale });
      }
      return figure;
    },
    // Dragging across the chart chooses a period, unless the reader only wants to look closer.
    brush: (moved, drag) => {
      if (!moved || drag === "zoom") return;
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
    },
    pick: (clicked) => {
      const point = clicked && clicked.points && clicked.points[0];
      if (point && point.location) {
        const given = query();
        const place = { RUS: "RU", FJI: "FJ", ATA: "AQ" }[point.location] || point.location;
        const there = given.getAll("country");
        const left = there.filter((code) => code !== place);
        WRITE.country(given, left.length < there.length ? left : [...there, place]);
        go(given);
      }
      return null;
    },
    pause: (clicks) => {
      const button = document.getElementById("pause");
      const paused = clicks % 2 === 1;
      button.setAttribute("aria-pressed", String(paused));
      window.voxpop.write(button, paused ? button.dataset.resume : button.dataset.pause);
    },
    // Who reads on wants the list to stand still.
    hold: (clicks, pauses) => (clicks && pauses % 2 === 0 ? pauses + 1 : NOTHING()),
  };

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
      } else put(given, name, to.get(name));
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
    const lists = document.querySelectorAll("[aria-expanded='true'][role='combobox'], .mantine-Popover-dropdown");
    if (!open || [...lists].some((list) => list.checkVisibility())) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
})();
