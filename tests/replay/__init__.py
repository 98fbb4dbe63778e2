"""A day's work of stock clients: what they send, and what real OpenStack answers, is kept here and asked of our cloud.

`days/` holds what is done with each client. `python -m tests.replay` does it against a real cloud through a
recording proxy and writes `recordings/*.jsonl`; `test_replay.py` sends the same requests to our cloud.
"""
