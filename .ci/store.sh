# shellcheck shell=bash
# Steps about the stores of bindings: what survives a kill, a full disk, a lost Redis. Sourced by .ci/run.

# A binding that was acknowledged is there after the process was killed, with its expiry; without sync the loss is measured.
store_survives_kill() { bench/run kill --rounds "${KILL_ROUNDS:-20}" && bench/run kill --rounds 4 --store-sync false; }

# A start with a million bindings on the disk.
store_restarts() { bench/run restart; }
