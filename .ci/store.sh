# shellcheck shell=bash
# Steps about the stores of bindings: what survives a kill, a full disk, a lost Redis. Sourced by .ci/run.

# A binding that was acknowledged is there after the process was killed, with its expiry; without sync the loss is measured.
store_survives_kill() { bench/run kill --rounds "${KILL_ROUNDS:-20}" && bench/run kill --rounds 4 --store-sync false; }

# A start with a million bindings on the disk: the figure is printed, and what is looked up must be right. A machine that is busy must not fail.
store_restarts() { bench/run restart --within 120; }

# --- a store that is lost under load and comes back

# A disk of 16 MB that something else fills up, and again when the store has freed some. Needs root for the mount.
store_outlives_full_disk() {
    local disk=$work/disk status
    mkdir -p "$disk" && mount -t tmpfs -o size=16m tmpfs "$disk" || return
    export disk
    export -f fill_disk
    bench/run outage --store "rocksdb:$disk/bindings" --rate 300 --break 'touch "$disk.full"; fill_disk >/dev/null 2>&1 &' \
        --mend 'rm "$disk.full"; sleep 0.3; rm "$disk"/ballast.*'
    status=$?
    rm -f "$disk.full"
    sleep 0.3
    umount "$disk"
    return $status
}
fill_disk() {
    local i
    for ((i = 0; i < 600; i++)); do
        [[ -e $disk.full ]] || return
        dd if=/dev/zero of="$disk/ballast.$i" bs=4k status=none
        sleep 0.05
    done
}

redis_port=''
# A Redis that has every write on the disk before it answers.
start_redis() {
    mkdir -p "$work/redis"
    if [[ -z $redis_port ]]; then
        # Ports that were free a moment ago: the first that can be had.
        for redis_port in $(shuf -i 20000-30000 -n 20); do
            run_redis && return 0
        done
        return 1
    fi
    run_redis
}
run_redis() {
    local i
    redis-server --bind 127.0.0.1 --port "$redis_port" --save '' --appendonly yes --appendfsync always --dir "$work/redis" \
        --daemonize yes --pidfile "$work/redis.pid" --logfile "$work/redis.log" >/dev/null
    for ((i = 0; i < 100; i++)); do
        [[ $(redis-cli -p "$redis_port" ping 2>/dev/null) == PONG ]] && return 0
        sleep 0.05
    done
    return 1
}
stop_redis() {
    [[ -z $redis_port ]] || redis-cli -p "$redis_port" shutdown nosave >/dev/null 2>&1
    redis_port=''
}

# Two registrars on one Redis that is killed and started again: each has what the other granted.
fleet_outlives_redis() {
    start_redis || return
    export redis_port work
    export -f run_redis
    bench/run outage --store "redis://127.0.0.1:$redis_port" --servers 2 --max-lag 5000 --rate 300 \
        --break "kill -KILL \$(cat $work/redis.pid)" --mend run_redis
    local status=$?
    stop_redis
    return $status
}

# What cannot be opened is one line and status 2, and never memory in its place.
bad_stores() {
    mkdir -p "$work/foreign" "$work/damaged" && echo dear >"$work/foreign/letter" || return
    start_server --no-auth --store "rocksdb:$work/damaged" && stop_server || return
    head -c 4096 /dev/urandom | tee "$work"/damaged/MANIFEST-* >/dev/null
    expect_refusal "holds other files" --no-auth --store "rocksdb:$work/foreign" &&
        expect_refusal "cannot be opened" --no-auth --store "rocksdb:$work/damaged" &&
        expect_refusal "cannot be reached" --no-auth --store redis://:secret@127.0.0.1:1 &&
        expect_refusal "***" --no-auth --store redis://:secret@127.0.0.1:1 &&
        expect_refusal "unknown store" --no-auth --store mongo://127.0.0.1
}
