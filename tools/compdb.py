#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""compdb.py - prints compile_commands.json, from which editors learn how the kernel is compiled."""

import argparse
import json
import os
import shlex


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--flags", default="")
    parser.add_argument("sources", nargs="*")
    options = parser.parse_args()
    arguments = [options.cc, *shlex.split(options.flags), "-c"]
    print(json.dumps([{"directory": os.getcwd(), "file": source, "arguments": arguments + [source]}
                      for source in options.sources], indent=1))


if __name__ == "__main__":
    main()
