package devcluster

import "syscall"

// attributes keep Ctrl-C in a terminal to this process, which stops the
// components in order, and let the kernel kill them when this process is gone.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
