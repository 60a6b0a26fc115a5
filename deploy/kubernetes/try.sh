#!/usr/bin/env bash
# The platform in a cluster of its own on this machine (kind, kubectl and Docker): train, predict, roll, kill a pod. A client
# asks twenty times a second all the while, and every answer has to be 200. The cluster is removed at the end.
#
#   deploy/kubernetes/try.sh mlops-iris/api:TAG mlops-iris/courier:TAG …      the four images, as the engine has them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cluster=mlops-iris-try
export KUBECONFIG
KUBECONFIG=$(mktemp)
k() { kubectl --namespace mlops-iris "$@"; }

end() {
  rc=$?
  [ "$rc" = 0 ] || k get pods,events || true
  kind delete cluster --name "$cluster"
  rm -f "$KUBECONFIG"
  exit "$rc"
}
kind create cluster --name "$cluster" --wait 120s
trap end EXIT
for image in "$@"; do
  docker tag "$image" "${image%:*}:kind"
  kind load docker-image --name "$cluster" "${image%:*}:kind"
done

kubectl apply --kustomize deploy/kubernetes/namespace
deploy/kubernetes/make-secrets.sh mlops-iris
kubectl apply --kustomize deploy/kubernetes/overlays/kind
k wait job/trainer --for=condition=complete --timeout=600s
k rollout status statefulset/serving --timeout=300s
k delete pod client --wait
kubectl apply --kustomize deploy/kubernetes/overlays/kind # the client counts from here: before, there was no model
k wait pod/client --for=condition=ready --timeout=60s

k rollout restart statefulset/serving
k rollout status statefulset/serving --timeout=300s
k delete pod serving-0 --wait
k rollout status statefulset/serving --timeout=300s
k logs client --tail=1
k logs client --tail=1 | grep -Eq "^\{'200': [0-9]+\}$"
