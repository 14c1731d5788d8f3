// Package proc reads what a process has used, from Linux's /proc.
//
// It measures processes from outside, so that engines of any kind can be
// compared; it is not a profiler.
package proc
