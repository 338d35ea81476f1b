#!/bin/sh
# Writes captured.json: what a real kube-apiserver makes of manifests.json, and how it prints it.
# Usage: capture.sh https://127.0.0.1:6443 TOKEN CSR_BASE64 > captured.json
# The server should be fresh; start it with --disable-admission-plugins=ServiceAccount.
set -eu
server=$1 token=$2 csr=$3
here=$(dirname "$0")
call() { curl -sk -H "Authorization: Bearer $token" "$@"; }
jq -c '.[]' "$here/manifests.json" | sed "s|\"CSR\"|\"$csr\"|" | while read -r line; do
  path=$(printf %s "$line" | jq -r .path)
  answer=$(printf %s "$line" | jq -c .object | call -H 'Content-Type: application/json' --data-binary @- "$server$path")
  if [ "$(printf %s "$answer" | jq -r .kind)" != Status ]; then
    name=$(printf %s "$answer" | jq -r .metadata.name)
    table=$(call -H 'Accept: application/json;as=Table;v=v1;g=meta.k8s.io' "$server$path/$name?includeObject=None")
  else
    table=null
  fi
  printf '%s\n%s\n%s\n' "$line" "$answer" "$table" | jq -sc '{resource: .[0].resource, object: .[0].object, answer: .[1],
    columns: (.[2].columnDefinitions? // null), cells: (.[2].rows[0].cells? // null)}'
done | jq -s .
