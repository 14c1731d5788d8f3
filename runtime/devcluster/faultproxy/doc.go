// Package faultproxy stands between a client and a real API server, for tests:
// it injects the faults that real servers and networks show, and counts what
// the client sends. Everything it does not touch is the real server's answer.
//
// It is not a fake API server, and nothing but tests may import it.
package faultproxy
