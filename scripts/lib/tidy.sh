#!/usr/bin/env bash
# clang-tidy over the program's own rooms, with the compile commands of preset clang. usage: tidy.sh [FILE…]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"
[ $# -gt 0 ] || mapfile -t files < <(git ls-files 'scaler/*.c' 'scalers/*.c' 'config/*.c')
printf '%s\n' "${@:-${files[@]}}" | xargs -P 2 -n 8 clang-tidy -p build/clang -quiet 2>/dev/null | sed 's/\x1b\[[0-9;]*m//g' >"$(log_file tidy)" || true
if grep -E ' (error|warning): ' "$(log_file tidy)" | sort -u | grep .; then
    exit 1
fi
echo "clang-tidy: nothing found"
