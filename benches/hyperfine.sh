#!/usr/bin/env bash
# Prints how the release binary stands against its targets: time of a warm credential-process, its system calls,
# time of apply. Run it on a quiet machine. Needs hyperfine and strace (Debian: apt-get install hyperfine strace).
set -euo pipefail

if [[ -z ${AWSAUTH_BENCH_PROGRAM:-} ]]; then
  cd "$(dirname "$0")/.."
  for tool in hyperfine strace python3; do
    command -v "$tool" >/dev/null || { echo "benches/hyperfine.sh: $tool is missing (Debian: apt-get install $tool)" >&2; exit 1; }
  done
  exec cargo bench --locked --quiet --bench commands -- with-homes "$PWD/benches/hyperfine.sh"
fi

program=$AWSAUTH_BENCH_PROGRAM
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
declare -A homes=([1]=$AWSAUTH_BENCH_HOME_1 [1000]=$AWSAUTH_BENCH_HOME_1000 [10000]=$AWSAUTH_BENCH_HOME_10000
  [100000]=$AWSAUTH_BENCH_HOME_100000 [matrix-1000]=$AWSAUTH_BENCH_HOME_MATRIX_1000
  [matrix-10000]=$AWSAUTH_BENCH_HOME_MATRIX_10000 [matrix-100000]=$AWSAUTH_BENCH_HOME_MATRIX_100000)
# Nothing of the caller's may lead elsewhere.
# Cargo's LD_LIBRARY_PATH would have the loader search the build directories.
for name in LD_LIBRARY_PATH "${!AWSAUTH_@}" "${!AWS_@}" "${!XDG_@}"; do
  unset "$name"
done

# Goes into the home with $1 profiles, or with those of a matrix.
enter() {
  export HOME=${homes[$1]}
}

# A field of hyperfine's result $1, in milliseconds.
milliseconds() {
  python3 -c 'import json, sys; print("%.2f" % (json.load(open(sys.argv[1]))["results"][0][sys.argv[2]] * 1000))' "$@"
}

ratio() {
  python3 -c 'import sys; print("%.2f" % (float(sys.argv[1]) / float(sys.argv[2])))' "$@"
}

# measure NAME OPTIONS… COMMAND: hyperfine's result goes to $work/NAME.
measure() {
  hyperfine -N --style none --export-json "$work/$1" "${@:2}" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
  }
}

echo "warm credential-process (target: at most 2.6 times /bin/true)"
for profiles in 1 10000; do
  enter $profiles
  measure true --warmup 100 --runs 1000 /bin/true
  measure warm --warmup 100 --runs 1000 "$program credential-process main"
  floor=$(milliseconds "$work/true" median)
  warm=$(milliseconds "$work/warm" median)
  echo "  $profiles profiles: $warm ms, /bin/true $floor ms, ratio $(ratio "$warm" "$floor")"
done

echo "its system calls (target: at most 120, no socket, no thread)"
for profiles in 1 10000; do
  enter $profiles
  strace -f -c -S name -U name,calls -o "$work/calls" "$program" credential-process main >/dev/null
  total=$(awk '$1 == "total" { print $2 }' "$work/calls")
  unwanted=$(awk '$1 ~ /^(socket|connect|clone|clone3|fork|vfork)$/ { print $1 }' "$work/calls")
  echo "  $profiles profiles: $total, of them socket and thread calls: ${unwanted:-none}"
done

# The least time that one run of a command takes on the processor, in milliseconds.
processor() {
  python3 -c '
import os, subprocess, sys
def once():
    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(child.pid, 0)
    return usage.ru_utime + usage.ru_stime
print("%.1f" % (min(once() for _ in range(20)) * 1000))' "$@"
}

echo "one name and all names with 10000 profiles, on the processor (targets: env and exec 2 times credential-process, a Tab 8 ms,"
echo "a prompt 3 ms, status 1.5 times list and 500 opened files, list --json 50 MB)"
enter 10000
one=$(processor "$program" credential-process main)
listed=$(processor "$program" list)
echo "  credential-process $one ms, env $(processor "$program" env main --shell bash) ms, exec $(processor "$program" exec main -- true) ms"
echo "  a Tab $(AWSAUTH_COMPLETE=fish processor "$program" -- awsauth login '') ms, a prompt $(AWS_PROFILE=main processor "$program" status --prompt) ms"
strace -f -c -S name -U name,calls -o "$work/calls" "$program" status >/dev/null
echo "  list $listed ms, status $(processor "$program" status) ms, which opens $(awk '$1 == "openat" { print $2 }' "$work/calls") files"

