// The browser phone: speaks a turn, listens, tells the house what happened, until the call is over.
import { Fault, Gone, Line } from "./phone/line.js";
import { Recorder } from "./phone/recorder.js";
import { Screen } from "./phone/screen.js";
import { Sound } from "./phone/sound.js";

const KEYS = "0123456789*#";
const BETWEEN_KEYS_MS = 3000;
const SHORTEST_MESSAGE_S = 1;
const QUEUE_MS = 6000;
const $ = (id) => document.getElementById(id);

const screen = new Screen();
const sound = new Sound();
const recorder = new Recorder();
const line = new Line(screen.root.dataset.calls, () => { screen.state("lost"); sound.fault(); });

let call = null; // {reply, keys, timer, began, take}: one call at a time; a late answer for another is dropped

async function dial() {
  const from = $("from");
  const bad = from.value !== "" && !/^50000\d{5}$/.test(from.value);
  from.classList.toggle("is-bad", bad);
  from.setAttribute("aria-invalid", String(bad));
  $("from-hint").classList.toggle("from-bad", bad);
  if (bad) {
    $("from-hint").textContent = screen.word("from_bad");
    from.focus();
    return;
  }
  sound.wake();
  window.scrollTo(0, 0); // on a telephone the number is asked for below the keypad
  screen.clear();
  screen.ask(null);
  screen.state("ringing");
  sound.ring();
  const mine = { reply: null, keys: "", began: performance.now(), take: 0 };
  call = mine;
  mine.ticking = setInterval(() => screen.clock((performance.now() - mine.began) / 1000), 500);
  await follow(mine, () => line.begin(from.value), "call");
}

// Waits for the house's answer and speaks it; whatever goes wrong becomes a state that is seen.
async function follow(mine, ask, by) {
  clearTimeout(mine.timer);
  mine.keys = "";
  mine.busy = true;
  let reply;
  try {
    reply = await ask();
  } catch (error) {
    if (call !== mine) return;
    over(error instanceof Gone ? "expired" : "broken");
    sound.fault();
    if (!(error instanceof Gone || error instanceof Fault)) throw error;
    return;
  }
  if (call !== mine) return;
  mine.reply = reply;
  mine.busy = false;
  screen.reply(reply);
  screen.walked(reply, by);
  await speak(mine, reply);
}

async function speak(mine, reply) {
  const take = ++mine.take;
  const now = () => call === mine && mine.take === take;
  screen.keyed("");
  if (reply.wait.kind === "keys") screen.ask(reply.wait);
  screen.state("speaking");
  const lines = reply.said.map((said) => ({ sounds: said.sounds, letters: Object.values(said.text)[0].length }));
  let shown = 0;
  await sound.play(lines, (index, hasSound) => { shown = index + 1; screen.line(reply.said[index], hasSound); });
  if (!now()) return;
  for (const said of reply.said.slice(shown)) screen.line(said, said.sounds.length > 0);
  screen.quiet();
  if (mine.keys === "") await wait(mine, reply, now);
}

async function wait(mine, reply, now) {
  const { wait: wanted } = reply;
  if (wanted.kind === "keys") {
    screen.state("listening");
    mine.timer = setTimeout(() => tell({ kind: "silence" }, screen.word("silence"), true), wanted.timeout_s * 1000);
  } else if (wanted.kind === "recording") {
    screen.ask(wanted);
    await record(mine, wanted, now);
  } else if (wanted.kind === "queue") {
    screen.ask(wanted);
    screen.state("queue");
    mine.timer = setTimeout(leaveQueue, QUEUE_MS);
  } else {
    over("ended");
  }
}

// Tells the house what the caller did at the turn that stands.
function tell(event, shown, silent = false) {
  const mine = call;
  if (!mine?.reply || mine.busy) return;
  if (shown) screen.you(shown, silent);
  screen.keyed("");
  screen.state("thinking");
  follow(mine, () => line.event(mine.reply.turn, event), shown ?? "queue");
}

