#!/usr/bin/env bash
# lots_gavage_synthetic.csv is what make_synthetic_campaign.py writes.
set -euo pipefail
if ! cmp <(python3 data/make_synthetic_campaign.py) data/lots_gavage_synthetic.csv; then
  echo "run: python3 data/make_synthetic_campaign.py > data/lots_gavage_synthetic.csv" >&2
  exit 1
fi
