// Command kopf-devcluster runs a small but real Kubernetes for development and
// tests: etcd, kube-apiserver and kube-controller-manager, in one binary that
// runs itself once per component.
//
// It is a module of its own, so that Kubernetes is not among the dependencies of
// the main module. How a cluster is put together is told in package
// runtime/devcluster of the main module; here are only the command line and the
// components.
package main
