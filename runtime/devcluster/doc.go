// Package devcluster runs a real Kubernetes API server with etcd and controllers
// as child processes on loopback, for development and tests. There are no nodes:
// pods are created and stay pending.
//
// [Start] starts a cluster and [Cluster.Stop] ends it. The programs come from
// $KUBEBUILDER_ASSETS where they exist there; the others are all in the one
// binary of cmd/kopf-devcluster, which [Binary] builds and keeps. That command
// is the same cluster for the shell.
//
// Tests do not use this package directly: clustertest shares one cluster between
// the tests of a process. Faults on the way to a server are made by faultproxy.
//
// The package needs nothing but the standard library, because the main module
// must not depend on what it starts.
package devcluster
