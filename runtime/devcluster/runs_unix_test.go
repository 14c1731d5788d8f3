//go:build unix

package devcluster

import "syscall"

// runs tells whether there is a process with this id.
func runs(pid int) bool { return syscall.Kill(pid, 0) == nil }
