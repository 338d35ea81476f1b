//! Kubernetes kinds of CAFE Federation, their schema, and their conversion into the model.