# The same three ways for every home: no config file yet, nothing to do, and nothing to do without remembering that.
declare -A took
for profiles in 1000 10000 100000; do
  enter $profiles
  runs=20
  [[ $profiles == 100000 ]] && runs=5
  measure cold --warmup 1 --runs $runs --prepare "rm -f $HOME/.aws/config" "$program apply --yes"
  measure idle --warmup 2 --runs $runs "$program apply --yes"
  measure anew --warmup 2 --runs $runs "$program apply --yes -v"
  measure check --warmup 2 --runs $runs "$program check"
  for case in cold idle anew check; do
    took[$case-$profiles]=$(milliseconds "$work/$case" median)
  done
done

echo "apply and check (targets with 10000 profiles: 150 ms cold, 80 ms with nothing to do; growth at most 12-fold)"
for case in cold idle anew check; do
  echo "  $case: 1000 profiles ${took[$case-1000]} ms, 10000 profiles ${took[$case-10000]} ms, 100000 profiles ${took[$case-100000]} ms," \
    "growth $(ratio "${took[$case-10000]}" "${took[$case-1000]}") and $(ratio "${took[$case-100000]}" "${took[$case-10000]}")"
done

# The same with profiles that a matrix makes.
for profiles in 1000 10000 100000; do
  enter matrix-$profiles
  runs=20
  [[ $profiles == 100000 ]] && runs=5
  measure cold --warmup 1 --runs $runs --prepare "rm -f $HOME/.aws/config" "$program apply --yes"
  measure check --warmup 2 --runs $runs "$program check"
  for case in cold check; do
    took[$case-$profiles]=$(milliseconds "$work/$case" median)
  done
done
echo "the same by a matrix (targets with 10000 profiles: 60 ms check, 120 ms cold)"
for case in cold check; do
  echo "  $case: 1000 profiles ${took[$case-1000]} ms, 10000 profiles ${took[$case-10000]} ms, 100000 profiles ${took[$case-100000]} ms," \
    "growth $(ratio "${took[$case-10000]}" "${took[$case-1000]}") and $(ratio "${took[$case-100000]}" "${took[$case-10000]}")"
done

# Sections as people write them, until they make 5 MB.
own_config() {
  python3 -c '
size, number = 0, 0
while size < 5_000_000:
    section = (f"# account {number}, ask the team before use\n[profile mine-{number:06}]\n"
        f"role_arn = arn:aws:iam::{500000000000 + number}:role/Admin\nsource_profile = base\nregion = eu-central-1\n"
        "s3 =\n  max_concurrent_requests = 20\n  addressing_style = path\n\n")
    print(section, end="")
    size, number = size + len(section), number + 1
'
}

# The most memory that one run of a command takes, in kB.
peak() {
  python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

enter 10000
echo "list --json of 10000 profiles: $(peak "$program" list --json) kB"
echo "10000 profiles into a config file of 5 MB (targets: 120 ms cold, 60 ms with nothing to do, memory 8 times the files and 20 MB)"
enter 10000
cp "$HOME/.aws/config" "$work/small"
own_config >"$work/own"
measure cold --warmup 2 --runs 20 --prepare "cp $work/own $HOME/.aws/config" "$program apply --yes"
measure idle --warmup 2 --runs 20 "$program apply --yes"
measure anew --warmup 2 --runs 20 "$program apply --yes -v"
cp "$work/own" "$HOME/.aws/config"
memory=$(peak "$program" apply --yes)
sizes=$(cat "$HOME/.aws/config" "$HOME/.aws/credentials" | wc -c)
echo "  cold $(milliseconds "$work/cold" median) ms, idle $(milliseconds "$work/idle" median) ms, anew $(milliseconds "$work/anew" median) ms"
echo "  memory $memory kB, allowed $(((8 * sizes + 20000000) / 1024)) kB"
cp "$work/small" "$HOME/.aws/config"
