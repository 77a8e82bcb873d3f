// The wire to the house: one request a turn, sent again with the same turn while the connection is lost. The house
// re-sends its answer to a turn it has already heard, so nothing is done twice.
const PATIENCE_S = 60;

export class Gone extends Error {} // the session or the page is out of date
export class Fault extends Error {} // the house cannot go on with this call

export class Line {
  #calls;
  #token = document.querySelector("meta[name=csrf-token]").content;
  #id = null;

  constructor(calls, onLost) {
    this.#calls = calls;
    this.onLost = onLost;
  }

  async begin(phone) {
    const reply = await this.#send(this.#calls, JSON.stringify({ from: phone }), "application/json", 0);
    this.#id = reply.call_id;
    return reply;
  }

  event(turn, event) {
    return this.#send(`${this.#calls}/${this.#id}/events`, JSON.stringify({ turn, event }), "application/json", PATIENCE_S);
  }

  recording(turn, wav) {
    return this.#send(`${this.#calls}/${this.#id}/recordings/${turn}`, wav, "audio/wav", PATIENCE_S);
  }

  // Also while the page is being closed: the browser sends it after us.
  hangUp(turn) {
    if (!this.#id) return;
    const form = new FormData();
    form.set("csrf_token", this.#token);
    form.set("turn", turn);
    navigator.sendBeacon(`${this.#calls}/${this.#id}/hangup`, form);
    this.#id = null;
  }

  async #send(url, body, type, patienceS) {
    const until = performance.now() + patienceS * 1000;
    for (let tries = 0; ; tries += 1) {
      const answer = await this.#once(url, body, type);
      if (answer?.ok) return answer.json();
      if (answer && [400, 401, 403].includes(answer.status)) throw new Gone();
      if (answer && answer.status !== 503) throw new Fault(String(answer.status));
      const pause = Math.min(8000, 500 * 2 ** tries);
      if (performance.now() + pause > until) throw new Fault("lost");
      this.onLost();
      await new Promise((done) => setTimeout(done, pause));
    }
  }

  async #once(url, body, type) {
    const headers = { "Content-Type": type, Accept: "application/json", "X-CSRFToken": this.#token };
    try {
      return await fetch(url, { method: "POST", headers, body, credentials: "same-origin", signal: AbortSignal.timeout(12000) });
    } catch {
      return null;
    }
  }
}
