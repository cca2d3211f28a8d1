# Sourced by .ci/run: coverage-guided fuzzing.

# Two lists, run beside each other; no class is in both, as its reports would be.
fuzz_targets_one=(
    codec ParserFuzzTest#anyDatagramIsAMessageOrANamedError
    codec ParserFuzzTest#anyStreamIsFramedAlikeAtEverySplit
    codec UriFuzzTest#anyUrisAreEqualAsTheRfcSaysBothWays
    registrar DigestFuzzTest#whatIsAcceptedIsRightAndNew
    registrar DigestFuzzTest#anyChallengeIsAnsweredRightlyOrNotAtAll
)
fuzz_targets_two=(
    codec ManscdpFuzzTest#anyBodyIsARecordThatCanBeWrittenOrANamedError
    codec ViewsFuzzTest#anyOctetsAreReadAlikeWhateverStandsAroundThem
    registrar HttpFuzzTest#everyRequestIsAnsweredInOrderOrTheConnectionEnds
    registrar ServerFuzzTest#anySequenceIsAnsweredAsTheModelsSay
)

# fuzz_all MODULE TARGET...: what was executed and covered; a finding is kept among the test's resources, and the corpus in
# MODULE/.cifuzz-corpus, where the next run goes on.
fuzz_all() {
    local log=$work/fuzz-$1-${2%#*} status=0
    while (($# > 0)); do
        echo "$2 for $seconds s"
        JAZZER_FUZZ=1 mvn -B -ntp -pl "$1" -am compile surefire:test -Dtest="$2" -DtempDir="surefire-$BASHPID" -Dsurefire.failIfNoSpecifiedTests=false \
            -Djazzer.max_duration="${seconds}s" -Djazzer.instrument='org.sipwire.**' >"$log" 2>&1 || {
            status=1
            grep -avE $'^#[0-9]+\t(NEW|REDUCE|RELOAD)|^\\[INFO\\]|# Uses:' "$log" | tail -n 100
        }
        grep -aE $'seed corpus:|^#[0-9]+\t(INITED|DONE)|^Done ' "$log"
        grep -aq '^Done ' "$log" || { echo "$2 did not come to its end"; status=1; }
        shift 2
    done
    return $status
}

# FUZZ_SECONDS for each target: 60, but 10 as one of many steps.
fuzz() {
    local seconds=${FUZZ_SECONDS:-60} status=0 other
    ((${#steps[@]} > 5)) && seconds=${FUZZ_SECONDS:-10}
    mvn -B -ntp -q -pl registrar -am test-compile || return
    fuzz_all "${fuzz_targets_two[@]}" >"$work/fuzz-two" 2>&1 &
    other=$!
    fuzz_all "${fuzz_targets_one[@]}" || status=1
    wait "$other" || status=1
    cat "$work/fuzz-two"
    return $status
}
