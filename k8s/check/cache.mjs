// Does what the Dockerfile says, line by line and without Docker, to target/flash-sale-*.jar: layers, training run, ENTRYPOINT. HotSpot
// is told to end rather than to go on without the AOT cache (-XX:AOTMode=on), so flags that differ between the two, or a jar copied after
// the training, are an exit code of 1. Says how long a start takes with and without. It takes the java of JAVA_HOME, or else of the path: 25.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const path = [...(process.env.JAVA_HOME ? [join(process.env.JAVA_HOME, "bin")] : []), process.env.PATH].join(delimiter);
const env = { PATH: path, HOME: tmpdir() };
const jar = readdirSync(join(root, "target")).find((file) => /^flash-sale-.*\.jar$/.test(file) && !/-(sources|javadoc)\.jar$/.test(file));

const instructions = readFileSync(process.argv[2] ?? join(root, "Dockerfile"), "utf8")
  .replace(/^#.*\n/gm, "")
  .replace(/\\\n\s*/g, "")
  .split("\n")
  .filter(Boolean)
  .map((line) => /^(\w+)\s+(.*)$/.exec(line).slice(1));

const image = instructions.slice(instructions.findLastIndex(([word]) => word === "FROM"));
const training = image.filter(([word, rest]) => word === "RUN" && rest.includes("AOTCacheOutput"));
const [java, ...flags] = JSON.parse(image.find(([word]) => word === "ENTRYPOINT")[1]);
if (java !== "java" || training.length !== 1) throw new Error("the Dockerfile has no training run, or starts no java");

const folder = mkdtempSync(join(tmpdir(), "flash-sale-image-"));
const app = join(folder, "app");
const layers = join(folder, "layers");

/** @returns seconds from the start of the process to its beans, which ask no store; the variables are those of the training run */
function start(...more) {
  const variables = Object.fromEntries([...training[0][1].matchAll(/\b([A-Z][A-Z0-9_]+)=(\S+)/g)].map(([, key, value]) => [key, value]));
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync("java", [...more, "-Dspring.context.exit=onRefresh", ...flags], {
    cwd: app,
    env: { ...env, ...variables },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`java ${more.join(" ")} ${flags.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
  if (/\[(error|warning)\]\[aot/.test(stdout + stderr)) throw new Error(`HotSpot complains of the cache:\n${stdout}`);
  return ((performance.now() - begin) / 1000).toFixed(1);
}

try {
  execFileSync("java", ["-Djarmode=tools", "-jar", join(root, "target", jar), "extract", "--layers", "--destination", layers, "--application-filename", "flash-sale.jar"], { env });
  for (const [word, rest] of image) {
    const [, layer] = /^--from=layers \/build\/layers\/(\S+)\/ \.\/$/.exec(rest) ?? [];
    // Without the times of last change, which nobody promises: a copy after the training does not go unnoticed.
    if (word === "COPY") cpSync(join(layers, layer), app, { recursive: true });
    if (word === "RUN" && !rest.startsWith("useradd")) execFileSync("sh", ["-ec", rest], { cwd: app, env, stdio: ["ignore", "pipe", "pipe"] });
  }
  const [without, fitting] = [start("-XX:AOTMode=off"), start("-XX:AOTMode=on")];
  console.log(`cache: fits; ${fitting} s to the beans, ${without} s without it`);
} catch (error) {
  console.error(`cache: ${error.message}\n${error.stdout ?? ""}${error.stderr ?? ""}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
