//! Kubernetes-style API server machinery over a store; knows no domain word.
