"""What is running: services, workloads and endpoints, merged from Kubernetes' objects and Istio's, as queries."""
