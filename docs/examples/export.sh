#!/bin/sh
# Writes an export to standard output: export.sh QUERY [options of curl]
# QUERY is that of GET /export, such as 'kind=spans&format=csv&filter=is:failed'.
set -eu
query=$1
shift
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT

tell() {
  tr -d '\r' <"$headers" | sed -n "s/^$1: //p"
}

cursor=
while :; do
  curl -sS --fail-with-body -D "$headers" "$@" \
    "${API:-http://localhost:8000}/export?$query${cursor:+&cursor=$cursor}"
  cursor=$(tell x-next-cursor)
  [ -n "$cursor" ] || break
done

echo "$(tell x-export-rows) rows" >&2
if [ "$(tell x-export-complete)" != true ]; then
  echo "There are more rows: export the others by a narrower filter, start or end." >&2
  exit 1
fi
