"""Tests of the stand-in server: real files, real processes, real TLS."""
