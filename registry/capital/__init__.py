"""Regulatory capital as arithmetic on cited tables: pure, no framework, no clock.

The code names mechanisms; every coefficient and every instrument's name is a
cell of ``tables/*.csv`` with its source and a verification mark.
"""
