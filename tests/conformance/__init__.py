"""Peers' numbers on six small cases, each beside our spelling of the peer's rule.

``python -m tests.conformance`` prints the table.
"""
