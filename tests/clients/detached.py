"""Runs a program in a session of its own: one that wants to ask a person finds no terminal, and fails at once."""

import os
import sys

os.setsid()
os.execv(sys.argv[1], sys.argv[1:])
