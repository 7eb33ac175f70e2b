// Holds target/jib-image.tar against what the cluster expects of the image: who runs it, how, and what is inside. The base need not be
// there for that: ./mvnw package jib:buildTar -DskipTests -Djib.from.image=scratch
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { OVERLAYS, render } from "./render.mjs";

const archive = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "..", "..", "target", "jib-image.tar");
// GNU tar warns of every time that jib wrote the other way.
const QUIET = { maxBuffer: 1 << 30, stdio: ["pipe", "pipe", "ignore"] };
const inside = (name) => execFileSync("tar", ["-xOf", archive, name], QUIET);
const [manifest] = JSON.parse(inside("manifest.json"));
const { config } = JSON.parse(inside(manifest.Config));
const layers = manifest.Layers.map((layer) =>
  execFileSync("tar", ["-tzf", "-"], { ...QUIET, input: inside(layer), encoding: "utf8" }).split("\n").filter(Boolean),
);
const files = layers.flat();
const has = (pattern) => files.some((file) => pattern.test(file));
const java = config.Entrypoint ?? [];

function* complaints() {
  for (const overlay of OVERLAYS) {
    const deployment = render(overlay).find((object) => object.kind === "Deployment" && object.metadata.name === "flash-sale");
    const { runAsUser, runAsGroup } = deployment.spec.template.spec.securityContext;
    if (config.User !== `${runAsUser}:${runAsGroup}`) yield `runs as ${config.User}, and in ${overlay} as ${runAsUser}:${runAsGroup}`;
    const ports = deployment.spec.template.spec.containers[0].ports.map((port) => `${port.containerPort}/tcp`);
    for (const port of ports) if (!(port in (config.ExposedPorts ?? {}))) yield `does not expose ${port}`;
  }
  if (java[0] !== "java" || java.at(-1) !== "flashsale.FlashSaleApplication") yield `starts ${java.join(" ")}`;
  for (const flag of ["-XX:+UseParallelGC", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", "-Djava.io.tmpdir=/tmp"]) {
    if (!java.includes(flag)) yield `starts without ${flag}`;
  }
  if (Object.keys(config.Volumes ?? {}).length > 0) yield "wants to write elsewhere than to /tmp";
  if (layers.length < 3) yield "libraries and classes are in one layer";
  for (const wanted of [/app\/resources\/lua-scripts\/stock\/hold\.lua$/, /app\/resources\/META-INF\/sbom\/application\.cdx\.json$/, /app\/libs\/spring-webflux-/]) {
    if (!has(wanted)) yield `lacks ${wanted}`;
  }
  for (const file of files.filter((name) => /embedded-|testcontainers|blockhound|junit|archunit|test-classes/.test(name))) yield `has ${file} inside`;
}

const found = [...complaints()];
found.forEach((complaint) => console.error(`image: ${complaint}`));
console.log(`image: ${files.length} files in ${layers.length} layers, ${found.length} complaints`);
process.exitCode = found.length > 0 ? 1 : 0;
