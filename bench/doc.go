// Command bench compares the engine with the least work that an operator can do
// (bench/floor), on a real API server of its own, and prints a table:
//
//	go run ./bench                                  everything, in three rounds
//	go run ./bench -only create -n 300 -rounds 1    a quick look
//	go run ./bench -only create -profile /tmp/p     where the engine's time goes
//	go run ./bench -only linting,editing            lint and the language server, without a cluster
package main
