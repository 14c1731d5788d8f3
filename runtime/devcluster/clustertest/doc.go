// Package clustertest gives tests a real API server: one cluster for all tests of
// a process, started by the first that needs it and gone with the process.
//
// Tests that share it keep apart by namespaces of their own, and by groups of
// their own for custom resources. A test that needs a whole cluster to itself
// starts one with package devcluster.
package clustertest
