// The schemas come as compiled validators that let unknown fields pass; what a validator never looked at is unknown to it.
import * as keda from "@kubernetes-models/keda/keda.sh/v1alpha1";
import * as monitoring from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";
import * as apps from "kubernetes-models/apps/v1";
import * as autoscaling from "kubernetes-models/autoscaling/v2";
import * as batch from "kubernetes-models/batch/v1";
import * as networking from "kubernetes-models/networking.k8s.io/v1";
import * as policy from "kubernetes-models/policy/v1";
import * as scheduling from "kubernetes-models/scheduling.k8s.io/v1";
import * as core from "kubernetes-models/v1";

const GROUPS = {
  v1: core,
  "apps/v1": apps,
  "autoscaling/v2": autoscaling,
  "batch/v1": batch,
  "keda.sh/v1alpha1": keda,
  "monitoring.coreos.com/v1": monitoring,
  "networking.k8s.io/v1": networking,
  "policy/v1": policy,
  "scheduling.k8s.io/v1": scheduling,
};

/** Notes which fields are looked at; a look at all keys at once is a map, whose keys are free. */
function watched(value, looked) {
  if (value === null || typeof value !== "object") return value;
  const children = new Map();
  const child = (key) => {
    if (!children.has(key)) children.set(key, watched(value[key], looked));
    return children.get(key);
  };
  const seen = new Set();
  looked.set(value, seen);
  return new Proxy(value, {
    get: (target, key) => (seen.add(key), Object.hasOwn(target, key) ? child(key) : target[key]),
    ownKeys: (target) => (Object.keys(target).forEach((key) => seen.add(key)), Reflect.ownKeys(target)),
  });
}

function* unseen(value, looked, path) {
  if (value === null || typeof value !== "object") return;
  const seen = looked.get(value);
  for (const [key, inner] of Object.entries(value)) {
    if (seen && !Array.isArray(value) && !seen.has(key)) yield `${path}/${key} is unknown`;
    else if (looked.has(inner)) yield* unseen(inner, looked, `${path}/${key}`);
  }
}

/** What the schema of its kind says against the object. */
export function* unknownOrWrong(object) {
  const model = GROUPS[object.apiVersion]?.[object.kind];
  if (!model) {
    yield `no schema of ${object.apiVersion}`;
    return;
  }
  const looked = new Map();
  const instance = new model(object);
  // The model has copied everything: the copies are what is watched, and walked afterwards.
  const copies = { ...instance };
  for (const key of Object.keys(copies)) instance[key] = watched(copies[key], looked);
  try {
    instance.validate();
  } catch (error) {
    yield String(error.message ?? error);
  }
  for (const key of Object.keys(copies)) yield* unseen(copies[key], looked, `/${key}`);
}
