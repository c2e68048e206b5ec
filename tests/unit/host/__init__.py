"""Tests of the host layer without a host."""
