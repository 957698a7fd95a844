"""Helm charts, rendered as Helm renders them: with values that may be unknown and text that knows where it was written.

Here: charts and their values, evaluating templates, the functions of templates, bringing rendered text back to its
places. Not here: parsing a template (`syntax.go_template`), Kubernetes objects (`sources.kubernetes_objects`).
"""
