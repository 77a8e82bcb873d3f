// Sound of the browser phone: prepared sounds played one after another without a gap, and the tones of a telephone.
// Time is kept by the clock on the wall, not by the sound card: a machine without one must not hang a call.
const LINE_GAP_S = 0.12;
const READING_S_A_LETTER = 0.06; // how long a line without a sound is left on the screen

export class Sound {
  #context = null;
  #ready = new Map();
  #playing = null;

  // Browsers let a page sound only after a touch: called from the call button.
  wake() {
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") this.#context.resume();
    return this.#context;
  }

  // Plays lines [{text, sounds}] in order; `onLine(index)` as each begins. Resolves when said, or stopped.
  async play(lines, onLine) {
    this.stop();
    const playing = { stopped: false, sources: [], stop: () => {} };
    this.#playing = playing;
    const fetched = lines.map((line) => Promise.all(line.sounds.map((url) => this.#fetch(url))));
    for (let index = 0; index < lines.length && !playing.stopped; index += 1) {
      const buffers = (await fetched[index]).filter(Boolean);
      if (playing.stopped) break;
      onLine(index, buffers.length > 0);
      const seconds = buffers.length ? this.#schedule(buffers, playing) : lines[index].letters * READING_S_A_LETTER;
      await new Promise((done) => {
        const timer = setTimeout(done, (seconds + LINE_GAP_S) * 1000);
        playing.stop = () => { clearTimeout(timer); done(); };
      });
    }
    if (this.#playing === playing) this.#playing = null;
    return !playing.stopped;
  }

  // Barge-in: silence at once.
  stop() {
    const playing = this.#playing;
    if (!playing) return;
    playing.stopped = true;
    for (const source of playing.sources) source.stop();
    playing.stop();
    this.#playing = null;
  }

  key(key) {
    const row = "123456789*0#".indexOf(key);
    this.#tone([697, 770, 852, 941][Math.floor(row / 3)], 0.11);
    this.#tone([1209, 1336, 1477][row % 3], 0.11);
  }

  ring() {
    this.#tone(400, 0.35);
    this.#tone(425, 0.35);
  }

  // Resolves when the tone after which one speaks is over.
  beep() {
    this.#tone(1000, 0.3);
    return new Promise((done) => setTimeout(done, 330));
  }

  fault() {
    this.#tone(480, 0.2);
    this.#tone(480, 0.2, 0.35);
  }

  #tone(hertz, seconds, after = 0) {
    const context = this.wake();
    const start = context.currentTime + after;
    const wave = new OscillatorNode(context, { frequency: hertz });
    const loudness = new GainNode(context, { gain: 0 });
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(0.07, start + 0.01);
    loudness.gain.setValueAtTime(0.07, start + seconds - 0.02);
    loudness.gain.linearRampToValueAtTime(0, start + seconds);
    wave.connect(loudness).connect(context.destination);
    wave.start(start);
    wave.stop(start + seconds);
  }

  #schedule(buffers, playing) {
    const context = this.wake();
    let at = context.currentTime + 0.02;
    for (const buffer of buffers) {
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(context.destination);
      source.start(at);
      playing.sources.push(source);
      at += buffer.duration;
    }
    return at - context.currentTime;
  }

  // A sound that cannot be had counts as missing; it is asked for again the next time.
  #fetch(url) {
    if (!this.#ready.has(url)) {
      const got = fetch(url)
        .then((answer) => (answer.ok ? answer.arrayBuffer() : Promise.reject(new Error(answer.status))))
        .then((bytes) => this.wake().decodeAudioData(bytes))
        .catch(() => { this.#ready.delete(url); return null; });
      this.#ready.set(url, got);
    }
    return this.#ready.get(url);
  }
}
