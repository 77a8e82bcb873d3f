// What is seen of a call. Everything from the house goes in as text, never as HTML.
const $ = (id) => document.getElementById(id);

function make(tag, css, text) {
  const node = document.createElement(tag);
  if (css) node.className = css;
  if (text !== undefined) node.textContent = text;
  return node;
}

export class Screen {
  root = $("phone");
  #lines = [];
  #reply = null;
  #known = {}; // facts as they were a turn before

  word(name) {
    return this.root.dataset[name.replace(/_(\w)/g, (_, c) => c.toUpperCase())];
  }

  state(name) {
    this.root.dataset.state = name;
    $("status-word").textContent = this.word(name);
    const calling = !["idle", "ended", "broken", "expired"].includes(name);
    const held = document.activeElement;
    $("call").hidden = calling;
    $("hang-up").hidden = !calling;
    if (held === $("call") && calling) $("hang-up").focus();
    if (held === $("hang-up") && !calling) $("call").focus();
    if (!calling) $("call-word").textContent = this.word(name === "idle" ? "call" : "again");
    $("from").disabled = calling;
  }

  clock(seconds) {
    $("clock").textContent = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  }

  clear() {
    $("before")?.remove();
    $("lines").replaceChildren();
    $("path").replaceChildren();
    this.#lines = [];
    this.#known = {};
    this.keyed("");
    this.clock(0);
  }

  // In which language captions are read: chosen, else the one that is heard.
  #tongue() {
    return document.querySelector("input[name=captions]:checked").value || this.#reply?.manner.language || "hi";
  }

  reply(reply) {
    this.#reply = reply;
    this.#inside(reply);
    this.ask(null);
  }

  line(said, hasSound) {
    const node = make("p", "line is-now");
    for (const old of $("lines").querySelectorAll(".is-now")) old.classList.remove("is-now");
    this.#lines.push({ node, said, hasSound });
    this.#write(this.#lines.at(-1));
    $("lines").append(node);
    this.#end();
  }

  quiet() {
    for (const old of $("lines").querySelectorAll(".is-now")) old.classList.remove("is-now");
  }

  you(text, silent) {
    $("lines").append(make("p", silent ? "line line-you is-silence" : "line line-you", text));
    this.#end();
  }

  // What may be answered now: keys with their meaning, a recording, people; null takes it away.
  ask(wait) {
    const kind = wait?.kind;
    const choices = wait?.choices ?? [];
    $("now").hidden = !(kind === "keys" && choices.length);
    $("record").hidden = kind !== "recording";
    $("queue").hidden = kind !== "queue";
    for (const key of document.querySelectorAll(".key")) key.classList.toggle("is-live", choices.some((choice) => choice.key === key.dataset.key));
    $("choices").replaceChildren(...choices.map((choice) => this.#choice(choice)));
    this.#end();
  }

  keyed(keys, secret) {
    $("keyed").textContent = secret ? "•".repeat(keys.length) : keys;
  }

  level(share) {
    $("level").style.setProperty("transform", `scaleX(${share})`);
  }

  recordSays(word) {
    $("record-word").textContent = word;
  }

  retell() {
    for (const line of this.#lines) this.#write(line);
    for (const node of $("choices").children) this.#label(node);
  }

  walked(reply, by) {
    const item = make("li");
    item.append(make("span", "by", by), make("span", "", `${reply.flow}.${reply.node}`));
    $("path").append(item);
    $("no-path").hidden = true;
    const box = $("path").parentElement; // not scrollIntoView: that would move the whole page on a telephone
    box.scrollTop = box.scrollHeight;
  }

  #write({ node, said, hasSound }) {
    const tongue = this.#tongue();
    node.lang = tongue;
    node.textContent = said.text[tongue] ?? Object.values(said.text)[0];
    node.classList.toggle("is-silent", !hasSound);
    if (!hasSound) node.append(make("span", "line-note", this.word("nosound")));
  }

  #choice({ key, text }) {
    const node = make("button", "choice");
    node.type = "button";
    node.dataset.key = key;
    node.append(make("kbd", "", key), make("span"));
    node.words = text;
    this.#label(node);
    return node;
  }

  #label(node) {
    const tongue = this.#tongue();
    node.lastChild.lang = tongue;
    node.lastChild.textContent = node.words[tongue] ?? Object.values(node.words)[0];
  }

  #inside(reply) {
    const wait = reply.wait;
    $("at-flow").textContent = reply.flow;
    $("at-node").textContent = reply.node;
    $("at-turn").textContent = reply.turn;
    $("at-wait").textContent = wait.kind === "keys" ? `keys ≤ ${wait.max_keys}, ${wait.timeout_s} s` : wait.kind;
    const told = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
    const facts = Object.entries(reply.facts).filter(([, value]) => value !== null && value !== "");
    const isNew = ([name, value]) => told(this.#known[name]) !== told(value);
    facts.sort((a, b) => isNew(b) - isNew(a)); // what this turn has taught comes first
    $("no-facts").hidden = facts.length > 0;
    $("facts").replaceChildren(...facts.map((fact) => {
      const row = make("div", isNew(fact) ? "is-new" : "");
      row.append(make("dt", "", fact[0]), make("dd", "", told(fact[1])));
      row.title = told(fact[1]);
      return row;
    }));
    $("facts").parentElement.scrollTop = 0;
    this.#known = { ...reply.facts };
  }

  #end() {
    const lines = $("lines");
    lines.scrollTop = lines.scrollHeight;
  }
}
