//! CafeDeployment and InPlaceSet controllers for a Kubernetes cluster.
