"""Kustomizations, built as Kustomize builds them, every value still at the place where it is written.

Here: patches of all kinds, generators and the other transformers, on nodes of YAML. Not here: what an overlay means for
the workers of a project (`resolve.linking.kustomize`), Kubernetes objects (`sources.kubernetes_objects`).
"""
