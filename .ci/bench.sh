# What the paths of a message allocate, by JMH. Sourced by .ci/run.

# Nothing inside the fence allocates: JMH's gc.alloc.rate.norm, octets an operation, is below 1 for each benchmark of it. Times are not
# looked at here. JMH counts what its own thread allocates beside, some hundred octets an iteration: hence below 1 and not 0, in the best
# iteration, for on a busy machine there may be few operations in one.
allocation_gate() {
    local fence='SipParserBenchmark.sipwire$|SipParserBenchmark.sipwireParseOnly|SipFramerBenchmark|ResponseWriterBenchmark'
    fence+='|ManscdpBenchmark.peekKeepalive|DigestBenchmark.(challenge|verify)|InMemoryLocationServiceBenchmark'
    fence+='|TransactionTableBenchmark.(find|replaceOldest$)|TimerBenchmark.(wheel|queue)'
    bench/run jmh "$fence" -p qop=auth -p addresses=10000 -p live=10000 -f 1 -wi 1 -w 300ms -i 3 -r 200ms -prof gc -rf json -rff "$work/fence.json" >"$work/jmh" 2>&1 &&
        bench/run jmh RegisterPathBenchmark.cycle -p live=10000 -wi 3 -i 2 -prof gc -rf json -rff "$work/path.json" >>"$work/jmh" 2>&1 || {
        tail -n 50 "$work/jmh"
        return 1
    }
    local least='def least: .secondaryMetrics["gc.alloc.rate.norm"].rawData | flatten | min;'
    jq -r "$least"'.[] | "\(.benchmark | sub("^org.sipwire."; "")) \(least) B"' "$work/fence.json" "$work/path.json"
    jq -se "$least"'add | length >= 16 and all(.[]; least < 1)' "$work/fence.json" "$work/path.json"
}
