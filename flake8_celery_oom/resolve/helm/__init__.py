"""Helm templates filled with the values of their chart.

Here: the chart's values, template expressions, filling launches and scripts. Not here: Kubernetes objects
(`sources.kubernetes`) or the syntax of templates (`syntax`).
"""
