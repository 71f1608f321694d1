#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# setup.sh - of a Gradescope autograder (a Debian or Ubuntu image): see run_autograder.
set -e
apt-get update
apt-get install -y --no-install-recommends git ca-certificates
git clone -q /autograder/source/neurath.bundle /autograder/neurath
cd /autograder/neurath
sh tools/setup --tests
make DEBUG=1 O=build/debug test-images
