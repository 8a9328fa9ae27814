#!/usr/bin/env bash
# Builds the functions' zips, their checksums included, for the processor architecture of this machine.
#
#   infra/package.sh                    builds and packs
#   infra/package.sh --binaries DIR     packs binaries built elsewhere: DIR/wallwalk-scan and so on
#
# Equal sources give equal zips: one file `bootstrap`, mode 0755, fixed time, no path of this machine in it.
# Result: out/<version>/wallwalk-<function>-<architecture>.zip and SHA256SUMS.
set -euo pipefail

functions=(scheduled scan triggered)
newest_glibc=2.34     # Amazon Linux 2023, on which the runtime provided.al2023 is built
most_bytes=11500000   # a fifth above what was measured: a zip larger than this is looked into before it is shipped

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

fail() { printf 'package: %s\n' "$1" >&2; exit 1; }

for tool in cargo python3 objdump sha256sum; do
  command -v "$tool" >/dev/null || fail "\`$tool\` is not installed"
done

case "$(uname -m)" in
  x86_64) architecture=x86_64 ;;
  aarch64 | arm64) architecture=arm64 ;;
  *) fail "there is no Lambda architecture for \`$(uname -m)\`" ;;
esac

metadata=$(cargo metadata --format-version 1 --no-deps --locked)
read -r version target < <(python3 -c '
import json, sys
data = json.load(sys.stdin)
print(next(p["version"] for p in data["packages"] if p["name"] == "wallwalk-scan"), data["target_directory"])' <<<"$metadata")

if [ "${1:-}" = --binaries ]; then
  [ -d "${2:-}" ] || fail "\`--binaries\` needs the folder that holds the binaries"
  binaries=$2
else
  [ $# -eq 0 ] || fail "unknown argument \`$1\`; there is only \`--binaries DIR\`"
  export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-315532800}
  # Our own crates are compiled with paths below the checkout; the registry's would name this user's home.
  export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  packages=()
  for function in "${functions[@]}"; do packages+=(--package "wallwalk-$function"); done
  cargo build --release --locked "${packages[@]}"
  binaries=$target/release
fi

out=$root/out/$version
mkdir -p "$out"
for function in "${functions[@]}"; do
  binary=$binaries/wallwalk-$function
  [ -f "$binary" ] || fail "\`$binary\` is missing"
  needs=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9][0-9.]*' | sort -Vu | tail -n 1 || true)
  needs=${needs#GLIBC_}
  [ "$(printf '%s\n' "${needs:-0}" "$newest_glibc" | sort -V | tail -n 1)" = "$newest_glibc" ] ||
    fail "\`wallwalk-$function\` needs glibc $needs and Lambda has $newest_glibc: build on an older distribution"

  zip=$out/wallwalk-$function-$architecture.zip
  python3 - "$binary" "$zip" <<'PYTHON'
import os, sys, time, zipfile
binary, target = sys.argv[1:]
moment = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", "315532800")), 315532800))[:6]
entry = zipfile.ZipInfo("bootstrap", date_time=moment)
entry.create_system = 3
entry.external_attr = 0o100755 << 16
entry.compress_type = zipfile.ZIP_DEFLATED
with open(binary, "rb") as source, zipfile.ZipFile(target, "w") as archive:
    archive.writestr(entry, source.read(), compresslevel=9)
PYTHON
  bytes=$(wc -c <"$zip")
  [ "$bytes" -le "$most_bytes" ] || fail "\`$zip\` has $bytes bytes, more than $most_bytes: what made it grow?"
  printf '%s  %s bytes\n' "${zip#"$root"/}" "$bytes"
done
(cd "$out" && sha256sum -- *.zip >SHA256SUMS)
printf '%s\n' "out/$version/SHA256SUMS"
