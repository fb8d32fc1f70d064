#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Two minutes of a parallel build under -S all: is every event accounted for?
#
# Usage: parallel-build.sh [SECONDS [SOURCE-PACKAGE]]      default: 120 hello
#        EBPF_AUDIT=PROGRAM parallel-build.sh              default: the release build of this tree
#
# Fetches a small C project with `apt-get source` (from the machine's own archives, with lists of our own), builds it with `make -j4` over and
# over while ebpf-audit collects every call of the machine into a file, and meanwhile makes a known number of calls of
# its own. At the end it says how many events there were, and fails unless
#
#     total = written + filtered + bad + lost          as the report has it
#     lost  = the sum of the reasons
#     written = SYSCALL records in the file = EOE records in the file
#     counted calls in the file + lost >= calls made, and equal when nothing was lost
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
program=${EBPF_AUDIT:-$root/.build/release/ebpf-audit}
counted=$root/build/workload/counted
seconds=${1:-120}
package=${2:-hello}
threads=4
calls=50000

fail() { echo "parallel-build: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "collecting takes root"
[ -x "$program" ] || fail "$program is missing: build it with 'make'"
[ -x "$counted" ] || fail "$counted is missing: build it with 'make workload'"

work=$(mktemp -d /tmp/parallel-build.XXXXXX)
collector=
load=
cleanup() {
	[ -z "$load" ] || kill -- "-$load" 2>/dev/null || true
	[ -z "$collector" ] || kill "$collector" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

cd "$work"

# The machine's archives as source archives, without a change to its configuration.
mkdir -p apt/parts apt/lists/partial
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
	[ ! -f "$file" ] || sed -n 's/^deb\(-src\)\{0,1\}\([[:space:]]\)/deb-src\2/p' "$file" >"apt/parts/$(basename "$file" .list).list"
done
for file in /etc/apt/sources.list.d/*.sources; do
	[ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"apt/parts/$(basename "$file")"
done
apt=(apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/apt/parts"
	-o Dir::State::lists="$work/apt/lists" -o APT::Sandbox::User=root)
"${apt[@]}" update >apt.log 2>&1 || fail "apt-get update: $(tail -n 1 apt.log)"
"${apt[@]}" source "$package" >apt.log 2>&1 || fail "apt-get source $package: $(tail -n 1 apt.log)"
tree=$(find . -mindepth 1 -maxdepth 1 -type d -name "$package-*" | head -n 1)
[ -n "$tree" ] || fail "$package unpacked to nothing"
(cd "$tree" && FORCE_UNSAFE_CONFIGURE=1 ./configure -q >../configure.log 2>&1) || fail "configure: $(tail -n 1 configure.log)"

printf -- '-a always,exit -S all -k build\n' >rules
printf 'end_of_event = yes\n' >config
"$program" run --rules rules --config config --output "file:$work/records" 2>report &
collector=$!
for _ in $(seq 600); do
	grep -q -x -E '(ebpf-audit: )?ready' report && break
	kill -0 "$collector" 2>/dev/null || fail "the collector ended: $(cat report)"
	sleep 0.1
done

# A group of its own, so that the whole build can be ended.
set -m
(
	end=$((SECONDS + seconds))
	builds=0
	while [ $SECONDS -lt $end ]; do
		make -C "$tree" -s clean >/dev/null 2>&1 || true
		make -C "$tree" -s -j4 >make.log 2>&1 || { echo "make: $(tail -n 1 make.log)" >failed; exit 1; }
		builds=$((builds + 1))
		echo "$builds" >builds
	done
) &
load=$!
set +m
mkdir counting
mkfifo start
"$counted" counting "$threads" "$calls" <start >truth &
pid=$!
exec 3>start
sleep $((seconds / 2))
echo >&3
wait "$pid"
wait "$load" || fail "$(cat failed)"
load=
kill -TERM "$collector"
code=0
wait "$collector" || code=$?
collector=
[ "$code" = 0 ] || fail "the collector ended with $code: $(cat report)"

value() { awk -v name="$1" '$1 == "ebpf-audit:" && $2 == name { print $3 }' report; }
total=$(value total)
written=$(value written)
lost=$(value lost)
sum=$((written + $(value filtered) + $(value bad) + lost))
reasons=0
for reason in ring inflight orphaned missed queue output; do
	reasons=$((reasons + $(value "lost-$reason")))
done
events=$(LC_ALL=C grep -c '^type=SYSCALL ' records || true)
ends=$(LC_ALL=C grep -c '^type=EOE ' records || true)
found=$(LC_ALL=C grep -c "^type=SYSCALL .* syscall=110 .* a0=6d61726c .* pid=$pid " records || true)
made=$((threads * calls))

grep '^ebpf-audit:' report
echo "builds $(cat builds), file $(stat -c %s records) bytes, SYSCALL $events, EOE $ends, counted calls $found of $made"
[ "$total" = "$sum" ] || fail "total $total, but written + filtered + bad + lost = $sum"
[ "$lost" = "$reasons" ] || fail "lost $lost, but its reasons sum up to $reasons"
[ "$written" = "$events" ] || fail "written $written, but the file has $events SYSCALL records"
[ "$events" = "$ends" ] || fail "$events SYSCALL records, but $ends ends"
[ "$found" -le "$made" ] || fail "more counted calls than were made"
[ $((found + lost)) -ge "$made" ] || fail "counted calls are missing that nothing accounts for"
[ "$lost" != 0 ] || [ "$found" = "$made" ] || fail "nothing lost, yet counted calls are missing"
echo "parallel-build: every event is accounted for"
