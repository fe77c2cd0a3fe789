/* The controls of the overview: what each of them holds, and telling that a reader changed it. */
(() => {
  "use strict";

  const UNKNOWN = { country: "Unknown place", lang: "Unknown language", source: "Unknown" };
  const at = (id) => document.getElementById(id);
  const SOURCES = JSON.parse(at("source").dataset.names);
  const named = (kind, value) => (value === "" ? UNKNOWN[kind] : kind === "source" ? SOURCES[value] || value : window.voxpop.name(kind, value));
  const made = (tag, attributes, ...children) => {
    const element = Object.assign(document.createElement(tag), attributes);
    element.append(...children);
    return element;
  };

  // --- several of many: what is chosen stands above the field in which more is found.
  const picked = {};
  const offered = {};
  const pick = (place, values) => {
    picked[place.id] = values;
    const field = place.querySelector("input");
    field.dataset.any ??= field.placeholder;
    field.placeholder = values.length ? field.dataset.more : field.dataset.any;
    place.querySelector(".picked").replaceChildren(
      ...values.map((value) => {
        const name = named(place.id, value);
        const spoken = made("span", { className: "spoken" }, place.dataset.remove);
        const sign = made("span", { ariaHidden: "true" }, "×");
        const button = made("button", { type: "button", value }, spoken, made("span", {}, name), sign);
        return made("li", {}, button);
      }),
    );
  };
  const find = (field, isDone) => {
    const place = field.closest(".several");
    const wanted = field.value.trim().toLocaleLowerCase();
    const found = (offered[place.id] || []).find((value) => named(place.id, value).toLocaleLowerCase() === wanted);
    place.querySelector(".nothing").hidden = !isDone || !wanted || found !== undefined;
    if (found === undefined || !isDone) return;
    field.value = "";
    if (picked[place.id].includes(found)) return;
    pick(place, [...picked[place.id], found]);
    window.voxpop.choose(place.id);
  };
  // --- topics: one is picked from the list; several, which the filters choose, are a further line of it.
  const together = (place, value) => {
    place.querySelector("[data-several]")?.remove();
    if (!value.includes(",")) return;
    const titles = Object.fromEntries([...place.options].map((option) => [option.value, option.textContent]));
    const option = made("option", { value }, value.split(",").map((name) => titles[name] || name).join(", "));
    option.dataset.several = "";
    place.append(option);
  };
  // --- words that are looked for, as a query that finds them: what would mean something else in one is quoted.
  const query = (words) => words.split(/\s+/).map((word) => word.replaceAll('"', "")).filter(Boolean)
    .map((word) => (/^[#@]?[\p{L}\p{M}\p{N}_]+$/u.test(word) && !/^(OR|AND|NOT)$/.test(word) ? word : `"${word}"`)).join(" ");
  const lead = (words) => {
    const [link, asked] = [at("q-topic"), query(words)];
    if (!link) return;
    link.search = new URLSearchParams({ query: asked });
    link.hidden = !asked;
  };
  const boxes = (place) => [...place.querySelectorAll("input")];

  const KINDS = {
    value: { get: (place) => place.value, set: (place, value) => {
      if (place.id === "topic") together(place, value);
      if (place.value !== value) place.value = value;
    } },
    one: {
      get: (place) => place.querySelector("input:checked")?.value ?? "",
      set: (place, value) => { for (const box of boxes(place)) box.checked = box.value === value; },
    },
    switch: { get: (place) => place.checked, set: (place, value) => { place.checked = value; } },
    checks: {
      get: (place) => boxes(place).filter((box) => box.checked).map((box) => box.value),
      set: (place, values) => { for (const box of boxes(place)) box.checked = values.includes(box.value); },
    },
    several: { get: (place) => picked[place.id] || [], set: (place, values) => {
      if (JSON.stringify(picked[place.id]) !== JSON.stringify(values)) pick(place, values);
    } },
  };
  KINDS.time = KINDS.value;
  KINDS.words = { get: KINDS.value.get, set: (place, value) => {
    KINDS.value.set(place, value);
    lead(value);
  } };
  const kind = (id) => KINDS[at(id).dataset.control];

  // --- what there is to choose
  const offer = (options) => {
    for (const id of ["country", "lang", "source"]) {
      const values = [...options[id]].sort((one, other) => named(id, one).localeCompare(named(id, other)));
      // What is the same is left alone, so that an open list stays as it is.
      if (JSON.stringify(offered[id]) === JSON.stringify(values)) continue;
      offered[id] = values;
      if (id !== "source") {
        at(`${id}-offered`).replaceChildren(...values.map((value) => made("option", { value: named(id, value) })));
        continue;
      }
      const chosen = kind(id).get(at(id));
      const labels = values.map((value) => made("label", {}, made("input", { type: "checkbox", value }), named(id, value)));
      at(id).querySelector("div").replaceChildren(...labels);
      kind(id).set(at(id), chosen);
    }
    window.voxpop.stand();
  };
  const topics = (given) => {
    const place = at("topic");
    const same = (option, index) => option.value === given[index]?.value && option.textContent === given[index].label;
    const known = [...place.options].filter((option) => !("several" in option.dataset));
    if (known.length === given.length && known.every(same)) return;
    const { value } = place;
    const ticked = kind("any-topic").get(at("any-topic"));
    place.replaceChildren(...given.map((each) => made("option", { value: each.value }, each.label)));
    KINDS.value.set(place, value);
    const boxed = given.slice(1).map(({ value: name, label }) =>
      made("label", {}, made("input", { type: "checkbox", value: name }), made("bdi", {}, label)));
    at("any-topic").querySelector("div").replaceChildren(...boxed);
    kind("any-topic").set(at("any-topic"), ticked);
  };

  // --- changes
  const TYPED = 400;
  let timer = 0;
  document.addEventListener("change", ({ target }) => {
    if (target.list?.id.endsWith("-offered")) return find(target, true);
    const place = target.closest("[data-control]");
    if (place) window.voxpop.choose(place.id);
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    // What was taken from the list is whole; what is typed may go on.
    if (field.list?.id.endsWith("-offered")) find(field, !event.inputType || event.inputType === "insertReplacementText");
    if (field.dataset.control !== "words") return;
    lead(field.value);
    clearTimeout(timer);
    timer = setTimeout(() => window.voxpop.choose(field.id), TYPED);
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest(".picked button");
    if (!button) return;
    const place = button.closest(".several");
    pick(place, picked[place.id].filter((value) => value !== button.value));
    place.querySelector("input").focus();
    window.voxpop.choose(place.id);
  });

  window.voxpop = {
    ...window.voxpop, offer, topics,
    has: (id) => at(id) !== null,
    held: (id) => kind(id).get(at(id)),
    hold: (id, value) => kind(id).set(at(id), value),
  };
})();
