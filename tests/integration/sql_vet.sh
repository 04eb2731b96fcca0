#!/usr/bin/env bash
# The example sql_vet on its sample shop: verdicts as their names say, executed ones within the policy, no canary.
#
#   tests/with_postgres tests/integration/sql_vet.sh PATH_OF_SQL_VET
set -euo pipefail
vet=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
psql=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)/psql
fail() { echo "sql_vet.sh: $*" >&2; exit 1; }

"$psql" -q "$CHECKREIN_PG_ADMIN" -v ON_ERROR_STOP=1 -f "$here/examples/sql_vet/shop.sql" >/dev/null
role="host=$CHECKREIN_PG_DIR user=agent_ro dbname=postgres"

"$vet" --help | grep -q -- '--execute CONNINFO' || fail "--help does not help"
for wrong in --execute --owner "--execute=x" --nonsense; do
  "$vet" $wrong </dev/null >/dev/null 2>&1 && fail "$wrong alone is taken"
done
"$vet" --execute "" </dev/null >/dev/null 2>&1 && fail "an empty CONNINFO is taken"
said=$("$vet" --execute "host=/nonexistent" </dev/null 2>&1) && fail "no server is taken"
grep -q 'could not be asked: .*nonexistent' <<<"$said" || fail "$said"
said=$("$vet" --check "$CHECKREIN_PG_ADMIN") && fail "a superuser passes"
[ "$said" = "the role is a superuser: checkrein_admin" ] || fail "$said"

# Before the role is made nothing can be asked; a superuser is refused before anything runs.
"$vet" --check "$role" >/dev/null && fail "a missing role passed the check"
"$vet" --execute "$CHECKREIN_PG_ADMIN" <"$here/examples/sql_vet/statements.jsonl" >/dev/null 2>&1 && fail "ran as a superuser"

"$vet" --provision agent_ro | "$psql" -q "$CHECKREIN_PG_ADMIN" -v ON_ERROR_STOP=1 >/dev/null 2>&1
"$vet" --check "$role" || fail "the provisioned role may do more than is declared"

out=$("$vet" --execute "$role" --owner acme <"$here/examples/sql_vet/statements.jsonl")
[ "$(wc -l <<<"$out")" = "$(wc -l <"$here/examples/sql_vet/statements.jsonl")" ] || fail "not one verdict a line"
while read -r line; do
  case $line in
    '{"id":"allow-refused-'*'"verdict":"allow"'*'"refused":"sql_too_costly"'*) ;;
    '{"id":"allow-truncated"'*'"verdict":"allow"'*'"rows":1000,"truncated":true'*) ;;
    '{"id":"allow-notes"'*'"verdict":"allow"'*'"rows":5,"truncated":false'*) ;;
    '{"id":"allow-refused-'* | '{"id":"allow-truncated'* | '{"id":"allow-notes'*) fail "$line" ;;
    '{"id":"allow-'*'"verdict":"allow"'*'"truncated":false'*) ;;
    '{"id":"deny-'*'"verdict":"deny"'*) ;;
    *) fail "$line" ;;
  esac
done <<<"$out"
grep -q canary <<<"$out" && fail "a hidden value came out"

# Lines that are no statements get a verdict, too.
out=$(printf '%s\n' 'nonsense' '{"id":7}' '{"id":8,"sql":"SELECT 1\u0000"}' '[]' '{"id":"\ud800","sql":"SELECT 1"}' | "$vet")
[ "$(grep -c '"verdict":"deny"' <<<"$out")" = 5 ] || fail "$out"
echo "every verdict as expected"
