#!/bin/sh
# Checks the SPIN models: the right protocol must hold, each planted bug must be found.
# Usage: check.sh [work folder]; needs spin and cc. Exit status 0: all as expected.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${1:-$(mktemp -d)}
failed=0

run() { # name, expectation (holds|refuted), model, flags...
    name=$1 expected=$2 model=$3
    shift 3
    mkdir -p "$work/$name"
    cd "$work/$name"
    spin -a "$@" "$here/$model" >spin.log
    cc -O2 -DSAFETY -o pan pan.c >cc.log 2>&1
    ./pan -m100000 >pan.log
    if grep -q 'errors: 0' pan.log; then seen=holds; else seen=refuted; fi
    states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' pan.log)
    if [ "$seen" = "$expected" ]; then word=ok; else word=WRONG failed=1; fi
    echo "$word $name: $seen, $states states"
}

run notify holds notify.pml
run notify-check-first refuted notify.pml -DBUG_CHECK_FIRST
run notify-dispatching refuted notify.pml -DBUG_DISPATCHING
run notify-late-clear holds notify.pml -DLATE_CLEAR
run notify-no-recheck refuted notify.pml -DBUG_NO_RECHECK
exit $failed
