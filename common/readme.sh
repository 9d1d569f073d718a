#!/bin/sh
# readme.sh FILE.md...: runs the commands that a text shows, and pastes what they print today.
#
#   <!-- run: COMMAND -->      a number or a picture of this machine: pasted on request
#   <!-- check: COMMAND -->    the same everywhere (a diff): `readme.sh --check` fails if the text is out of date
#   ```text
#   ... what it printed ...
#   ```
# `readme.sh --diffs` pastes the second kind only; a command that ends with status 77 leaves the text as it is.  COMMAND runs in the root of the repository, where the file name is given from, too.
set -eu
export LC_ALL=C CDPATH=''
check=no only_diffs=no
case "${1:-}" in
  --check) check=yes only_diffs=yes; shift ;;
  --diffs) only_diffs=yes; shift ;;
esac
output=$(mktemp)
new=$(mktemp)
trap 'rm -f "$output" "$new"' EXIT
stale=0

for file in "$@"; do
  : >"$new"
  state=text # text, pasted (a marker was seen), old (inside what will be replaced)
  while IFS= read -r line || [ -n "$line" ]; do
    case "$state:$line" in
      old:'```') state=text ;;
      old:*) continue ;;
      pasted:'```'*)
        printf '%s\n' "$line" >>"$new"
        cat "$output" >>"$new"
        state=old
        continue
        ;;
      *:'<!-- run: '*' -->' | *:'<!-- check: '*' -->')
        command=${line#<!-- *: }
        command=${command% -->}
        case "$only_diffs:$line" in
          yes:*'run: '*) ;; # its output differs from run to run: left as it is
          *)
            [ $check = yes ] || printf '  run      %s\n' "$command" >&2
            status=0
            sh -c "$command" >"$output" </dev/null || status=$?
            case $status in
              0) state=pasted ;;
              77) ;; # what it needs is not here: left as it is
              *) echo "error: $file: '$command' failed" >&2; exit 1 ;;
            esac
            ;;
        esac
        ;;
    esac
    printf '%s\n' "$line" >>"$new"
  done <"$file"
  if [ $check = no ]; then
    cat "$new" >"$file"
  elif ! cmp -s "$new" "$file"; then
    echo "$file shows an old output; \`sh common/readme.sh --diffs $file\` pastes the new one:"
    diff "$file" "$new" || true
    stale=1
  fi
done
exit $stale
