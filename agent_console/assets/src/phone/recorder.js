// The caller's voice: recorded until told, until it is silent, or until the time is over; handed back as the 8 kHz
// wav that telephones speak, so that the house keeps one kind of recording.
const RATE = 8000;
const QUIET = 0.012; // of full scale

export class Recorder {
  #stop = null;

  // Resolves to {wav, seconds}; rejects when there is no microphone or it is refused.
  async record(context, maxS, silenceS, onLevel) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true } });
    const recorder = new MediaRecorder(stream);
    const parts = [];
    recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    const analyser = new AnalyserNode(context, { fftSize: 1024 });
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const began = performance.now();
    let heard = began;
    recorder.start();
    await new Promise((done) => {
      this.#stop = done;
      const watch = setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        const level = Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);
        const now = performance.now();
        onLevel(Math.min(1, level * 8));
        if (level > QUIET) heard = now;
        if (now - heard > (silenceS + 1) * 1000 || now - began > maxS * 1000) done();
      }, 60);
      const end = this.#stop;
      this.#stop = () => { clearInterval(watch); end(); };
    });
    this.stop();
    const whole = new Promise((done) => recorder.addEventListener("stop", done, { once: true }));
    recorder.stop();
    await whole;
    for (const track of stream.getTracks()) track.stop();
    const bytes = await new Blob(parts, { type: recorder.mimeType }).arrayBuffer();
    const heardSound = await context.decodeAudioData(bytes);
    return encode(await narrow(heardSound, maxS));
  }

  stop() {
    this.#stop?.();
    this.#stop = null;
  }
}

async function narrow(buffer, maxS) {
  const length = Math.max(1, Math.min(Math.ceil(buffer.duration * RATE), Math.floor(maxS * RATE)));
  const offline = new OfflineAudioContext(1, length, RATE);
  const source = new AudioBufferSourceNode(offline, { buffer });
  source.connect(offline.destination);
  source.start();
  return (await offline.startRendering()).getChannelData(0);
}

function encode(samples) {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (at, word) => [...word].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + samples.length * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((s, i) => view.setInt16(44 + i * 2, Math.max(-1, Math.min(1, s)) * 32767, true));
  return { wav: new Blob([view.buffer], { type: "audio/wav" }), seconds: samples.length / RATE };
}
