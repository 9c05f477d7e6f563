"""One member's whole life, told step by step against a running system; every figure is checked on the way.

An outsider: it knows only addresses, the API's and the sandbox WeChat's.
"""
