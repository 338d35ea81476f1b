//! Real member clusters (kube-apiserver, etcd, scheduler, controller-manager, KWOK) and the scenarios that run on them.
