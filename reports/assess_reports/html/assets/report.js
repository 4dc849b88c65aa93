// Adds to a page that stands without it: filters, paged tables, links into what is still data, copy buttons, the map.
// Everything from the data blocks reaches the page as text nodes and as attributes of a short list, never as markup.
"use strict";
(() => {
  const PAGE = 100;
  const byId = (id) => document.getElementById(id);
  document.documentElement.classList.add("js");

  // --- data ---------------------------------------------------------------------------------------------------

  const blocks = new Map();
  const read = (name) => {
    if (!blocks.has(name)) blocks.set(name, unpack(byId(`data-${name}`)));
    return blocks.get(name);
  };
  async function unpack(script) {
    if (script.type === "application/json") return JSON.parse(script.textContent);
    const bytes = Uint8Array.from(atob(script.textContent), (each) => each.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  }

  // --- elements -----------------------------------------------------------------------------------------------

  const TAGS = new Set(("a b br code dd details div dl dt h4 li ol p span summary table tbody td th thead tr ul").split(" "));
  const ATTRIBUTES = /^(class|id|rel|tabindex|role|scope|aria-label|data-[a-z]+)$/;
  /** A tree as elements; a number stands for a row that several trees share. */
  function build(tree, shared) {
    if (typeof tree === "string") return document.createTextNode(tree);
    if (typeof tree === "number") return build(shared[tree], shared);
    const [tag, ...rest] = tree;
    if (!TAGS.has(tag)) throw new Error(`no such element here: ${tag}`);
    const node = document.createElement(tag);
    if (rest.length && typeof rest[0] === "object" && !Array.isArray(rest[0])) {
      for (const [name, value] of Object.entries(rest.shift())) {
        if (ATTRIBUTES.test(name) || (name === "href" && /^(#|https:\/\/)/.test(value))) node.setAttribute(name, value);
      }
    }
    node.append(...rest.map((each) => build(each, shared)));
    return node;
  }
  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }
  const link = (anchor, words) => make("a", { href: `#${anchor}` }, words);
  const badge = (look, words) => make("span", { class: `badge ${look}` }, words);
  const cell = (...children) => make("td", {}, ...children);
  const number = (words) => make("td", { class: "number" }, words);
  const prose = (words) =>
    words.split(/(`[^`]+`)/).filter(Boolean).map((part) => (/^`[^`]+`$/.test(part) ? make("code", {}, part.slice(1, -1)) : part));
  const count = (value, one) => `${value.toLocaleString("en")} ${one}${value === 1 ? "" : "s"}`;

  // --- copying ------------------------------------------------------------------------------------------------

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", { "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const before = button.textContent;
    button.textContent = "Copied";
    button.addEventListener("blur", () => (button.textContent = before), { once: true });
  }
  function equip(root) {
    for (const name of root.querySelectorAll("code.copy")) {
      if (name.nextElementSibling?.classList.contains("copy-it")) continue;
      const button = make("button", { type: "button", class: "copy-it", "aria-label": `Copy ${name.textContent}` }, "Copy");
      name.after(button);
    }
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.copy-it");
    if (button) copy(button.previousElementSibling.textContent, button);
  });

  // --- tables -------------------------------------------------------------------------------------------------

  /** A table of which one page is in the document. */
  function paged(name, words, draw) {
    const table = byId(`${name}-table`);
    const bar = byId(`${name}-pages`);
    if (!table) return () => {};
    const earlier = make("button", { type: "button" }, "Earlier");
    const later = make("button", { type: "button" }, "Later");
    const where = make("span", { role: "status" });
    bar.append(earlier, later, where);
    let rows = [];
    let start = 0;
    const show = () => {
      const shown = rows.slice(start, start + PAGE);
      table.tBodies[0].replaceChildren(...shown.map(draw));
      earlier.disabled = start === 0;
      later.disabled = start + PAGE >= rows.length;
      earlier.hidden = later.hidden = rows.length <= PAGE;
      const last = start + shown.length;
      const range = `${(start + 1).toLocaleString("en")} to ${last.toLocaleString("en")} of `;
      where.textContent = (rows.length > PAGE ? range : "") + count(rows.length, words);
    };
    const turn = (by) => {
      start += by * PAGE;
      show();
      table.parentElement.scrollIntoView({ block: "start" });
    };
    earlier.addEventListener("click", () => turn(-1));
    later.addEventListener("click", () => turn(1));
    return (found) => {
      rows = found;
      start = 0;
      show();
    };
  }

  // --- filters ------------------------------------------------------------------------------------------------

  const NAMES = ["text", "verdict", "cluster", "owner", "weight", "rule"];
  const UNKNOWN = "(not known)";
  const form = document.querySelector("#workloads form.filters");
  let apply = () => {};

  async function start() {
    const index = await read("index");
    const { workloads, rules, weights, verdicts } = index;
    const ruleAt = new Map(rules.map((each, place) => [each[0], place]));
    const LOOKS = ["critical", "high", "medium", "low", "info", "info", "info"];

    const showWorkloads = paged("workloads", "workload", (row) => {
      const [anchor, name, where, owner, verdict, , score, seen, reason] = row;
      const first = make("th", { scope: "row" }, link(anchor, name));
      const cells = [cell(badge(verdict, verdicts[verdict])), number(score), number(seen), cell(where), cell(owner)];
      return make("tr", {}, first, ...cells, make("td", {}, ...prose(reason)));
    });
    const showFindings = paged("findings", "finding", (row) => {
      const [anchor, rule, weight, subject, message, touched, accepted] = row;
      const [id, title, card] = rules[rule];
      const first = touched.length === 1 ? [link(workloads[touched[0]][0], workloads[touched[0]][1])] : [count(touched.length, "workload")];
      const what = make("th", { scope: "row" }, link(anchor, title), make("br"), make("span", { class: "quiet" }, ...prose(message)));
      if (accepted) what.append(" ", badge("info", "accepted"));
      return make("tr", {}, cell(badge(LOOKS[weight], weights[weight])), what, cell(subject), cell(...first), cell(link(card, id)));
    });

    let findings = null;
    const state = Object.fromEntries(NAMES.map((name) => [name, ""]));
    let order = null;
    const haystacks = new Map();
    const hay = (key, words) => {
      if (!haystacks.has(key)) haystacks.set(key, words().toLowerCase());
      return haystacks.get(key);
    };
    const fits = (row) =>
      (!state.verdict || row[4] === state.verdict) &&
      (!state.cluster || row[2] === state.cluster) &&
      (!state.owner || (row[3] || UNKNOWN) === state.owner);

    apply = () => {
      const text = state.text.trim().toLowerCase();
      const rule = state.rule ? (ruleAt.get(state.rule) ?? -1) : null;
      const weight = state.weight ? weights.indexOf(state.weight) : null;
      const marked = (mark) =>
        (rule === null || Math.floor(mark / weights.length) === rule) && (weight === null || mark % weights.length === weight);
      const within = workloads.map(fits);
      const named = workloads.map((row, place) => !text || hay(row, () => [row[1], row[2], row[3], row[8]].join(" ")).includes(text));
      const found = workloads.filter((row, place) => within[place] && named[place] && ((rule === null && weight === null) || row[9].some(marked)));
      if (order) found.sort(order);
      showWorkloads(found);
      const whole = !state.verdict && !state.cluster && !state.owner;
      let words = `${found.length.toLocaleString("en")} of ${count(workloads.length, "workload")}`;
      if (findings) {
        const these = findings.filter(
          (row) =>
            (rule === null || row[1] === rule) &&
            (weight === null || row[2] === weight) &&
            (whole || row[5].some((place) => within[place])) &&
            (!text ||
              hay(row, () => [row[3], row[4], ...rules[row[1]]].join(" ")).includes(text) ||
              row[5].some((place) => named[place])),
        );
        showFindings(these);
        words += `, ${these.length.toLocaleString("en")} of ${count(findings.length, "finding")}`;
      }
      form.querySelector("output").textContent = words;
    };

    if (form) {
      const options = (name, values, label = (value) => value) => {
        const every = make("option", { value: "" }, "all");
        form.elements[name].replaceChildren(every, ...values.map((value) => make("option", { value }, label(value))));
      };
      const distinct = (place) => [...new Set(workloads.map((row) => row[place]))].sort((a, b) => a.localeCompare(b, "en"));
      const present = new Set(workloads.map((row) => row[4]));
      options("verdict", Object.keys(verdicts).filter((each) => present.has(each)), (each) => verdicts[each]);
      options("cluster", distinct(2).filter(Boolean));
      options("owner", [...new Set(distinct(3).map((each) => each || UNKNOWN))]);
      options("weight", weights);
      options("rule", rules.map((each) => each[0]).sort());
      const query = () => new URLSearchParams(NAMES.filter((name) => state[name]).map((name) => [name, state[name]])).toString();
      const take = () => {
        for (const name of NAMES) state[name] = form.elements[name].value;
        apply();
        const text = query();
        try {
          history.replaceState(null, "", text ? `#workloads?${text}` : "#workloads");
        } catch {
          // a page without an address of its own cannot keep one
        }
      };
      form.addEventListener("input", take);
      form.addEventListener("submit", (event) => event.preventDefault());
      form.addEventListener("reset", () => setTimeout(take));
      const share = form.querySelector(".share");
      share.addEventListener("click", () => copy(`${location.href.split("#")[0]}#workloads?${query()}`, share));
    }

    /** Sets the filters as an address says them. */
    filter = (parameters) => {
      for (const name of NAMES) {
        const field = form.elements[name];
        field.value = parameters.get(name) ?? "";
        state[name] = field.value;
      }
      apply();
    };

    const table = byId("workloads-table");
    const sorts = { 0: (a, b) => a[1].localeCompare(b[1], "en"), 2: (a, b) => a[5] - b[5], 4: (a, b) => a[2].localeCompare(b[2], "en"), 5: (a, b) => a[3].localeCompare(b[3], "en") };
    const heads = [...table.tHead.rows[0].cells];
    for (const [place, sort] of Object.entries(sorts)) {
      const head = heads[place];
      const button = make("button", { type: "button", class: "sort" }, head.textContent);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        order = down ? (a, b) => sort(b, a) : sort;
        apply();
      });
    }
    apply();
    read("findings").then((rows) => {
      findings = rows;
      apply();
      document.documentElement.dataset.findings = String(rows.length);
    });
  }
  let filter = () => {};

  // --- map ----------------------------------------------------------------------------------------------------

  async function startMap(tools) {
    const { nodes, edges } = await read("map");
    const panel = byId("map-panel");
    const found = byId("map-found");
    const pictures = [...document.querySelectorAll("svg.map")];
    const MANY = 40;
    const FOUND = 12;
    const sure = () => new Set(["declared", "inferred", "possible"].filter((each) => tools.elements[each].checked));
    const button = (words, act) => {
      const made = make("button", { type: "button" }, words);
      made.addEventListener("click", act);
      return made;
    };
    const limited = (items, draw, most = MANY) => {
      const list = make("ul", {}, ...items.slice(0, most).map(draw));
      if (items.length > most) list.append(make("li", { class: "quiet" }, `and ${(items.length - most).toLocaleString("en")} more`));
      return list;
    };
    let chosen = null;

    function reasons(edge) {
      const items = edge[5].map(([via, confidence, how, where, value]) => {
        const item = make("li", {}, ...prose(how), make("br"), make("span", { class: "quiet" }, `${via}, ${confidence} sure`), make("br"), make("code", {}, where));
        if (value !== null) item.append(" = ", make("code", {}, value));
        return item;
      });
      return make("details", { class: "why" }, make("summary", {}, "Why is this line here?"), make("ul", { class: "evidence" }, ...items));
    }
    function lines(words, those, end) {
      if (!those.length) return [];
      const draw = (edge) => {
        const port = edge[4] ? `, port ${edge[4]}` : "";
        return make("li", {}, button(nodes[edge[end]][0], () => choose(edge[end])), ` ${edge[2]}${port}, ${edge[3]}`, reasons(edge));
      };
      return [make("h4", {}, `${words} (${those.length})`), limited(those, draw)];
    }
    function mark() {
      const shown = sure();
      const near = new Set(chosen === null ? [] : [chosen]);
      for (const path of document.querySelectorAll("svg.map .line")) {
        path.classList.toggle("off", ![...shown].some((each) => path.classList.contains(each)));
        const ends = [Number(path.dataset.from), Number(path.dataset.to)];
        const touches = chosen !== null && ends.includes(chosen) && !path.classList.contains("off");
        path.classList.toggle("near", touches);
        if (touches) ends.forEach((each) => near.add(each));
      }
      const whole = byId("map-whole");
      whole?.classList.toggle("chosen-one", chosen !== null);
      for (const node of whole?.querySelectorAll(".node") ?? []) {
        const place = Number(node.dataset.node);
        node.classList.toggle("near", near.has(place));
        node.classList.toggle("chosen", place === chosen);
      }
    }
    function choose(place) {
      chosen = place;
      mark();
      if (place === null) return panel.replaceChildren();
      const [name, what, anchor] = nodes[place];
      const shown = sure();
      const kept = edges.filter((edge) => shown.has(edge[3]));
      panel.replaceChildren(make("h3", {}, name), make("p", { class: "quiet" }, what));
      if (anchor) panel.append(make("p", {}, link(anchor, "Its findings")));
      const to = kept.filter((edge) => edge[0] === place);
      const from = kept.filter((edge) => edge[1] === place);
      panel.append(...lines("Depends on", to, 1), ...lines("Is called, read or started by", from, 0));
      if (!to.length && !from.length) panel.append(make("p", {}, "No line of the chosen certainty leads to or from it."));
      panel.append(button("Show the whole map", () => rest()));
      panel.scrollTop = 0;
    }
    function rest() {
      choose(null);
      panel.append(make("p", { class: "quiet" }, "Choose a node, or find one."));
    }
    function members(stand) {
      const those = nodes.map((node, place) => [node, place]).filter(([node]) => node[3] === stand);
      const draw = ([node, place]) => make("li", {}, button(node[0], () => choose(place)), ` ${node[1]}`);
      panel.replaceChildren(make("h3", {}, count(those.length, "node")), limited(those, draw));
    }
    function take(event, node) {
      event.preventDefault();
      if (Number(node.dataset.node) >= 0) choose(Number(node.dataset.node));
      else members(Number(node.dataset.stand));
    }
    for (const picture of pictures) {
      for (const node of picture.querySelectorAll(".node")) {
        if (!node.querySelector("a")) {
          node.setAttribute("tabindex", "0");
          node.setAttribute("role", "button");
        }
        node.addEventListener("click", (event) => take(event, node));
        node.addEventListener("keydown", (event) => {
          if (event.key === "Enter" || event.key === " ") take(event, node);
        });
      }
      for (const path of picture.querySelectorAll(".line")) {
        path.addEventListener("click", () => {
          const [from, to] = [Number(path.dataset.from), Number(path.dataset.to)];
          if (from < 0) return;
          choose(from);
          const those = edges.filter((edge) => edge[0] === from && edge[1] === to);
          const all = those.map((edge) => make("li", {}, `${edge[2]}, ${edge[3]}`, reasons(edge)));
          panel.replaceChildren(make("h3", {}, `${nodes[from][0]} to ${nodes[to][0]}`), make("ul", {}, ...all));
          panel.querySelectorAll("details").forEach((each) => (each.open = true));
        });
      }
    }
    tools.addEventListener("submit", (event) => event.preventDefault());
    tools.addEventListener("input", (event) => {
      if (event.target.name === "find") {
        const text = event.target.value.trim().toLowerCase();
        const those = text ? nodes.map((node, place) => [node, place]).filter(([node]) => node[0].toLowerCase().includes(text)) : [];
        tools.querySelector("output").textContent = text ? `${count(those.length, "node")} found` : "";
        const draw = ([node, place]) => make("li", {}, button(node[0], () => choose(place)), ` ${node[1]}`);
        found.replaceChildren(...(those.length ? [limited(those, draw, FOUND)] : []));
        if (those.length === 1) choose(those[0][1]);
      } else if (event.target.name === "view") {
        byId("map-whole").classList.toggle("away", event.target.value !== "whole");
        byId("map-by-cluster").hidden = event.target.value === "whole";
      } else if (chosen === null) mark();
      else choose(chosen);
    });
    document.documentElement.dataset.map = "yes";
  }

  // --- places -------------------------------------------------------------------------------------------------

  /** The element of that name, drawn from the data where it is not in the page yet. */
  async function place(name) {
    const there = byId(name);
    if (there) return there;
    const { parts, workloads, rules } = await read("index");
    if (name in parts) {
      const shared = await read("shared");
      const [, tree] = (await read(`part-${parts[name]}`)).find((each) => each[0] === name);
      const drawn = byId(name) ?? build(tree, shared);
      if (!drawn.isConnected) byId(name.startsWith("r-") ? "rules" : "sections").prepend(drawn);
      equip(drawn);
      return drawn;
    }
    if (!name.startsWith("f-")) return null;
    const row = (await read("findings")).find((each) => each[0] === name);
    if (!row) return null;
    await place(row[5].length === 1 ? workloads[row[5][0]][0] : rules[row[1]][2]);
    return byId(name);
  }

  async function go() {
    const [name, query] = decodeURIComponent(location.hash.slice(1)).split(/\?(.*)/s);
    if (!name) return;
    await ready;
    if (query !== undefined) filter(new URLSearchParams(location.hash.slice(location.hash.indexOf("?") + 1)));
    const target = await place(name);
    if (!target) return;
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    document.querySelector(".here")?.classList.remove("here");
    if (!target.matches("section, main")) target.classList.add("here");
    target.scrollIntoView();
    (target.matches("details") ? target.querySelector("summary") : null)?.focus({ preventScroll: true });
    document.documentElement.dataset.at = name;
  }

  for (const name of NAMES) {
    for (const each of document.querySelectorAll(`a[data-${name}]`)) {
      each.href = `${each.getAttribute("href")}?${new URLSearchParams({ [name]: each.dataset[name] })}`;
    }
  }
  equip(document);
  const ready = byId("workloads-table") ? start() : Promise.resolve();
  const tools = document.querySelector("form.map-tools");
  if (tools) startMap(tools);
  window.addEventListener("hashchange", go);
  // a link to where one already is opens it again, once the browser has followed it and taken the focus away
  document.addEventListener("click", (event) => {
    const anchor = event.target.closest?.("a[href^='#']");
    if (anchor && anchor.getAttribute("href") === location.hash) setTimeout(go);
  });
  ready.then(() => (document.documentElement.dataset.ready = "yes")).then(go);
})();
