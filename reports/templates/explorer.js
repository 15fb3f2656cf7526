"use strict";
// The trace explorer: finds an order, an item or a message among those the page holds, and draws its path.
(async () => {
  const at = document.getElementById("explorer");
  const packed = document.getElementById("explorer-data");
  if (!at || !packed) return;
  const bytes = Uint8Array.from(atob(packed.textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = JSON.parse(await new Response(stream).text());
  const word = (n) => data.words[n];
  const SVG = "http://www.w3.org/2000/svg";
  const list = at.querySelector("[data-list]");
  const query = at.querySelector("input");
  const why = at.querySelector("#why");
  const design = at.querySelector("#design");
  const told = at.querySelector("[data-told]");
  const path = at.querySelector("[data-path]");
  const SHOWN = 60;

  const time = (us) => {
    const s = us / 1e6, d = Math.floor(s / 86400);
    const pad = (n, w = 2) => String(n).padStart(w, "0");
    const clock = `${pad(Math.floor(s / 3600) % 24)}:${pad(Math.floor(s / 60) % 60)}:${pad(Math.floor(s) % 60)}`;
    return `${d ? d + "d " : ""}${clock}.${pad(Math.floor(us / 1000) % 1000, 3)}`;
  };
  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const drawn = (name, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const reasons = [...new Set(data.orders.flatMap((order) => order.why))];
  for (const reason of reasons) {
    const count = data.orders.filter((order) => order.why.includes(reason)).length;
    why.append(element("option", `${word(reason)} (${count})`, { value: reason }));
  }

  for (const each of new Set(data.orders.map((order) => order.design))) {
    design.append(element("option", word(each), { value: each }));
  }

  function matches(order, text) {
    if (!text) return true;
    return order.name.toLowerCase().includes(text) || order.id === text || order.ids.includes(text) ||
      order.why.some((reason) => word(reason).includes(text)) ||
      order.lines.some((line) => String(line[0]).toLowerCase().includes(text));
  }

  function search() {
    const text = query.value.trim().toLowerCase();
    const found = data.orders.filter((order) =>
      (why.value === "" || order.why.includes(Number(why.value))) &&
      (design.value === "" || order.design === Number(design.value)) && matches(order, text));
    list.replaceChildren(...found.slice(0, SHOWN).map((order) => {
      const item = element("li");
      const button = element("button", order.name, { type: "button" });
      button.append(element("span", `${word(order.design)}: ${order.why.map(word).join(", ")}`, { class: "why" }));
      button.addEventListener("click", () => show(order));
      item.append(button);
      return item;
    }));
    told.textContent = found.length > SHOWN
      ? `${found.length} orders; the first ${SHOWN} are listed`
      : `${found.length} ${found.length === 1 ? "order" : "orders"}`;
  }

  function steps(order) {
    let now = 0;
    const committed = new Map();
    return order.steps.map(([gap, what, how, source, target, message, cause, number, behind, about]) => {
      now += gap;
      const step = { at: now, what: word(what), how: word(how), source: word(source), target: word(target),
        id: order.ids[message], cause: cause < 0 ? "" : order.ids[cause], note: "", bad: false, behind: behind === 1 };
      step.rule = data.by[step.how] || (step.how === "sent" && number > 1 ? "The design's rule for retries." : "");
      if (step.how === "committed") {
        const times = (committed.get(message) || 0) + 1;
        committed.set(message, times);
        step.note = data.outcomes[number] || "";
        if (times > 1) { step.note += ", delivered again: nothing runs"; step.bad = true; }
        step.rule = data.rules[step.what] || "";
        step.bad ||= ["REJECTED", "EXCEPTION", "ILLEGAL_TRANSITION", "BUSINESS_KEY_CONFLICT"].includes(data.outcomes[number]);
      } else if (about >= 0 && step.how === "sent") {
        step.note = order.lines[about][0];
      } else if (["sent", "ok", "refused", "failed", "timeout"].includes(step.how)) {
        step.note = number > 1 ? `attempt ${number}` : "";
        step.bad = step.how !== "sent" && step.how !== "ok";
      } else if (step.how === "line" || step.how === "oversold") {
        step.note = `${number} of ${about < 0 ? "an item" : order.lines[about][0]}`;
        step.bad = step.how === "oversold";
      } else if (step.how === "shown") {
        step.note = `${number} of ${about < 0 ? "an item" : order.lines[about][0]}`;
      } else if (step.how === "late" || step.how === "answered_late") {
        step.bad = true;
      }
      return step;
    });
  }

  // Lines that were bought at one moment are one step of the diagram; the table below it has each of them.
  function gathered(taken) {
    const found = [];
    for (const step of taken) {
      const last = found[found.length - 1];
      if (last && step.how === "line" && last.how === "line" && last.at === step.at) {
        last.lines = (last.lines || 1) + 1;
        last.note = `(${last.lines} lines)`;
      } else {
        found.push({ ...step });
      }
    }
    return found;
  }

  function diagram(order, all) {
    const taken = gathered(all);
    const parties = [...new Set(taken.flatMap((step) => [step.source, step.target]))];
    const left = 104, gap = Math.max(100, Math.min(170, (at.clientWidth - left - 100) / Math.max(1, parties.length - 1)));
    const x = (party) => left + 40 + parties.indexOf(party) * gap;
    const top = 44, line = 26, height = top + taken.length * line + 20;
    const width = left + 80 + (parties.length - 1) * gap + 60;
    const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
      "aria-label": `The path of ${order.name} across ${parties.join(", ")}; the same steps stand in the table below.` });
    for (const party of parties) {
      svg.append(drawn("text", { x: x(party), y: 20, class: "party" }, party));
      svg.append(drawn("line", { x1: x(party), x2: x(party), y1: 28, y2: height - 8, class: "life" }));
    }
    taken.forEach((step, index) => {
      const y = top + index * line, from = x(step.source), to = x(step.target);
      const shade = `step${step.bad ? " bad" : ""}${step.behind ? " behind" : ""}`;
      svg.append(drawn("text", { x: 4, y: y + 4, class: "time" }, time(step.at)));
      if (from === to) {
        svg.append(drawn("circle", { cx: from, cy: y, r: 4, class: shade }));
        svg.append(drawn("text", { x: from + 9, y: y + 4, class: step.bad ? "label bad" : "label" },
          step.how === "committed" ? `${step.what} ${step.note}` : `${step.what.replace(".", " ")} ${step.how} ${step.note}`));
      } else {
        const way = Math.sign(to - from);
        const back = step.how !== "sent";
        svg.append(drawn("line", { x1: from, x2: to - way * 7, y1: y, y2: y, class: back ? shade + " back" : shade }));
        svg.append(drawn("path", { d: `M ${to} ${y} l ${-way * 8} -4 v 8 z`, class: shade }));
        const label = back ? step.how : step.what;
        svg.append(drawn("text", { x: (from + to) / 2, y: y - 4, class: step.bad ? "label mid bad" : "label mid" },
          `${label}${step.note ? " · " + step.note : ""}`));
      }
    });
    return svg;
  }

  function table(head, rows, caption) {
    const made = element("table");
    made.append(element("caption", caption));
    const top = element("tr");
    for (const name of head) top.append(element("th", name, { scope: "col" }));
    const body = element("tbody");
    for (const row of rows) {
      const tr = element("tr");
      for (const cell of row) tr.append(element("td", cell, cell.length > 60 ? { class: "wide" } : {}));
      body.append(tr);
    }
    const thead = element("thead");
    thead.append(top);
    made.append(thead, body);
    return made;
  }

  function show(order) {
    const taken = steps(order);
    const title = element("h3", `${order.name} under ${word(order.design)}`, { tabindex: "-1" });
    const seen = order.lines.map(([item, quantity, shown, since, changed, when, moved, then, told, until]) => [
      item, String(quantity), shown === null ? "the opening figure" : String(shown),
      since === null ? "the start" : time(since), changed ? `${changed}, ${time(when)}` : "nothing",
      moved ? `${moved}, ${time(then)}` : "none", told === null ? "never" : `${told}, ${time(until)}`]);
    const region = (name, inside, shape = "scroll tall") => {
      const made = element("div", undefined, { class: shape, tabindex: "0", role: "region", "aria-label": name });
      made.append(inside);
      return made;
    };
    const frame = region("diagram", diagram(order, taken), "scroll");
    const details = region("steps", table(["time", "step", "from", "to", "result", "decided by", "message", "caused by"],
      taken.map((step) => [time(step.at), `${step.what} ${step.how}${step.behind ? " (behind)" : ""}`, step.source,
        step.target === step.source ? "" : step.target,
        step.note, step.rule || "", step.id, step.cause]), "Every step, in the order of the record"));
    path.replaceChildren(title,
      element("p", `${order.why.map(word).join(", ")}; ${taken.length} steps from ${time(taken[0].at)} to ${time(taken[taken.length - 1].at)}`),
      element("p", taken.some((step) => step.behind)
        ? "Grey steps belong to no order: how the figure came to the page, and the movement that made it stale." : "", { class: "quiet" }),
      frame,
      region("what the buyer saw", table(["item", "units", "figure on the page", "shown since",
        "first change of the item before the sale", "first movement at a warehouse before it", "next figure on the page"],
      seen, "What the buyer saw")),
      details);
    title.focus();
  }

  query.addEventListener("input", search);
  why.addEventListener("change", search);
  design.addEventListener("change", search);
  search();
  if (at.dataset.alone) {
    for (const part of [at.querySelector(".tools"), list, told]) part.hidden = true;
    show(data.orders[0]);
  }
  at.dataset.ready = "true";
})();
