// Bundles the console's style, fonts, icons and scripts into ../static/dist under hashed names that may be kept for
// ever, and writes manifest.json, by which the pages find them. `npm ci && npm run build`; no network is used here.
import { build } from "esbuild";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = path.dirname(fileURLToPath(import.meta.url));
const wanted = path.resolve(here, process.env.MITAN_DIST ?? "../static/dist");
const draft = `${wanted}.${process.pid}`; // a reader sees the old bundle or the new one, never half of one

// Icons the templates name; inlined by them, so a page needs no request for its pictures.
const ICONS = [
  "arrow-clockwise", "arrow-left", "arrow-right", "backspace", "box-arrow-right", "calendar2-check", "chat-left-text",
  "check-circle", "clock-history", "diagram-3", "envelope", "exclamation-triangle", "grid-3x3-gap", "hourglass-split",
  "house-door", "info-circle", "key", "mic", "people", "person-circle", "record-circle", "shield-lock", "telephone",
  "telephone-fill", "telephone-x", "translate", "volume-up", "wifi-off",
];

await rm(draft, { recursive: true, force: true });
await mkdir(draft, { recursive: true });

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: ["src/console.css", "src/phone.css", "src/console.js", "src/phone.js"],
  outdir: draft,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome100", "firefox100", "safari15"],
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".woff2": "file" },
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
});

const manifest = {};
for (const [file, made] of Object.entries(metafile.outputs)) {
  const name = path.basename(file);
  if (made.entryPoint) manifest[path.basename(made.entryPoint)] = name;
  else if (name.endsWith(".woff2")) manifest[name.replace(/-[A-Z0-9]{8}\.woff2$/, ".woff2")] = name;
  if (!/\.(css|js)$/.test(name)) continue;
  const text = await readFile(path.join(draft, name));
  await writeFile(path.join(draft, `${name}.gz`), gzipSync(text, { level: 9 }));
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  await writeFile(path.join(draft, `${name}.br`), brotliCompressSync(text, quality));
}

const icons = {};
for (const name of ICONS) {
  const svg = await readFile(path.join(here, "node_modules/bootstrap-icons/icons", `${name}.svg`), "utf8");
  icons[name] = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").trim();
}
await writeFile(path.join(draft, "icons.json"), JSON.stringify(icons));
await writeFile(path.join(draft, "manifest.json"), JSON.stringify(manifest, null, 1));

const old = `${draft}.old`;
await rename(wanted, old).catch(() => undefined);
await rename(draft, wanted);
await rm(old, { recursive: true, force: true });
console.log(`assets: ${Object.keys(manifest).length} files in ${path.relative(process.cwd(), wanted)}`);
