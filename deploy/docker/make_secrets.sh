#!/bin/sh
# Make an empty file for every secret that compose.yaml names and that is not there yet. Nothing is overwritten.
# The folder is its owner's alone; the files can be read by the containers' user, which sees its own layer's only.
set -eu
cd "$(dirname "$0")/../.."
folder=${DESK_SECRETS:-.daybook/secrets}
mkdir -p "$folder"
chmod 0700 "$folder"
sed -n 's|.*file: "${DESK_SECRETS:-[^}]*}/\([a-z_]*\)".*|\1|p' compose.yaml | while read -r name; do
    if [ ! -e "$folder/$name" ]; then
        : > "$folder/$name"
        chmod 0444 "$folder/$name"
    fi
done
echo "secrets: $folder"
