# jcstress on every edge where threads meet. Sourced by .ci/run.

# One mode of the JVM each; `bench/run stress` alone goes through all of them.
stress() {
    bench/run stress -jvmArgs -Xmx256m -sc false -f 1 -iters 3 -time 300 >"$work/stress" 2>&1
    local status=$?
    grep -E 'FAILED|ERROR' "$work/stress"
    grep -E '^\(Results: ' "$work/stress" | tail -n 1
    ((status == 0)) && grep -q 'Failed tests: No matches' "$work/stress" && grep -q 'Error tests: No matches' "$work/stress"
}
