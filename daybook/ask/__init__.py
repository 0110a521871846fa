"""Answering a question: prompt, model turns, answers by rules, and the check of every number a model writes."""
