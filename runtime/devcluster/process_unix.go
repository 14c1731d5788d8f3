//go:build unix && !linux

package devcluster

import "syscall"

// attributes keep Ctrl-C in a terminal to this process, which stops the
// components in order.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
