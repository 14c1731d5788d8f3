// Command loadgen puts a load on an operator that runs already, in any cluster
// that has the CRD of bench/operators, and prints one line of measurements:
//
//	go run ./bench/loadgen -operation create -n 1000 -pid $(pidof kopf-declarative)
package main
