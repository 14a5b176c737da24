#!/bin/sh
# Runs fuzz targets for a time each and prints a line for each; fails if one crashes.
#   FUZZ_SECONDS=30 JOBS=1 CORPORA=folder test/fuzz/run.sh FOLDER_OF_PROGRAMS TARGET...
# Seeds: test/fuzz/corpus/TARGET and regressions/TARGET; folders of CORPORA (BoringSSL's layout), read in place;
# and what earlier runs found, in FOLDER_OF_PROGRAMS/found/TARGET, where new finds go.
set -eu
programs=$1
shift
: "${FUZZ_SECONDS:=30}"
: "${JOBS:=1}" "${CORPORA:=}"

# External corpora that have the target's input format
external()
{
    case $1 in
    der) echo der_roundtrip ;;
    ber) echo pkcs12 ;;
    x509_cert) echo cert parse_certificate ;;
    pem) echo read_pem ;;
    ocsp) echo ocsp_parse_ocsp_response ;;
    pkcs8) echo pkcs8 privkey ;;
    conn_client | conn_arriving | sspi_token_client) echo client ;;
    conn_server | sspi_token_server) echo server ;;
    esac
}

dictionary()
{
    case $1 in
    der | ber | x509_* | crl | ocsp | pkcs7 | pkcs8 | pkcs12 | pbe | name_constraints | hostname_match) echo der ;;
    pem) echo pem ;;
    *) echo tls ;;
    esac
}

# A number behind a word of libFuzzer's output, the last one.
number()
{
    sed -n "s/.*$1 *\([0-9][0-9]*\).*/\1/p" "$2" | tail -1
}

run()
{
    target=$1
    found=$programs/found/$target
    log=$programs/$target.log
    mkdir -p "$found" "$programs/crashes"
    folders=$found
    for d in "test/fuzz/corpus/$target" "test/fuzz/regressions/$target" \
        $(for e in $(external "$target"); do echo "$CORPORA/$e"; done); do
        [ ! -d "$d" ] || folders="$folders $d"
    done
    # shellcheck disable=SC2086
    if "$programs/$target" $folders -dict="test/fuzz/$(dictionary "$target").dict" -max_total_time="$FUZZ_SECONDS" \
        -timeout=10 -max_len=32768 -print_final_stats=1 \
        -artifact_prefix="$programs/crashes/$target-" >"$log" 2>&1; then
        printf '%-20s %12s executions %9s /s %7s edges %8s features\n' "$target" \
            "$(number 'number_of_executed_units:' "$log")" "$(number 'average_exec_per_sec:' "$log")" \
            "$(number 'cov:' "$log")" "$(number 'ft:' "$log")"
    else
        echo "$target failed; its output ends with:"
        tail -40 "$log"
        return 1
    fi
}

# One target, in a process of its own
if [ "${1:-}" = --one ]; then
    run "$2"
    exit
fi

if [ -d "$CORPORA" ]; then echo "seeds of test/fuzz and of $CORPORA"; else
    echo "seeds of test/fuzz only: there is no folder '$CORPORA' (CORPORA=folder)"
fi
export FUZZ_SECONDS JOBS CORPORA
printf '%s\n' "$@" | xargs -n 1 -P "$JOBS" sh "$0" "$programs" --one
