#!/usr/bin/env bash
# Prints the time of a warm credential-process whose session is in the keyring, beside the keyring's own single look-up
# (secret-tool). Starts a gnome-keyring in a D-Bus session of its own. Run it on a quiet machine. Needs hyperfine, dbus-run-session,
# gnome-keyring-daemon and secret-tool (Debian: apt-get install hyperfine dbus gnome-keyring libsecret-tools).
set -euo pipefail

if [[ -z ${AWSAUTH_BENCH_PROGRAM:-} ]]; then
  cd "$(dirname "$0")/.."
  for tool in hyperfine dbus-run-session gnome-keyring-daemon secret-tool python3; do
    command -v "$tool" >/dev/null || { echo "benches/keyring.sh: $tool is missing" >&2; exit 1; }
  done
  exec cargo bench --locked --quiet --bench commands -- with-homes "$PWD/benches/keyring.sh"
fi

if [[ -z ${XDG_RUNTIME_DIR:-} || $XDG_RUNTIME_DIR != */awsauth-bench.* ]]; then
  # Nothing of the caller's may lead elsewhere, and cargo's LD_LIBRARY_PATH would have the loader search the build directories.
  for name in LD_LIBRARY_PATH "${!AWSAUTH_@}" "${!AWS_@}" "${!XDG_@}"; do
    [[ $name == AWSAUTH_BENCH_* ]] || unset "$name"
  done
  export HOME=$AWSAUTH_BENCH_HOME_1
  XDG_RUNTIME_DIR=$(mktemp -d -t awsauth-bench.XXXXXX)
  export XDG_RUNTIME_DIR
  trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
  dbus-run-session -- "$0"
  exit
fi

printf 'password\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
"$AWSAUTH_BENCH_PROGRAM" store move --to keyring >/dev/null 2>&1
# The move has changed the person's own file, so the next run is not warm yet.
"$AWSAUTH_BENCH_PROGRAM" credential-process main >/dev/null

# measure COMMAND: the median in milliseconds.
measure() {
  hyperfine -N --style none --warmup 20 --runs 300 --export-json "$XDG_RUNTIME_DIR/result" "$1" >"$XDG_RUNTIME_DIR/log" 2>&1 || {
    cat "$XDG_RUNTIME_DIR/log" >&2
    exit 1
  }
  python3 -c 'import json, sys; print("%.2f" % (json.load(open(sys.argv[1]))["results"][0]["median"] * 1000))' "$XDG_RUNTIME_DIR/result"
}

lookup=$(measure "secret-tool lookup service awsauth username session/main")
warm=$(measure "$AWSAUTH_BENCH_PROGRAM credential-process main")
echo "warm credential-process with the keyring (target: at most 3 times a look-up)"
echo "  $warm ms, secret-tool $lookup ms, ratio $(python3 -c 'import sys; print("%.2f" % (float(sys.argv[1]) / float(sys.argv[2])))' "$warm" "$lookup")"
