#!/bin/sh
# Says which browsers the browser tests can use; installs the missing ones with apt where that is possible,
# which is given minutes only: without a network it would wait for long.
missing=""
for program in chromium:chromium chromedriver:chromium-driver firefox-esr:firefox-esr; do
  command -v "${program%%:*}" >/dev/null 2>&1 || missing="$missing ${program##*:}"
done
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing with apt:$missing"
    { timeout 60 apt-get update && timeout 300 apt-get install -y --no-install-recommends $missing; } >/dev/null 2>&1 ||
      echo "apt could not install:$missing"
  else
    echo "not installed, and only root can install them with apt:$missing"
  fi
fi
command -v npm >/dev/null 2>&1 || echo "npm is not installed: the accessibility test will be skipped"
command -v firefox-esr >/dev/null 2>&1 || echo "firefox-esr is not installed: its test will be skipped"
if ! command -v chromium >/dev/null 2>&1 || ! command -v chromedriver >/dev/null 2>&1; then
  echo "chromium and chromedriver are needed for the browser tests"
  exit 1
fi
