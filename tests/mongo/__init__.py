"""Tests of deploy/mongodb over real servers."""
