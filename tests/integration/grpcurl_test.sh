#!/usr/bin/env bash
# The guides docs/grpcurl*.md against a platform of its own.
set -euo pipefail
export EGI_RUNFILES=$PWD
exec tests/support/with_platform.sh python3 tests/integration/grpcurl_test.py
