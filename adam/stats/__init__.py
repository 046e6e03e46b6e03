"""Statistics for analysis results: mixed models by REML, small-sample tests, slopes by group.

Pure numpy and scipy; nothing here knows a dataset, a spec or a study.
"""
