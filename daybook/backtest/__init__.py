"""Backtests as the Korea Exchange would have filled them: whole shares, ticks, daily limits, next open, whole won.

A signal of session t is known after its close and fills at the open of session t+1, never earlier. Nothing is sold
short, cash is never negative, and each order pays the commission and, when it sells, the tax of its date.
Everything here is pure: arrays in, arrays out.
"""
