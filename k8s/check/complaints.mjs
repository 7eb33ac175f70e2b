// What a schema does not know and this service needs of a cluster.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { expressionComplaints } from "./expressions.mjs";
import { unknownOrWrong } from "./schema.mjs";

const resources = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "src", "main", "resources");
const settings = (file) => parse(readFileSync(join(resources, file), "utf8"));
const seconds = (duration) => Number(/^(\d+)s$/.exec(duration)[1]);

/**
 * How long a node takes to stop, at most, by its own settings: its last call, those inside, then (both in the code) four seconds for the
 * last customers of a till and two quiet ones of the event loops.
 */
export const DRAIN_SECONDS =
  seconds(settings("application-production.yaml")["flash-sale.edge.last-call"]) +
  seconds(settings("application.yaml").spring["lifecycle.timeout-per-shutdown-phase"]) +
  4 +
  2;

/** The one workload that is asked by buyers. */
const serves = (pod) => pod.metadata.labels?.["app.kubernetes.io/component"] === "api";

const SECRET_KEY = /(PASSWORD|SECRET|API_KEY|TOKEN|PRIVATE_KEY)$/;
const CREDENTIALS = /:\/\/[^/@\s]*:[^/@\s]+@/;

/** Where a manifest says in clear what only a Secret may. */
function* secretValues(name, values) {
  for (const [key, value] of values) {
    if (SECRET_KEY.test(key) || CREDENTIALS.test(value ?? "")) yield `${name}: a secret's value in ${key}`;
  }
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
    if (!/:[^/]+$/.test(container.image) || container.image.endsWith(":latest")) {
      yield `${name}: container ${container.name} has no fixed tag, so it is pulled every time`;
    }
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
    if (serves(pod)) {
      const quiet = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
      if (quiet === 0) yield `${name}: ends while proxies still send to it`;
      const needed = quiet + DRAIN_SECONDS;
      if (!(spec.terminationGracePeriodSeconds >= needed)) yield `${name}: killed before its purchases are answered, within ${needed} s`;
      for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
        if (!container[probe]) yield `${name}: no ${probe}`;
      }
    }
    if (overlay !== "dev") {
      yield* secretValues(name, (container.env ?? []).map(({ name: key, value }) => [key, value]));
    }
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      const here = (kind, ref) => objects.some((o) => o.kind === kind && o.metadata.name === ref.name);
      if (configMapRef && !here("ConfigMap", configMapRef)) yield `${name}: no ConfigMap ${configMapRef.name}`;
      if (secretRef && overlay === "dev" && !here("Secret", secretRef)) yield `${name}: no Secret ${secretRef.name}`;
    }
  }
}

/** What lets a pod with these labels out to this port, peer by peer; `undefined` for one that may be anywhere. */
function waysOut(objects, labels, port) {
  return objects
    .filter((o) => o.kind === "NetworkPolicy" && contains(labels, o.spec.podSelector.matchLabels ?? {}))
    .flatMap((o) => o.spec.egress ?? [])
    .filter((rule) => !rule.ports || rule.ports.some((one) => one.protocol === "TCP" && one.port === port))
    .flatMap((rule) => rule.to ?? [undefined]);
}

const OTLP = 4318;

/** Traces go to the one collector their address names, and nothing goes there where none are sent. */
function* traceComplaints(pods, objects) {
  const [{ pod, object: node } = {}] = pods.filter(({ pod }) => serves(pod));
  if (!node) return;
  const variables = new Map();
  for (const { configMapRef } of pod.spec.containers[0].envFrom ?? []) {
    const map = objects.find((o) => o.kind === "ConfigMap" && o.metadata.name === configMapRef?.name);
    for (const [key, value] of Object.entries(map?.data ?? {})) variables.set(key, value);
  }
  if (variables.get("MANAGEMENT_OPENTELEMETRY_ENABLED") !== "true") {
    if (waysOut(objects, pod.metadata.labels, OTLP).length > 0) yield `nodes may send to port ${OTLP}, and send no traces`;
    return;
  }
  const address = variables.get("MANAGEMENT_OPENTELEMETRY_TRACING_EXPORT_OTLP_ENDPOINT");
  if (!address) {
    yield "traces are on, and no address says where they go";
    return;
  }
  const { hostname, port } = new URL(address);
  const ways = waysOut(objects, pod.metadata.labels, Number(port));
  if (ways.length === 0) yield `traces go to port ${port}, and no NetworkPolicy lets them out`;
  for (const peer of ways) {
    const namespace = peer?.namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"];
    if (!peer?.ipBlock && (!namespace || !peer.podSelector?.matchLabels)) yield `port ${port} is open to more than the collector of traces`;
    else if (namespace && hostname.split(".")[1] !== namespace) yield `traces go to ${hostname}, and the way out to namespace ${namespace}`;
  }
}

/** A roll-out applies all but what has this label, waits for the schema, and then the rest. */
function* heldBackComplaints(objects) {
  const heldBack = objects.filter((o) => o.metadata.labels?.["app.kubernetes.io/component"] === "api").map((o) => o.kind);
  if (heldBack.join() !== "Deployment") yield `component=api holds back ${heldBack.join(", ") || "nothing"}, and should the Deployment alone`;
}

/** Everything that is wrong with an overlay's objects. */
export function* complaints(overlay, objects) {
  const pods = [...workloads(objects)];
  for (const object of objects) {
    const name = `${object.kind} ${object.metadata.name}`;
    for (const wrong of unknownOrWrong(object)) yield `${name}: ${wrong}`;
    if (object.kind === "Secret" && overlay !== "dev") yield `${name}: a secret's value in a manifest`;
    if (object.kind === "ConfigMap" && overlay !== "dev") yield* secretValues(name, Object.entries(object.data ?? {}));
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
  yield* traceComplaints(pods, objects);
  yield* expressionComplaints(objects);
  yield* heldBackComplaints(objects);
  if (overlay !== "dev") {
    for (const kind of ["PodDisruptionBudget", "ServiceMonitor", "PrometheusRule"]) {
      if (!objects.some((object) => object.kind === kind)) yield `no ${kind}`;
    }
  }
  const namespace = objects.find((o) => o.kind === "Namespace");
  if (namespace?.metadata.labels?.["pod-security.kubernetes.io/enforce"] !== "restricted") yield "the namespace is not restricted";
  const policies = objects.filter((o) => o.kind === "NetworkPolicy");
  if (!policies.some((o) => Object.keys(o.spec.podSelector).length === 0 && o.spec.policyTypes.length === 2)) {
    yield "no NetworkPolicy denies what no other allows";
  }
}
