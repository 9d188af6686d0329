#!/bin/sh
# The file system of the image: the program, the libraries it is linked with, the loader, certificates, time zones, a user.
# usage: image-root.sh PROGRAM TARGET-DIRECTORY
set -eu
program=$1 root=$2
mkdir -p "$root/usr/bin" "$root/etc/ssl/certs" "$root/tmp" "$root/etc/davit"
cp "$program" "$root/usr/bin/davit"
strip "$root/usr/bin/davit"
# libraries by the paths the loader looks them up at; name resolution is loaded at run time and not listed
ldd "$program" | awk '$3 ~ /^\// {print $3} $1 ~ /^\// {print $1}' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
# the cron trigger's zones; "right" counts leap seconds, "posix" is all of it once more
mkdir -p "$root/usr/share/zoneinfo"
(cd /usr/share/zoneinfo && tar -cf - --exclude=./right --exclude=./posix --exclude=./localtime .) | tar -xf - -C "$root/usr/share/zoneinfo"
printf 'davit:x:65532:65532:davit:/:/nonexistent\n' >"$root/etc/passwd"
printf 'davit:x:65532:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp"
