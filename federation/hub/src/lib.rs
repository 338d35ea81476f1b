//! Hub controllers: observe, decide in the core, execute through a Kubernetes client.
