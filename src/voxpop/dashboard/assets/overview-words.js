/* Words of the overview that only a browser knows: names of countries and languages, and how long ago a time is. */
(() => {
  "use strict";

  const WEEK = 604800;
  const COUNT_ON = 5000;

  const names = {
    country: new Intl.DisplayNames(["en"], { type: "region", fallback: "code" }),
    lang: new Intl.DisplayNames(["en"], { type: "language", fallback: "code" }),
  };
  const name = (kind, code) => {
    try {
      return names[kind].of(code);
    } catch {
      return code;
    }
  };

  const ago = (seconds) => {
    for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
      if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
    }
    return `${Math.max(0, Math.floor(seconds))} s ago`;
  };

  const write = (element, words) => {
    if (element.textContent !== words) element.textContent = words;
  };

  const countOn = (part) => {
    for (const time of part.querySelectorAll("time")) {
      const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
      // Past a week the server wrote the time itself.
      if (seconds <= WEEK) write(time, ago(seconds));
    }
  };
  setInterval(() => countOn(document), COUNT_ON);

  // What the server wrote, as elements with all words in place.
  const parts = (markup) => {
    const template = document.createElement("template");
    template.innerHTML = markup;
    for (const kind of ["country", "lang"]) {
      for (const place of template.content.querySelectorAll(`[data-${kind}]`)) write(place, name(kind, place.dataset[kind]));
    }
    countOn(template.content);
    return template.content;
  };

  window.voxpop = { ...window.voxpop, name, write, parts };
})();
