"""The rules of the Korea Exchange: ticks, daily limits, costs, calendar. Pure: no clock, no network.

Nothing is imported here, so that a caller pays only for the rule it uses; ``cross_check`` alone needs pandas.
"""