function press(key) {
  const mine = call;
  const wanted = mine?.reply?.wait;
  flash(key);
  sound.key(key);
  if (!wanted || mine.busy) return;
  if (wanted.kind === "recording") return recorder.stop();
  if (wanted.kind !== "keys") return;
  clearTimeout(mine.timer);
  const several = wanted.max_keys > 1;
  if (several && key === "#" && mine.keys) return send(mine);
  mine.keys += key;
  sound.stop(); // after the key is noted: whoever waited for the sound must see it
  screen.keyed(mine.keys, wanted.secret);
  if (mine.keys.length >= wanted.max_keys) return send(mine);
  screen.state("listening");
  mine.timer = setTimeout(() => send(mine), BETWEEN_KEYS_MS);
}

function send(mine) {
  const secret = mine.reply.wait.secret;
  tell({ kind: "pressed", keys: mine.keys }, secret ? "•".repeat(mine.keys.length) : mine.keys);
}

function leaveQueue() {
  if (call?.reply?.wait.kind === "queue") tell({ kind: "bridge_ended" });
}

async function record(mine, wanted, now) {
  mine.skip = false;
  screen.recordSays($("record-word").dataset.now ??= $("record-word").textContent);
  $("record-done").hidden = false;
  screen.state("recording");
  await sound.beep();
  let made;
  try {
    made = await recorder.record(sound.wake(), wanted.max_s, wanted.silence_s, (share) => screen.level(share));
  } catch {
    if (now()) {
      screen.recordSays(screen.word("record_refused"));
      $("record-done").hidden = true;
    }
    return;
  }
  if (!now()) return;
  if (mine.leaving) {
    if (made.seconds >= SHORTEST_MESSAGE_S) await line.recording(mine.reply.turn, made.wav).catch(() => undefined);
    return hangUp();
  }
  if (mine.skip || made.seconds < SHORTEST_MESSAGE_S) return tell({ kind: "silence" }, screen.word("silence"), true);
  screen.recordSays(screen.word("record_sending"));
  screen.you(screen.word("spoke"), true);
  await follow(mine, () => line.recording(mine.reply.turn, made.wav), "recorded");
}

function skipRecording() {
  if (!call) return;
  if ($("record-done").hidden) return tell({ kind: "silence" }, screen.word("silence"), true);
  call.skip = true;
  recorder.stop();
}

// To hang up is how most people end a message: what was said is kept.
function putDown() {
  if (call && !call.leaving && screen.root.dataset.state === "recording" && !$("record-done").hidden) {
    call.leaving = true;
    recorder.stop();
  } else hangUp();
}

function hangUp() {
  if (!call) return;
  const turn = call.reply?.turn ?? 0;
  over("ended");
  line.hangUp(turn);
}

function over(state) {
  clearTimeout(call?.timer);
  clearInterval(call?.ticking);
  call = null;
  sound.stop();
  recorder.stop();
  screen.ask(null);
  screen.quiet();
  screen.state(state);
}

function flash(key) {
  const button = document.querySelector(`.key[data-key="${CSS.escape(key)}"]`);
  button.classList.add("is-down");
  setTimeout(() => button.classList.remove("is-down"), 140);
}

$("call").addEventListener("click", dial);
$("hang-up").addEventListener("click", putDown);
$("queue-go").addEventListener("click", leaveQueue);
$("record-done").addEventListener("click", () => recorder.stop());
$("record-skip").addEventListener("click", skipRecording);
document.addEventListener("click", (event) => {
  const key = event.target.closest?.("[data-key]")?.dataset.key;
  if (key) press(key);
});
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea")) return;
  if (KEYS.includes(event.key)) press(event.key);
});
for (const choice of document.querySelectorAll("input[name=captions]")) choice.addEventListener("change", () => screen.retell());
window.addEventListener("pagehide", hangUp);
