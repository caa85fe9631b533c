"""Lateen: a service mesh you `pip install`. It speaks Istio's API and drives the real Envoy."""

__version__ = "0.1.0"
