// Renders every overlay and holds it against the schemas of its kinds, unknown fields refused, and against what this
// service needs of a cluster. Prints one line an overlay; exit code 1 and every complaint when something is wrong.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { unknownOrWrong } from "./schema.mjs";

const overlays = join(dirname(fileURLToPath(import.meta.url)), "..", "overlays");

/** Boot's graceful phase (spring.lifecycle.timeout-per-shutdown-phase) and the quiet seconds of the event loops. */
const SHUTDOWN_SECONDS = 20 + 2;

function render(overlay) {
  const yaml = execFileSync("kubectl", ["kustomize", join(overlays, overlay)], { encoding: "utf8" });
  return parseAllDocuments(yaml).map((document) => document.toJS());
}

const contains = (labels, selector) =>
  Object.entries(selector).every(([key, value]) => labels?.[key] === value);

function* workloads(objects) {
  for (const object of objects) {
    if (["Deployment", "StatefulSet", "Job"].includes(object.kind)) {
      yield { object, name: `${object.kind} ${object.metadata.name}`, pod: object.spec.template };
    }
  }
}

function* podComplaints({ object, name, pod }, objects, overlay) {
  const { spec } = pod;
  const security = spec.securityContext ?? {};
  if (object.spec.selector && !contains(pod.metadata.labels, object.spec.selector.matchLabels)) {
    yield `${name}: its selector does not match its pods`;
  }
  if (spec.automountServiceAccountToken !== false) yield `${name}: mounts a service account's token`;
  if (!security.runAsNonRoot || security.seccompProfile?.type !== "RuntimeDefault") {
    yield `${name}: not "restricted": runAsNonRoot and seccompProfile`;
  }
  for (const container of spec.containers) {
    const own = container.securityContext ?? {};
    if (own.allowPrivilegeEscalation !== false || !own.readOnlyRootFilesystem || own.capabilities?.drop?.[0] !== "ALL") {
      yield `${name}: container ${container.name} may do more than "restricted" allows, or write to its image`;
    }
    const { requests, limits } = container.resources ?? {};
    if (!requests?.memory || requests.memory !== limits?.memory) yield `${name}: memory request and limit differ`;
    if (limits?.cpu) yield `${name}: a CPU limit throttles just when a sale opens`;
    const ports = new Set((container.ports ?? []).map((port) => port.name));
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
      const port = container[probe]?.httpGet?.port;
      if (port !== undefined && !ports.has(port)) yield `${name}: ${probe} asks port ${port}, which it does not have`;
    }
    if (container.livenessProbe && container.livenessProbe.httpGet?.path !== "/actuator/health/liveness") {
      yield `${name}: liveness must not depend on a store`;
    }
    const quiet = container.lifecycle?.preStop?.sleep?.seconds;
    if (quiet !== undefined && spec.terminationGracePeriodSeconds < quiet + SHUTDOWN_SECONDS) {
      yield `${name}: killed before its purchases are answered`;
    }
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      const here = (kind, ref) => objects.some((o) => o.kind === kind && o.metadata.name === ref.name);
      if (configMapRef && !here("ConfigMap", configMapRef)) yield `${name}: no ConfigMap ${configMapRef.name}`;
      if (secretRef && overlay === "dev" && !here("Secret", secretRef)) yield `${name}: no Secret ${secretRef.name}`;
    }
  }
}

function* complaints(overlay, objects) {
  const pods = [...workloads(objects)];
  for (const object of objects) {
    const name = `${object.kind} ${object.metadata.name}`;
    for (const wrong of unknownOrWrong(object)) yield `${name}: ${wrong}`;
    if (object.kind === "Secret" && overlay !== "dev") yield `${name}: a secret's value in a manifest`;
    if (object.kind === "Service") {
      const targets = pods.filter(({ pod }) => contains(pod.metadata.labels, object.spec.selector));
      const ports = new Set(targets.flatMap(({ pod }) => pod.spec.containers.flatMap((c) => c.ports ?? [])).map((p) => p.name));
      if (targets.length !== 1) yield `${name}: selects ${targets.length} workloads`;
      for (const port of object.spec.ports) {
        if (!ports.has(port.targetPort)) yield `${name}: no pod has port ${port.targetPort}`;
      }
    }
    if (object.kind === "ServiceMonitor") {
      const services = objects.filter((o) => o.kind === "Service" && contains(o.metadata.labels, object.spec.selector.matchLabels));
      if (services.length !== 1) yield `${name}: watches ${services.length} services`;
    }
    if (object.kind === "PodDisruptionBudget") {
      const [{ object: guarded } = {}] = pods.filter(({ pod }) => contains(pod.metadata.labels, object.spec.selector.matchLabels));
      const scaler = objects.find((o) => ["HorizontalPodAutoscaler", "ScaledObject"].includes(o.kind))?.spec;
      const least = guarded?.spec.replicas ?? scaler?.minReplicas ?? scaler?.minReplicaCount ?? 0;
      if (object.spec.maxUnavailable >= least) yield `${name}: may take all of ${least} replicas`;
    }
  }
  for (const workload of pods) yield* podComplaints(workload, objects, overlay);
  const policies = objects.filter((o) => o.kind === "NetworkPolicy");
  if (!policies.some((o) => Object.keys(o.spec.podSelector).length === 0 && o.spec.policyTypes.length === 2)) {
    yield "no NetworkPolicy denies what no other allows";
  }
}

let failed = false;
for (const overlay of readdirSync(overlays)) {
  const objects = render(overlay);
  const found = [...complaints(overlay, objects)];
  found.forEach((complaint) => console.error(`${overlay}: ${complaint}`));
  console.log(`${overlay}: ${objects.length} objects, ${found.length} complaints`);
  failed ||= found.length > 0 || objects.length === 0;
}
process.exit(failed ? 1 : 0);
